"""What the writer identity does: the few writes that people with the right for them ask for and cannot make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from bot.domain import RequestId
from bot.graph.client import Caller, GraphClient
from bot.graph.odata import path

_EM: Final = "/identityGovernance/entitlementManagement"


class WriterGraph:
    """Writes with the token of the writer's own registration. Who may ask for it is decided by the caller.

    All methods raise: NotAllowed (403, a right of the writer is missing), NotFound, Throttled, GraphUnavailable,
    GraphRefused, and GraphError with status 401 when the writer's token is refused.
    """

    def __init__(
        self, client: GraphClient, app_token: Callable[[], Awaitable[str]], *, identity: str = "writer"
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._identity = identity

    async def reprocess(self, request_id: RequestId) -> None:
        """Have a failed or partial delivery tried again. Graph refuses it in any other state, and after 14 days."""
        where = path(f"{_EM}/assignmentRequests/{{request}}/reprocess", request=request_id)
        await self._client.post(Caller(self._identity, await self._app_token()), where)
