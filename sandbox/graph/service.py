"""One call of Graph from request to answer, apart from how it travels: alone over HTTP, or as a part of a batch."""

from __future__ import annotations

import json
import sys
import time
import traceback
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from sandbox.entra.tokens import Principal, TokenRejected, read_graph_token
from sandbox.graph import audited
from sandbox.graph import permissions as may
from sandbox.graph.access import Admission, admit, reads_profiles, reads_sign_ins, reads_users
from sandbox.graph.answers import Address, build_answer, check_options, rejected
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.world import switch
from sandbox.graph.languages import accepted_languages
from sandbox.graph.log import TokenKind
from sandbox.graph.odata.errors import QueryRejected
from sandbox.graph.odata.filters import Filter
from sandbox.graph.odata.options import QueryOptions, parse_options
from sandbox.graph.operations import Call, Entities, Operation, Query
from sandbox.graph.paths import PathTable
from sandbox.graph.problems import GraphProblem, bad_request
from sandbox.graph.reader import Reader
from sandbox.graph.throttle import WRITES_WINDOW_S, Throttle, price
from sandbox.graph.wire import Json
from sandbox.world import World

VERSION: Final = "/v1.0"
MAX_BODY_BYTES: Final = 1_000_000
_APPROVALS: Final = "/accessPackageAssignmentApprovals"
_MINE: Final = "/filterByCurrentUser("
_REQUEST: Final = "/identityGovernance/entitlementManagement/assignmentRequests/{id}"
NEW_MEMBERS: Final = "include-unknown-enum-members"
CONTENT_TYPE: Final = (
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
)


@dataclass(frozen=True, slots=True)
class GraphRequest:
    """`path` is encoded and begins below the version; header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class GraphResponse:
    """`body` None means that there is none."""

    status: int
    headers: dict[str, str]
    body: Json | None


@dataclass(slots=True)
class Trace:
    """A call under way: the answer as it takes shape, and what the log shall say of it."""

    request_id: str
    client_request_id: str
    headers: dict[str, str]
    status: int = 200
    body: Json | None = None
    principal: Principal | None = None
    used_permission: str | None = None

    @classmethod
    def of(cls, request: GraphRequest) -> Trace:
        request_id = str(uuid.uuid4())
        client_request_id = request.headers.get("client-request-id") or request_id
        return cls(request_id, client_request_id, {"request-id": request_id, "client-request-id": client_request_id})

    @property
    def response(self) -> GraphResponse:
        return GraphResponse(self.status, self.headers, self.body)


class GraphService:
    """Graph v1.0 of one world. `operations` is the table of all that it can do."""

    def __init__(self, world: World, operations: Iterable[Operation]) -> None:
        self._world = world
        self._paths = PathTable(operations)
        self._throttle = Throttle(time.monotonic)

    @property
    def world(self) -> World:
        return self._world

    def answer(self, request: GraphRequest) -> GraphResponse:
        """Answer one request, and log it. Whatever goes wrong becomes an error in Graph's shape."""
        with self.call(request) as trace:
            trace.status, trace.body = self._serve(request, trace)
        return trace.response

    @contextmanager
    def call(self, request: GraphRequest) -> Iterator[Trace]:
        """The frame of every call: what is raised inside becomes an error in Graph's shape, then the call is logged."""
        began = time.perf_counter()
        trace = Trace.of(request)
        try:
            yield trace
        except GraphProblem as problem:
            self._fail(trace, problem)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            self._fail(
                trace, GraphProblem(500, "InternalServerError", "The sandbox failed; its standard error says how.")
            )
        trace.headers["Date"] = http_date(self._world.clock.now())
        self._log(request, trace, (time.perf_counter() - began) * 1000)

    def _fail(self, trace: Trace, problem: GraphProblem) -> None:
        trace.status = problem.status
        trace.body = self.error_body(problem, trace.request_id, trace.client_request_id)
        trace.headers.update(problem.headers)

    def authenticate(self, authorization: str | None) -> Principal:
        """Whom the token speaks for. Raises 401, or 403 where the token is right but not enough."""
        try:
            principal = read_graph_token(self._world, authorization)
        except TokenRejected as error:
            headers = {"WWW-Authenticate": error.www_authenticate(self._world)}
            raise GraphProblem(error.status, error.code, error.message, headers) from error
        if principal.user_id is not None and principal.user_id not in self._world.tenant.users:
            raise GraphProblem(401, "InvalidAuthenticationToken", "The user of the access token does not exist.")
        return principal

    def error_body(self, problem: GraphProblem, request_id: str, client_request_id: str) -> Json:
        inner: Json = {
            "date": self._world.clock.now().strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        if problem.status == 429:
            inner = {"code": "429", "status": "429", "message": "Please retry after", **inner}
        elif problem.inner_code is not None:
            inner = {"code": problem.inner_code, **inner}
        return {"error": {"code": problem.code, "message": problem.message, "innerError": inner}}

    def _serve(self, request: GraphRequest, trace: Trace) -> tuple[int, Json | None]:
        trace.principal = principal = self.authenticate(request.headers.get("authorization"))
        operation, params = self._paths.find(request.method, request.path)
        operation = self._as_switched(operation)
        if NEW_MEMBERS in request.headers.get("prefer", "").casefold():
            trace.headers["Preference-Applied"] = NEW_MEMBERS
        pairs = tuple(parse_qsl(request.query, keep_blank_values=True))
        try:
            options = parse_options(pairs)
            self._meter(operation, principal, options, trace)
            own_id = self._own_id(operation, params)
            admission = admit(self._world.tenant, principal, operation, own_id)
            trace.used_permission = admission.used_permission
            is_eventual = request.headers.get("consistencylevel", "").casefold() == "eventual"
            compiled = check_options(operation, options, is_eventual=is_eventual)
            lacks_filter = _lacks_package_filter(operation, admission, compiled)
            if lacks_filter and self._world.options.unfiltered_lists == "refused":
                raise GraphProblem(
                    403, "Forbidden", "Filter by accessPackage/id: the caller's roles cover catalogs only."
                )
            call = Call(
                entitlement=Entitlement(self._world),
                reader=self._reader(request, operation, principal, own_id),
                principal=principal,
                scope=admission.scope,
                params=params,
                options=options,
                filter=compiled,
                body=read_body(operation, request),
            )
            self._check_licence(operation)
            call.entitlement.settle()
            before = audited.named_before(call, operation)
            result = operation.handler(call) if not lacks_filter else Entities(())
            self._world.writes += operation.is_write
            audited.note(call, operation, result, before)
            return build_answer(operation, call, result, Address(self._world.base_url, request.path, pairs))
        except QueryRejected as error:
            raise rejected(error, operation) from error

    def _meter(self, operation: Operation, principal: Principal, options: QueryOptions, trace: Trace) -> None:
        units = price(operation, options)
        trace.headers["x-ms-resource-unit"] = str(units)
        limit = switch(self._world, f"{operation.service}_units_per_10s", 0)
        trace.headers.update(self._throttle.spend(principal.app_id, operation.service, units, limit))
        if operation.service == "directory" and operation.is_change:
            limit = self._world.options.directory_writes_per_150s
            self._throttle.spend(principal.app_id, "directory_writes", 1, limit, window_s=WRITES_WINDOW_S)

    def _check_licence(self, operation: Operation) -> None:
        names = {"entitlement": "entitlement management", "reviews": "access reviews"}
        if operation.service in names and self._world.options.licence == "none":
            name = names[operation.service]
            raise GraphProblem(403, "Forbidden", f"The tenant has no licence for Microsoft Entra {name}.")

    def _as_switched(self, operation: Operation) -> Operation:
        """The operation as the options have it, where the documentation leaves open what it takes."""
        options = self._world.options
        if operation.service != "entitlement":
            return operation
        if _APPROVALS in operation.path and options.subject_access_decides:
            operation = replace(operation, delegated=(may.SELF_READ[0], *operation.delegated))
        if _MINE in operation.path and not options.function_query_options:
            operation = replace(operation, query=Query(top=True))
        if operation.path == _REQUEST and operation.method == "GET" and options.approvers_read_requests:
            operation = replace(operation, duty=None)
        return operation

    def _own_id(self, operation: Operation, params: Mapping[str, str]) -> str | None:
        """The user whom the path is about; "" for one who does not exist, None where it is about no other user."""
        if not operation.path.startswith("/users/{"):
            return None
        user = find_user(self._world, params["id"])
        return user.id if user is not None else ""

    def _reader(self, request: GraphRequest, operation: Operation, principal: Principal, own_id: str | None) -> Reader:
        is_own_profile = operation.path == "/me" or (own_id is not None and own_id == principal.user_id)
        return Reader(
            world=self._world,
            now=self._world.clock.now(),
            user_id=principal.user_id,
            languages=accepted_languages(request.headers.get("accept-language", "")),
            shows_new_members=NEW_MEMBERS in request.headers.get("prefer", "").casefold(),
            reads_profiles=is_own_profile or reads_profiles(principal.permissions),
            reads_members=operation.service == "entitlement" or reads_users(principal.permissions),
            reads_sign_ins=reads_sign_ins(principal.permissions),
        )

    def _log(self, request: GraphRequest, trace: Trace, duration_ms: float) -> None:
        name, identity_id, app_name = self._identity(trace.principal)
        kind: TokenKind = trace.principal.kind if trace.principal is not None else "none"
        self._world.graph_log.add(
            at=self._world.clock.now(),
            method=request.method,
            path=VERSION + unquote(request.path),
            query=unquote(request.query.replace("+", " ")),
            status=trace.status,
            duration_ms=round(duration_ms, 3),
            identity=name,
            identity_id=identity_id,
            app_name=app_name,
            token_kind=kind,
            permissions=tuple(sorted(trace.principal.permissions)) if trace.principal is not None else (),
            used_permission=trace.used_permission,
            correlation_id=trace.client_request_id,
            batch=request.batch,
        )

    def _identity(self, principal: Principal | None) -> tuple[str, str, str]:
        """Display name and id of whoever the token speaks for, and the application's name."""
        if principal is None:
            return "", "", ""
        app = self._world.tenant.apps.get(principal.app_id)
        app_name = app.display_name if app is not None else principal.app_id
        if principal.user_id is None:
            return app_name, app.object_id if app is not None else principal.app_id, app_name
        user = self._world.tenant.users.get(principal.user_id)
        return user.display_name if user is not None else "", principal.user_id, app_name


def _lacks_package_filter(operation: Operation, admission: Admission, compiled: Filter | None) -> bool:
    """Whether a caller whose roles cover catalogs only lists requests or assignments of all packages."""
    if not operation.needs_package_filter or admission.scope.is_everything:
        return False
    return compiled is None or "accessPackage/id" not in compiled.paths


def find_user(world: World, key: str) -> Any:
    """The user with that object id or user principal name."""
    users = world.tenant.users
    if key in users:
        return users[key]
    wanted = key.casefold()
    return next((user for user in users.values() if user.user_principal_name.casefold() == wanted), None)


def http_date(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


def read_body(operation: Operation, request: GraphRequest) -> Json:
    """The JSON object that was sent, {} where none is read or needed. Raises 4xx for anything else."""
    if operation.body == "none" or not request.body:
        if operation.body == "required":
            raise bad_request("The request needs a JSON body.")
        return {}
    return read_json(request)


def read_json(request: GraphRequest) -> Json:
    """The JSON object that a request carries. Raises 413, 415, and 400 for everything that is not one."""
    if len(request.body) > MAX_BODY_BYTES:
        raise GraphProblem(413, "RequestEntityTooLarge", f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if request.headers.get("content-type", "").partition(";")[0].strip().casefold() != "application/json":
        raise GraphProblem(415, "UnsupportedMediaType", "The body must have the content type 'application/json'.")
    return parse_object(request.body)


def parse_object(body: bytes) -> Json:
    """A JSON object from UTF-8. Raises 400 for everything that is not one, or that cannot be written again."""
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise bad_request("Unable to read JSON request payload. Please ensure it is valid JSON.") from error
    if not isinstance(value, dict):
        raise bad_request("Unable to read JSON request payload: an object is needed.")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
