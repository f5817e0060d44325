"""Everything somebody asked for, newest first, with the state in words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import RunCommand, ShowMyRequests
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.text import isolate
from cards.views import Button, Link, Tone

MOST_SHOWN: Final = 10
MOST_BUTTONS: Final = 3
TITLE: Final = _("My requests")
NOTHING_YET: Final = _("You have not asked for anything yet.")
NEWER: Final = _("Back")
OLDER: Final = _("More")
FIND: Final = _("Find access")
PORTAL: Final = _("Open My Access")


@dataclass(frozen=True, slots=True)
class RequestLine:
    package_name: str
    state: str
    tone: Tone
    when: str = ""
    buttons: tuple[Button, ...] = ()
    code: str = ""
    beneficiary: str = ""  # when it was asked for somebody else


@dataclass(frozen=True, slots=True)
class MyRequestsView:
    requests: tuple[RequestLine, ...]  # at most ten are shown
    more_count: int = 0
    portal_url: str = ""
    words: Language = ENGLISH
    title: str = ""  # where it is not simply all of them
    before: ShowMyRequests | None = None
    after: ShowMyRequests | None = None
    page: int = 0  # counted from 1; 0 where there is only one
    pages: int = 1


def my_requests_card(view: MyRequestsView) -> Card:
    if not view.requests:
        return _nothing_yet(view.portal_url, view.words)
    return fitted(lambda room: _build(view, room), view.words)


@lru_cache(maxsize=64)
def _nothing_yet(portal_url: str, words: Language) -> Card:
    return fitted(lambda room: _build_nothing_yet(portal_url, room), words)


def _build_nothing_yet(portal_url: str, room: Room) -> parts.AdaptiveCard:
    title, nothing = room.words(TITLE), room.words(NOTHING_YET)
    find = Button(room.words(FIND), RunCommand(text="packages"))
    return say.document(
        f"{title}. {nothing}",
        [say.heading(title), say.paragraph(nothing, spacing="small")],
        room,
        actions=[*say.execute_all([find]), *_portal(portal_url, room)],
    )


def _build(view: MyRequestsView, room: Room) -> parts.AdaptiveCard:
    title = view.title or room.words(TITLE)
    body: list[parts.Element] = [say.heading(title)]
    if view.page:
        where = room.words("Page {number} of {total}", number=view.page, total=view.pages)
        body.append(say.paragraph(where, is_subtle=True, is_small=True, spacing="none"))
    body.extend(_line(line, room) for line in view.requests[:MOST_SHOWN])
    more = view.more_count + max(len(view.requests) - MOST_SHOWN, 0)
    if more:
        older = room.words.plural("and {count} older", "and {count} older", more)
        body.append(say.paragraph(older, is_subtle=True, is_small=True, spacing="medium"))
    newest = view.requests[0]
    said = f"{title}. {newest.package_name}: {newest.state}"
    pages = [
        say.execute(room.words(words), action, room=room, takes_inputs=False)
        for words, action in ((NEWER, view.before), (OLDER, view.after))
        if action is not None
    ]
    return say.document(said, body, room, actions=[*pages, *_portal(view.portal_url, room)])


def _line(line: RequestLine, room: Room) -> parts.Element:
    state = " · ".join(part for part in (line.state, line.when, line.code) if part)
    name = line.package_name or room.words(say.NAMELESS)
    if line.beneficiary:
        name = room.words("{package} for {name}", package=isolate(name), name=isolate(line.beneficiary))
    items: list[parts.Element] = [
        say.paragraph(name, room, limit=160, is_bold=True),
        say.paragraph(state, room, limit=200, is_subtle=True, spacing="none"),
    ]
    if line.buttons:
        items.append(say.small_buttons(line.buttons[:MOST_BUTTONS], room))
    return say.beside_glyph(line.tone, items, spacing="medium")


def _portal(url: str, room: Room) -> list[parts.Action]:
    return say.open_all([Link(room.words(PORTAL), url)]) if url else []
