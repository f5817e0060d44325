"""What Entra's refusals mean for the person. Source: "Microsoft Entra authentication and authorization error codes"."""

from __future__ import annotations

import re

import structlog

from bot.errors import ConsentNeeded, DoormanError, ServiceBusy, SignInNeeded
from bot.identity.login import Result

_CODE = re.compile(r"AADSTS(\d+)")

_CONSENT = frozenset({65001, 65002})
_ADMIN_MUST_APPROVE = frozenset({90093, 90094, 900941, 900942, 900943, 900944, 900981, 90097})
_DECLINED = frozenset({65004})
_OPERATOR = frozenset({700016, 7000215, 7000222, 700027, 50194, 90002, 500011})
_BUSY = frozenset({90033, 50196})

_BY_THE_PERSON = frozenset(
    {"EntitlementMgmt-SubjectAccess.ReadWrite", "User.Read", "openid", "profile", "email", "offline_access"}
)
"""Delegated scopes that people may consent to themselves; every other one needs an administrator."""

_log = structlog.get_logger(__name__)


def codes_of(result: Result) -> frozenset[int]:
    """The AADSTS numbers of an answer, from `error_codes` or else from the description."""
    listed = result.get("error_codes")
    if isinstance(listed, list) and listed:
        return frozenset(code for code in listed if isinstance(code, int))
    return frozenset(int(code) for code in _CODE.findall(str(result.get("error_description") or "")))


def refusal(result: Result, scopes: tuple[str, ...]) -> DoormanError:
    """The error to raise for an answer without an access token."""
    codes = codes_of(result)
    error, suberror = str(result.get("error") or ""), str(result.get("suberror") or "")
    claims = result.get("claims")
    reason = f"{error} {suberror} {sorted(codes)}"
    if isinstance(claims, str) and claims:
        return SignInNeeded(scopes, claims=claims, reason=reason)
    if codes & _ADMIN_MUST_APPROVE:
        return ConsentNeeded(scopes)
    if suberror == "consent_required" or error == "consent_required" or codes & _CONSENT:
        # Where only an administrator can consent, a sign-in page would be a dead end for everybody else.
        return SignInNeeded(scopes, reason=reason) if person_may_consent(scopes) else ConsentNeeded(scopes)
    if error == "access_denied" and not codes & _DECLINED:
        return ConsentNeeded(scopes)
    if codes & _OPERATOR or error in ("invalid_client", "unauthorized_client", "invalid_scope", "invalid_request"):
        _log.error("sign_in.registration_refused", error=error, aadsts=sorted(codes))
        return ServiceBusy("sign-in")
    if codes & _BUSY or error in ("temporarily_unavailable", "server_error"):
        return ServiceBusy("sign-in")
    # What is left is a grant that is used up, revoked or asks for more proof: all are answered by signing in again.
    return SignInNeeded(scopes, reason=reason)


def is_cancelled(answer: Result) -> bool:
    """Whether the person left the sign-in page, in what the browser brought back; leaving an administrator's is not."""
    has_left = answer.get("error_subcode") == "cancel" or bool(codes_of(answer) & _DECLINED)
    return has_left and not codes_of(answer) & _ADMIN_MUST_APPROVE


def person_may_consent(scopes: tuple[str, ...]) -> bool:
    return all(scope.rsplit("/", 1)[-1] in _BY_THE_PERSON for scope in scopes)
