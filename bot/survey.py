"""What a whole tenant is like: the values that looking after it needs, beside those of single requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain import AccessPackageId, GroupId, ResourceRole, UserId
from bot.rules import PackageRules


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody in the directory, as far as counting and checking needs them."""

    id: UserId
    name: str
    user_principal_name: str = ""
    mail: str = ""
    is_guest: bool = False
    is_enabled: bool = True
    manager_id: UserId | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A product that the tenant pays for: how many people it is for, and which service plans are in it."""

    name: str
    plans: frozenset[str]
    bought: int


class CredentialKind(StrEnum):
    SECRET = "secret"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Credential:
    kind: CredentialKind
    name: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """An app registration with what it proves itself by."""

    app_id: str
    name: str
    credentials: tuple[Credential, ...] = ()


@dataclass(frozen=True, slots=True)
class Organization:
    """A connected organization: which addresses and tenants belong to it."""

    id: str
    name: str
    is_configured: bool = True
    domains: frozenset[str] = frozenset()
    tenant_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SurveyedPackage:
    """One access package with its rules and everything that it grants."""

    rules: PackageRules
    roles: tuple[ResourceRole, ...] = ()

    @property
    def id(self) -> AccessPackageId:
        return self.rules.package.id

    @property
    def name(self) -> str:
        return self.rules.package.name

    @property
    def group_ids(self) -> frozenset[GroupId]:
        """The groups that the package makes people members of."""
        return frozenset(group for role in self.roles if (group := member_group(role)))


def member_group(role: ResourceRole) -> GroupId | None:
    """The group that this role makes people members of, as its own id says; None for every other kind of role."""
    kind, _, group_id = role.role_origin_id.partition("_")
    is_membership = role.origin_system.casefold() == "aadgroup" and kind.casefold() == "member"
    return GroupId(group_id) if is_membership and group_id else None


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds what now: for each access package the people who have it."""

    people: Mapping[AccessPackageId, frozenset[UserId]] = field(default_factory=dict)
    count: int = 0
