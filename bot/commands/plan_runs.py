"""Carrying out the plans of administrators: begun once for each card, and gone on with where it stopped."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.domain import Address
from bot.plans.steps import Plan
from bot.services.bundle import Services
from bot.services.package_office import NewPackage, NewProject
from bot.services.plan_runs import PlanRunFacts
from bot.turn import ConversationKind, Reply, Turn
from bot.views.plan_runs import run_view
from bot.views.words import reader_of
from cards.actions import GoOn
from cards.administration import plan_card


@dataclass(frozen=True, slots=True)
class PlanRunCommand:
    services: Services

    def register(self, router: Router) -> None:
        router.action(GoOn, self.go_on)

    async def go_on(self, turn: Turn, action: GoOn) -> Reply:
        return self._show(turn, await self.services.plan_runs.go_on(turn.actor, action.run_id))

    async def found(self, turn: Turn, run_id: str) -> Reply | None:
        """What an earlier press has begun; None when there was none."""
        facts = await self.services.plan_runs.find(turn.actor, run_id) if run_id else None
        return None if facts is None else self._show(turn, facts)

    async def begin(self, turn: Turn, run_id: str, new: NewPackage | NewProject, plan: Plan) -> Reply:
        here = turn.conversation
        is_own_chat = here.kind is ConversationKind.PERSONAL
        card = (Address(here.id, here.service_url), turn.message_id) if turn.message_id and is_own_chat else None
        return self._show(turn, await self.services.plan_runs.begin(turn.actor, run_id, new, plan, card))

    def _show(self, turn: Turn, facts: PlanRunFacts) -> Reply:
        return Reply.view(plan_card(run_view(facts, self.services.package_url, reader_of(turn))))


def feature(services: Services) -> PlanRunCommand:
    return PlanRunCommand(services)
