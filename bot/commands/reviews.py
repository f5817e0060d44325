"""`reviews`: the access reviews that wait for somebody, and what they say in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.dispatch import Router
from bot.error_replies import invalid_answer
from bot.errors import InvalidAnswer, NotFound, StaleCard
from bot.reviews import ReviewVerdict
from bot.services.bundle import Services
from bot.services.reviews import Opened, Said
from bot.turn import Placement, Reply, Turn
from bot.views.reviews import Filled, review_view, rounds_view
from bot.views.words import listed_all, reader_of
from cards.actions import AcceptSuggestions, DecideReview, OpenReview, chosen_values
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.reviews import review_card, rounds_card
from cards.views import Tone

_VERDICTS = (ReviewVerdict.APPROVE, ReviewVerdict.DENY, ReviewVerdict.DONT_KNOW)


@dataclass(frozen=True, slots=True)
class ReviewsCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "reviews",
            self.show,
            title=_("Reviews"),
            help=_("Say who keeps their access"),
            aliases=("review", "my reviews", "access reviews"),
            rank=35,
        )
        router.action(OpenReview, self.open)
        router.action(DecideReview, self.decide)
        router.action(AcceptSuggestions, self.accept)

    async def show(self, turn: Turn, words: str) -> Reply:
        rounds = await self.services.reviews.running(turn.actor)
        if len(rounds) == 1:
            opened = await self.services.reviews.open(turn.actor, rounds[0].instance_id)
            return Reply.with_card(review_card(review_view(opened, 0, reader_of(turn), turn.now)), rounds[0].title)
        view = rounds_view(rounds, reader_of(turn), turn.now)
        return Reply.with_card(rounds_card(view), turn.words("Your reviews"))

    async def open(self, turn: Turn, action: OpenReview) -> Reply:
        try:
            opened = await self.services.reviews.open(turn.actor, action.instance_id)
        except NotFound:
            return replace(_has_ended(turn), placement=Placement.NEW if action.is_new else Placement.IN_PLACE)
        card = review_card(review_view(opened, action.page, reader_of(turn), turn.now))
        return Reply.with_card(card, opened.about.title) if action.is_new else Reply.replace(card)

    async def decide(self, turn: Turn, action: DecideReview) -> Reply:
        verdict = ReviewVerdict(action.verdict)
        if verdict not in _VERDICTS:
            raise StaleCard("unknown verdict")
        try:
            opened = await self.services.reviews.open(turn.actor, action.instance_id)
        except NotFound:
            return _has_ended(turn)
        try:
            said = await self.services.reviews.say(
                turn.actor, opened, chosen_values(action.items), verdict, action.justification
            )
        except InvalidAnswer as error:
            kept = Filled(action.items, action.justification[:2_000], problem=invalid_answer(error, turn.words))
            return Reply.view(review_card(review_view(opened, action.page, reader_of(turn), turn.now, kept)))
        return await self._again(turn, opened, _told(turn, said))

    async def accept(self, turn: Turn, action: AcceptSuggestions) -> Reply:
        try:
            opened = await self.services.reviews.open(turn.actor, action.instance_id)
        except NotFound:
            return _has_ended(turn)
        await self.services.reviews.accept_suggestions(turn.actor, opened)
        return await self._again(turn, opened, Filled(saved=turn.words("All suggestions are accepted.")))

    async def _again(self, turn: Turn, opened: Opened, filled: Filled) -> Reply:
        """The review as it is now, with what was still to be said first."""
        fresh = await self.services.reviews.open(turn.actor, opened.about.instance_id)
        await self.services.review_notices.note(turn.actor, fresh)
        return Reply.replace(review_card(review_view(fresh, 0, reader_of(turn), turn.now, filled)))


def _told(turn: Turn, said: Said) -> Filled:
    saved = (
        turn.words("Recorded for {names}.", names=listed_all(said.recorded, reader_of(turn))) if said.recorded else ""
    )
    if not said.failed:
        return Filled(saved=saved)
    names = listed_all(said.failed, reader_of(turn))
    problem = turn.words("This was not recorded for {names}. Please try again, or use My Access.", names=names)
    return Filled(saved=saved, problem=problem)


def _has_ended(turn: Turn) -> Reply:
    title, text = turn.words("This review has ended"), turn.words("There is nothing left to decide in it.")
    return Reply.replace(notice_card(NoticeView(title, text, Tone.NEUTRAL, words=turn.words)))


def feature(services: Services) -> ReviewsCommand:
    return ReviewsCommand(services)
