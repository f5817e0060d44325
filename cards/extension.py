"""Keeping access longer: what it takes, or why it cannot be done; and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import ExtendAccess, LetGo
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle, Fact, Link, Tone

EYEBROW: Final = _("Keep access")
HOW_LONG: Final = _("How much longer?")
HOW_LONG_FORM: Final = _("For example 2w, 3 months or until 24 December. Leave it empty for as long as possible.")
HOW_LONG_ERROR: Final = _("Please give a length of time or a day.")
WHY: Final = _("Why do you still need it?")
WHY_MISSING: Final = _("Please say why you still need it.")
EXTEND: Final = _("Extend")
LET_GO: Final = _("Do not extend")
LONGEST_PERIOD: Final = 60


@dataclass(frozen=True, slots=True)
class ExtensionView:
    """`extend` is None where it cannot be extended; then `text` says why, and what to do instead."""

    package_name: str
    text: str
    tone: Tone = Tone.NEUTRAL
    facts: tuple[Fact, ...] = ()
    extend: ExtendAccess | None = None
    let_go: LetGo | None = None
    asks_for_period: bool = False
    period: str = ""  # what was typed before
    is_justification_required: bool = False
    justification: str = ""
    problem: str = ""
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    words: Language = ENGLISH


def extension_card(view: ExtensionView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: ExtensionView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.package_name, room, spacing="none"),
    ]
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    if view.extend is None:
        body.append(say.notice(view.text, view.tone, room))
    elif view.text:
        body.append(say.paragraph(view.text, room, limit=600))
    if view.facts:
        body.append(say.facts(view.facts, room))
    if view.extend is not None:
        body.extend(_inputs(view, room))
    actions: list[parts.Action] = []
    if view.extend is not None:
        actions.append(say.execute(room.words(EXTEND), view.extend, ButtonStyle.POSITIVE))
    if view.let_go is not None:
        actions.append(say.execute(room.words(LET_GO), view.let_go, takes_inputs=False))
    actions += [*say.execute_all(view.buttons), *say.open_all(view.links)]
    return say.document(f"{view.package_name}. {view.text}", body, room, actions=actions)


def _inputs(view: ExtensionView, room: Room) -> list[parts.Element]:
    found: list[parts.Element] = []
    if view.asks_for_period:
        found.append(
            say.text_input(
                "period",
                room.words(HOW_LONG),
                room.words(HOW_LONG_ERROR),
                value=view.period,
                max_length=LONGEST_PERIOD,
                room=room,
            )
        )
        found.append(say.paragraph(room.words(HOW_LONG_FORM), room, is_subtle=True, is_small=True, spacing="small"))
    if view.is_justification_required:
        found.append(
            say.text_input(
                "justification",
                room.words(WHY),
                room.words(WHY_MISSING),
                is_required=True,
                is_multiline=True,
                value=view.justification,
                room=room,
            )
        )
    return found
