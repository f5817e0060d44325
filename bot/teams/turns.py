"""Runs turns: asks the dispatcher within a time limit, and goes on after a sign-in or when it took too long."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.clock import Clock
from bot.metrics import Metrics
from bot.teams.activities import error_answer, exchange_failed_answer, text_answer
from bot.teams.background import Background
from bot.teams.ports import Dispatcher
from bot.teams.replies import Outlet, ReplyWriter
from bot.teams.texts import Texts
from bot.teams.tickets import SignInCase, SignInDesk
from bot.turn import CardPress, Incoming, Installed, Reply, TextMessage, Turn, Uninstalled

_log = structlog.get_logger(__name__)

_KINDS: dict[type[Incoming], str] = {
    TextMessage: "text",
    CardPress: "press",
    Installed: "installed",
    Uninstalled: "uninstalled",
}


_LAST_WORDS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long people wait, in seconds. Teams itself gives up on an invoke after ten to fifteen."""

    working: float = 2.5  # then a command is answered by a message that becomes its answer
    turn: float = 9.0
    slow_turn: float = 110.0  # from the moment on at which the person was told that it takes longer


class TurnRunner:
    def __init__(
        self,
        dispatcher: Dispatcher,
        writer: ReplyWriter,
        desk: SignInDesk,
        background: Background,
        clock: Clock,
        metrics: Metrics,
        texts: Texts,
        limits: Limits,
    ) -> None:
        self._dispatcher = dispatcher
        self._writer = writer
        self._desk = desk
        self._background = background
        self._clock = clock
        self._metrics = metrics
        self._texts = texts
        self._limits = limits

    async def message(self, turn: Turn, incoming: Incoming, outlet: Outlet, attempts: int = 0) -> None:
        """Answer with messages; when that takes long, with one that says so and becomes the answer."""
        started, work = self._begin(turn, incoming)
        if await self._is_done(work, min(self._limits.working, self._limits.turn)):
            reply = self._ended(incoming, started, work)
            await self._writer.write(turn, incoming, reply, outlet, attempts)
            return
        await self._go_on_behind_a_message(turn, incoming, outlet, attempts, started, work)

    async def _go_on_behind_a_message(
        self,
        turn: Turn,
        incoming: Incoming,
        outlet: Outlet,
        attempts: int,
        started: float,
        work: asyncio.Task[Reply],
    ) -> None:
        self._told_slow(incoming, started)
        message_id = await self._writer.announce(self._dispatcher.working(turn, incoming), outlet)
        self._background.start(self._finish(turn, incoming, work, attempts, message_id), "slow turn")

    async def lifecycle(self, turn: Turn, incoming: Installed | Uninstalled, outlet: Outlet) -> None:
        """Nobody is written to in private because the app was added to a group, nor after it was removed."""
        reply = await self._reply(turn, incoming, 0)
        if reply is None or isinstance(incoming, Uninstalled):
            return
        if turn.conversation.kind != "personal":
            parts = [part for part in (reply, *reply.also) if not part.is_personal]
            reply = Reply.nothing().and_also(parts)
        await self._writer.write(turn, incoming, reply, outlet)

    async def press(self, turn: Turn, press: CardPress, outlet: Outlet) -> dict[str, Any]:
        """The body of the invoke's answer."""
        if turn.conversation.kind != "personal" or not self._dispatcher.is_command(press):
            reply = await self._reply(turn, press, 0)
            return self._slow(turn, press) if reply is None else await self._writer.answer(turn, press, reply, outlet)
        started, work = self._begin(turn, press)
        if await self._is_done(work, min(self._limits.working, self._limits.turn)):
            return await self._writer.answer(turn, press, self._ended(press, started, work), outlet)
        await self._go_on_behind_a_message(turn, press, outlet, 0, started, work)
        return text_answer(turn.words(self._texts.see_message))

    async def press_after_sign_in(
        self, turn: Turn, press: CardPress, outlet: Outlet, case: SignInCase
    ) -> dict[str, Any]:
        """Like `press`, for a press that the client repeated with a token. `case` is used up when that was enough.

        When it was not, the ticket is kept for what is still missing: the client then shows its sign-in button, and
        after a second time we stop asking.
        """
        reply = await self._reply(turn, press, case.attempts + 1)
        if reply is None:
            await self._desk.claim(case)
            return self._slow(turn, press)
        if reply.sign_in is None:
            await self._desk.claim(case)
            return await self._writer.answer(turn, press, reply, outlet)
        if case.attempts >= 1:
            return text_answer(turn.words(self._texts.sign_in_did_not_help))
        await self._desk.ask_for_more(case, reply.sign_in)
        return exchange_failed_answer(turn.words(self._texts.sign_in_first))

    async def go_on(self, case: SignInCase) -> None:
        """Do what was asked before the sign-in, in the setting in which it was asked."""
        turn = replace(case.turn, now=self._clock.now())
        outlet = self._writer.later(turn)
        if case.pending is None:
            reply = Reply.with_text(turn.words(self._texts.signed_in))
            await self._writer.write(turn, TextMessage(""), reply, outlet)
            return
        await self.message(turn, case.pending, outlet, case.attempts + 1)

    async def _reply(self, turn: Turn, incoming: Incoming, attempts: int) -> Reply | None:
        """The dispatcher's reply, or None when it takes longer; it is then sent as soon as it is there."""
        started, work = self._begin(turn, incoming)
        if await self._is_done(work, self._limits.turn):
            return self._ended(incoming, started, work)
        self._told_slow(incoming, started)
        self._background.start(self._finish(turn, incoming, work, attempts), "slow turn")
        return None

    def _begin(self, turn: Turn, incoming: Incoming) -> tuple[float, asyncio.Task[Reply]]:
        return time.perf_counter(), asyncio.create_task(self._dispatcher.handle(turn, incoming))

    async def _is_done(self, work: asyncio.Task[Reply], seconds: float) -> bool:
        try:
            done, _ = await asyncio.wait((work,), timeout=seconds)
        except asyncio.CancelledError:
            work.cancel()
            raise
        return bool(done)

    def _ended(self, incoming: Incoming, started: float, work: asyncio.Task[Reply]) -> Reply:
        self._observe(incoming, started)
        return work.result()

    def _told_slow(self, incoming: Incoming, started: float) -> None:
        self._observe(incoming, started)
        self._metrics.slow_turns.inc()
        _log.warning("turn.slow", kind=_KINDS[type(incoming)])

    def _observe(self, incoming: Incoming, started: float) -> None:
        seconds, kind = time.perf_counter() - started, _KINDS[type(incoming)]
        self._metrics.observe_turn(kind, seconds)
        _log.info("turn", kind=kind, milliseconds=round(seconds * 1000, 1))

    async def _finish(
        self, turn: Turn, incoming: Incoming, work: asyncio.Task[Reply], attempts: int, message_id: str = ""
    ) -> None:
        """Wait for the work and send what it gives, in place of the message that said it takes longer if there is one.

        When the bot stops before, that message says so: nobody waits for an answer that will not come.
        """
        outlet = self._writer.in_place_of(turn, message_id) if message_id else self._writer.later(turn)
        try:
            async with asyncio.timeout(self._limits.slow_turn):
                reply = await work
        except TimeoutError:
            _log.error("turn.given_up")
            reply = Reply.with_text(turn.words(self._texts.slow_gave_up), is_personal=False)
        except asyncio.CancelledError:
            if message_id:
                interrupted = Reply.with_text(turn.words(self._texts.interrupted), is_personal=False)
                async with asyncio.timeout(_LAST_WORDS_SECONDS):
                    await self._writer.write(turn, incoming, interrupted, outlet, attempts)
            raise
        except Exception:
            # The dispatcher answers its own failures; this one broke its promise.
            _log.exception("turn.unanswered")
            reply = Reply.with_text(turn.words(self._texts.not_shown), is_personal=False)
        if isinstance(incoming, CardPress) and incoming.is_automatic:
            return
        if isinstance(incoming, Installed | Uninstalled):
            return
        await self._writer.write(turn, incoming, reply, outlet, attempts)
        await outlet.end(turn.words(self._texts.done))

    def _slow(self, turn: Turn, press: CardPress) -> dict[str, Any]:
        slow = turn.words(self._texts.slow)
        return error_answer(500, "Slow", slow) if press.is_automatic else text_answer(slow)
