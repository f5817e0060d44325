"""What team views read with the app's own token: packages with their policies. Writes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from bot.errors import DoormanError, NotFound
from bot.graph import wire_team
from bot.graph.client import Caller, GraphClient
from bot.graph.odata import GraphPath, Query, literal, path
from bot.graph.wire_base import JsonObject
from bot.team import PackageSetUp

_EM: Final = "/identityGovernance/entitlementManagement"


class TeamGraph:
    """Reads with the app's own token. All methods raise what those of `ReaderGraph` do."""

    def __init__(
        self, client: GraphClient, app_token: Callable[[], Awaitable[str]], *, identity: str = "reader"
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._identity = identity

    async def packages_with(self, texts: Iterable[str]) -> dict[str, list[PackageSetUp]]:
        """For each of these texts, the access packages whose names contain it in any letter case."""
        wanted: dict[str, tuple[GraphPath, Query | None]] = {
            text: (
                path(f"{_EM}/accessPackages"),
                {
                    **wire_team.SET_UP_QUERY,
                    "$filter": f"contains(tolower(displayName),{literal(text.casefold())})",
                },
            )
            for text in texts
        }
        found = await self._lists(wanted)
        return {text: [wire_team.package_set_up(item) for item in items] for text, items in found.items()}

    async def packages_of(self, ids: Iterable[str]) -> dict[str, PackageSetUp]:
        """Those of these access packages that exist."""
        wanted: dict[str, tuple[GraphPath, Query | None]] = {
            each: (path(f"{_EM}/accessPackages/{{package}}", package=each), wire_team.SET_UP_QUERY) for each in ids
        }
        found = await self._client.batch(await self._caller(), wanted)
        there = {each: answer for each, answer in found.items() if not isinstance(answer, NotFound)}
        return {each: wire_team.package_set_up(_object(answer)) for each, answer in there.items()}

    async def _lists(self, wanted: Mapping[str, tuple[GraphPath, Query | None]]) -> dict[str, list[JsonObject]]:
        """Whole collections, asked for together; the few that do not fit on one page are read on by themselves."""
        caller = await self._caller()
        first = {key: _object(answer) for key, answer in (await self._client.batch(caller, wanted)).items()}
        longer = [key for key, answer in first.items() if answer.get("@odata.nextLink")]
        rest = await asyncio.gather(
            *(self._client.collect(caller, wanted[key][0], params=wanted[key][1]) for key in longer)
        )
        return {key: _items(answer) for key, answer in first.items()} | dict(zip(longer, rest, strict=True))

    async def _caller(self) -> Caller:
        return Caller(self._identity, await self._app_token())


def _object(answer: JsonObject | DoormanError) -> JsonObject:
    if isinstance(answer, DoormanError):
        raise answer
    return answer


def _items(answer: JsonObject) -> list[JsonObject]:
    items = answer.get("value")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
