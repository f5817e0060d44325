"""Several reads or writes in one request: the envelope of `$batch`, and what comes back in it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field

from bot.errors import DoormanError, GraphContractError, GraphUnavailable
from bot.graph.errors import error_from
from bot.graph.odata import GraphPath, Query, query_string
from bot.graph.wire_base import JsonObject, Wire, read

BATCH_SIZE: Final = 20
"""How many requests Graph takes in one batch."""


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


def read_items(answer: JsonObject) -> dict[str, tuple[int, Mapping[str, str], object]]:
    """Status, headers (names in small letters) and body of every item that was answered, by its id.

    Raises: GraphContractError, when the answer is no batch answer.
    """
    return {
        item.id: (item.status, {name.lower(): text for name, text in item.headers.items()}, item.body)
        for item in read(_Answers, answer).responses
    }


def write_envelope(posts: Sequence[tuple[GraphPath, JsonObject]], headers: Mapping[str, str]) -> JsonObject:
    """The body that sends all of these, numbered by their places, none of them before or after another."""
    every = {**headers, "Content-Type": "application/json"}
    requests = [
        {"id": str(number), "method": "POST", "url": where.text, "headers": every, "body": body}
        for number, (where, body) in enumerate(posts)
    ]
    return {"requests": requests}


def outcomes(answer: JsonObject, wanted: Sequence[tuple[GraphPath, Query | None]]) -> list[JsonObject | DoormanError]:
    """What became of each of `wanted`, in their order, whatever order Graph answered in.

    Raises: GraphContractError, when the answer is no batch answer.
    """
    found = {item.id: item for item in read(_Answers, answer).responses}
    return [_outcome(found.get(str(number)), where) for number, (where, _) in enumerate(wanted)]


def write_outcomes(
    answer: JsonObject, posts: Sequence[tuple[GraphPath, JsonObject]]
) -> list[JsonObject | DoormanError]:
    """What became of each of these writes. One whose answer is missing or unreadable may have been carried out."""
    try:
        found = {item.id: item for item in read(_Answers, answer).responses}
    except GraphContractError:
        found = {}
    outcomes = [_outcome(found.get(str(number)), where, is_write=True) for number, (where, _) in enumerate(posts)]
    return [
        GraphUnavailable(each.status, each.code, may_have_happened=True)
        if isinstance(each, GraphContractError)
        else each
        for each in outcomes
    ]


def _outcome(item: _Item | None, where: GraphPath, *, is_write: bool = False) -> JsonObject | DoormanError:
    if item is None:
        return GraphContractError(200, "batch item missing")
    body = plain_body(item.body)
    if item.status >= 300:
        headers = {name.lower(): text for name, text in item.headers.items()}
        return error_from(item.status, headers, body, what=where.template, is_write=is_write)
    return body if isinstance(body, dict) else GraphContractError(item.status, "batch item without an object")


def plain_body(body: object) -> object:
    """The JSON of an item whose body came base64-encoded, as Graph does when it takes it for binary."""
    if not isinstance(body, str):
        return body
    try:
        return json.loads(base64.b64decode(body, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
