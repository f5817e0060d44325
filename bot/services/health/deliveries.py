"""Access that was granted and is not there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.domain import AssignmentRequest, RequestState
from bot.services.health.facts import Facts
from bot.services.health.findings import Finding, Severity

_MAY_BE_TRIED_FOR: Final = timedelta(days=14)
"""How long after a failure Microsoft 365 lets somebody try again."""


async def deliveries(facts: Facts) -> list[Finding]:
    """Deliveries that failed, are partial, or take too long."""
    found = (_finding(request, facts.now, facts.setup.stuck_after) for request in await facts.troubled())
    return [one for one in found if one is not None]


def _finding(request: AssignmentRequest, now: datetime, stuck_after: timedelta) -> Finding | None:
    began_at = request.completed_at or request.created_at
    age = now - began_at if began_at else timedelta()
    holder = request.target or request.requestor
    values = {"package": request.package_name, "person": holder.name or holder.mail if holder else ""}
    if request.may_be_reprocessed:
        if age > _MAY_BE_TRIED_FOR:
            return None
        failed = request.state is RequestState.DELIVERY_FAILED
        return Finding(
            "delivery.failed" if failed else "delivery.partial",
            Severity.PROBLEM,
            request.id,
            values,
            request_id=request.id,
        )
    if request.state is RequestState.DELIVERING and age > stuck_after:
        return Finding("delivery.stuck", Severity.WARNING, request.id, values)
    return None
