"""Waiting for the roles of resources that have just come into a catalog; they appear there seconds later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Final

from bot.services.tenant_look import TenantReads
from bot.tenant import TenantResource

_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 15.0


class RolesLate(Exception):
    """The resource is in the catalog, and its roles were not to be seen for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds


@dataclass
class _Watch:
    wanted: dict[str, asyncio.Future[TenantResource]] = field(default_factory=dict)
    looking: asyncio.Task[None] | None = None


class RolesOfCatalogs:
    """The resources of catalogs with their roles. Whoever waits for the same catalog shares one round of looking."""

    def __init__(self, reads: TenantReads, pause: Callable[[float], Awaitable[None]], patience_seconds: float) -> None:
        self._patience_seconds = patience_seconds
        self._reads = reads
        self._pause = pause
        self._watches: dict[str, _Watch] = {}

    async def of(self, catalog_id: str, origin_id: str) -> TenantResource:
        """The resource, with its roles. Raises: RolesLate, and what the reads raise."""
        watch = self._watches.setdefault(catalog_id, _Watch())
        key = origin_id.casefold()
        if key not in watch.wanted:
            watch.wanted[key] = asyncio.get_running_loop().create_future()
            # Somebody may give up before the answer comes; then nobody asks for it, and that is nobody's error.
            watch.wanted[key].add_done_callback(lambda done: done.cancelled() or done.exception())
        if watch.looking is None:
            watch.looking = asyncio.create_task(self._look(catalog_id, watch))
        return await asyncio.shield(watch.wanted[key])

    async def _look(self, catalog_id: str, watch: _Watch) -> None:
        """Look until everybody knows, or has waited long enough."""
        waited, pause = 0.0, _FIRST_PAUSE_SECONDS
        await asyncio.sleep(0)
        try:
            while missing := [key for key, answer in watch.wanted.items() if not answer.done()]:
                for key, resource in (await self._with_roles(catalog_id, missing)).items():
                    watch.wanted[key].set_result(resource)
                missing = [key for key in missing if not watch.wanted[key].done()]
                if not missing:
                    continue
                if waited >= self._patience_seconds:
                    raise RolesLate(waited)
                await self._pause(pause)
                waited, pause = waited + pause, min(pause * 2, _LONGEST_PAUSE_SECONDS)
        except Exception as error:
            for answer in watch.wanted.values():
                if not answer.done():
                    answer.set_exception(error)
        finally:
            watch.looking = None

    async def _with_roles(self, catalog_id: str, wanted: list[str]) -> dict[str, TenantResource]:
        """Those of these that are there with roles; where the list shows none, the roles are asked for themselves."""
        resources = await self._reads.resources(catalog_id)
        there = {key: resources[key] for key in wanted if key in resources}
        bare = [each for each in there.values() if not each.roles or not each.scope_id]
        roles = await self._reads.roles(bare) if bare else {}
        found = {
            key: each if each.roles else replace(each, roles=roles.get(each.id, ())) for key, each in there.items()
        }
        return {key: each for key, each in found.items() if each.roles and each.scope_id}
