"""The card about access that ends soon: keeping several things at once, or letting them end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.dispatch import Router
from bot.domain import AssignmentId, PolicyId
from bot.errors import (
    AlreadyAsked,
    Conflict,
    ConsentNeeded,
    DoormanError,
    GraphUnavailable,
    InvalidAnswer,
    NotAllowed,
    NotFound,
    ServiceBusy,
    SignInNeeded,
    StaleCard,
    Throttled,
)
from bot.services.bundle import Services
from bot.services.expiries import ExpiryRow
from bot.services.extension import NotExtendable
from bot.services.keeping import About, Wish, stamp
from bot.turn import Reply, Turn
from bot.views.expiry import expiry_view
from bot.views.words import reader_of
from cards.actions import ExtendSeveral, LetGoSeveral, chosen_values
from cards.expiry import MOST_SHOWN, expiry_card

_AT_ONCE = 4
_LONGEST_TYPED = 4_000

_CODES = {
    NotExtendable.UNDER_WAY: "",
    NotExtendable.LONGEST: "longest",
    NotExtendable.NOT_WORKING: "not_working",
    NotExtendable.NO_END: "changed",
    NotExtendable.NOT_ALLOWED: "not_allowed",
}


@dataclass(frozen=True, slots=True)
class Expiring:
    services: Services

    def register(self, router: Router) -> None:
        router.action(ExtendSeveral, self.extend)
        router.action(LetGoSeveral, self.let_go)

    async def extend(self, turn: Turn, action: ExtendSeveral) -> Reply:
        """Each ticked line by itself: what cannot be extended says why, and does not keep the others from it."""
        rows = await self._ticked(turn, action.day, action.chosen)
        if not rows:
            return await self._card(turn, action.day, action.justification, turn.words("Please tick at least one."))
        places = asyncio.Semaphore(_AT_ONCE)
        first, rest = rows[0], rows[1:]
        # The first one alone: when the person has to sign in again, nothing has been sent yet.
        results = {first.assignment_id: await self._one(turn, first, action.justification, places)}
        found = await asyncio.gather(*(self._one(turn, row, action.justification, places) for row in rest))
        results.update(zip((row.assignment_id for row in rest), found, strict=True))
        await self.services.expiries.note_results(turn.actor, action.day, results)
        is_reason_missing = "reason" in results.values()
        return await self._card(turn, action.day, action.justification if is_reason_missing else "")

    async def let_go(self, turn: Turn, action: LetGoSeveral) -> Reply:
        rows = await self._ticked(turn, action.day, action.chosen)
        if not rows:
            return await self._card(turn, action.day, action.justification, turn.words("Please tick at least one."))
        await self.services.expiries.choose(turn.actor, [row.assignment_id for row in rows], "let_go")
        await self.services.expiries.note_results(turn.actor, action.day, {})
        return await self._card(turn, action.day, action.justification)

    async def _one(self, turn: Turn, row: ExpiryRow, justification: str, places: asyncio.Semaphore) -> str:
        """Nothing when it was sent, else a word for why not."""
        assert row.record is not None  # noqa: S101  only lines that are known can be ticked
        record = row.record
        about = About(record.assignment_id, record.package_id, record.policy_id or PolicyId(""), stamp(record.ends_at))
        async with places:
            try:
                done = await self.services.keeping.extend(
                    turn.actor, about, Wish("", justification), None, locale=turn.locale, zone=turn.time_zone
                )
            except (SignInNeeded, ConsentNeeded):
                raise
            except AlreadyAsked:
                return ""
            except InvalidAnswer:
                return "reason"
            except (Throttled, GraphUnavailable, ServiceBusy):
                return "busy"
            except NotAllowed:
                return "not_allowed"
            except (NotFound, Conflict):
                return "changed"
            except DoormanError:
                return "refused"
        if done.sent is not None:
            return ""
        why = done.extension.why_not if done.extension else None
        return _CODES.get(why, "changed") if why else "changed"

    async def _ticked(self, turn: Turn, day: str, chosen: str) -> list[ExpiryRow]:
        """The lines of the person's own card that are ticked; whatever else a payload names is nothing."""
        message = await self.services.expiries.card_of(turn.actor, day)
        if message is None:
            raise StaleCard("no such card of this person")
        facts = await self.services.expiries.facts(message)
        wanted = {AssignmentId(each) for each in chosen_values(chosen)}
        return [row for row in facts.rows if row.assignment_id in wanted and row.record is not None][:MOST_SHOWN]

    async def _card(self, turn: Turn, day: str, justification: str, problem: str = "") -> Reply:
        message = await self.services.expiries.card_of(turn.actor, day)
        if message is None:
            raise StaleCard("no such card of this person")
        facts = await self.services.expiries.facts(message)
        typed = justification if len(justification) <= _LONGEST_TYPED else ""
        view = expiry_view(facts, reader_of(turn), self.services.clock.now(), justification=typed, problem=problem)
        return Reply.view(expiry_card(view))


def feature(services: Services) -> Expiring:
    return Expiring(services)
