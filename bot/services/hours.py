"""When people are left in peace: evenings, nights and the days on which they do not work, in their own zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from bot.services.zones import zone_of

NO_QUIET = "none"

_EVERY_DAY = frozenset(range(7))
_LONGEST_WAIT_DAYS = 9  # a week with one working day, and the hours around it


@dataclass(frozen=True, slots=True)
class Hours:
    """Quiet from `quiet_from` to `quiet_until` (over midnight when that is earlier), and all day on other days.

    Equal times mean that no hour of a working day is quiet. `working_days` counts from Monday as 0. `time_zone` is for
    people whose own is not known.
    """

    quiet_from: time = time(18)
    quiet_until: time = time(8)
    working_days: frozenset[int] = frozenset(range(5))
    time_zone: str = "UTC"

    def chosen(self, own: str) -> Hours:
        """With what somebody has set for themselves: "18:00-08:00", `NO_QUIET`, or nothing."""
        if own == NO_QUIET:
            return replace(self, quiet_from=time(0), quiet_until=time(0), working_days=_EVERY_DAY)
        quiet_from, _, quiet_until = own.partition("-")
        try:
            return replace(self, quiet_from=time.fromisoformat(quiet_from), quiet_until=time.fromisoformat(quiet_until))
        except ValueError:
            return self

    def quiet_ends(self, at: datetime, time_zone: str | None) -> datetime:
        """The first moment from `at` on when this person may be disturbed; `at` itself when they may be now."""
        local = at.astimezone(zone_of(time_zone or self.time_zone))
        if not self._is_quiet(local):
            return at
        return next((moment for moment in self._starts(local) if moment > at), at)

    def next_start(self, at: datetime, time_zone: str | None) -> datetime:
        """The next beginning of a working day, later than `at`: when a summary of the day is read."""
        local = at.astimezone(zone_of(time_zone or self.time_zone))
        return next((moment for moment in self._starts(local) if moment > at), at + timedelta(days=1))

    def _is_quiet(self, local: datetime) -> bool:
        if local.weekday() not in self.working_days:
            return True
        now = local.time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= now < self.quiet_until
        return now >= self.quiet_from or now < self.quiet_until

    def _starts(self, local: datetime) -> Iterator[datetime]:
        """The moments at which working days begin to be busy, in UTC, from the day of `local` on.

        Where the clocks go back, the same time of day may come twice.
        """
        for number in range(_LONGEST_WAIT_DAYS):
            day = local.date() + timedelta(days=number)
            if day.weekday() in (self.working_days or _EVERY_DAY):
                begins = time(0) if self.quiet_from == self.quiet_until else self.quiet_until
                first = datetime.combine(day, begins, local.tzinfo)
                yield first.astimezone(UTC)
                if (again := first.replace(fold=1).astimezone(UTC)) > first.astimezone(UTC):
                    yield again
