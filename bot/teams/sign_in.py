"""Signing in: a token handed over by Teams, a code from the sign-in page, and what goes on afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from bot.errors import ConsentNeeded, ServiceBusy, SignInNeeded
from bot.identity.assertion import AssertionCheck
from bot.identity.entra_token import TokenNotValid
from bot.identity.fresh import wants_fresh_sign_in
from bot.identity.person_tokens import PersonTokens, WrongPerson
from bot.metrics import Metrics
from bot.teams.activities import CONNECTION_NAME
from bot.teams.tickets import CodeCheck, SignInCase, SignInDesk
from bot.turn import Actor

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and, for invokes that want one, a JSON body."""

    status: int
    body: Mapping[str, Any] | None = None


class SignIn:
    def __init__(
        self,
        desk: SignInDesk,
        tokens: PersonTokens,
        assertions: AssertionCheck,
        metrics: Metrics,
        go_on: Callable[[SignInCase], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._tokens = tokens
        self._assertions = assertions
        self._metrics = metrics
        self._go_on = go_on

    async def token_exchange(self, actor: Actor, value: Mapping[str, Any]) -> Answer:
        """`signin/tokenExchange`: {id, connectionName, token}.

        Every client of the person that is signed in sends one. All are tried while none has worked, so that each of
        them shows the button when consent is missing; the first that works goes on with what was pending.
        412 tells the client to show the sign-in button.
        """
        ticket_id, assertion = value.get("id"), value.get("token")
        if not isinstance(ticket_id, str) or not isinstance(assertion, str):
            return _failed("", "malformed")
        case = await self._desk.find(ticket_id, actor)
        if case is None:
            return _failed(ticket_id, "this sign-in has expired")
        if case.is_claimed:
            return Answer(200)
        failure = await self.trade(case, assertion)
        if failure is not None:
            return _failed(ticket_id, failure)
        if await self._desk.claim(case):
            await self._go_on(case)
        return Answer(200)

    async def verify_state(self, actor: Actor, value: Mapping[str, Any]) -> Answer:
        """`signin/verifyState`: {state}, the code that the sign-in page gave to Teams or that was pasted there."""
        state = value.get("state")
        check = await self._desk.redeem(actor, state) if isinstance(state, str) else CodeCheck()
        if check.case is None:
            self._count("code", "wrong")
            return Answer(412)
        await self.finish(check.case)
        return Answer(200)

    async def finish(self, case: SignInCase) -> None:
        """The code was right, so the person who signed in is the one in the chat."""
        self._count("code", "right")
        if await self._desk.claim(case):
            await self._go_on(case)

    def failure(self, value: Mapping[str, Any]) -> Answer:
        """`signin/failure`: {code, message}. Only for the log; the button stays where it is."""
        code = value.get("code")
        known = code if isinstance(code, str) and code.isalnum() and len(code) < 40 else "other"
        _log.warning("sign_in.client_failure", failure=known)
        self._count("client", "failed")
        return Answer(200)

    async def trade(self, case: SignInCase, assertion: str) -> str | None:
        """Check the assertion and exchange it for the scopes of the case. None when done, else what is missing.

        Where a fresh sign-in is asked for, what the client holds proves nothing: the person has to come to the page.
        """
        if wants_fresh_sign_in(case.claims):
            return self._not_traded("interaction needed", "a fresh sign-in is required")
        try:
            await self._assertions.check(assertion, case.actor)
            await self._tokens.exchange(case.actor, assertion, case.scopes, claims=case.claims)
        except TokenNotValid as error:
            _log.warning("sign_in.assertion_refused", reason=str(error))
            return self._not_traded("refused", "the token was not accepted")
        except WrongPerson:
            return self._not_traded("wrong person", "the token is somebody else's")
        except SignInNeeded as error:
            if error.claims and error.claims != case.claims:
                # The button must carry the challenge on, or the page would give a token that is refused again.
                await self._desk.rewrite(replace(case, claims=error.claims))
            _log.info("sign_in.interaction_needed", reason=error.reason)
            return self._not_traded("interaction needed", "interaction is required")
        except ConsentNeeded:
            return self._not_traded("consent needed", "consent is required")
        except ServiceBusy:
            return self._not_traded("busy", "the sign-in service is busy")
        self._count("exchange", "done")
        return None

    def _not_traded(self, outcome: str, detail: str) -> str:
        self._count("exchange", outcome)
        return detail

    def _count(self, step: str, outcome: str) -> None:
        self._metrics.sign_ins.labels(step, outcome).inc()


def _failed(ticket_id: str, detail: str) -> Answer:
    return Answer(412, {"id": ticket_id, "connectionName": CONNECTION_NAME, "failureDetail": detail})
