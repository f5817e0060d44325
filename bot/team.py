"""The values of project teams: what the roles of a project are in the tenant, and who is in them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain import AccessPackage, AssignmentPolicy, ResourceRole


@dataclass(frozen=True, slots=True)
class PackageSetUp:
    """An access package with all its policies and everything that it grants."""

    package: AccessPackage
    policies: tuple[AssignmentPolicy, ...] = ()
    contents: tuple[ResourceRole, ...] = ()
