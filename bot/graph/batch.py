"""Several reads or writes in one request: the envelope of `$batch`, and what comes back in it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from pydantic import Field

from bot.errors import DoormanError, GraphContractError, GraphUnavailable
from bot.graph.errors import error_from
from bot.graph.odata import GraphPath, Query, query_string
from bot.graph.wire_base import JsonObject, Wire, read

BATCH_SIZE: Final = 20
"""How many requests Graph takes in one batch."""

Write: TypeAlias = tuple[str, GraphPath, JsonObject | None]
"""Method, address and body."""


class _Item(Wire):
    id: str
    status: int
    headers: dict[str, str] = Field(default_factory=dict)
    body: object = None


class _Answers(Wire):
    responses: list[_Item]


def envelope(wanted: Sequence[tuple[GraphPath, Query | None]], headers: Mapping[str, str]) -> JsonObject:
    """The body that asks for all of `wanted`, numbered by their places in it.

    `headers` go with every item, because those of the batch itself do not reach its items.
    """
    requests = []
    for number, (where, query) in enumerate(wanted):
        # A name may hold an address, which must not make the item's own address look like an absolute one.
        url = f"{where.text}?{query_string(query)}".replace("://", "%3A//") if query else where.text
        requests.append({"id": str(number), "method": "GET", "url": url, "headers": dict(headers)})
    return {"requests": requests}


def write_envelope(writes: Sequence[Write], headers: Mapping[str, str] = MappingProxyType({})) -> JsonObject:
    """The body that sends all of these, numbered by their places, none of them before or after another."""
    requests = []
    for number, (method, where, body) in enumerate(writes):
        request: JsonObject = {"id": str(number), "method": method, "url": where.text}
        every = headers if body is None else {**headers, "Content-Type": "application/json"}
        request |= {"headers": dict(every)} if every else {}
        request |= {} if body is None else {"body": body}
        requests.append(request)
    return {"requests": requests}


def outcomes(answer: JsonObject, wanted: Sequence[tuple[GraphPath, Query | None]]) -> list[JsonObject | DoormanError]:
    """What became of each of `wanted`, in their order, whatever order Graph answered in.

    Raises: GraphContractError, when the answer is no batch answer.
    """
    found = {item.id: item for item in read(_Answers, answer).responses}
    return [_outcome(found.get(str(number)), where) for number, (where, _) in enumerate(wanted)]


def write_outcomes(answer: JsonObject, writes: Sequence[Write]) -> list[JsonObject | DoormanError]:
    """What became of each of these writes: {} for one that was answered by nothing.

    One whose answer is missing or unreadable may have been carried out.
    """
    try:
        found = {item.id: item for item in read(_Answers, answer).responses}
    except GraphContractError:
        found = {}
    outcomes = [_outcome(found.get(str(number)), where, is_write=True) for number, (_, where, _) in enumerate(writes)]
    return [
        GraphUnavailable(each.status, each.code, may_have_happened=True)
        if isinstance(each, GraphContractError)
        else each
        for each in outcomes
    ]


def _outcome(item: _Item | None, where: GraphPath, *, is_write: bool = False) -> JsonObject | DoormanError:
    if item is None:
        return GraphContractError(200, "batch item missing")
    body = _plain_body(item.body)
    if item.status >= 300:
        headers = {name.lower(): text for name, text in item.headers.items()}
        return error_from(item.status, headers, body, what=where.template, is_write=is_write)
    if is_write and item.body is None:
        return {}
    return body if isinstance(body, dict) else GraphContractError(item.status, "batch item without an object")


def _plain_body(body: object) -> object:
    """The JSON of an item whose body came base64-encoded, as Graph does when it takes it for binary."""
    if not isinstance(body, str):
        return body
    try:
        return json.loads(base64.b64decode(body, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
