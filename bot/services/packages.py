"""Finding an access package in a person's own words, among those that Graph lets them request."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rapidfuzz import fuzz, utils

from bot.domain import AccessPackage, AccessPackageId, UserId
from bot.turn import Actor

_CATALOG_AGE_SECONDS = 120.0
_CATALOGS_KEPT = 500
_GOOD_MATCH = 72.0
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class RequestablePackages(Protocol):
    async def requestable_packages(self, who: Actor) -> list[AccessPackage]: ...


@dataclass(frozen=True, slots=True)
class Found:
    """What matched, best first. `is_sure` when there is one match and it is plainly the one meant."""

    packages: tuple[AccessPackage, ...]
    is_sure: bool = False
    direct_id: AccessPackageId | None = None  # the words were an id or a link; it may be a hidden package


class PackageFinder:
    """Searches what `who` may request. Each person's list is kept for two minutes."""

    def __init__(self, graph: RequestablePackages, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._graph = graph
        self._monotonic = monotonic
        self._kept: OrderedDict[UserId, tuple[float, list[AccessPackage]]] = OrderedDict()

    async def find(self, who: Actor, words: str) -> Found:
        """Matches for `words`; everything visible when there are none. Raises SignInNeeded, ConsentNeeded."""
        direct = _GUID.search(words)
        if direct:
            return Found((), is_sure=True, direct_id=AccessPackageId(direct.group().lower()))
        packages = [package for package in await self._visible(who) if not package.is_hidden]
        if not words.strip():
            return Found(tuple(sorted(packages, key=lambda package: package.name.casefold())))
        return _matches(packages, words)

    async def _visible(self, who: Actor) -> list[AccessPackage]:
        now = self._monotonic()
        kept = self._kept.get(who.object_id)
        if kept and now - kept[0] < _CATALOG_AGE_SECONDS:
            self._kept.move_to_end(who.object_id)
            return kept[1]
        packages = await self._graph.requestable_packages(who)
        self._kept[who.object_id] = (now, packages)
        self._kept.move_to_end(who.object_id)
        while len(self._kept) > _CATALOGS_KEPT:
            self._kept.popitem(last=False)
        return packages


def _matches(packages: Sequence[AccessPackage], words: str) -> Found:
    wanted = utils.default_process(words) or words.casefold().strip()
    exact = [package for package in packages if package.name.casefold() == words.casefold().strip()]
    if len(exact) == 1:
        return Found(tuple(exact), is_sure=True)
    scored = [(score, package) for package in packages if (score := _score(package, wanted)) >= _GOOD_MATCH]
    scored.sort(key=lambda entry: (-entry[0], entry[1].name.casefold()))
    return Found(tuple(package for _, package in scored), is_sure=len(scored) == 1)


def _score(package: AccessPackage, wanted: str) -> float:
    """0 to 100. The name counts in full, the description a little less; short words must match as they are."""
    name = utils.default_process(package.name)
    description = utils.default_process(package.description)
    if wanted in name:
        return 100.0
    if wanted in description:
        return 90.0
    if len(wanted) < 4:
        return 0.0
    return max(
        fuzz.token_set_ratio(wanted, name),
        fuzz.ratio(wanted, name),
        0.9 * fuzz.token_set_ratio(wanted, description) if description else 0.0,
    )
