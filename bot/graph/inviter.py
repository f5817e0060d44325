"""Invites guests again with the writer's token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.graph.client import Caller, GraphClient
from bot.graph.odata import path
from bot.graph.wire_base import JsonObject


class GuestInviter:
    """Raises: NotAllowed (the writer may not invite, or the tenant lets nobody), Throttled, GraphUnavailable,
    GraphRefused.
    """

    def __init__(
        self,
        client: GraphClient,
        app_token: Callable[[], Awaitable[str]],
        *,
        redirect_url: str,
        message: str = "",
        identity: str = "writer",
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._redirect_url = redirect_url
        self._message = message
        self._identity = identity

    async def invite_again(self, mail: str, name: str) -> None:
        """Send the invitation mail to a guest who is in the directory; Graph finds them by their address."""
        body: JsonObject = {
            "invitedUserEmailAddress": mail,
            "invitedUserDisplayName": name,
            "inviteRedirectUrl": self._redirect_url,
            "sendInvitationMessage": True,
        }
        if self._message:
            body["invitedUserMessageInfo"] = {"customizedMessageBody": self._message}
        await self._client.post(Caller(self._identity, await self._app_token()), path("/invitations"), body)
