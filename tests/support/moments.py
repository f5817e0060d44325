"""When the stories of the tests begin: always the same moment, so that no test is right on some days only.

`DOORMAN_TESTS_BEGIN` names another one (ISO 8601, with its zone), to see the suite through a weekend or a change of
the clocks.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.clock import SandboxClock, machine_time

BEGIN = datetime.fromisoformat(os.environ.get("DOORMAN_TESTS_BEGIN", "2026-11-17T10:00:00+00:00")).astimezone(UTC)
"""A Tuesday morning, in nobody's quiet hours, far from a change of the clocks."""


def story_time() -> Callable[[], datetime]:
    """A machine's time that begins there and runs on."""
    ahead = BEGIN - machine_time()
    return lambda: machine_time() + ahead


def story_clock() -> SandboxClock:
    return SandboxClock(story_time())
