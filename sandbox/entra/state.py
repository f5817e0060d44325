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
DEVICE_LIFETIME_S = 900
DEVICE_INTERVAL_S = 5
SESSION_LIFETIME_S = 24 * 3600
SIGN_IN_LIFETIME_S = 600
REFRESH_LIFETIME_S = 90 * 24 * 3600
REPLACED_REFRESH_LIFETIME_S = 3600  # several processes may hold the same token, so a used one does not end at once

Stage = Literal["account", "mfa", "consent"]
Purpose = Literal["code", "device", "admin-consent"]
"""What a person's way through the pages leads to: a code for the app, an answered device, or a consent for all."""

_CODE_LETTERS = "BCDFGHJKLMNPQRSTVWXYZ23456789"  # none that are mistaken for each other, and no words
_CODE_LENGTH = 9


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
    max_age_s: int | None = None
    purpose: Purpose = "code"
    device_code: str = ""


@dataclass(slots=True)
class PendingSignIn:
    """A person on their way through the sign-in pages. `outcome` is what the app was told, once it was told.

    `browser` is the session that remembers who signed in; `proof` is what was taken over from it.
    """

    request: AuthorizeRequest
    expires_at: float
    browser: str = ""
    proof: Proof | None = None
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
class BrowserSession:
    """Who has signed in with one browser, by user id, the last one last."""

    expires_at: float
    proofs: dict[str, Proof] = field(default_factory=dict)


@dataclass(slots=True)
class DeviceSignIn:
    """A device waits until somebody enters `user_code` elsewhere. `proof` is theirs, once they did."""

    app_id: str
    scopes: ScopeRequest
    user_code: str
    expires_at: float
    asked_at: float | None = None
    is_declined: bool = False
    is_redeemed: bool = False
    proof: Proof | None = None


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
    sessions: dict[str, BrowserSession] = field(default_factory=dict)
    devices: dict[str, DeviceSignIn] = field(default_factory=dict)

    def begin_sign_in(self, request: AuthorizeRequest, browser: str = "") -> str:
        """The id under which the pages find the request again; it is never taken from the browser a second time."""
        number = f"{10 + secrets.randbelow(90)}"
        return self._keep(
            self.sign_ins, PendingSignIn(request, self.now() + SIGN_IN_LIFETIME_S, browser, number=number)
        )

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

    def open_session(self, name: str | None) -> str:
        """The browser's session if it still has one, else a new one without anybody in it."""
        if name is not None and self._find(self.sessions, name) is not None:
            return name
        return self._keep(self.sessions, BrowserSession(self.now() + SESSION_LIFETIME_S))

    def signed_in(self, name: str) -> dict[str, Proof]:
        """Who has signed in with that browser."""
        session = self._find(self.sessions, name)
        return session.proofs if session is not None else {}

    def remember(self, name: str, proof: Proof) -> None:
        """Somebody has signed in with that browser."""
        known = self.signed_in(name)
        known.pop(proof.user_id, None)
        known[proof.user_id] = proof

    def sign_out(self, name: str) -> None:
        self.sessions.pop(name, None)

    def begin_device(self, app_id: str, scopes: ScopeRequest) -> tuple[str, DeviceSignIn]:
        """The device's own code, and what it waits for."""
        letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        waiting = DeviceSignIn(app_id, scopes, letters, self.now() + DEVICE_LIFETIME_S)
        return self._keep(self.devices, waiting), waiting

    def find_device(self, device_code: str) -> DeviceSignIn | None:
        """The device that has that code, also when its time is over."""
        return self.devices.get(device_code)

    def device_of(self, user_code: str) -> str | None:
        """The code of the device that waits for what somebody has typed; None for one that nobody waits for."""
        typed = "".join(user_code.split()).replace("-", "").upper()
        for name, waiting in self.devices.items():
            if waiting.user_code == typed and waiting.expires_at > self.now() and waiting.proof is None:
                return None if waiting.is_declined else name
        return None

    def clear(self) -> None:
        self.sessions.clear()
        self.devices.clear()
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
