"""Microsoft's own client for Graph, as published, pointed at a sandbox; and what it makes of the answers."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from kiota_abstractions.date_utils import parse_timedelta_string
from kiota_abstractions.serialization import Parsable
from kiota_serialization_json.json_serialization_writer import JsonSerializationWriter
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph.graph_request_adapter import options as sdk_options
from msgraph_core import GraphClientFactory

ANNOTATIONS: Final[Mapping[str, str]] = {
    "@odata.context": "an annotation about the answer; the generated models have no field for it",
}
"""Names on the wire that may land in `additional_data`, each with the reason."""

UNTYPED: Final[Mapping[tuple[str, str], str]] = {
    ("AccessPackage", "uniqueName"): "declared by the service and its alternate key, not by the generated model",
    ("AccessPackageCatalog", "uniqueName"): "declared by the service and its alternate key, not by the generated model",
}
"""Properties of models that have no field of their own, each with the reason."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_SPAN: Final = re.compile(r"P(?=[\dT])[\dDTHMS.YW]+")
_SPAN_IN_WORDS: Final = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d)")
"""How the client writes durations: as Python does, not as ISO 8601 does."""


class FixedToken:
    """The SDK's authentication provider for one token that is already there."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def authenticate_request(self, request: Any, additional_authentication_context: Any = None) -> None:
        request.headers.try_add("Authorization", f"Bearer {self._token}")


@dataclass
class SdkCaller:
    """The SDK's client for one identity. `wire` are the JSON answers that it received, oldest first."""

    client: Any
    adapter: Any
    wire: list[Any] = field(default_factory=list)

    def check(self, model: Any) -> Any:
        """The model, after finding everything in it that the last answer said. Fails naming what was lost."""
        assert isinstance(model, Parsable), model
        lost = losses(self.wire[-1], model)
        assert not lost, lost
        return model


@asynccontextmanager
async def sdk_caller(base_url: str, token: str) -> AsyncIterator[SdkCaller]:
    """`base_url` is the sandbox's. The client keeps all its middleware: retries, redirects, telemetry."""
    wire: list[Any] = []

    async def keep(response: httpx.Response) -> None:
        await response.aread()
        wire.append(response.json() if response.content else None)

    # The SDK's pipeline wraps the transport and does not close it, so it is closed here.
    async with (
        httpx.AsyncHTTPTransport() as transport,
        httpx.AsyncClient(transport=transport, trust_env=False, event_hooks={"response": [keep]}) as http,
    ):
        adapter = GraphRequestAdapter(
            FixedToken(token), GraphClientFactory.create_with_default_middleware(client=http, options=sdk_options)
        )
        adapter.base_url = base_url + "/v1.0"
        yield SdkCaller(GraphServiceClient(request_adapter=adapter), adapter, wire)


def losses(wire: Any, model: Any) -> list[str]:
    """What the answer says and the model does not: put aside as untyped, or not understood at all.

    The model is written out again by the SDK, so a value that it could not read (an enumeration's unknown member, a
    number where text belongs) is missing there.
    """
    writer = JsonSerializationWriter()
    writer.write_object_value(None, model)
    return _untyped(model, type(model).__name__) + _missing(wire, json.loads(writer.get_serialized_content()), "")


def _untyped(model: Any, where: str) -> list[str]:
    if isinstance(model, list):
        return [found for index, one in enumerate(model) for found in _untyped(one, f"{where}[{index}]")]
    if not isinstance(model, Parsable):
        return []
    kind = type(model).__name__
    extra = getattr(model, "additional_data", None) or {}
    known = [*ANNOTATIONS, *(name for owner, name in UNTYPED if owner == kind)]
    found = [f"{where}: no field for '{name}'" for name in extra if name not in known]
    for each in dataclasses.fields(model):
        if each.name not in ("additional_data", "backing_store"):
            found += _untyped(getattr(model, each.name), f"{where}.{each.name}")
    return found


def _missing(wire: Any, again: Any, where: str) -> list[str]:
    if isinstance(wire, dict):
        if not isinstance(again, dict):
            return [f"{where}: lost, was an object"]
        given = {name: value for name, value in wire.items() if value is not None and name not in ANNOTATIONS}
        return [found for name, value in given.items() for found in _missing(value, again.get(name), f"{where}/{name}")]
    if isinstance(wire, list):
        if not wire and again is None:
            return []
        if not isinstance(again, list) or len(again) != len(wire):
            return [f"{where}: {wire!r} became {again!r}"]
        return [
            found
            for index, (one, other) in enumerate(zip(wire, again, strict=True))
            for found in _missing(one, other, f"{where}[{index}]")
        ]
    return [] if _plain(wire) == _plain(again) else [f"{where}: {wire!r} became {again!r}"]


def _plain(value: Any) -> Any:
    """A value without the freedom that its spelling has: moments in UTC, durations as spans."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(UTC)
    if isinstance(value, str) and _SPAN.fullmatch(value):
        span: timedelta = parse_timedelta_string(value)
        return span
    if isinstance(value, str) and (words := _SPAN_IN_WORDS.fullmatch(value)):
        days, hours, minutes, seconds = (int(part or 0) for part in words.groups())
        return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return value
