"""One reminder of everything that still waits for somebody's decision, the nearest deadline first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import OpenApproval, RunCommand
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.text import isolate
from cards.views import Button, Link, Tone

MOST_SHOWN: Final = 6
NOTHING_WAITS: Final = _("Nothing here waits for you any more.")
CALL: Final = _("Review")
SHOW_ALL: Final = _("Show all that waits")
FEWER: Final = _("Fewer cards")
PORTAL: Final = _("Open My Access")


@dataclass(frozen=True, slots=True)
class WaitingLine:
    requestor_name: str
    package_name: str
    when: str  # "asked 3 days ago; decide by Fri 4 Dec, 14:05"
    open: OpenApproval
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class ReminderView:
    headline: str  # "2 requests wait for your decision"
    lines: tuple[WaitingLine, ...]  # none: all of it is decided or over meanwhile
    more_count: int = 0
    summary: str = ""  # the line of the notification: "2 requests wait for your decision, the first by Fri 4 Dec"
    portal_url: str = ""
    words: Language = ENGLISH


def reminder_card(view: ReminderView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: ReminderView, room: Room) -> parts.AdaptiveCard:
    if not view.lines:
        done = room.words(NOTHING_WAITS)
        return say.document(done, [say.beside_glyph(Tone.GOOD, [say.heading(done, room)])], room)
    body: list[parts.Element] = [say.heading(view.headline, room)]
    body.extend(_line(line, room) for line in view.lines[:MOST_SHOWN])
    left = view.more_count + len(view.lines) - min(len(view.lines), MOST_SHOWN)
    if left:
        body.append(say.paragraph(say.and_more(left, room), is_subtle=True, is_small=True, spacing="medium"))
    buttons = [
        Button(room.words(SHOW_ALL), RunCommand(text="approvals")),
        Button(room.words(FEWER), RunCommand(text="mute")),
    ]
    actions = say.execute_all(buttons, room)
    if view.portal_url:
        actions = [*actions, *say.open_all([Link(room.words(PORTAL), view.portal_url)], room)]
    return say.document(view.headline, body, room, actions=actions)


def _line(line: WaitingLine, room: Room) -> parts.Container:
    nameless = room.words(say.NAMELESS)
    who = f"{isolate(line.requestor_name) or nameless} · {isolate(line.package_name) or nameless}"
    when = f"⏳ {line.when}" if line.is_urgent else line.when
    items: list[parts.Element] = [
        say.paragraph(who, room, limit=200, is_bold=True),
        say.paragraph(
            when,
            room,
            limit=160,
            is_small=True,
            is_bold=line.is_urgent,
            is_subtle=not line.is_urgent,
            color="warning" if line.is_urgent else None,
            spacing="none",
        ),
    ]
    title = room.words("Review {name}: {package}", name=line.requestor_name, package=line.package_name)
    return say.tappable(items, title, line.open, room, call=room.words(CALL), style="emphasis")
