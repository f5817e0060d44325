"""Access that ends soon: one card a day, to keep what one ticks or to let it end; and one for what has ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import ExtendSeveral, LetGoSeveral, RunCommand
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle, Tone

MOST_SHOWN: Final = 20
EYEBROW: Final = _("Your access")
WHICH: Final = _("Which of them?")
WHICH_MISSING: Final = _("Please tick at least one.")
WHY: Final = _("Why do you still need it?")
WHY_MISSING: Final = _("Please say why you still need it.")
EXTEND: Final = _("Extend")
LET_GO: Final = _("Do not extend")
ASK_AGAIN: Final = _("Ask again")


@dataclass(frozen=True, slots=True)
class ExpiryLine:
    """One access package. `choice` is what ticking it sends; empty where there is nothing (more) to choose."""

    package_name: str
    text: str
    tone: Tone
    choice: str = ""


@dataclass(frozen=True, slots=True)
class ExpiryView:
    headline: str
    lines: tuple[ExpiryLine, ...]
    text: str = ""
    extend: ExtendSeveral | None = None
    let_go: LetGoSeveral | None = None
    asks_for_justification: bool = False
    justification: str = ""
    problem: str = ""
    buttons: tuple[Button, ...] = ()
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class EndedLine:
    access_package_id: str
    package_name: str
    text: str


@dataclass(frozen=True, slots=True)
class EndedView:
    headline: str
    lines: tuple[EndedLine, ...]
    words: Language = ENGLISH


def expiry_card(view: ExpiryView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def ended_card(view: EndedView) -> Card:
    return fitted(lambda room: _build_ended(view, room), view.words)


def _build(view: ExpiryView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.headline, room, spacing="none"),
    ]
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    if view.text:
        body.append(say.paragraph(view.text, room, limit=600))
    body.extend(_line(line, room) for line in view.lines[:MOST_SHOWN])
    left = len(view.lines) - MOST_SHOWN
    if left > 0:
        more = room.words.plural("and {count} more", "and {count} more", left)
        body.append(say.paragraph(more, room, is_subtle=True))
    actions: list[parts.Action] = []
    choices = [(line.choice, line.package_name) for line in view.lines[:MOST_SHOWN] if line.choice]
    if choices and view.extend is not None and view.let_go is not None:
        body.extend(_inputs(view, choices, room))
        actions.append(say.execute(room.words(EXTEND), view.extend, ButtonStyle.POSITIVE))
        actions.append(say.execute(room.words(LET_GO), view.let_go))
    actions += say.execute_all(view.buttons)
    return say.document(view.headline, body, room, actions=actions)


def _inputs(view: ExpiryView, choices: list[tuple[str, str]], room: Room) -> list[parts.Element]:
    """What was not ticked stays as it is; everything is ticked at first, because most people keep most things."""
    everything = ",".join(choice for choice, _name in choices)
    found: list[parts.Element] = [
        say.choice_input(
            "chosen",
            room.words(WHICH),
            room.words(WHICH_MISSING),
            choices,
            is_required=True,
            is_multiple=True,
            value=everything,
            room=room,
        )
    ]
    if view.asks_for_justification:
        found.append(
            say.text_input(
                "justification",
                room.words(WHY),
                room.words(WHY_MISSING),
                is_multiline=True,
                value=view.justification,
                says_optional=False,
                room=room,
            )
        )
    return found


def _line(line: ExpiryLine, room: Room) -> parts.Element:
    items: list[parts.Element] = [
        say.paragraph(line.package_name or room.words(say.NAMELESS), room, limit=120, is_bold=True),
        say.paragraph(line.text, room, limit=240, is_subtle=True, spacing="none"),
    ]
    return say.beside_glyph(line.tone, items, spacing="small")


def _build_ended(view: EndedView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.headline, room, spacing="none"),
    ]
    for line in view.lines[:MOST_SHOWN]:
        # A new message with the form: the other lines stay to be pressed.
        again = Button(room.words(ASK_AGAIN), RunCommand(text=f"request {line.access_package_id}"))
        items: list[parts.Element] = [
            say.paragraph(line.package_name or room.words(say.NAMELESS), room, limit=120, is_bold=True),
            say.paragraph(line.text, room, limit=240, is_subtle=True, spacing="none"),
            say.row_actions((again,), (), room),
        ]
        body.append(say.beside_glyph(Tone.NEUTRAL, items, spacing="small"))
    return say.document(view.headline, body, room)
