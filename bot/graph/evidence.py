"""What evidence about one assignment is read from Graph, with the token of the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bot.domain import Assignment, AssignmentRequest
from bot.graph import wire
from bot.graph.client import Caller
from bot.graph.odata import literal, path
from bot.graph.reader import ReaderGraph

_EM: Final = "/identityGovernance/entitlementManagement"


class EvidenceGraph(ReaderGraph):
    """A reader that also finds what belongs to an assignment."""

    async def assignment(self, assignment_id: str) -> Assignment:
        """Raises: NotFound."""
        where = path(f"{_EM}/assignments/{{assignment}}", assignment=assignment_id)
        return wire.assignment(await self._client.get(await self._own(), where, params=wire.ASSIGNMENT_QUERY))

    async def requests_about(self, assignment: Assignment) -> list[AssignmentRequest]:
        """The requests that led to this assignment, changed it or ended it, as far as Graph still keeps them."""
        conditions = f"accessPackage/id eq {literal(assignment.package_id or '')}"
        query = {**wire.REQUEST_QUERY, "$filter": conditions}
        found = await self._client.collect(await self._own(), path(f"{_EM}/assignmentRequests"), params=query)
        requests = [wire.assignment_request(item) for item in found]
        return [request for request in requests if request.assignment_id == assignment.id]

    async def policy_as_it_is(self, policy_id: str) -> Mapping[str, Any]:
        """Raises: NotFound."""
        where = path(f"{_EM}/assignmentPolicies/{{policy}}", policy=policy_id)
        return await self._client.get(await self._own(), where, params={"$expand": "questions"})

    async def _own(self) -> Caller:
        return Caller(self._identity, await self._app_token())
