"""Access reviews: which ones wait, and one of them with the people in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import AcceptSuggestions, DecideReview, OpenReview
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle, Fact, Tone

TITLE: Final = _("Reviews that wait for you")
NOTHING: Final = _("No review waits for you.")
OPEN: Final = _("Open")
WHO: Final = _("Who is this about?")
PICK: Final = _("Please tick at least one person.")
WHY: Final = _("Why")
WHY_MISSING: Final = _("Please give a reason.")
KEEP: Final = _("Keep access")
REMOVE: Final = _("Remove access")
UNSURE: Final = _("I don't know")
ACCEPT: Final = _("Accept all suggestions")
NEXT: Final = _("Next page")
HINT: Final = _("You can change your mind until the review ends.")
MOST_ROUNDS: Final = 8
REASON_LENGTH: Final = 2_000


@dataclass(frozen=True, slots=True)
class RoundLine:
    title: str
    when: str  # "ends in 3 days"
    open: OpenReview
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class RoundsView:
    lines: tuple[RoundLine, ...]
    more_count: int = 0
    title: str = ""  # else what a list of everything that waits is called
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One page of a review. `people` are pairs of an item's id and what is known of the person in one line."""

    title: str
    progress: str  # "2 of 5 done"
    facts: tuple[Fact, ...]
    people: tuple[tuple[str, str], ...]
    decide: DecideReview
    verdicts: tuple[str, str, str]  # what "keep", "remove" and "don't know" send back
    accept: AcceptSuggestions | None = None
    next_page: OpenReview | None = None
    chosen: str = ""
    justification: str = ""
    problem: str = ""
    saved: str = ""
    words: Language = ENGLISH


def rounds_card(view: RoundsView) -> Card:
    return fitted(lambda room: _rounds(view, room), view.words)


def review_card(view: ReviewView) -> Card:
    return fitted(lambda room: _review(view, room), view.words)


def _rounds(view: RoundsView, room: Room) -> parts.AdaptiveCard:
    title = view.title or room.words(TITLE)
    if not view.lines:
        nothing = room.words(NOTHING)
        return say.document(nothing, [say.heading(title), say.paragraph(nothing, spacing="small")], room)
    body: list[parts.Element] = [say.heading(title)]
    body.extend(_line(line, room) for line in view.lines[:MOST_ROUNDS])
    left = view.more_count + max(0, len(view.lines) - MOST_ROUNDS)
    if left:
        body.append(say.paragraph(say.and_more(left, room), is_subtle=True, is_small=True, spacing="medium"))
    return say.document(title, body, room)


def _line(line: RoundLine, room: Room) -> parts.Container:
    items: list[parts.Element] = [
        say.paragraph(line.title, room, limit=200, is_bold=True),
        say.paragraph(
            line.when,
            room,
            limit=120,
            is_small=True,
            is_subtle=not line.is_urgent,
            color="warning" if line.is_urgent else None,
            spacing="none",
        ),
    ]
    call = room.words(OPEN)
    return say.tappable(items, f"{call}: {line.title}", line.open, room, call=call, style="emphasis")


def _review(view: ReviewView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(view.title, room), say.paragraph(view.progress, is_subtle=True)]
    if view.saved:
        body.append(say.notice(view.saved, Tone.GOOD, room))
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    if view.facts:
        body.append(say.facts(view.facts, room))
    body.append(
        say.choice_input(
            "items",
            room.words(WHO),
            room.words(PICK),
            view.people,
            is_required=True,
            is_multiple=True,
            value=view.chosen,
            room=room,
        )
    )
    body.append(
        say.text_input(
            "justification",
            room.words(WHY),
            room.words(WHY_MISSING),
            value=view.justification,
            is_multiline=True,
            max_length=REASON_LENGTH,
            room=room,
        )
    )
    body.append(say.paragraph(room.words(HINT), is_subtle=True, is_small=True))
    return say.document(
        f"{view.title}. {view.saved or view.problem or view.progress}", body, room, actions=_acts(view, room)
    )


def _acts(view: ReviewView, room: Room) -> list[parts.Action]:
    keep, remove, unsure = view.verdicts
    acts: list[parts.Action] = [
        say.execute(room.words(KEEP), view.decide.saying(keep), ButtonStyle.POSITIVE, room),
        say.execute(room.words(REMOVE), view.decide.saying(remove), ButtonStyle.DESTRUCTIVE, room),
        say.execute(room.words(UNSURE), view.decide.saying(unsure), ButtonStyle.DEFAULT, room),
    ]
    others = []
    if view.accept is not None:
        others.append(Button(room.words(ACCEPT), view.accept))
    if view.next_page is not None:
        others.append(Button(room.words(NEXT), view.next_page))
    return [*acts, *say.execute_all(others, room)]
