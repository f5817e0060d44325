"""Where access opens: the application's own page, the team, the site; else the page that lists them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.domain import AccessPackageId, Opening, ResourceRole
from bot.errors import DoormanError, NotAllowed
from bot.services.kept import Kept

MY_APPS = "https://myapps.microsoft.com"
MY_GROUPS = "https://myaccount.microsoft.com/groups"

_AGE_SECONDS = 3_600.0
_NOT_ALLOWED_AGE_SECONDS = 900.0
_MOST = 3


class PlaceReader(Protocol):
    async def applications(self, ids: Iterable[str]) -> dict[str, Opening]: ...
    async def groups(self, ids: Iterable[str]) -> dict[str, Opening]: ...


class PlaceKind(StrEnum):
    APP = "app"
    TEAM = "team"
    SITE = "site"
    ALL_APPS = "all apps"
    ALL_GROUPS = "all groups"


@dataclass(frozen=True, slots=True)
class Place:
    kind: PlaceKind
    url: str
    name: str = ""


class Places:
    """Knows where things open; what it looked up it keeps for an hour.

    Looking up applications takes a permission that the app may lack; then My Apps is where they open.
    """

    def __init__(self, reader: PlaceReader, tenant_id: str) -> None:
        self._reader = reader
        self._tenant_id = tenant_id
        self._kept = Kept()

    async def warm(self, package_ids: Iterable[AccessPackageId]) -> None:
        """Look up what is known to be in these packages and has been forgotten: a round to make beside another."""
        known = [self._kept.get(("contents", each), _AGE_SECONDS) for each in package_ids]
        await self.look_up([role for roles in known if isinstance(roles, tuple) for role in roles])

    async def look_up(self, roles: Sequence[ResourceRole]) -> None:
        """Never raises: a link that is missing keeps nobody from anything."""
        await asyncio.gather(
            self._ask("application", self._reader.applications, _origins(roles, "aadapplication")),
            self._ask("group", self._reader.groups, _origins(roles, "aadgroup")),
        )

    def of(self, package_id: AccessPackageId | None, roles: Sequence[ResourceRole]) -> tuple[Place, ...]:
        """Where these roles open, as far as is known by now, the best first."""
        if package_id is not None:
            self._kept.put(("contents", package_id), tuple(roles))
        found = [place for role in roles if (place := self._place(role)) is not None]
        exact = list(dict.fromkeys(place for place in found if place.name))
        rest = list(dict.fromkeys(place for place in found if not place.name))
        return tuple((exact or rest)[:_MOST])

    def _place(self, role: ResourceRole) -> Place | None:
        match role.origin_system.casefold():
            case "sharepointonline":
                return Place(PlaceKind.SITE, role.origin_id, role.resource_name) if _is_web(role.origin_id) else None
            case "aadapplication":
                known = self._kept.get(("application", role.origin_id), _AGE_SECONDS)
                if isinstance(known, Opening) and _is_web(known.url):
                    return Place(PlaceKind.APP, known.url, known.name or role.resource_name)
                return Place(PlaceKind.ALL_APPS, MY_APPS)
            case "aadgroup":
                known = self._kept.get(("group", role.origin_id), _AGE_SECONDS)
                if isinstance(known, Opening) and known.is_team:
                    return Place(PlaceKind.TEAM, self._team_url(role.origin_id), known.name or role.resource_name)
                return Place(PlaceKind.ALL_GROUPS, MY_GROUPS)
        return None

    def _team_url(self, group_id: str) -> str:
        """Teams finds the team by its group; the id of its channel, which only the team itself knows, may be any."""
        return (
            f"https://teams.microsoft.com/l/team/{group_id}/conversations?groupId={group_id}&tenantId={self._tenant_id}"
        )

    async def _ask(
        self, kind: str, read: Callable[[list[str]], Awaitable[Mapping[str, Opening]]], ids: Iterable[str]
    ) -> None:
        missing = [each for each in ids if self._kept.get((kind, each), _AGE_SECONDS) is None]
        if not missing or self._kept.get(("not_allowed", kind), _NOT_ALLOWED_AGE_SECONDS):
            return
        try:
            found = await read(missing)
        except NotAllowed:
            self._kept.put(("not_allowed", kind), True)
            return
        except DoormanError:
            return
        for each in missing:
            self._kept.put((kind, each), found.get(each) or Opening(each, ""))


def _origins(roles: Sequence[ResourceRole], system: str) -> list[str]:
    return list(
        dict.fromkeys(role.origin_id for role in roles if role.origin_system.casefold() == system and role.origin_id)
    )


def _is_web(url: str) -> bool:
    return url.startswith("https://")
