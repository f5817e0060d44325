"""The sandbox's clock: starts at the machine's time, runs on, and can be moved, set or held still.

Graph and the chats live by it. Tokens do not: JWT libraries compare them with the machine's own clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def machine_time() -> datetime:
    return datetime.now(UTC)


class SandboxClock:
    def __init__(self, machine: Callable[[], datetime] = machine_time) -> None:
        self._machine = machine
        self._offset = timedelta()
        self._frozen_at: datetime | None = None

    @property
    def is_frozen(self) -> bool:
        return self._frozen_at is not None

    def now(self) -> datetime:
        """The sandbox's moment, aware, in UTC."""
        if self._frozen_at is not None:
            return self._frozen_at
        return self._machine() + self._offset

    def advance(self, by: timedelta) -> None:
        """Move on by `by`; a held clock stays held, later. Raises ValueError when `by` is negative: `set` goes back."""
        if by < timedelta():
            raise ValueError("the clock only advances; use set() to go back")
        self.set(self.now() + by)

    def set(self, moment: datetime) -> None:
        """Make it `moment`, earlier or later. Raises ValueError for a moment without a time zone."""
        if moment.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        moment = moment.astimezone(UTC)
        if self._frozen_at is not None:
            self._frozen_at = moment
        self._offset = moment - self._machine()

    def freeze(self) -> None:
        self._frozen_at = self.now()

    def resume(self) -> None:
        """Run on from the moment the clock was held at."""
        if self._frozen_at is not None:
            held, self._frozen_at = self._frozen_at, None
            self._offset = held - self._machine()

    def reset(self) -> None:
        """Back to the machine's time, running."""
        self._frozen_at = None
        self._offset = timedelta()
