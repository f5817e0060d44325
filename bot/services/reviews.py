"""Access reviews: what somebody has to look through, and what they say about it.

Graph keeps every answer until the review ends and lets it be changed, so nothing needs to be remembered here: a press
that comes twice says the same thing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.errors import AnswerProblem, DoormanError, InvalidAnswer, NotFound, SignInNeeded
from bot.reviews import Recommendation, ReviewItem, ReviewItemId, ReviewRound, ReviewVerdict
from bot.turn import Actor
from cards.language import _

LONGEST_REASON = 2_000
WHO_LABEL = _("Who is this about?")
REASON_LABEL = _("Why")
_AT_ONCE = 4


class ReviewerGraph(Protocol):
    async def rounds(self, who: Actor) -> list[ReviewRound]: ...
    async def items(self, who: Actor, about: ReviewRound) -> list[ReviewItem]: ...
    async def decide(
        self, who: Actor, about: ReviewRound, item_id: ReviewItemId, verdict: ReviewVerdict, justification: str
    ) -> None: ...
    async def accept_recommendations(self, who: Actor, about: ReviewRound) -> None: ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A round with everything in it, what is still to be said first."""

    about: ReviewRound
    items: tuple[ReviewItem, ...]

    @property
    def decided_count(self) -> int:
        return sum(item.verdict is not ReviewVerdict.NOT_REVIEWED for item in self.items)

    @property
    def has_suggestions(self) -> bool:
        """Whether something is suggested about people nothing was said about yet."""
        return any(
            item.verdict is ReviewVerdict.NOT_REVIEWED
            and item.recommendation in (Recommendation.APPROVE, Recommendation.DENY)
            for item in self.items
        )


@dataclass(frozen=True, slots=True)
class Said:
    """How saying something about several people went: the names of those it was recorded for, and those it was not."""

    recorded: tuple[str, ...]
    failed: tuple[str, ...]


class Reviews:
    def __init__(self, graph: ReviewerGraph) -> None:
        self._graph = graph

    async def running(self, who: Actor) -> list[ReviewRound]:
        """The reviews that wait for `who`, those that end first before the others."""
        rounds = await self._graph.rounds(who)
        return sorted(rounds, key=lambda one: (one.ends_at is None, one.ends_at, one.title))

    async def open(self, who: Actor, instance_id: str) -> Opened:
        """Raises: NotFound when the review does not run any more, or is none of theirs."""
        about = next((one for one in await self._graph.rounds(who) if one.instance_id == instance_id), None)
        if about is None:
            raise NotFound("review")
        return Opened(about, _in_order(await self._graph.items(who, about)))

    async def say(
        self, who: Actor, opened: Opened, item_ids: Sequence[str], verdict: ReviewVerdict, justification: str
    ) -> Said:
        """Record one verdict about several people. One that fails does not keep the others.

        Raises: InvalidAnswer (nobody chosen, reason missing or too long), SignInNeeded.
        """
        chosen = [item for item in opened.items if item.id in set(item_ids)]
        self._check(chosen, opened.about, verdict, justification)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(item: ReviewItem) -> DoormanError | None:
            async with gate:
                try:
                    await self._graph.decide(who, opened.about, item.id, verdict, justification.strip())
                except SignInNeeded:
                    raise
                except DoormanError as error:
                    return error
                return None

        problems = await asyncio.gather(*(one(item) for item in chosen))
        pairs = list(zip(chosen, problems, strict=True))
        return Said(
            tuple(item.person_name for item, problem in pairs if problem is None),
            tuple(item.person_name for item, problem in pairs if problem is not None),
        )

    async def accept_suggestions(self, who: Actor, opened: Opened) -> None:
        await self._graph.accept_recommendations(who, opened.about)

    def _check(
        self, chosen: Sequence[ReviewItem], about: ReviewRound, verdict: ReviewVerdict, justification: str
    ) -> None:
        if not chosen:
            raise InvalidAnswer(AnswerProblem.MISSING, WHO_LABEL)
        is_required = about.is_justification_required and verdict is ReviewVerdict.APPROVE
        if is_required and not justification.strip():
            raise InvalidAnswer(AnswerProblem.MISSING, REASON_LABEL)
        if len(justification) > LONGEST_REASON:
            raise InvalidAnswer(AnswerProblem.TOO_LONG, REASON_LABEL, limit=LONGEST_REASON)


def _in_order(items: Sequence[ReviewItem]) -> tuple[ReviewItem, ...]:
    return tuple(
        sorted(items, key=lambda item: (item.verdict is not ReviewVerdict.NOT_REVIEWED, item.person_name.casefold()))
    )
