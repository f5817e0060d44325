"""Which names a file needs to look up, and which object each of them means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

from bot.files.administration import GrantWanted, Kind, Named, Wanted, named_in
from bot.files.rows import Finding, Place, Severity, as_facts
from bot.plans.steps import key_of
from bot.tenant import Snapshot, TenantApplication, TenantGroup

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Thing(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=Thing)


@dataclass(frozen=True, slots=True)
class Lookups:
    """Names and ids to ask the tenant for, in the order of the file."""

    catalogs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    with_conflicts: frozenset[str] = frozenset()
    """Packages, in small letters, of which it matters what they exclude."""
    groups: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    owned_groups: frozenset[str] = frozenset()
    """Groups, in small letters, of which it matters who owns them."""
    users: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    with_roles: tuple[str, ...] = ()
    """Applications whose roles are to be changed."""
    organizations: tuple[str, ...] = ()
    with_catalog_roles: frozenset[str] = frozenset()
    """Catalogs, in small letters, of which it matters who has which role."""


def lookups_for(wanted: Wanted) -> Lookups:
    named = named_in([wanted_values(wanted)])
    grants = [grant for package in wanted.packages if package.is_present for grant in package.grants]
    groups = [each.name for each in wanted.groups]
    groups += [role.group for each in wanted.applications for role in each.roles if role.group and role.is_present]
    groups += [each.name for each in grants if each.kind is Kind.GROUP and each.name]
    groups += [each.name for each in named if each.kind is Kind.GROUP]
    group_ids = [each.origin_id for each in grants if each.kind is Kind.GROUP and each.origin_id]
    packages = [name for each in wanted.packages for name in (each.name, *each.former_names)]
    packages += [each.name for each in named if each.kind is Kind.PACKAGE]
    applications = [each.origin_id or each.name for each in grants if each.kind is Kind.APPLICATION]
    applications += [each.name for each in named if each.kind is Kind.APPLICATION]
    return Lookups(
        catalogs=_once(each.name for each in wanted.catalogs),
        packages=_once(packages),
        with_conflicts=frozenset(each.name.casefold() for each in wanted.packages if each.conflicts),
        groups=_once(each for each in groups if not _GUID.fullmatch(each)),
        group_ids=_once(each.casefold() for each in (*groups, *group_ids) if _GUID.fullmatch(each)),
        owned_groups=frozenset(each.name.casefold() for each in wanted.groups if each.owners),
        users=_once(each.name.casefold() for each in named if each.kind is Kind.USER),
        applications=_once(each.casefold() for each in applications),
        with_roles=_once((each.app_id or each.name).casefold() for each in wanted.applications),
        organizations=_once(
            [
                *(each.name for each in wanted.organizations),
                *(each.name for each in named if each.kind is Kind.ORGANIZATION),
            ]
        ),
        with_catalog_roles=frozenset(each.catalog.casefold() for each in wanted.catalog_roles),
    )


def wanted_values(wanted: Wanted) -> list[object]:
    """Everything of the file that may hold names."""
    return [
        *(each.owners for each in wanted.groups),
        *((*each.internal_sponsors, *each.external_sponsors) for each in wanted.organizations),
        *(policy.settings for each in wanted.packages if each.is_present for policy in each.policies),
        *(each.conflicts for each in wanted.packages if each.is_present),
        *(each.who for each in wanted.catalog_roles),
    ]


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple({name.casefold(): name for name in names}.values())


@dataclass
class Resolver:
    """Finds the object behind each name. What is missing or ambiguous becomes a finding, once for each place."""

    snapshot: Snapshot
    known: dict[str, str] = field(default_factory=dict)
    makes: dict[str, str] = field(default_factory=dict)
    """The step that makes something, by its key."""
    findings: list[Finding] = field(default_factory=list)

    def error(self, code: str, place: Place, message: str, suggestion: str = "", **facts: object) -> None:
        self.findings.append(Finding(Severity.ERROR, code, place, message, suggestion, as_facts(facts)))

    def warn(self, code: str, place: Place, message: str, **facts: object) -> None:
        self.findings.append(Finding(Severity.WARNING, code, place, message, facts=as_facts(facts)))

    def one(self, kind: Kind, name: str, place: Place, found: tuple[T, ...]) -> T | None:
        """The only one of these; a finding with all the ids where there are several."""
        if len(found) > 1:
            ids = sorted(each.id for each in found)
            said = f"There are {len(found)} {_MANY[kind]} called '{name}': {' and '.join(ids)}. Say which by its id."
            self.error(f"{kind}.ambiguous", place, said, name=name, count=len(found), ids=", ".join(ids))
            return None
        return found[0] if found else None

    def learn(self, key: str, object_id: str) -> None:
        self.known[key] = object_id

    def exists(self, named: Named) -> bool:
        """Whether the name stands for something that is there, or that a step of the plan makes."""
        key = key_of(named)
        if key in self.known or key in self.makes:
            return True
        found = self._candidates(named)
        if len(found) == 1:
            self.learn(key, found[0].id)
            return True
        if self.one(named.kind, named.name, named.place, found) is None and not found:
            said = f"There is no {_ONE[named.kind]} '{named.name}' in the tenant."
            self.error(f"{named.kind}.missing", named.place, said, name=named.name)
        return False

    def group(self, grant: GrantWanted) -> TenantGroup | None:
        """The group of a grant, by id, by name, or by both where they agree."""
        by_id = self.snapshot.groups.get(grant.origin_id.casefold(), ()) if grant.origin_id else ()
        if grant.origin_id:
            if not by_id:
                said = f"There is no group with the id {grant.origin_id}."
                self.error("group.missing", grant.place, said, name=grant.origin_id)
                return None
            if grant.name and by_id[0].name.casefold() != grant.name.casefold():
                said = f"The group {grant.origin_id} is called '{by_id[0].name}', not '{grant.name}'."
                self.error("group.disagrees", grant.place, said)
                return None
            return by_id[0]
        found = self.snapshot.groups.get(grant.name.casefold(), ())
        return self.one(Kind.GROUP, grant.name, grant.place, found)

    def application(self, grant: GrantWanted) -> TenantApplication | None:
        found = self.snapshot.applications.get((grant.origin_id or grant.name).casefold(), ())
        if not found:
            said = f"There is no enterprise application '{grant.label}' in the tenant."
            self.error("application.missing", grant.place, said)
            return None
        one = self.one(Kind.APPLICATION, grant.label, grant.place, found)
        if one is not None and grant.origin_id and grant.name and one.name.casefold() != grant.name.casefold():
            said = f"The application {grant.origin_id} is called '{one.name}', not '{grant.name}'."
            self.error("application.disagrees", grant.place, said)
            return None
        return one

    def _candidates(self, named: Named) -> tuple[Thing, ...]:
        places: Mapping[Kind, Mapping[str, tuple[Thing, ...]]] = {
            Kind.USER: self.snapshot.users,
            Kind.GROUP: self.snapshot.groups,
            Kind.APPLICATION: self.snapshot.applications,
            Kind.ORGANIZATION: self.snapshot.organizations,
            Kind.PACKAGE: self.snapshot.packages,
        }
        return places[named.kind].get(named.name.casefold(), ())


_ONE: Final[Mapping[Kind, str]] = {
    Kind.USER: "user",
    Kind.GROUP: "group",
    Kind.APPLICATION: "application",
    Kind.SITE: "site",
    Kind.ORGANIZATION: "connected organization",
    Kind.PACKAGE: "access package",
    Kind.CATALOG: "catalog",
}
_MANY: Final[Mapping[Kind, str]] = {
    Kind.USER: "users",
    Kind.GROUP: "groups",
    Kind.APPLICATION: "applications",
    Kind.SITE: "sites",
    Kind.ORGANIZATION: "connected organizations",
    Kind.PACKAGE: "access packages",
    Kind.CATALOG: "catalogs",
}
