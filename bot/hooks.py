"""Callouts of custom extensions: who may call, what is read, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog

from bot.errors import ServiceBusy
from bot.identity.caller import CallerCheck, CallerNotListed
from bot.identity.entra_token import TokenNotValid
from bot.metrics import Metrics
from bot.services.callouts import CalloutService, UnreadableCallout

_RETRY_SECONDS = 5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HookAnswer:
    status: int
    problem: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class CalloutHook:
    def __init__(self, callers: CallerCheck, callouts: CalloutService, metrics: Metrics) -> None:
        self._callers = callers
        self._callouts = callouts
        self._metrics = metrics

    async def receive(self, authorization: str | None, body: bytes) -> HookAnswer:
        """Take one callout. 202, also for one that was taken before; 400, 401 and 403 need no second try, 503 does."""
        outcome, answer = await self._answer(authorization, body)
        self._metrics.callouts.labels(outcome).inc()
        return answer

    async def _answer(self, authorization: str | None, body: bytes) -> tuple[str, HookAnswer]:
        try:
            caller = await self._callers.check(authorization)
            request_id = await self._callouts.take(_parsed(body))
        except TokenNotValid as error:
            _log.warning("callout_refused", reason=str(error))
            problem = "the call needs a token of a managed identity for this bot"
            return "unauthorized", HookAnswer(401, problem, {"WWW-Authenticate": "Bearer"})
        except CallerNotListed as error:
            _log.warning("callout_refused", reason="caller not listed", app_id=str(error))
            return "forbidden", HookAnswer(403, "this application is not listed in CALLOUT_APP_IDS")
        except UnreadableCallout as error:
            _log.warning("callout_unreadable", reason=str(error))
            return "unreadable", HookAnswer(400, str(error))
        except ServiceBusy as error:
            _log.warning("callout_waits", reason=type(error).__name__)
            return "busy", HookAnswer(503, "try again in a moment", {"Retry-After": str(_RETRY_SECONDS)})
        _log.info("callout_taken", request_id=request_id, caller=caller)
        return "taken", HookAnswer(202)


def _parsed(body: bytes) -> object:
    try:
        parsed: object = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableCallout("the body is not JSON") from None
    return parsed
