"""Watches every call of the sandbox's Graph during a test, parts of batches too, and holds it to Microsoft's files.

What was asked and what was answered are held to the metadata; who was let in, and with which permission, to the
permission map. Without `DOORMAN_GRAPH_METADATA` nothing is watched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sandbox.graph.operations import Operation
from sandbox.graph.paths import PathTable
from sandbox.graph.problems import GraphProblem
from sandbox.graph.render import UNDOCUMENTED
from sandbox.graph.service import VERSION, GraphRequest, GraphResponse, GraphService
from sandbox.graph.table import OPERATIONS
from sandbox.world import World
from tests.support.graph_metadata import GraphContract, PublishedPermissions, find_metadata
from tests.support.graph_requests import RequestContract


class GraphWitness:
    """`problems` is what calls had that Microsoft's files do not know."""

    def __init__(
        self, contract: GraphContract, permissions: PublishedPermissions, *, holds_bodies: bool = True
    ) -> None:
        self._holds_bodies = holds_bodies
        self._contract = contract
        self._requests = RequestContract(contract)
        self._permissions = permissions
        self._paths = _paths()
        self.problems: list[str] = []

    def see(self, world: World, request: GraphRequest, response: GraphResponse) -> None:
        """One call that was answered."""
        where = f"{VERSION}{request.path}" + (f"?{request.query}" if request.query else "")
        answered = _documented(response.body) if world.options.undocumented_properties else response.body
        self.problems += self._contract.check_response(request.method, where, response.status, answered)
        if response.status >= 400:
            return
        operation = self._operation(request)
        if operation is None:
            self.problems.append(f"{request.method} {where}: answered, though no operation is there")
            return
        if self._holds_bodies and world.options.unknown_properties == "reject":
            self.problems += self._requests.check(request.method, where, _json(request.body))
        self.problems += self._admission(world, operation)

    def _operation(self, request: GraphRequest) -> Operation | None:
        try:
            return self._paths.find(request.method, request.path)[0]
        except GraphProblem:
            return None

    def _admission(self, world: World, operation: Operation) -> list[str]:
        """Whether the newest call in the log came in by a permission that the map has for it."""
        call = world.graph_log.entries[-1]
        where = f"{operation.method} {operation.path} by {call.token_kind} with {call.used_permission}"
        published = self._permissions.find(operation.method, operation.path)
        if published is None:
            return [] if operation.unpublished else [f"{where}: the map lacks the operation"]
        accepted = published.delegated if call.token_kind == "delegated" else published.application
        if call.used_permission in accepted:
            return []
        if (
            call.used_permission is None
            and call.token_kind == "application"
            and (operation.duty or operation.role_instead)
        ):
            return []  # an application with a role on the catalog needs no permission
        if world.options.subject_access_decides and "/accessPackageAssignmentApprovals" in operation.path:
            return []
        return [f"{where}: the map accepts {', '.join(sorted(accepted)) or 'no such token'}"]


def _documented(answered: Any) -> Any:
    """An answer without the property that a test had added on purpose."""
    if isinstance(answered, dict):
        return {name: _documented(value) for name, value in answered.items() if name != UNDOCUMENTED}
    return [_documented(value) for value in answered] if isinstance(answered, list) else answered


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None  # a body that the operation did not read


@cache
def _paths() -> PathTable:
    return PathTable(OPERATIONS)


@cache
def _files() -> tuple[GraphContract, PublishedPermissions] | None:
    folder = find_metadata()
    return (GraphContract(folder), PublishedPermissions(folder)) if folder is not None else None


@contextmanager
def watching_graph(*, holds_bodies: bool = True) -> Iterator[GraphWitness | None]:
    """Watch every sandbox of this process while the block runs. Fails at its end, naming what was wrong.

    Without `holds_bodies` what was asked may hold anything.
    """
    files = _files()
    if files is None:
        yield None
        return
    witness = GraphWitness(*files, holds_bodies=holds_bodies)
    answer = GraphService.answer

    def watched(self: GraphService, request: GraphRequest) -> GraphResponse:
        response = answer(self, request)
        witness.see(self.world, request, response)
        return response

    GraphService.answer = watched  # type: ignore[method-assign]  # what it answers stays as it is
    try:
        yield witness
    finally:
        GraphService.answer = answer  # type: ignore[method-assign]  # as above
    if witness.problems:
        problems = "\n".join(dict.fromkeys(witness.problems))
        raise AssertionError(f"Graph was used, or answered, in a way that Microsoft's files do not know:\n{problems}")
