"""Tokens of people: kept sealed, renewed silently, obtained on behalf of them or through the sign-in page."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

import msal
import structlog

from bot.errors import DoormanError, NotAllowed, SignInNeeded
from bot.identity.fresh import wants_fresh_sign_in
from bot.identity.login import Login, Registration, Result
from bot.identity.ports import Proofs, TokenCaches
from bot.identity.refusals import refusal
from bot.identity.sealing import BrokenSealError, Sealer
from bot.turn import Actor

_MOST_CONTEXTS = 20

_log = structlog.get_logger(__name__)


class WrongPerson(NotAllowed):
    """Somebody else signed in than the one who was asked to."""


@dataclass(frozen=True, slots=True)
class SignInPage:
    """Where the browser goes, and what has to be kept until it comes back: JSON values, about 500 bytes, secret."""

    url: str
    flow: dict[str, Any]


class PersonTokens:
    """Delegated tokens. Scopes are Graph's names, short (`User.Read`) or with their resource in front."""

    def __init__(
        self,
        login: Login,
        registration: Registration,
        tenant_id: str,
        caches: TokenCaches,
        sealer: Sealer,
        proofs: Proofs | None = None,
        *,
        graph_resource: str = "https://graph.microsoft.com",
    ) -> None:
        self._proofs = proofs
        self._login = login
        self._registration = registration
        self._tenant_id = tenant_id
        self._caches = caches
        self._sealer = sealer
        self._resource = graph_resource.rstrip("/")
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def token(self, who: Actor, scopes: Sequence[str], *, claims: str | None = None) -> str:
        """An access token of this person, from the cache or with their refresh token.

        `claims` is a challenge that the last token did not meet; the cached one is then not used.
        Raises SignInNeeded, ConsentNeeded, ServiceBusy.
        """
        wanted = self._full(scopes)
        async with self._lock(who):
            cache = await self._load(who)
            if cache is None:
                raise SignInNeeded(tuple(scopes), claims=claims, reason="never signed in")
            kept = cache
            result = await self._login.run(lambda: self._silent(kept, who, wanted, claims))
            await self._save_if_changed(who, kept)
        if result is None:
            raise SignInNeeded(tuple(scopes), claims=claims, reason="nothing usable in the cache")
        if "access_token" not in result:
            raise _refused(result, tuple(scopes), claims)
        return str(result["access_token"])

    async def exchange(self, who: Actor, assertion: str, scopes: Sequence[str], *, claims: str | None = None) -> None:
        """Trade a token that was issued to the bot for this person against tokens for `scopes`, and keep them.

        The assertion has been checked by `AssertionCheck` before. Raises SignInNeeded, ConsentNeeded, ServiceBusy,
        WrongPerson.
        """
        wanted = self._full(scopes)
        async with self._lock(who):
            cache = await self._load(who) or msal.SerializableTokenCache()
            kept = cache

            def on_behalf_of() -> Result:
                application = self._login.application(self._registration, self._tenant_id, kept)
                answer: Result = application.acquire_token_on_behalf_of(
                    user_assertion=assertion, scopes=list(wanted), claims_challenge=claims
                )
                return answer

            result = await self._login.run(on_behalf_of)
            if "access_token" not in result:
                raise _refused(result, tuple(scopes), claims)
            self._must_be(who, result)
            await self._save_if_changed(who, kept)

    async def start_flow(
        self,
        scopes: Sequence[str],
        redirect_uri: str,
        state: str,
        *,
        claims: str | None = None,
        choose_account: bool = False,
    ) -> SignInPage:
        """The sign-in page for these scopes: authorization code with PKCE and a nonce. Raises ServiceBusy."""
        wanted = self._full(scopes)
        prompt = "login" if wants_fresh_sign_in(claims) else "select_account" if choose_account else None

        def begin() -> dict[str, Any]:
            application = self._login.application(self._registration, self._tenant_id, msal.TokenCache())
            flow: dict[str, Any] = application.initiate_auth_code_flow(
                list(wanted),
                redirect_uri=redirect_uri,
                state=state,
                prompt=prompt,
                claims_challenge=claims,
                response_mode="form_post",
            )
            return flow

        flow = await self._login.run(begin)
        # MSAL wants the answer posted. A post from another site would come without the cookie that ties it to the
        # browser that began (SameSite=Lax), so Entra is asked for a plain redirect; PKCE keeps the code worthless.
        url = self._login.http.real(flow["auth_uri"]).copy_set_param("response_mode", "query")
        return SignInPage(str(url), {name: value for name, value in flow.items() if name != "auth_uri"})

    async def finish_flow(
        self, who: Actor, flow: Mapping[str, Any], answer: Mapping[str, str], scopes: Sequence[str]
    ) -> None:
        """Redeem what the browser came back with, and keep the tokens when it was `who` that signed in.

        Raises WrongPerson, SignInNeeded (declined, expired, more is asked for), ConsentNeeded, ServiceBusy.
        """
        cache = msal.SerializableTokenCache()

        def redeem() -> Result:
            application = self._login.application(self._registration, self._tenant_id, cache)
            result: Result = application.acquire_token_by_auth_code_flow(dict(flow), dict(answer))
            return result

        try:
            result = await self._login.run(redeem)
        except (ValueError, RuntimeError, msal.IdTokenError) as error:
            # MSAL's words for an answer that does not belong to this flow: state, nonce, audience, issue time.
            raise SignInNeeded(tuple(scopes), reason=f"answer does not fit: {type(error).__name__}") from None
        if "access_token" not in result:
            raise refusal(result, tuple(scopes))
        self._must_be(who, result)
        async with self._lock(who):
            await self._save_if_changed(who, cache)
        await self._note_proof(who, result.get("id_token_claims"))

    async def _note_proof(self, who: Actor, claims: object) -> None:
        """Keep which authentication contexts this sign-in met, as the token that was issued to us says."""
        if self._proofs is None or not isinstance(claims, dict):
            return
        signed_in_at, contexts = claims.get("auth_time"), claims.get("acrs")
        if not isinstance(signed_in_at, int) or not isinstance(contexts, list):
            return
        for context in contexts[:_MOST_CONTEXTS]:
            if isinstance(context, str):
                moment = datetime.fromtimestamp(signed_in_at, UTC)
                await self._proofs.note(who.tenant_id, who.object_id, context, moment)

    async def forget(self, who: Actor) -> None:
        """Sign this person out of Doorman: nothing of theirs is kept."""
        async with self._lock(who):
            await self._caches.delete(who.tenant_id, who.object_id)

    def _silent(
        self, cache: msal.SerializableTokenCache, who: Actor, scopes: tuple[str, ...], claims: str | None
    ) -> Result | None:
        application = self._login.application(self._registration, self._tenant_id, cache)
        account = next(
            (one for one in application.get_accounts() if one.get("local_account_id") == who.object_id), None
        )
        if account is None:
            return None
        result: Result | None = application.acquire_token_silent_with_error(
            list(scopes), account, claims_challenge=claims
        )
        return result

    def _must_be(self, who: Actor, result: Result) -> None:
        """Raises WrongPerson unless the token was issued for exactly this person."""
        claims = result.get("id_token_claims")
        found = claims if isinstance(claims, dict) else {}
        if found.get("oid") != who.object_id or found.get("tid") != who.tenant_id:
            _log.warning("sign_in.wrong_person", expected=who.object_id, found=str(found.get("oid")))
            raise WrongPerson("signed in as somebody else")

    def _full(self, scopes: Sequence[str]) -> tuple[str, ...]:
        return tuple(scope if "://" in scope else f"{self._resource}/{scope}" for scope in scopes)

    def _lock(self, who: Actor) -> asyncio.Lock:
        key = _context(who)
        lock = self._locks.get(key)
        if lock is None:
            lock = self._locks[key] = asyncio.Lock()
        return lock

    async def _load(self, who: Actor) -> msal.SerializableTokenCache | None:
        sealed = await self._caches.load(who.tenant_id, who.object_id)
        if sealed is None:
            return None
        cache = msal.SerializableTokenCache()
        try:
            cache.deserialize(self._sealer.open(sealed, _context(who)).decode())
        except (BrokenSealError, json.JSONDecodeError, UnicodeDecodeError):
            # The key was retired, or the row is not this person's: as good as never signed in.
            _log.warning("sign_in.cache_unreadable", person=who.object_id)
            return None
        return cache

    async def _save_if_changed(self, who: Actor, cache: msal.SerializableTokenCache) -> None:
        if cache.has_state_changed:
            sealed = self._sealer.seal(cache.serialize(), _context(who))
            await self._caches.save(who.tenant_id, who.object_id, sealed)


def _context(who: Actor) -> str:
    return f"token-cache/{who.tenant_id}/{who.object_id}"


def _refused(result: Result, scopes: tuple[str, ...], claims: str | None) -> DoormanError:
    error = refusal(result, scopes)
    if isinstance(error, SignInNeeded) and claims and not error.claims:
        # The challenge that started this is still unmet; the sign-in page has to carry it on.
        return SignInNeeded(scopes, claims=claims, reason=error.reason)
    return error
