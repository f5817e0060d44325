"""The token that a Teams client hands over, checked before it is traded for anything."""

from __future__ import annotations

from bot.identity.entra_token import EntraTokens, TokenNotValid
from bot.turn import Actor


class AssertionCheck:
    """That the token is ours, for the scope we offer, and the sender's own."""

    def __init__(self, tokens: EntraTokens, *, scope: str = "access_as_user") -> None:
        self._tokens = tokens
        self._scope = scope

    async def check(self, assertion: str, sender: Actor) -> None:
        """Raises TokenNotValid, KeysUnavailable."""
        claims = await self._tokens.claims(assertion, require=("oid", "scp"))
        if sender.tenant_id != claims["tid"]:
            raise TokenNotValid("another tenant")
        if not isinstance(claims["scp"], str) or self._scope not in claims["scp"].split():
            raise TokenNotValid("scope missing")
        if not sender.object_id or claims["oid"] != sender.object_id:
            raise TokenNotValid("somebody else's")
