"""A token that Entra made for Doorman: genuine, for us, of our tenant and in date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jwt

from bot.errors import NotAllowed
from bot.identity.keys import SigningKeys

_LEEWAY_SECONDS = 300


class TokenNotValid(NotAllowed):
    """The token is not for us, not of our tenant, or not genuine; the text is for the log."""


class EntraTokens:
    """Checks signature, audience, issuer, tenant and dates; what else a token must say is its reader's to ask.

    Source: Microsoft identity platform, "Access token claims reference" (v1.0 and v2.0).
    """

    def __init__(self, keys: SigningKeys, *, app_id: str, tenant_id: str, login_url: str) -> None:
        self._keys = keys
        self._tenant_id = tenant_id
        self._audiences = (app_id, f"api://botid-{app_id}", f"api://{app_id}")
        self._issuers = (f"{login_url}/{tenant_id}/v2.0", f"https://sts.windows.net/{tenant_id}/")

    async def claims(self, token: str, require: Sequence[str] = ()) -> dict[str, Any]:
        """What the token says; `require` names claims it must have besides the usual ones.

        Raises: TokenNotValid, KeysUnavailable.
        """
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, UnicodeError):  # a header may carry any bytes
            raise TokenNotValid("not a JSON web token") from None
        kid = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(kid, str):
            raise TokenNotValid("not signed with RS256 and a named key")
        key = await self._keys.find(kid)
        if key is None:
            raise TokenNotValid("signed with an unknown key")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=["RS256"],
                audience=self._audiences,
                issuer=self._issuers,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "nbf", "iss", "aud", "tid", *require]},
            )
        except jwt.PyJWTError as error:
            raise TokenNotValid(type(error).__name__) from None
        if claims["tid"] != self._tenant_id:
            raise TokenNotValid("another tenant")
        return claims
