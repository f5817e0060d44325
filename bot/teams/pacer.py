"""Keeping to what Teams lets a bot send, instead of being told off: so much to one chat, so much in all.

Sliding windows, because the limits are counted so; the libraries at hand know only buckets. The figures are those of
"Rate limiting for bots", Teams developer documentation. Each process paces itself: of what the app may send in all it
takes its share, and where Teams says 429 all the same, it waits as long as Teams wants before it writes there again.
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

_STEADILY: Final[Mapping[float, int]] = {0.2: 10}
"""What the app sends is spread over each second: in bursts of fifty, some come late and fall into the next second."""

_MOST_CHATS: Final = 20_000
_SAME_MOMENT: Final = 1.0  # two chats told off within it: it is the app that is too quick, not the chats
_MARGIN: Final = 0.02  # Teams counts when a call arrives, not when it leaves


class Window:
    def __init__(self, limits: Mapping[float, int]) -> None:
        self._limits = limits
        self._longest = max(limits)
        self._calls: deque[float] = deque()
        self.held_until = 0.0

    def free_at(self, now: float, share: int = 1) -> float:
        """When the next call fits; `now` when it does already. `share` is how many have to share the limits."""
        self._forget(now)
        free = [self.held_until]
        for seconds, most in self._limits.items():
            mine = max(1, most // share)
            if len(self._calls) >= mine:
                free.append(self._calls[-mine] + seconds + _MARGIN)
        return max(now, *free)

    def hold(self, until: float) -> None:
        """Nothing fits before that."""
        self.held_until = max(self.held_until, until)

    def take(self, at: float) -> None:
        """Count a call, also one that is still to come; calls are counted in the order of their moments."""
        self._forget(at)
        self._calls.append(max(at, self._calls[-1]) if self._calls else at)

    def _forget(self, now: float) -> None:
        while self._calls and self._calls[0] <= now - self._longest:
            self._calls.popleft()


class Pacer:
    """`processes` says how many share what the app may send; `now` and `sleep` are for tests."""

    def __init__(
        self,
        processes: Callable[[], int] = lambda: 1,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._processes = processes
        self._now = now
        self._sleep = sleep
        self._told_off: tuple[str, float] | None = None
        self._app = Window({**PER_APP, **_STEADILY})
        self._chats: OrderedDict[str, Window] = OrderedDict()

    async def pace(self, conversation_id: str, longest_seconds: float, *, is_answer: bool = False) -> float:
        """Wait until one more call may go to this chat. Gives back 0, or how long it would be when that is too long.

        An answer counts like any call, but waits only where Teams has said that it is too much: somebody looks at the
        chat, and what can wait are the messages that nobody has asked for at this moment.

        A call that goes to no chat, such as opening one, has an empty id.
        """
        chat = self._chat(conversation_id) if conversation_id else None
        start = self._now()
        while True:
            now = self._now()
            free = self._free_at(now, chat, is_answer=is_answer)
            if free <= now:
                self._app.take(now)
                if chat:
                    chat.take(now)
                return 0.0
            if free - start >= longest_seconds:
                return free - now
            await self._sleep(free - now)

    def _free_at(self, now: float, chat: Window | None, *, is_answer: bool) -> float:
        if is_answer:
            return max(self._app.held_until, chat.held_until if chat else 0.0)
        free = self._app.free_at(now, self._processes())
        return max(free, chat.free_at(now)) if chat else free

    def told_off(self, conversation_id: str, seconds: float) -> None:
        """Teams has answered 429 to a call for this chat, and wants to be left alone for so long."""
        now = self._now()
        if conversation_id:
            self._chat(conversation_id).hold(now + seconds)
        before, self._told_off = self._told_off, (conversation_id, now)
        is_the_app = before is not None and before[0] != conversation_id and now - before[1] <= _SAME_MOMENT
        if is_the_app or not conversation_id:
            self._app.hold(now + seconds)

    def _chat(self, conversation_id: str) -> Window:
        window = self._chats.get(conversation_id)
        if window is None:
            window = self._chats[conversation_id] = Window(PER_CHAT)
            if len(self._chats) > _MOST_CHATS:
                self._chats.popitem(last=False)
        self._chats.move_to_end(conversation_id)
        return window
