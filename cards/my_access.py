"""What somebody has now: until when, what is in it, where it opens, and how to keep it or give it back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import RunCommand
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, Link, Tone

MOST_SHOWN: Final = 6
MOST_LINKS: Final = 3
TITLE: Final = _("My access")
NOTHING: Final = _("You have no access through access packages right now.")
FIND: Final = _("Find access")


@dataclass(frozen=True, slots=True)
class AccessLine:
    package_name: str
    when: str  # "Until 24 December 2026 (in 12 days)"
    tone: Tone
    state: str = ""  # said where it does not simply work
    contents: str = ""  # what is in it, in one line
    links: tuple[Link, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class MyAccessView:
    lines: tuple[AccessLine, ...]  # at most six are shown
    intro: str = ""
    place: str = ""  # "7 to 12 of 31"
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    words: Language = ENGLISH


def my_access_card(view: MyAccessView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: MyAccessView, room: Room) -> parts.AdaptiveCard:
    title = room.words(TITLE)
    body: list[parts.Element] = [say.heading(title, room)]
    intro = view.intro or ("" if view.lines else room.words(NOTHING))
    if intro:
        body.append(say.paragraph(intro, room, limit=400, spacing="small"))
    body.extend(_line(line, room) for line in view.lines[:MOST_SHOWN])
    if view.place:
        body.append(say.paragraph(view.place, room, is_subtle=True, is_small=True, spacing="medium"))
    buttons = view.buttons or (() if view.lines else (Button(room.words(FIND), RunCommand(text="packages")),))
    first = view.lines[0] if view.lines else None
    said = f"{title}. {first.package_name}: {first.when}" if first else f"{title}. {intro}"
    return say.document(said, body, room, actions=[*say.execute_all(buttons), *say.open_all(view.links)])


def _line(line: AccessLine, room: Room) -> parts.Element:
    items: list[parts.Element] = [
        say.paragraph(line.package_name or room.words(say.NAMELESS), room, limit=120, is_bold=True)
    ]
    if line.state:
        items.append(say.paragraph(line.state, room, limit=200, spacing="none"))
    items.append(say.paragraph(line.when, room, limit=160, spacing="none"))
    if line.contents:
        items.append(say.paragraph(line.contents, room, limit=240, is_subtle=True, is_small=True, spacing="none"))
    if line.links:
        items.append(say.row_actions((), line.links[:MOST_LINKS], room))
    if line.buttons:
        items.append(say.row_actions(line.buttons, (), room))
    return say.beside_glyph(line.tone, items, spacing="medium")
