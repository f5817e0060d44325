"""How often a bot may call: sliding windows per conversation, and one for the whole app.

The figures are those of Microsoft's page on rate limits for bots (October 2026): per bot and conversation, and
50 requests a second per app and tenant. They count real seconds, because the caller waits in real seconds, also while
the sandbox's clock stands still.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Operation(StrEnum):
    SEND = "send"
    CREATE = "create"
    MEMBERS = "members"
    CONVERSATIONS = "conversations"
    ALL_MEMBERS = "all members"  # the call without pages


_WRITES = {1: 7, 2: 8, 30: 60, 3600: 1800}
_READS = {1: 14, 2: 16, 30: 120, 3600: 3600}
LIMITS: Mapping[Operation, Mapping[int, int]] = {
    Operation.SEND: _WRITES,
    Operation.CREATE: _WRITES,
    Operation.MEMBERS: _READS,
    Operation.CONVERSATIONS: _READS,
    Operation.ALL_MEMBERS: {60: 5},
}
"""Seconds of the window -> how many calls fit into it."""
APP_LIMIT: Mapping[int, int] = {1: 50}


@dataclass(slots=True)
class _Window:
    limits: Mapping[int, int]
    calls: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until one more call fits; 0 when it does now."""
        longest = max(self.limits)
        while self.calls and self.calls[0] <= now - longest:
            self.calls.popleft()
        waits = [0.0]
        for seconds, most in self.limits.items():
            if len(self.calls) >= most:
                waits.append(self.calls[-most] + seconds - now)
        return max(waits)


@dataclass(slots=True)
class Throttle:
    now: Callable[[], float] = time.monotonic
    _app: _Window = field(default_factory=lambda: _Window(APP_LIMIT))
    _windows: dict[tuple[Operation, str], _Window] = field(default_factory=dict)

    def admit_app(self) -> int:
        """0 when the app may call now, else the whole seconds to wait. A refused call does not count."""
        return self._admit(self._app)

    def admit(self, operation: Operation, conversation_id: str) -> int:
        window = self._windows.setdefault((operation, conversation_id), _Window(LIMITS[operation]))
        return self._admit(window)

    def _admit(self, window: _Window) -> int:
        now = self.now()
        wait = window.wait(now)
        if wait > 0:
            return max(1, math.ceil(wait))
        window.calls.append(now)
        return 0
