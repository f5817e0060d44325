"""A request that is put together in words: what is known, what is missing, and what to type for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, Fact, Tone

EYEBROW: Final = _("Not sent yet")
MOST_LINES: Final = 40


@dataclass(frozen=True, slots=True)
class SpokenFormView:
    """`lines` are the parts of the form, each with what was said or what to type; `how` is what to type next."""

    package_name: str
    how: str
    problems: tuple[str, ...] = ()
    lines: tuple[Fact, ...] = ()
    code: str = ""
    buttons: tuple[Button, ...] = ()
    words: Language = ENGLISH


def spoken_form_card(view: SpokenFormView) -> Card:
    """Raises: CardTooLarge when the questions and choices alone fill more than a card."""
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: SpokenFormView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.package_name or room.words(say.NAMELESS), room, spacing="none"),
    ]
    body.extend(say.notice(problem, Tone.BAD, room) for problem in view.problems)
    body.append(say.paragraph(view.how, room, limit=600, spacing="small"))
    body.extend(say.answers(view.lines, room, most=MOST_LINES))
    said = " ".join((*view.problems, view.how))
    return say.document(said, body, room, actions=say.execute_all(view.buttons, room))
