"""Writes of one caller that wait together go together: up to twenty in one request, and few requests at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from bot.errors import DoormanError, Throttled
from bot.graph.batch import BATCH_SIZE, Write, write_envelope, write_outcomes
from bot.graph.client import Caller
from bot.graph.odata import GraphPath
from bot.graph.wire_base import JsonObject

_IN_FLIGHT: Final = 4
_GATHERING_SECONDS: Final = 0.002
_RESENDS: Final = 5
_LONGEST_WAIT_SECONDS: Final = 60.0
_BATCH: Final = GraphPath("/$batch", "/$batch")


class Line(Protocol):
    """What carries a write to Graph: the client, or something that only writes down what would be sent."""

    async def write(
        self, caller: Caller, method: str, where: GraphPath, body: JsonObject | None = None
    ) -> JsonObject: ...


@dataclass(slots=True)
class _Waiting:
    method: str
    where: GraphPath
    body: JsonObject | None
    answer: asyncio.Future[JsonObject] = field(repr=False)
    resends: int = 0


class WriteBatches:
    """Sends writes. Those that are turned down for the moment (429) go again; nothing else does.

    A write that is given up before it was sent, or before it goes again, is not sent any more.

    With `size` 1 each write is a request of its own.
    """

    def __init__(
        self,
        line: Line,
        caller: Callable[[], Awaitable[Caller]],
        *,
        size: int = BATCH_SIZE,
        in_flight: int = _IN_FLIGHT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._line = line
        self._caller = caller
        self._size = size
        self._turns = asyncio.Semaphore(in_flight)
        self._sleep = sleep
        self._waiting: list[_Waiting] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._gathering: asyncio.Task[None] | None = None

    async def send(self, method: str, where: GraphPath, body: JsonObject | None = None) -> JsonObject:
        """The answer's object, {} when it is empty. Raises as the client does, for this write alone."""
        if self._size == 1:
            async with self._turns:
                return await self._line.write(await self._caller(), method, where, body)
        waiting = _Waiting(method, where, body, asyncio.get_running_loop().create_future())
        self._put(waiting)
        return await waiting.answer

    def _put(self, *waiting: _Waiting) -> None:
        self._waiting.extend(waiting)
        if self._gathering is None:
            self._gathering = asyncio.create_task(self._gather())

    async def _gather(self) -> None:
        """Wait for a place, let others come, and send what is there by then."""
        while self._waiting:
            await self._turns.acquire()
            await asyncio.sleep(_GATHERING_SECONDS)
            # Whoever has given up by now may begin again elsewhere, and must not have this sent as well.
            wanted = [each for each in self._waiting if not each.answer.done()]
            part, self._waiting = wanted[: self._size], wanted[self._size :]
            if not part:
                self._turns.release()
                continue
            task = asyncio.create_task(self._send(part))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        self._gathering = None

    async def _send(self, part: Sequence[_Waiting]) -> None:
        try:
            writes: list[Write] = [(each.method, each.where, each.body) for each in part]
            answer = await self._line.write(await self._caller(), "POST", _BATCH, write_envelope(writes))
            outcomes = write_outcomes(answer, writes)
        except DoormanError as error:
            outcomes = [error] * len(part)
        except asyncio.CancelledError:
            for each in part:
                each.answer.cancel()
            raise
        except Exception as error:  # a defect of ours reaches everybody who waits, as it would without batches
            for each in part:
                if not each.answer.done():
                    each.answer.set_exception(error)
            return
        finally:
            self._turns.release()
        late = [
            (each, outcome)
            for each, outcome in zip(part, outcomes, strict=True)
            if not self._settle(each, outcome) and isinstance(outcome, Throttled)
        ]
        if late:
            await self._sleep(max(outcome.wait_seconds for _, outcome in late))
            self._put(*(each for each, _ in late))

    def _settle(self, waiting: _Waiting, outcome: JsonObject | DoormanError) -> bool:
        """Tell whoever waits; False when the write shall go again."""
        if isinstance(outcome, Throttled) and outcome.wait_seconds <= _LONGEST_WAIT_SECONDS:
            waiting.resends += 1
            if waiting.resends <= _RESENDS:
                return False
        if waiting.answer.done():
            return True
        if isinstance(outcome, DoormanError):
            waiting.answer.set_exception(outcome)
        else:
            waiting.answer.set_result(outcome)
        return True
