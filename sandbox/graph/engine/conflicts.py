"""Separation of duties: what somebody holds already that keeps them from getting a package."""

from __future__ import annotations

from sandbox.graph.problems import bad_request
from sandbox.tenant.model import AccessPackage, Subject, Tenant


def conflicts(tenant: Tenant, package: AccessPackage, subject: Subject) -> list[str]:
    """The names of the incompatible packages that a subject holds, and of the incompatible groups they are in.

    The relation has one direction: what `package` lists stops holders from getting `package`, not the other way round.
    """
    held = {assignment.package_id for assignment in tenant.assignments_for(subject.id) if assignment.is_live}
    names = [tenant.packages[key].display_name for key in package.incompatible_package_ids if key in held]
    if subject.object_id is not None and package.incompatible_group_ids:
        groups = tenant.groups_of(subject.object_id)
        names += [tenant.groups[key].display_name for key in package.incompatible_group_ids if key in groups]
    return names


def check_separation_of_duties(tenant: Tenant, package: AccessPackage, subject: Subject) -> None:
    """Raises GraphProblem 400 naming what is in the way."""
    in_the_way = conflicts(tenant, package, subject)
    if in_the_way:
        listed = ", ".join(in_the_way)
        raise bad_request(f"The target has access that is incompatible: {listed}.", "IncompatibleAccess")
