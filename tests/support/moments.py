"""When the stories of the tests begin: always the same moment, so that no test is right on some days only.

`DOORMAN_TESTS_BEGIN` names another one (ISO 8601, with its zone), to see the suite through a weekend or a change of
the clocks.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, tzinfo

from sandbox.clock import SandboxClock, machine_time

BEGIN = datetime.fromisoformat(os.environ.get("DOORMAN_TESTS_BEGIN", "2026-11-17T10:00:00+00:00")).astimezone(UTC)
"""A Tuesday morning, in nobody's quiet hours, far from a change of the clocks."""


def story_clock() -> SandboxClock:
    """A clock that runs on from the beginning of stories."""
    ahead = BEGIN - machine_time()
    return SandboxClock(lambda: machine_time() + ahead)


def next_tuesday(now: datetime) -> datetime:
    """The morning of the next Tuesday, for stories in which it matters that people work then and the day after."""
    morning = now.replace(hour=10, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=(8 - now.weekday()) % 7 or 7)


def monday_after(moment: datetime, zone: tzinfo = UTC) -> datetime:
    """Ten o'clock on the first Monday after this day, for stories of whole weeks."""
    morning = moment.astimezone(zone).replace(hour=10, minute=0, second=0, microsecond=0)
    return morning + timedelta(days=7 - morning.weekday())
