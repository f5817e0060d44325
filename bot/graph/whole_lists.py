"""Collections that were asked for among others in a batch, which gives their first pages only, read to their ends."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Mapping
from typing import TypeVar

from bot.graph.client import Caller, GraphClient
from bot.graph.odata import GraphPath
from bot.graph.wire_base import JsonObject

K = TypeVar("K", bound=Hashable)


async def whole_lists(
    client: GraphClient, caller: Caller, first: Mapping[K, tuple[GraphPath, JsonObject]]
) -> dict[K, list[JsonObject]]:
    """The items of each of these collections, from its address and its first page. Raises what reading a page does."""

    async def items(where: GraphPath, page: JsonObject) -> list[JsonObject]:
        further = [item async for items in client.pages(caller, where, after=page) for item in items]
        value = page.get("value")
        return [item for item in value if isinstance(item, dict)] + further if isinstance(value, list) else further

    found = await asyncio.gather(*(items(where, page) for where, page in first.values()))
    return dict(zip(first, found, strict=True))
