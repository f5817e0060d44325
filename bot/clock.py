"""What time it is, by Graph's clock.

Deadlines, ages and the watermark of the poll are all Graph's moments, so they are compared with Graph's time: every
answer carries a `Date` header, and a machine whose own clock is wrong still tells people the right deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_NOISE = timedelta(seconds=2)  # the header counts whole seconds, and an answer takes time to arrive


def _machine_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    def __init__(self, machine: Callable[[], datetime] = _machine_time) -> None:
        self._machine = machine
        self._offset = timedelta()
        self._has_heard = False

    @property
    def is_known(self) -> bool:
        """Whether Graph has told the time; until then it is the machine's, which may be wrong."""
        return self._has_heard

    def now(self) -> datetime:
        return self._machine() + self._offset

    def observe(self, server_time: datetime) -> None:
        """Follow the server when it is further away than the noise of a measurement."""
        self._has_heard = True
        offset = server_time - self._machine()
        if abs(offset - self._offset) > _NOISE:
            self._offset = offset
