"""How Entra says no: AADSTS numbers in OAuth error bodies."""

from __future__ import annotations

from typing import Any

from sandbox.services import entra_error_body


class EntraError(Exception):
    """A refusal of the token or authorize endpoint. `message` is the text after the AADSTS number."""

    def __init__(
        self,
        error: str,
        number: int,
        message: str,
        *,
        status: int = 400,
        suberror: str | None = None,
        claims: str | None = None,
    ) -> None:
        super().__init__(f"AADSTS{number}: {message}")
        self.error = error
        self.number = number
        self.message = message
        self.status = status
        self.suberror = suberror
        self.claims = claims

    def body(self) -> dict[str, Any]:
        body = entra_error_body(self.error, self.number, self.message)
        if self.suberror:
            body["suberror"] = self.suberror
        if self.claims:
            body["claims"] = self.claims
        return body


def parameter_missing(name: str) -> EntraError:
    return EntraError("invalid_request", 900144, f"The request body must contain the following parameter: '{name}'.")


def app_unknown(app_id: str, tenant_name: str) -> EntraError:
    return EntraError(
        "unauthorized_client",
        700016,
        f"Application with identifier '{app_id}' was not found in the directory '{tenant_name}'. This can happen if "
        "the application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant.",
    )


def consent_required(app_id: str, app_name: str) -> EntraError:
    return EntraError(
        "invalid_grant",
        65001,
        f"The user or administrator has not consented to use the application with ID '{app_id}' named '{app_name}'. "
        "Send an interactive authorization request for this user and resource.",
        suberror="consent_required",
    )


def mfa_required(claims: str) -> EntraError:
    return EntraError(
        "interaction_required",
        50076,
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "use multi-factor authentication to access this resource.",
        suberror="basic_action",
        claims=claims,
    )


def account_disabled() -> EntraError:
    return EntraError("invalid_grant", 50057, "The user account is disabled.")
