"""One operation of the control plane, and how a request becomes a call of it and its result an answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.connector.client import TEAMS, TeamsClient
from sandbox.connector.errors import PersonError
from sandbox.world import WORLD, World


class Body(BaseModel):
    """What a request brings. Unknown fields are refused by name."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Nothing(Body):
    """No fields."""


@dataclass(frozen=True, slots=True)
class Call:
    """`body` and `query` are of the types that the operation declares."""

    world: World
    teams: TeamsClient
    body: Any
    query: Any


Handle: TypeAlias = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """`handle` gives back JSON values. `answer` describes them for the OpenAPI document."""

    method: Literal["GET", "POST", "DELETE"]
    path: str
    summary: str
    handle: Handle
    answer: type[BaseModel]
    body: type[Body] | None = None
    query: type[Body] = Nothing
    description: str = ""
    tag: str = "World"


class RefusedError(Exception):
    """A request that is not carried out. `status` is 400, 403, 404, 409, 415 or 422."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def route(operation: Operation) -> web.RouteDef:
    async def answer(request: web.Request) -> web.Response:
        try:
            check_origin(request)
            call = Call(
                world=request.app[WORLD],
                teams=request.app[TEAMS],
                body=await _read_body(request, operation),
                query=_validated(operation.query, dict(request.query), "query"),
            )
            outcome = await operation.handle(call)
            call.world.writes += operation.method != "GET"
            return web.json_response(outcome)
        except PersonError as error:
            return _error(error.status, error.code, error.message, **error.details)
        except RefusedError as error:
            return _error(error.status, error.code, error.message)

    return web.route(operation.method, operation.path, answer)


def check_origin(request: web.Request) -> None:
    """A page may steer the sandbox only when the sandbox itself served it. Raises RefusedError (403)."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("Host"):
        raise RefusedError(403, "foreign-origin", "Pages of other sites may not steer the sandbox.")


async def _read_body(request: web.Request, operation: Operation) -> Body | None:
    raw = await request.read()
    if operation.method == "GET" or (operation.method == "DELETE" and not raw):
        return None
    if request.content_type != "application/json":
        raise RefusedError(415, "json-only", "Send Content-Type: application/json.")
    try:
        value = json.loads(raw) if raw.strip() else {}
    except ValueError as error:
        raise RefusedError(400, "not-json", f"The body is not JSON: {error}.") from None
    return _validated(operation.body or Nothing, value, "body")


def _validated(model: type[Body], value: Any, where: str) -> Body:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems = "; ".join(_sentence(each) for each in error.errors())
        fields = [each.alias or name for name, each in model.model_fields.items()]
        known = f"It takes: {', '.join(fields)}." if fields else "It takes no fields."
        raise RefusedError(422, "not-valid", f"The {where} is not right. {problems}. {known}") from None


def _sentence(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    text = "is not known" if problem["type"] == "extra_forbidden" else problem["msg"]
    return f"{name}: {text}" if name else str(text)


def _error(status: int, code: str, message: str, **details: Any) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, **details}}, status=status)
