"""Everything somebody asked for, newest first, with the state in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import RunCommand
from cards.rendering import Card, Room, fitted
from cards.views import Button, Link, Tone

MOST_SHOWN: Final = 10
MOST_BUTTONS: Final = 3
TITLE: Final = "My requests"
NOTHING_YET: Final = "You have not asked for anything yet."
FIND: Final = Button("Find access", RunCommand(text="packages"))
PORTAL: Final = "Open My Access"


@dataclass(frozen=True, slots=True)
class RequestLine:
    package_name: str
    state: str
    tone: Tone
    when: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class MyRequestsView:
    requests: tuple[RequestLine, ...]  # at most ten are shown
    more_count: int = 0
    portal_url: str = ""


def my_requests_card(view: MyRequestsView) -> Card:
    return _nothing_yet(view.portal_url) if not view.requests else fitted(lambda room: _build(view, room))


@lru_cache(maxsize=16)
def _nothing_yet(portal_url: str) -> Card:
    body = [say.heading(TITLE), say.paragraph(NOTHING_YET, spacing="small")]
    actions = [*say.execute_all([FIND]), *_portal(portal_url)]
    return fitted(lambda room: say.document(f"{TITLE}. {NOTHING_YET}", body, room, actions=actions))


def _build(view: MyRequestsView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(TITLE)]
    body.extend(_line(line, room) for line in view.requests[:MOST_SHOWN])
    more = view.more_count + max(len(view.requests) - MOST_SHOWN, 0)
    if more:
        body.append(say.paragraph(f"and {more} older", is_subtle=True, is_small=True, spacing="medium"))
    newest = view.requests[0]
    said = f"{TITLE}. {newest.package_name}: {newest.state}"
    return say.document(said, body, room, actions=_portal(view.portal_url))


def _line(line: RequestLine, room: Room) -> parts.Element:
    state = f"{line.state} · {line.when}" if line.when else line.state
    items: list[parts.Element] = [
        say.paragraph(line.package_name or say.NAMELESS, room, limit=120, is_bold=True),
        say.paragraph(state, room, limit=200, is_subtle=True, spacing="none"),
    ]
    if line.buttons:
        items.append(say.small_buttons(line.buttons[:MOST_BUTTONS], room))
    return say.beside_glyph(line.tone, items, spacing="medium")


def _portal(url: str) -> list[parts.Action]:
    return say.open_all([Link(PORTAL, url)]) if url else []
