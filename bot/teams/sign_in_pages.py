"""The sign-in through a browser: `/auth/start` sends it to Entra, `/auth/end` takes it back and shows a code.

The browser that ends must be the one that started (a cookie tied to the state), and the person who signs in must be
the one whose ticket it is. The code then ties the browser to the chat.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.errors import ConsentNeeded, ServiceBusy, SignInNeeded
from bot.identity.person_tokens import PersonTokens, WrongPerson
from bot.identity.refusals import is_cancelled
from bot.identity.sealing import BrokenSealError, Sealer
from bot.languages import Languages
from bot.metrics import Metrics
from bot.teams import pages
from bot.teams.tickets import TICKET_LIFETIME, SignInCase, SignInDesk
from cards.language import Language

_COOKIE = "doorman-sign-in-"


@dataclass(frozen=True, slots=True)
class Cookie:
    """`value` is empty for one to be deleted. Always HttpOnly, SameSite=Lax, under /auth."""

    name: str
    value: str
    max_age_seconds: int
    is_secure: bool


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """Either a page or, with `location`, a redirect."""

    status: int
    html: str = ""
    location: str = ""
    cookie: Cookie | None = None


class SignInPages:
    def __init__(
        self,
        desk: SignInDesk,
        tokens: PersonTokens,
        sealer: Sealer,
        languages: Languages,
        *,
        public_url: str,
        metrics: Metrics,
    ) -> None:
        self._desk = desk
        self._tokens = tokens
        self._sealer = sealer
        self._languages = languages
        self._redirect_uri = f"{public_url}/auth/end"
        self._is_secure = public_url.startswith("https:")
        self._metrics = metrics

    async def start(self, ticket_id: str, *, choose_account: bool = False, accepts: str = "") -> PageAnswer:
        """`GET /auth/start?ticket=…[&account=choose]`: to Entra, with a cookie to know the browser by.

        `accepts` is the browser's Accept-Language, for pages that cannot tell whose sign-in it is.
        """
        case = await self._desk.find(ticket_id)
        if case is None:
            return self._page("expired", 410, pages.expired_page(self._words(accepts)))
        words = case.turn.words
        if case.is_claimed:
            return self._page("done already", 200, pages.already_done_page(words))
        state = secrets.token_urlsafe(32)
        try:
            page = await self._tokens.start_flow(
                case.scopes, self._redirect_uri, state, claims=case.claims, choose_account=choose_account
            )
        except ServiceBusy:
            return self._page("busy", 503, pages.busy_page(_again(case), words))
        # The flow travels in the cookie, not in the ticket: a scanner that opens the link as well disturbs nobody.
        content = json.dumps({"ticket": case.ticket_id, "flow": page.flow})
        value = self._sealer.seal(content, _cookie_context(state))
        cookie = Cookie(_cookie_name(state), value, int(TICKET_LIFETIME.total_seconds()), self._is_secure)
        return PageAnswer(302, location=page.url, cookie=cookie)

    async def end(self, query: Mapping[str, str], cookies: Mapping[str, str], accepts: str = "") -> PageAnswer:
        """`GET /auth/end?code=…&state=…` (or `error=…`), where Entra sends the browser."""
        state = query.get("state", "")
        try:
            kept = json.loads(self._sealer.open(cookies.get(_cookie_name(state), ""), _cookie_context(state)))
        except BrokenSealError:
            return self._page("other browser", 403, pages.other_browser_page(self._words(accepts)))
        answer = await self._end(kept["ticket"], kept["flow"], query, accepts)
        return replace(answer, cookie=Cookie(_cookie_name(state), "", 0, self._is_secure))

    async def _end(self, ticket_id: str, flow: Mapping[str, Any], query: Mapping[str, str], accepts: str) -> PageAnswer:
        case = await self._desk.find(ticket_id)
        if case is None:
            return self._page("expired", 410, pages.expired_page(self._words(accepts)))
        words = case.turn.words
        if case.is_claimed:
            return self._page("done already", 200, pages.already_done_page(words))
        if is_cancelled(query):
            return self._page("cancelled", 400, pages.cancelled_page(_again(case), words))
        try:
            await self._tokens.finish_flow(case.actor, flow, query, case.scopes)
        except WrongPerson:
            return self._page("wrong person", 403, pages.other_person_page(f"{_again(case)}&account=choose", words))
        except ConsentNeeded:
            return self._page("consent needed", 403, pages.admin_page(case.scopes, words))
        except SignInNeeded as error:
            if error.claims:
                await self._desk.rewrite(replace(case, claims=error.claims))
            return self._page("cancelled", 400, pages.cancelled_page(_again(case), words))
        except ServiceBusy:
            return self._page("busy", 503, pages.busy_page(_again(case), words))
        return self._page("done", 200, pages.code_page(await self._desk.give_code(case), words))

    def _words(self, accepts: str) -> Language:
        """The best of an Accept-Language header (`de-AT,de;q=0.9,en;q=0.8`), whose order browsers keep."""
        return self._languages.choose(*(wish.split(";")[0].strip() for wish in accepts[:200].split(",")))

    def _page(self, outcome: str, status: int, html: str) -> PageAnswer:
        self._metrics.sign_ins.labels("page", outcome).inc()
        return PageAnswer(status, html)


def _again(case: SignInCase) -> str:
    return f"/auth/start?ticket={case.ticket_id}"


def _cookie_name(state: str) -> str:
    """One cookie per sign-in, so that two tabs do not take each other's away."""
    return _COOKIE + hashlib.sha256(state.encode()).hexdigest()[:16]


def _cookie_context(state: str) -> str:
    return f"cookie/{state}"
