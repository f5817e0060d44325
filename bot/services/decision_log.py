"""One line for everything that was decided or tried: who, what about which request, from which chat, and the outcome.

What Graph did with a decision is written in the transaction that settles it. An attempt that came to nothing before
Graph was asked has a line of its own. Reasons are people's own words and stay out of both.
"""

from __future__ import annotations

import re

import structlog

from bot.domain import RequestId, Verdict
from bot.errors import ServiceBusy
from bot.store import Store, Unit
from bot.store.records import Decision
from bot.turn import Actor

_LONGEST_ID = 80

_log = structlog.get_logger(__name__)


async def write_down(unit: Unit, decision: Decision, outcome: str) -> None:
    """`outcome` is what became of it: recorded, refused, held or undone."""
    await unit.audit.add(
        f"decision/{decision.request_id}/{decision.stage_id}/{decision.approver_id}"
        f"/{decision.decided_at.isoformat()}/{outcome}",
        event=f"decision.{outcome}",
        about=decision.request_id,
        actor_id=decision.approver_id,
        actor_name=decision.approver_name,
        chat=decision.chat,
        detail={"verdict": decision.verdict.value, "stage": decision.stage},
    )


class DecisionLog:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def came_to_nothing(
        self, who: Actor, request_id: RequestId, verdict: Verdict, why: str, *, chat: str, press_id: str
    ) -> None:
        """`why` is the name of the error that stopped it, or a word for how it ended.

        Never raises: nothing was changed, and the person should hear why.
        """
        about = request_id[:_LONGEST_ID]
        try:
            async with self._store.unit() as unit:
                await unit.audit.add(
                    f"decision/{press_id}/{about}",
                    event="decision.refused",
                    about=about,
                    actor_id=who.object_id,
                    actor_name=who.name,
                    chat=chat,
                    detail={"verdict": verdict.value, "why": _in_words(why)},
                )
        except ServiceBusy:
            _log.warning("decision_not_written_down", request_id=about, approver_id=who.object_id)

    @staticmethod
    def say(who: Actor, request_id: RequestId, verdict: Verdict, outcome: str) -> None:
        """The same for whoever reads the log of the process."""
        _log.info(
            "decision",
            request_id=request_id[:_LONGEST_ID],
            approver_id=who.object_id,
            verdict=verdict.value,
            outcome=outcome,
        )


def _in_words(name: str) -> str:
    """`NotYourDecision` as "not your decision"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").lower()
