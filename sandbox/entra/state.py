"""What Entra remembers between two requests: sign-ins under way, codes, refresh tokens.

Everything here is kept by an unguessable name and forgotten when its time is over. Times are the machine's own, in
seconds since 1970, because the libraries that receive the tokens compare them with the machine's clock.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, TypeVar

from sandbox.entra.claims_request import ClaimsRequest
from sandbox.entra.scopes import ScopeRequest

CODE_LIFETIME_S = 600
SIGN_IN_LIFETIME_S = 600
REFRESH_LIFETIME_S = 90 * 24 * 3600
REPLACED_REFRESH_LIFETIME_S = 3600  # several processes may hold the same token, so a used one does not end at once

Stage = Literal["account", "mfa", "consent"]


@dataclass(frozen=True, slots=True)
class Proof:
    """Who signed in, how (`amr`, as in tokens), which authentication contexts that satisfied, and when."""

    user_id: str
    amr: tuple[str, ...]
    auth_time: int
    acrs: tuple[str, ...] = ()

    @property
    def is_strong(self) -> bool:
        return "mfa" in self.amr

    def with_contexts(self, contexts: tuple[str, ...]) -> Proof:
        return replace(self, acrs=tuple(sorted({*self.acrs, *contexts})))


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """A checked request to the authorize endpoint."""

    app_id: str
    redirect_uri: str
    scopes: ScopeRequest
    state: str | None
    nonce: str | None
    code_challenge: str | None
    response_mode: str
    claims: ClaimsRequest
    prompt: frozenset[str]
    login_hint: str


@dataclass(slots=True)
class PendingSignIn:
    """A person on their way through the sign-in pages. `outcome` is what the app was told, once it was told."""

    request: AuthorizeRequest
    expires_at: float
    stage: Stage = "account"
    user_id: str | None = None
    number: str = ""  # what the authenticator app asks for
    wrong_numbers: int = 0
    strong: bool = False
    outcome: Mapping[str, str] | None = None


@dataclass(slots=True)
class Code:
    app_id: str
    redirect_uri: str
    scopes: ScopeRequest
    proof: Proof
    nonce: str | None
    code_challenge: str | None
    expires_at: float
    redeemed: bool = False


@dataclass(slots=True)
class RefreshGrant:
    app_id: str
    proof: Proof
    scopes: ScopeRequest
    expires_at: float


class _Expiring(Protocol):
    expires_at: float


_Kept = TypeVar("_Kept", bound=_Expiring)


@dataclass
class EntraState:
    """`now` gives the machine's time in seconds since 1970; a test may pass its own."""

    now: Callable[[], float] = time.time
    sign_ins: dict[str, PendingSignIn] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    refresh_grants: dict[str, RefreshGrant] = field(default_factory=dict)

    def begin_sign_in(self, request: AuthorizeRequest) -> str:
        """The id under which the pages find the request again; it is never taken from the browser a second time."""
        pending = PendingSignIn(request, self.now() + SIGN_IN_LIFETIME_S, number=f"{10 + secrets.randbelow(90)}")
        return self._keep(self.sign_ins, pending)

    def find_sign_in(self, flow: str) -> PendingSignIn | None:
        return self._find(self.sign_ins, flow)

    def issue_code(self, request: AuthorizeRequest, proof: Proof) -> str:
        code = Code(
            app_id=request.app_id,
            redirect_uri=request.redirect_uri,
            scopes=request.scopes,
            proof=proof,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            expires_at=self.now() + CODE_LIFETIME_S,
        )
        return self._keep(self.codes, code)

    def find_code(self, code: str) -> Code | None:
        """The code's facts, also when it has been redeemed; None when unknown or expired."""
        return self._find(self.codes, code)

    def issue_refresh_token(self, app_id: str, proof: Proof, scopes: ScopeRequest) -> str:
        return self._keep(self.refresh_grants, RefreshGrant(app_id, proof, scopes, self.now() + REFRESH_LIFETIME_S))

    def find_refresh_grant(self, token: str) -> RefreshGrant | None:
        return self._find(self.refresh_grants, token)

    def replace_refresh_token(self, token: str, proof: Proof) -> str:
        """A new token in place of `token`, which is accepted a while longer. Raises KeyError."""
        old = self.refresh_grants[token]
        old.expires_at = min(old.expires_at, self.now() + REPLACED_REFRESH_LIFETIME_S)
        return self.issue_refresh_token(old.app_id, proof, old.scopes)

    def clear(self) -> None:
        self.sign_ins.clear()
        self.codes.clear()
        self.refresh_grants.clear()

    def _keep(self, shelf: dict[str, _Kept], value: _Kept) -> str:
        for name in [name for name, kept in shelf.items() if kept.expires_at <= self.now()]:
            del shelf[name]
        name = secrets.token_urlsafe(32)
        shelf[name] = value
        return name

    def _find(self, shelf: dict[str, _Kept], name: str) -> _Kept | None:
        kept = shelf.get(name)
        return kept if kept is not None and kept.expires_at > self.now() else None
