"""Keeping to what Teams lets a bot send, instead of being told off: so much to one chat, so much in all.

Sliding windows, because the limits are counted so; the libraries at hand know only buckets. The figures are those of
"Rate limiting for bots", Teams developer documentation. Each process paces itself; what several processes send together
is still answered by 429, and tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

PER_CHAT: Final[Mapping[float, int]] = {1.0: 7, 2.0: 8, 30.0: 60, 3_600.0: 1_800}
PER_APP: Final[Mapping[float, int]] = {1.0: 50}
"""Seconds of the window -> how many calls fit into it."""

_MOST_CHATS: Final = 20_000
_MARGIN: Final = 0.02  # Teams counts when a call arrives, not when it leaves


class Window:
    def __init__(self, limits: Mapping[float, int]) -> None:
        self._limits = limits
        self._longest = max(limits)
        self._calls: deque[float] = deque()

    def free_at(self, now: float) -> float:
        """When the next call fits; `now` when it does already."""
        while self._calls and self._calls[0] <= now - self._longest:
            self._calls.popleft()
        free = [
            self._calls[-most] + seconds + _MARGIN for seconds, most in self._limits.items() if len(self._calls) >= most
        ]
        return max([now, *free])

    def take(self, at: float) -> None:
        """Count a call, also one that is still to come; calls are counted in the order of their moments."""
        self._calls.append(max(at, self._calls[-1]) if self._calls else at)


class Pacer:
    """`now` and `sleep` are for tests."""

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._app = Window(PER_APP)
        self._chats: OrderedDict[str, Window] = OrderedDict()

    async def pace(self, conversation_id: str, longest_seconds: float) -> float:
        """Wait until one more call may go to this chat. Gives back 0, or how long it would be when that is too long."""
        chat = self._chat(conversation_id)
        start = self._now()
        while True:
            now = self._now()
            free = max(chat.free_at(now), self._app.free_at(now))
            if free <= now:
                chat.take(now)
                self._app.take(now)
                return 0.0
            if free - start >= longest_seconds:
                return free - now
            await self._sleep(free - now)

    def _chat(self, conversation_id: str) -> Window:
        window = self._chats.get(conversation_id)
        if window is None:
            window = self._chats[conversation_id] = Window(PER_CHAT)
            if len(self._chats) > _MOST_CHATS:
                self._chats.popitem(last=False)
        self._chats.move_to_end(conversation_id)
        return window
