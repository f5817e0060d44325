"""When an approver is reminded of a request: less and less often, and once more shortly before it lapses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

LAST_CALL = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NudgePlan:
    after: tuple[timedelta, ...] = (timedelta(days=1), timedelta(days=3), timedelta(days=7))

    def next_due(self, asked_at: datetime, decide_by: datetime | None, after: datetime) -> datetime | None:
        """The first reminder later than `after`; None when there is no other to come."""
        moments = [asked_at + span for span in self.after]
        if decide_by is not None:
            moments = [moment for moment in moments if moment < decide_by - LAST_CALL]
            moments.append(_last_call(asked_at, decide_by))
        return min((moment for moment in moments if moment > after), default=None)

    def last_call(self, asked_at: datetime, decide_by: datetime | None, after: datetime) -> datetime | None:
        """The only reminder of what somebody has muted."""
        last = None if decide_by is None else _last_call(asked_at, decide_by)
        return last if last is not None and last > after else None

    def is_last_call(self, asked_at: datetime, decide_by: datetime | None, now: datetime) -> bool:
        """Whether what is muted may be named now."""
        return decide_by is not None and _last_call(asked_at, decide_by) <= now


def _last_call(asked_at: datetime, decide_by: datetime) -> datetime:
    """A stage that is shorter than the notice of the last call is called for in its middle."""
    return max(decide_by - LAST_CALL, asked_at + (decide_by - asked_at) / 2)
