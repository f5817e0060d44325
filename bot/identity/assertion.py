"""The token that a Teams client hands over, checked before it is traded for anything."""

from __future__ import annotations

from typing import Any

import jwt

from bot.errors import NotAllowed
from bot.identity.keys import SigningKeys
from bot.turn import Actor

_LEEWAY_SECONDS = 300


class AssertionRefused(NotAllowed):
    """The assertion is not for us, not of this person, or not genuine; the text is for the log."""


class AssertionCheck:
    """Signature, audience, issuer, tenant, scope, and that it is the sender's own.

    Source: Microsoft identity platform, "Access token claims reference" (v1.0 and v2.0).
    """

    def __init__(
        self, keys: SigningKeys, *, app_id: str, tenant_id: str, login_url: str, scope: str = "access_as_user"
    ) -> None:
        self._keys = keys
        self._tenant_id = tenant_id
        self._scope = scope
        self._audiences = (app_id, f"api://botid-{app_id}", f"api://{app_id}")
        self._issuers = (f"{login_url}/{tenant_id}/v2.0", f"https://sts.windows.net/{tenant_id}/")

    async def check(self, assertion: str, sender: Actor) -> None:
        """Raises AssertionRefused, KeysUnavailable."""
        try:
            header = jwt.get_unverified_header(assertion)
        except jwt.PyJWTError:
            raise AssertionRefused("not a JSON web token") from None
        kid = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(kid, str):
            raise AssertionRefused("not signed with RS256 and a named key")
        key = await self._keys.find(kid)
        if key is None:
            raise AssertionRefused("signed with an unknown key")
        try:
            claims = jwt.decode(
                assertion,
                key.key,
                algorithms=["RS256"],
                audience=self._audiences,
                issuer=self._issuers,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "nbf", "iss", "aud", "tid", "oid", "scp"]},
            )
        except jwt.PyJWTError as error:
            raise AssertionRefused(type(error).__name__) from None
        self._belongs(claims, sender)

    def _belongs(self, claims: dict[str, Any], sender: Actor) -> None:
        if claims["tid"] != self._tenant_id or sender.tenant_id != self._tenant_id:
            raise AssertionRefused("another tenant")
        if not isinstance(claims["scp"], str) or self._scope not in claims["scp"].split():
            raise AssertionRefused("scope missing")
        if not sender.object_id or claims["oid"] != sender.object_id:
            raise AssertionRefused("somebody else's")
