"""When a delivery counts as being in trouble."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import RequestState
from bot.store.records import RequestRecord

BEING_DELIVERED = (RequestState.DELIVERING, RequestState.PARTIALLY_DELIVERED)


def noticing_trouble(record: RequestRecord, now: datetime, stuck_after: timedelta) -> RequestRecord:
    """With the moment at which its delivery was found to have failed, or to take longer than it should."""
    if record.stuck_at is not None:
        return record
    is_slow = record.state in BEING_DELIVERED and now - (record.changed_at or now) >= stuck_after
    has_failed = record.state is RequestState.DELIVERY_FAILED and not record.is_finished
    return replace(record, stuck_at=now) if is_slow or has_failed else record
