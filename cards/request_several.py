"""Several access packages at once: a list to tick, one form for all, and one line each for what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import PickPackages, SubmitSeveral
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.request_form import QuestionView, justification_input, period_inputs, question_input
from cards.views import Button, ButtonStyle, Tone

TITLE: Final = _("Several at once")
TICK: Final = _("What do you need?")
NOTHING_TICKED: Final = _("Please tick at least one.")
CONTINUE: Final = _("Continue")


@dataclass(frozen=True, slots=True)
class PackageItem:
    """One package and how it stands: a line for a person, and what they can do about it."""

    name: str
    line: str = ""
    tone: Tone = Tone.NEUTRAL
    buttons: tuple[Button, ...] = ()
    questions: tuple[QuestionView, ...] = ()


@dataclass(frozen=True, slots=True)
class SeveralView:
    """`submit` is missing where nothing is left to send, or everything was sent."""

    items: tuple[PackageItem, ...]
    title: str = ""
    submit: SubmitSeveral | None = None
    asks_why: bool = False
    is_justification_required: bool = False
    justification: str = ""
    asks_for_period: bool = False
    period_text: str = ""
    period_hint: str = ""
    start_date: str = ""
    end_date: str = ""
    problem: str = ""
    buttons: tuple[Button, ...] = ()
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class PickView:
    packages: tuple[tuple[str, str], ...]  # id, name
    problem: str = ""
    words: Language = ENGLISH


def several_card(view: SeveralView) -> Card:
    """Raises: CardTooLarge when the questions alone fill more than a card."""
    return fitted(lambda room: _several(view, room), view.words)


def pick_card(view: PickView) -> Card:
    """Raises: CardTooLarge."""
    return fitted(lambda room: _pick(view, room), view.words)


def _several(view: SeveralView, room: Room) -> parts.AdaptiveCard:
    title = view.title or room.words(TITLE)
    body: list[parts.Element] = [say.notice(view.problem, Tone.BAD, room)] if view.problem else []
    body.append(say.heading(title, room))
    for item in view.items:
        body += _item(item, room)
    if view.submit is not None and view.asks_why:
        body.append(justification_input(view.justification, room, is_required=view.is_justification_required))
    if view.submit is not None and view.asks_for_period:
        body += period_inputs(view.period_text, view.period_hint, view.start_date, view.end_date, room)
    actions = say.execute_all(view.buttons)
    if view.submit is not None:
        send = room.words.plural("Request {count}", "Request all {count}", len(view.submit.pairs()))
        actions.insert(0, say.execute(send, view.submit, ButtonStyle.POSITIVE))
    spoken = room.words.plural("{title}: {count} package", "{title}: {count} packages", len(view.items), title=title)
    return say.document(spoken, body, room, actions=actions)


def _item(item: PackageItem, room: Room) -> list[parts.Element]:
    words: list[parts.Element] = [say.paragraph(item.name or room.words(say.NAMELESS), room, limit=120, is_bold=True)]
    if item.line:
        words.append(say.paragraph(item.line, room, limit=400, spacing="none"))
    if item.buttons:
        words.append(say.small_buttons(item.buttons, room))
    shown: list[parts.Element] = [say.beside_glyph(item.tone, words, spacing="medium")]
    shown += [question_input(question, room) for question in item.questions]
    return shown


def _pick(view: PickView, room: Room) -> parts.AdaptiveCard:
    title = room.words(TITLE)
    body: list[parts.Element] = [say.notice(view.problem, Tone.BAD, room)] if view.problem else []
    body += [
        say.heading(title, room),
        say.choice_input(
            "picked",
            room.words(TICK),
            room.words(NOTHING_TICKED),
            view.packages,
            is_required=True,
            is_multiple=True,
            room=room,
        ),
    ]
    go_on = say.execute(room.words(CONTINUE), PickPackages(), ButtonStyle.POSITIVE)
    return say.document(title, body, room, actions=[go_on])
