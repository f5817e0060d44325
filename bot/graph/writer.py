"""What the writer identity does: the few writes that people with the right for them ask for and cannot make."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, Final, TypeVar

from bot.domain import RequestId, UserId
from bot.errors import DoormanError, GraphUnavailable
from bot.graph import bodies
from bot.graph.as_app import AsApp
from bot.graph.client import GraphClient
from bot.graph.odata import path
from bot.graph.wire_base import JsonObject
from bot.orders import Invitation, Order

K = TypeVar("K", bound=Hashable)

_EM: Final = "/identityGovernance/entitlementManagement"


class WriterGraph(AsApp):
    """Writes with the token of the writer's own registration. Who may ask for it is decided by the caller.

    All methods raise: NotAllowed (403, a right of the writer is missing), NotFound, Throttled, GraphUnavailable,
    GraphRefused, and GraphError with status 401 when the writer's token is refused.
    """

    def __init__(
        self, client: GraphClient, app_token: Callable[[], Awaitable[str]], *, identity: str = "writer"
    ) -> None:
        super().__init__(client, app_token, identity=identity)

    async def reprocess(self, request_id: RequestId) -> None:
        """Have a failed or partial delivery tried again. Graph refuses it in any other state, and after 14 days."""
        where = path(f"{_EM}/assignmentRequests/{{request}}/reprocess", request=request_id)
        await self._client.post(await self._caller(), where)

    async def invite(self, wanted: Mapping[K, Invitation]) -> dict[K, UserId | DoormanError]:
        """Invite these people, twenty to a request: the object id of each, or what went wrong with it.

        Whoever is a guest already is found and not made again. Nothing is sent twice; where an error says that it may
        have happened, look for the person first.
        """
        posts = {key: (path("/invitations"), bodies.invitation(each)) for key, each in wanted.items()}
        found = await self._client.batch_writes(await self._caller(), posts)
        return {key: _id_in(outcome, "invitedUser") for key, outcome in found.items()}

    async def file(self, orders: Mapping[K, Order]) -> dict[K, RequestId | DoormanError]:
        """File these administrators' requests, twenty to a request: the id of each, or what went wrong with it."""
        where = path(f"{_EM}/assignmentRequests")
        posts = {key: (where, bodies.order(each)) for key, each in orders.items()}
        found = await self._client.batch_writes(await self._caller(), posts)
        return {key: _id_in(outcome) for key, outcome in found.items()}


def _id_in(outcome: JsonObject | DoormanError, member: str = "") -> Any:
    """The id in an answer, under that member of it."""
    if isinstance(outcome, DoormanError):
        return outcome
    about = outcome.get(member) if member else outcome
    found = about.get("id") if isinstance(about, dict) else None
    return found if isinstance(found, str) and found else GraphUnavailable(200, "no id", may_have_happened=True)
