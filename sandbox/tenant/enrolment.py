"""Who is in which project at the start: some hundred people, one to three packages each, as the files say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sandbox.graph.engine.delivery import grant
from sandbox.graph.engine.records import schedule_json, unspecified_schedule
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import WRITER_APP_ID, stable_id, user_id
from sandbox.tenant.model import Assignment, AssignmentPolicy, AssignmentRequest, Subject, Transition
from sandbox.tenant.projects import FILE_MANAGED, PROJECTS, ROLES

_MEMBERS = range(17, 337)
_GUESTS = range(5, 45)
_DELIVERY = timedelta(seconds=12)


def enrol_everybody(build: TenantBuilder) -> None:
    """Give everybody in the files what the files say, with the requests that the pipeline made for it."""
    for number, (person, package_name) in enumerate(_rows()):
        subject = build.tenant.subject_of_user(person)
        package_id = stable_id("package/" + package_name)
        policy = build.tenant.policies[stable_id(f"policy/{package_name}/{FILE_MANAGED}")]
        _enrol(build, subject, package_id, policy, number)


def _rows() -> Iterator[tuple[str, str]]:
    """Object id and package, in the order of the files."""
    for number in _MEMBERS:
        first = number % len(PROJECTS)
        for step in range(1 + number % 3):
            project = PROJECTS[(first + 5 * step) % len(PROJECTS)]
            yield user_id(f"member-{number}"), f"Project {project} | {ROLES[(number + step) % len(ROLES)]}"
    for number in _GUESTS:
        yield user_id(f"guest-{number}"), f"Project {PROJECTS[number % len(PROJECTS)]} | Contributor"
    for number in (1, 9):
        yield user_id(f"member-{number}"), "Key Users"
    for number in range(2, 9):
        yield user_id(f"member-{number}"), "Reader Only"


def _enrol(build: TenantBuilder, subject: Subject, package_id: str, policy: AssignmentPolicy, number: int) -> None:
    """A direct assignment of some months ago, delivered, without an end."""
    posted = build.now - timedelta(days=40 + number % 200, minutes=number)
    done = posted + _DELIVERY
    key = f"{package_id}/{subject.id}"
    request = AssignmentRequest(
        id=stable_id("request/" + key),
        request_type="adminAdd",
        requestor_id=build.tenant.subject_of_app(WRITER_APP_ID).id,
        target_id=subject.id,
        package_id=package_id,
        policy_id=policy.id,
        assignment_id=stable_id("assignment/" + key),
        posted_at=posted,
        state="delivered",
        status="FulfilledNotificationTriggered",
        created_at=posted,
        completed_at=done,
        justification="Enrolment file",
        schedule=unspecified_schedule(),
        bypass_approval=True,
        attempts=1,
        history=[Transition(done, "delivered", "FulfilledNotificationTriggered")],
    )
    assignment = Assignment(
        id=request.assignment_id,
        target_id=subject.id,
        package_id=package_id,
        policy_id=policy.id,
        created_at=posted,
        state="delivered",
        status="Delivered",
        schedule=schedule_json(done, None),
    )
    build.tenant.put_request(request)
    build.tenant.put_assignment(assignment)
    for role_scope in build.tenant.packages[package_id].role_scopes:
        grant(build.tenant, assignment, role_scope, done)
