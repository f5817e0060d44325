"""Letting people have things away from Doorman, and what the tenant then says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.graph.engine.entitlement import Entitlement
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import Assignment, AssignmentPolicy
from tests.support.story import Story


def give(here: Story, name: str, package: str, **more: Any) -> Assignment:
    """Ask for a package as this person and let everybody who has to approve it do so. `more` goes into the request."""
    engine = Entitlement(here.world)
    wanted = {"accessPackageId": here.package_id(package), **more.pop("assignment", {})}
    body = {"requestType": "userAdd", "assignment": wanted, "justification": "Needed", **more}
    request = engine.create_request(here.user(name).id, body)
    engine.settle()
    while (stage := engine.request(request.id).current_stage) is not None:
        approver = engine.resolve_approvers(request, stage)[0]
        engine.decide(approver, request.id, stage.id, "Approve", "Fine")
        engine.settle()
    return here.world.tenant.assignments[request.assignment_id]


def policy_of(here: Story, package: str) -> AssignmentPolicy:
    """The first policy of the package; its `settings` may be changed."""
    return here.world.tenant.policies_of(here.package_id(package))[0]


def allow(here: Story, package: str, **flags: Any) -> None:
    """Change what the policy says about requestors, such as `allowCustomAssignmentSchedule`."""
    policy_of(here, package).settings["requestorSettings"].update(flags)


def lasts(here: Story, package: str, duration: str | None) -> None:
    """Change how long the policy gives the package for; None is without an end."""
    kind = "noExpiration" if duration is None else "afterDuration"
    policy_of(here, package).settings["expiration"] = {"type": kind, "duration": duration, "endDateTime": None}


def held(here: Story, name: str, package: str) -> Assignment:
    """The live assignment of this person."""
    subject = here.world.tenant.subject_of_user(here.user(name).id)
    found = [
        a for a in here.world.tenant.assignments_for(subject.id) if a.package_id == stable_id("package/" + package)
    ]
    return next(assignment for assignment in found if assignment.is_live)


def has(here: Story, name: str, package: str) -> bool:
    subject = here.world.tenant.subject_of_user(here.user(name).id)
    return any(
        assignment.is_live and assignment.package_id == here.package_id(package)
        for assignment in here.world.tenant.assignments_for(subject.id)
    )


def end_of(here: Story, name: str, package: str) -> datetime:
    end = held(here, name, package).ends_at
    assert end is not None
    return end
