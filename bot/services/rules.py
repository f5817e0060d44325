"""What an administrator has decided about approvals, by access package and by catalog."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.domain import AccessPackage, AccessPackageId
from bot.errors import NotAllowed, NotFound, SignInNeeded
from bot.graph.scopes import ENTITLEMENT_WRITE
from bot.services.kept import Kept
from bot.turn import Actor

_PACKAGE_AGE_SECONDS = 600.0


class Mode(StrEnum):
    OFF = "off"  # Doorman says nothing about it
    NOTIFY = "notify"  # cards that lead to the portal
    ACT = "act"  # cards that decide


@dataclass(frozen=True, slots=True)
class Rule:
    mode: Mode = Mode.ACT
    needs_fresh_sign_in: bool = False
    channel: str = ""  # the conversation in which approvers are asked; empty: each for themselves


@dataclass(frozen=True, slots=True)
class ChosenRules:
    """As an administrator wrote them down: access packages and catalogs by name or by id."""

    default: Mode = Mode.ACT
    packages: Mapping[str, Mode] = field(default_factory=dict)
    catalogs: Mapping[str, Mode] = field(default_factory=dict)
    step_up_packages: frozenset[str] = frozenset()
    step_up_catalogs: frozenset[str] = frozenset()
    package_channels: Mapping[str, str] = field(default_factory=dict)
    catalog_channels: Mapping[str, str] = field(default_factory=dict)


class PackageReader(Protocol):
    async def package(self, package_id: AccessPackageId) -> AccessPackage: ...


class PackageRules:
    def __init__(self, chosen: ChosenRules, reader: PackageReader) -> None:
        self._default = chosen.default
        self._packages = {_key(name): mode for name, mode in chosen.packages.items()}
        self._catalogs = {_key(name): mode for name, mode in chosen.catalogs.items()}
        self._step_up_packages = frozenset(map(_key, chosen.step_up_packages))
        self._step_up_catalogs = frozenset(map(_key, chosen.step_up_catalogs))
        self._package_channels = {_key(name): channel for name, channel in chosen.package_channels.items()}
        self._catalog_channels = {_key(name): channel for name, channel in chosen.catalog_channels.items()}
        self._reader = reader
        self._kept = Kept()

    async def of(self, package_id: AccessPackageId | None) -> Rule:
        """The package's own rule, else its catalog's, else the default. Raises: Throttled, GraphUnavailable.

        Of a package that cannot be read nobody knows which names it goes by: it is decided in the portal where any
        line leads there, and after a fresh sign-in where any line wants one.
        """
        if package_id is None or not self._is_anything_chosen:
            return Rule(self._default)
        package = await self._package(package_id)
        if package is None:
            return self._of_unreadable(package_id)
        names = {_key(package_id), _key(package.name)}
        catalogs = {_key(package.catalog_id), _key(package.catalog_name)}
        mode = _first(self._packages, names) or _first(self._catalogs, catalogs) or self._default
        is_marked = bool(self._step_up_packages & names or self._step_up_catalogs & catalogs)
        channels = [self._package_channels.get(name) for name in sorted(names)]
        channels += [self._catalog_channels.get(name) for name in sorted(catalogs)]
        return Rule(mode, is_marked, next(filter(None, channels), ""))

    def _of_unreadable(self, package_id: AccessPackageId) -> Rule:
        key = _key(package_id)
        leads_away = any(mode is not Mode.ACT for mode in (*self._packages.values(), *self._catalogs.values()))
        careful = Mode.NOTIFY if leads_away and self._default is Mode.ACT else self._default
        is_marked = bool(self._step_up_packages or self._step_up_catalogs)
        return Rule(self._packages.get(key, careful), is_marked, self._package_channels.get(key, ""))

    @property
    def _is_anything_chosen(self) -> bool:
        return bool(
            self._packages
            or self._catalogs
            or self._step_up_packages
            or self._step_up_catalogs
            or self._package_channels
            or self._catalog_channels
        )

    async def _package(self, package_id: AccessPackageId) -> AccessPackage | None:
        kept = self._kept.get(package_id, _PACKAGE_AGE_SECONDS)
        if isinstance(kept, AccessPackage):
            return kept
        try:
            return self._kept.put(package_id, await self._reader.package(package_id))
        except (NotFound, NotAllowed):
            return None


class ProofReader(Protocol):
    async def find(self, tenant_id: str, object_id: str, context: str) -> datetime | None: ...


class StepUp:
    """A strong sign-in of a moment ago, before what an administrator has marked.

    The proof is `acrs` and `auth_time` of a token that Entra issued to Doorman itself, kept when the person came to the
    sign-in page. Both run on the machine's clock, as tokens do.
    """

    def __init__(self, proofs: ProofReader, context: str, counts_for: timedelta) -> None:
        self._proofs = proofs
        self._context = context
        self._counts_for = counts_for

    async def require(self, who: Actor) -> None:
        """Raises SignInNeeded, with the challenge to answer, unless this person has proved it lately."""
        proved_at = await self._proofs.find(who.tenant_id, who.object_id, self._context)
        if proved_at is None or datetime.now(UTC) - proved_at > self._counts_for:
            raise SignInNeeded(ENTITLEMENT_WRITE, claims=self._challenge(), reason="a fresh sign-in is required")

    def _challenge(self) -> str:
        context = {"essential": True, "value": self._context}
        wanted = {
            "id_token": {"acrs": context, "auth_time": {"essential": True}},
            "access_token": {"acrs": context},
        }
        return json.dumps(wanted, separators=(",", ":"))


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _first(chosen: Mapping[str, Mode], names: set[str]) -> Mode | None:
    """Where a thing is listed twice, the stricter line holds."""
    found = [chosen[name] for name in names if name and name in chosen]
    return min(found, key=list(Mode).index, default=None)
