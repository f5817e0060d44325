"""The values of project teams: what the roles of a project are in the tenant, and who is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    GroupId,
    Person,
    ResourceRole,
    UserId,
)


@dataclass(frozen=True, slots=True)
class PackageSetUp:
    """An access package with all its policies and everything that it grants."""

    package: AccessPackage
    policies: tuple[AssignmentPolicy, ...] = ()
    contents: tuple[ResourceRole, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the directory, and for a guest how far their invitation has come.

    `has_redeemed` is None for everybody who was never invited. `state_changed_at` is when they redeemed, or were
    invited (again).
    """

    person: Person
    has_redeemed: bool | None = None
    created_at: datetime | None = None
    state_changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """What the tenant has about some access packages: who holds them, who asked, and who is in their groups.

    `assignments` are those that give access or are meant to, failed ones among them; `requests` those under way.
    """

    assignments: Mapping[AccessPackageId, tuple[Assignment, ...]] = field(default_factory=dict)
    requests: Mapping[AccessPackageId, tuple[AssignmentRequest, ...]] = field(default_factory=dict)
    members: Mapping[GroupId, tuple[Member, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignIns:
    """When people last signed in; None for those who never did. `is_known` is False where Doorman may not see it."""

    last_at: Mapping[UserId, datetime | None] = field(default_factory=dict)
    is_known: bool = True
