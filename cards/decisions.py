"""What somebody decided, the latest first, and taking access back that they had approved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import TakeBack
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle, Link, Tone

MOST_SHOWN: Final = 10
TITLE: Final = _("What you decided")
NOTHING_YET: Final = _("You have not decided anything yet, as far as I know.")
MORE: Final = _("Older decisions are in My Access.")
PORTAL: Final = _("Open My Access")
TAKE_BACK: Final = _("Take access back")
REASON: Final = _("Why do you take it back?")
REASON_MISSING: Final = _("Please give a reason.")


@dataclass(frozen=True, slots=True)
class DecisionLine:
    what: str  # "Rita Requester · Sales data"
    outcome: str  # "You approved it on Tue 24 Nov. The access works."
    tone: Tone
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionsView:
    lines: tuple[DecisionLine, ...]
    has_more: bool = False
    portal_url: str = ""
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class TakeBackView:
    title: str
    text: str  # what will happen, to whom
    take_back: TakeBack
    typed_justification: str = ""
    problem: str = ""
    words: Language = ENGLISH


def decisions_card(view: DecisionsView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def take_back_card(view: TakeBackView) -> Card:
    """Asks once more, with the reason: taking access away is felt at once."""
    return fitted(lambda room: _build_take_back(view, room), view.words)


def _build(view: DecisionsView, room: Room) -> parts.AdaptiveCard:
    title = room.words(TITLE)
    body: list[parts.Element] = [say.heading(title)]
    if not view.lines:
        body.append(say.paragraph(room.words(NOTHING_YET), spacing="small"))
    body.extend(_line(line, room) for line in view.lines[:MOST_SHOWN])
    if view.has_more or len(view.lines) > MOST_SHOWN:
        body.append(say.paragraph(room.words(MORE), is_subtle=True, is_small=True, spacing="medium"))
    links = say.open_all([Link(room.words(PORTAL), view.portal_url)]) if view.portal_url else []
    return say.document(title, body, room, actions=links)


def _line(line: DecisionLine, room: Room) -> parts.Element:
    items: list[parts.Element] = [
        say.paragraph(line.what, room, limit=200, is_bold=True),
        say.paragraph(line.outcome, room, limit=300, is_subtle=True, spacing="none"),
    ]
    if line.buttons:
        items.append(say.small_buttons(line.buttons, room))
    return say.beside_glyph(line.tone, items, spacing="medium")


def _build_take_back(view: TakeBackView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = []
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    body += [
        say.heading(view.title, room),
        say.paragraph(view.text, room, spacing="small"),
        say.text_input(
            "justification",
            room.words(REASON),
            room.words(REASON_MISSING),
            is_required=True,
            value=view.typed_justification,
            is_multiline=True,
            room=room,
        ),
    ]
    action = say.execute(room.words(TAKE_BACK), view.take_back, ButtonStyle.DESTRUCTIVE)
    return say.document(view.title, body, room, actions=[action])
