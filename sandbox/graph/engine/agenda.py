"""What happens by itself at a known moment."""

from __future__ import annotations

import heapq
from datetime import datetime

from sandbox.tenant.model import Due, Tenant


def put(tenant: Tenant, at: datetime, what: str, about: str) -> None:
    """Remember that `what` is due at `at` for the object with id `about`; equal moments keep the order of putting."""
    tenant.scheduled += 1
    heapq.heappush(tenant.agenda, (at, tenant.scheduled, what, about))


def take_due(tenant: Tenant, now: datetime) -> Due | None:
    """The earliest thing that is due by `now`, taken off the agenda; None when there is none."""
    if not tenant.agenda or tenant.agenda[0][0] > now:
        return None
    return heapq.heappop(tenant.agenda)
