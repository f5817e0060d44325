"""Other applications that call Doorman: the managed identity of a Logic App that passes callouts on."""

from __future__ import annotations

from bot.errors import NotAllowed
from bot.identity.entra_token import EntraTokens, TokenNotValid

_SCHEME = "bearer"


class CallerNotListed(NotAllowed):
    """A genuine application of the tenant that the operator has not named; the text is its id, for the log."""


class CallerCheck:
    """Lets in the applications that are named, as themselves: the token of a person who uses one is refused."""

    def __init__(self, tokens: EntraTokens, allowed_app_ids: frozenset[str]) -> None:
        self._tokens = tokens
        self._allowed = allowed_app_ids

    async def check(self, authorization: str | None) -> str:
        """The application id behind an `Authorization` header.

        Raises: TokenNotValid, CallerNotListed, KeysUnavailable.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != _SCHEME or not token.strip():
            raise TokenNotValid("no bearer token")
        claims = await self._tokens.claims(token.strip())
        # Version 2 says azp, version 1 appid.
        app_id = claims.get("azp") or claims.get("appid")
        if not isinstance(app_id, str) or not app_id:
            raise TokenNotValid("of no application")
        if "scp" in claims or claims.get("idtyp", "app") != "app":
            raise TokenNotValid("of a person")
        if app_id.lower() not in self._allowed:
            raise CallerNotListed(app_id[:40])
        return app_id.lower()
