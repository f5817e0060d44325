"""The access packages that each person may request: found in their own words, browsed, suggested.

What somebody may request is kept for them alone, at most for the people who asked last. An answer comes from what is
kept, with its age; what is older than a few minutes is brought up to date behind it.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeAlias
from urllib.parse import unquote, urlsplit

import structlog

from bot.clock import Clock
from bot.domain import AccessPackage, AccessPackageId, PackageSuggestion, ResourceRole
from bot.errors import DoormanError, GraphRefused, NotAllowed, NotFound, SignInNeeded
from bot.graph.scopes import SUBJECT_ACCESS
from bot.services.catalog_index import Doc, Found, Library, search
from bot.services.catalog_words import Synonyms
from bot.services.chores import Chores
from bot.turn import Actor

FRESH_FOR: Final = timedelta(minutes=2)
USABLE_FOR: Final = timedelta(minutes=30)
CONTENTS_FOR: Final = timedelta(hours=1)
PEOPLE_KEPT: Final = 500
CONTENTS_AT_A_TIME: Final = 100
CONTENTS_PER_ROUND: Final = 600
_SUGGESTION_GRACE_S: Final = 1.0  # how much longer than the packages themselves suggestions may take
_SUGGESTIONS_REST: Final = timedelta(hours=1)
_DOCS_BEFORE_OTHERS: Final = 200  # after so many the loop serves other turns in between

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
PORTAL_HOSTS: Final = frozenset({"myaccess.microsoft.com", "myaccess.microsoft.us"})
_LINKED: Final = re.compile(rf"access-packages/{_GUID.pattern}", re.IGNORECASE)
_IN_PORTAL: Final = re.compile(r"/access-packages/([0-9a-f-]{36})/?(?:\?.*)?", re.IGNORECASE)

_Key: TypeAlias = tuple[str, str]

_log = structlog.get_logger(__name__)


class CatalogReads(Protocol):
    """Graph as the person; raises what `PersonalGraph` raises."""

    async def requestable_packages(self, who: Actor) -> list[AccessPackage]: ...
    async def suggestions(self, who: Actor) -> list[PackageSuggestion]: ...
    async def contents_of(
        self, who: Actor, package_ids: Sequence[AccessPackageId]
    ) -> dict[AccessPackageId, list[ResourceRole]]: ...


class Tokens(Protocol):
    async def token(self, who: Actor, scopes: Sequence[str], *, claims: str | None = None) -> str: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one person may request, without hidden packages, by name. `suggested` are some of them, the best first."""

    docs: tuple[Doc, ...]
    as_of: datetime
    suggested: tuple[PackageSuggestion, ...] = ()
    contents_as_of: datetime | None = None

    def doc(self, package_id: str) -> Doc | None:
        return next((doc for doc in self.docs if doc.package.id == package_id), None)


@dataclass(frozen=True, slots=True)
class Search:
    """What was found on a shelf of this age. `direct_id` when the words were an id or a link, hidden or not."""

    found: Found
    as_of: datetime | None = None
    direct_id: AccessPackageId | None = None


class PackageFinder:
    """`prompt` reads while somebody waits, `patient` behind the scenes.

    Everything here may raise SignInNeeded and ConsentNeeded, and what Graph raises while nothing is kept of the person.
    """

    def __init__(
        self,
        prompt: CatalogReads,
        patient: CatalogReads,
        tokens: Tokens,
        chores: Chores,
        clock: Clock,
        synonyms: Synonyms | None = None,
    ) -> None:
        self._prompt = prompt
        self._patient = patient
        self._tokens = tokens
        self._chores = chores
        self._clock = clock
        self._synonyms = synonyms or Synonyms()
        self._library = Library()
        self._kept: OrderedDict[_Key, Shelf] = OrderedDict()
        self._loads: dict[_Key, int] = {}  # who is being read for, and by how many readers
        self._forgotten: set[_Key] = set()
        self._suggests_from: datetime | None = None  # not asked for before, because Graph has none to give

    async def find(self, who: Actor, words: str) -> Search:
        """What fits `words` among what `who` may see; ids and links are taken as they are."""
        direct = package_id_in(words)
        if direct is not None:
            return Search(Found(is_sure=True), direct_id=direct)
        shelf = await self.shelf(who)
        return Search(self.look_through(shelf, words), shelf.as_of)

    def look_through(self, shelf: Shelf, words: str) -> Found:
        return search(shelf.docs, words, self._synonyms)

    async def shelf(self, who: Actor, *, is_fresh: bool = False) -> Shelf:
        """What `who` may request: what is kept, unless that is too old or `is_fresh` asks for the newest."""
        key = _key(who)
        try:
            # What is kept is for somebody who is signed in, on whichever process they signed out meanwhile.
            await self._tokens.token(who, SUBJECT_ACCESS)
        except SignInNeeded:
            self.forget(who)
            raise
        kept = self._kept.get(key)
        age = self._clock.now() - kept.as_of if kept else timedelta()
        if kept is None or is_fresh or age > USABLE_FOR:
            return await self._chores.share(("catalog", key), lambda: self._load(who, self._prompt), "catalog")
        self._kept.move_to_end(key)
        if age > FRESH_FOR:
            self._chores.start(("refresh", key), lambda: self._refresh(who), "catalog refresh")
        return kept

    def known(self, who: Actor) -> Mapping[AccessPackageId, tuple[str, tuple[ResourceRole, ...]]]:
        """Names and contents of what `who` may request, as far as they are kept; Graph is not asked."""
        shelf = self._kept.get(_key(who))
        docs = shelf.docs if shelf else ()
        return {doc.package.id: (doc.package.name, doc.contents) for doc in docs if doc.contents}

    def forget(self, who: Actor) -> None:
        """Keep nothing of this person, nor what is being read for them right now."""
        key = _key(who)
        self._kept.pop(key, None)
        if key in self._loads:
            self._forgotten.add(key)

    def people_kept(self) -> int:
        return len(self._kept)

    async def _refresh(self, who: Actor) -> None:
        try:
            await self._load(who, self._patient)
        except (SignInNeeded, NotAllowed):
            self.forget(who)
            raise

    async def _load(self, who: Actor, graph: CatalogReads) -> Shelf:
        key = _key(who)
        self._loads[key] = self._loads.get(key, 0) + 1
        try:
            suggesting = asyncio.create_task(self._suggestions(who, graph))
            try:
                packages = await graph.requestable_packages(who)
                await asyncio.wait((suggesting,), timeout=_SUGGESTION_GRACE_S)
            finally:
                is_late = not suggesting.done()
                suggesting.cancel()
            shelf = await self._arranged(key, packages, [] if is_late else suggesting.result())
        finally:
            self._loads[key] -= 1
            is_gone = key in self._forgotten
            if not self._loads[key]:
                del self._loads[key]
                self._forgotten.discard(key)
        if not is_gone:
            self._keep(key, shelf)
            self._chores.start(("contents", key), lambda: self._fill(who), "catalog contents")
        return shelf

    async def _arranged(
        self, key: _Key, packages: Sequence[AccessPackage], suggested: Sequence[PackageSuggestion]
    ) -> Shelf:
        before = self._kept.get(key)
        known = {doc.package.id: doc.contents for doc in before.docs} if before else {}
        docs: list[Doc] = []
        for place, package in enumerate(each for each in packages if not each.is_hidden):
            docs.append(self._library.doc(package, known.get(package.id)))
            if place % _DOCS_BEFORE_OTHERS == _DOCS_BEFORE_OTHERS - 1:
                await asyncio.sleep(0)
        docs.sort(key=lambda doc: (doc.folded_name, doc.package.id))
        shown = {doc.package.id for doc in docs}
        return Shelf(
            tuple(docs),
            self._clock.now(),
            tuple(each for each in suggested if each.package_id in shown),
            before.contents_as_of if before else None,
        )

    async def _suggestions(self, who: Actor, graph: CatalogReads) -> list[PackageSuggestion]:
        """None where the service has none: nobody should miss their packages for that."""
        now = self._clock.now()
        if self._suggests_from is not None and now < self._suggests_from:
            return []
        try:
            return await graph.suggestions(who)
        except DoormanError as error:
            if isinstance(error, NotFound | NotAllowed | GraphRefused):
                self._suggests_from = now + _SUGGESTIONS_REST
            _log.info("catalog.no_suggestions", error=type(error).__name__)
            return []

    async def _fill(self, who: Actor) -> None:
        """Read what the packages contain, as this person sees it, a part at a time and not without end."""
        key = _key(who)
        shelf = self._kept.get(key)
        if shelf is None:
            return
        now = self._clock.now()
        is_old = shelf.contents_as_of is None or now - shelf.contents_as_of > CONTENTS_FOR
        wanted = [doc.package.id for doc in shelf.docs if is_old or doc.contents is None][:CONTENTS_PER_ROUND]
        for start in range(0, len(wanted), CONTENTS_AT_A_TIME):
            found = await self._patient.contents_of(who, wanted[start : start + CONTENTS_AT_A_TIME])
            current = self._kept.get(key)
            if current is None:
                return
            docs = tuple(
                self._library.doc(doc.package, found[doc.package.id]) if doc.package.id in found else doc
                for doc in current.docs
            )
            self._kept[key] = replace(current, docs=docs, contents_as_of=now if is_old else current.contents_as_of)

    def _keep(self, key: _Key, shelf: Shelf) -> None:
        self._kept[key] = shelf
        self._kept.move_to_end(key)
        while len(self._kept) > PEOPLE_KEPT:
            self._kept.popitem(last=False)


def package_id_in(words: str) -> AccessPackageId | None:
    """The id that stands among the words, by itself or in a link to a package."""
    found = _LINKED.search(words) or _GUID.search(words)
    return AccessPackageId(found.group()[-36:].lower()) if found else None


def package_id_of_link(url: str, tenant_id: str) -> AccessPackageId | None:
    """The package that a link into My Access leads to; None for links elsewhere, or into another tenant by its id."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    found = _IN_PORTAL.fullmatch(unquote(parts.fragment))
    if parts.scheme != "https" or host.lower() not in PORTAL_HOSTS or found is None:
        return None
    hint = unquote(parts.path).strip("/").removeprefix("@").lower()
    if _GUID.fullmatch(hint) and hint != tenant_id.lower():
        return None
    package_id = found.group(1).lower()
    return AccessPackageId(package_id) if _GUID.fullmatch(package_id) else None


def _key(who: Actor) -> _Key:
    return who.tenant_id, who.object_id
