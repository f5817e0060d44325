"""The card about what an administrator has agreed to, as it is at the moment of its delivery."""

from __future__ import annotations

from collections.abc import Callable

from bot.delivery.desk import Content
from bot.errors import NotFound
from bot.services.plan_runs import PlanRuns
from bot.store.records import MessageRecord
from bot.turn import Actor
from bot.views.plan_runs import run_view
from bot.views.words import Reader
from cards.administration import plan_card


class PlanRunWriter:
    def __init__(self, runs: PlanRuns, tenant_id: str, package_url: Callable[[str], str]) -> None:
        self._runs = runs
        self._tenant_id = tenant_id
        self._package_url = package_url

    async def write(self, message: MessageRecord, reader: Reader) -> Content | None:
        """None when the run was forgotten."""
        try:
            facts = await self._runs.facts(Actor(self._tenant_id, message.person_id), message.request_id)
        except NotFound:
            return None
        view = run_view(facts, self._package_url, reader)
        return Content(plan_card(view), summary=f"{view.title}: {view.summary}")
