"""`$batch`: up to twenty requests in one, answered in any order, each metered and failing for itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.entra.tokens import Principal
from sandbox.fault_middleware import fault_answer, names_of
from sandbox.faults import Fault
from sandbox.graph.problems import GraphProblem, bad_request
from sandbox.graph.service import VERSION, GraphRequest, GraphResponse, GraphService, read_json
from sandbox.graph.wire import Json
from sandbox.services import Service

BATCH_PATH: Final = "/$batch"
MAX_ITEMS: Final = 20
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_BROKEN: Final = {"timeout": 504, "reset": 502, "truncate": 502}
"""What a fault of the connection looks like inside of a batch, whose own connection holds."""


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    depends_on: tuple[str, ...]


async def answer_batch(service: GraphService, request: GraphRequest) -> GraphResponse:
    """The envelope of answers; 400 when the envelope is malformed, 401 when the token is."""
    with service.call(request) as trace:
        trace.principal = service.authenticate(request.headers.get("authorization"))
        items = read_items(read_json(request))
        trace.body = await _answer_all(service, items, trace.principal, request.headers.get("authorization"))
    return trace.response


async def _answer_all(
    service: GraphService, items: list[Item], principal: Principal, authorization: str | None
) -> Json:
    number = service.world.graph_log.next_batch()
    who = names_of(service.world, {principal.user_id or "", principal.app_id})
    answers: dict[str, GraphResponse] = {}
    for item in items:
        failed = [one for one in item.depends_on if answers[one.casefold()].status >= 400]
        if failed:
            problem = GraphProblem(424, "FailedDependency", f"The request '{failed[0]}' before this one failed.")
            answers[item.id.casefold()] = GraphResponse(424, {}, service.error_body(problem, "", ""))
        else:
            answers[item.id.casefold()] = await _answer_item(service, item, authorization, number, who)
    responses = [_shown(item, answers[item.id.casefold()]) for item in items]
    service.world.random.shuffle(responses)
    return {"responses": responses}


async def _answer_item(
    service: GraphService, item: Item, authorization: str | None, number: int, who: frozenset[str]
) -> GraphResponse:
    headers = {**item.headers, "authorization": authorization or ""}
    request = GraphRequest(item.method, item.path, item.query, headers, item.body, number)
    where = f"{VERSION}{item.path}" + (f"?{item.query}" if item.query else "")
    fault = service.world.faults.pick(Service.GRAPH, item.method, where, who)
    if fault is None:
        return service.answer(request)
    if fault.kind == "slow":
        await asyncio.sleep(fault.delay_ms / 1000)
        return service.answer(request)
    if fault.after or fault.kind == "truncate":
        service.answer(request)
    return _faulty(service, fault)


def _faulty(service: GraphService, fault: Fault) -> GraphResponse:
    if fault.kind == "status":
        status, headers, body = fault_answer(service.world, Service.GRAPH, fault)
        return GraphResponse(status, headers, body)
    status = _BROKEN[fault.kind]
    problem = GraphProblem(status, "ServiceUnavailable", "The service behind this request did not answer.")
    return GraphResponse(status, {}, service.error_body(problem, "", ""))


def _shown(item: Item, answer: GraphResponse) -> Json:
    headers = dict(answer.headers)
    if answer.body is not None:
        headers["Content-Type"] = "application/json"
    shown: Json = {"id": item.id, "status": answer.status, "headers": headers}
    if answer.body is not None:
        shown["body"] = answer.body
    return shown


def read_items(envelope: Json) -> list[Item]:
    """The requests of an envelope, in its order. Raises 400 for a malformed one, naming what is wrong."""
    requests = envelope.get("requests")
    if not isinstance(requests, list) or not requests:
        raise bad_request("The batch needs a non-empty array 'requests'.")
    if len(requests) > MAX_ITEMS:
        raise bad_request(f"Number of batch request steps exceeds the maximum value {MAX_ITEMS}.")
    items: list[Item] = []
    seen: set[str] = set()
    for value in requests:
        item = _read_item(value)
        if item.id.casefold() in seen:
            raise bad_request(f"Write request id : {item.id} is not unique within the batch.")
        unknown = [one for one in item.depends_on if one.casefold() not in seen]
        if unknown:
            raise bad_request(f"The request '{item.id}' depends on '{unknown[0]}', which does not come before it.")
        seen.add(item.id.casefold())
        items.append(item)
    return items


def _read_item(value: Any) -> Item:
    if not isinstance(value, dict):
        raise bad_request("Each batch request must be an object.")
    item_id, method, url = (value.get(name) for name in ("id", "method", "url"))
    if not isinstance(item_id, str) or not item_id:
        raise bad_request("Each batch request needs an 'id' of text.")
    if not isinstance(method, str) or method.upper() not in _METHODS:
        raise bad_request(f"The batch request '{item_id}' has no valid 'method'.")
    if not isinstance(url, str) or not url or "://" in url or url.startswith("//"):
        raise bad_request(f"The batch request '{item_id}' needs a 'url' relative to the version.")
    path, _, query = url.partition("?")
    path = "/" + path.strip("/")
    if path.casefold().startswith(BATCH_PATH):
        raise bad_request(f"The batch request '{item_id}' must not be a batch itself.")
    headers = _headers(item_id, value.get("headers"))
    has_body = value.get("body") is not None
    if method.upper() in _WITH_BODY and (not has_body or "content-type" not in headers):
        raise bad_request(f"Write request id : {item_id} does not contain Content-Type header or body.")
    return Item(
        id=item_id,
        method=method.upper(),
        path=path,
        query=query,
        headers=headers,
        body=json.dumps(value["body"]).encode() if has_body else b"",
        depends_on=_depends_on(item_id, value.get("dependsOn")),
    )


def _headers(item_id: str, value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise bad_request(f"The 'headers' of the batch request '{item_id}' must be an object of texts.")
    return {name.casefold(): text for name, text in value.items() if name.casefold() != "authorization"}


def _depends_on(item_id: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad_request(f"'dependsOn' of the batch request '{item_id}' must be an array of ids.")
    return tuple(value)
