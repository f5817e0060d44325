"""An access review that waits for its reviewer: until when, how far they are, and the way in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import OpenReview
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import ButtonStyle, Fact, Tone

EYEBROW: Final = _("Access review")
HEADLINE: Final = _("Please say who keeps their access.")
OPEN: Final = _("Open the review")


@dataclass(frozen=True, slots=True)
class ReviewWaitingView:
    title: str  # the review's name
    summary: str  # what a notification shows
    facts: tuple[Fact, ...] = ()  # until when, how far
    outcome: str = ""  # a sentence, once everything is decided or the review is over
    is_over: bool = False
    open: OpenReview | None = None  # None: there is nothing to open any more
    words: Language = ENGLISH


def review_waiting_card(view: ReviewWaitingView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: ReviewWaitingView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.title, room, spacing="none"),
    ]
    if view.outcome:
        body.append(say.notice(view.outcome, Tone.NEUTRAL if view.is_over else Tone.GOOD, room))
    else:
        body.append(say.paragraph(room.words(HEADLINE), spacing="small"))
    if view.facts:
        body.append(say.facts(view.facts, room))
    actions: list[parts.Action] = []
    if view.open is not None:
        style = ButtonStyle.DEFAULT if view.outcome else ButtonStyle.POSITIVE
        actions.append(say.execute(room.words(OPEN), view.open, style, room))
    said = view.outcome or room.words(HEADLINE)
    return say.document(f"{view.title}. {said}", body, room, actions=actions)
