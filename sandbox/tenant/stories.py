"""What has happened to people before the sandbox started: expired, stuck, escalated, renewed, refused.

Each story is told through the rules themselves, with a clock of its own, so nothing in the tenant contradicts them.
None of the personas is asked to approve anything in them, and Rita has no access and no requests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.times import moment_text
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import stable_id, user_id
from sandbox.tenant.model import AssignmentRequest, Catalog, Json, Tenant
from sandbox.tenant.settings import manager, policy_settings, stage


@dataclass
class StoryClock:
    moment: datetime

    def now(self) -> datetime:
        return self.moment


class NobodyListens:
    def publish(self, kind: str, **data: Any) -> None:
        """Nobody watches the past."""


@dataclass(frozen=True)
class StoryOptions:
    licence: str = "governance"
    processing_delay_s: float = 0.3
    delivery_delay_s: float = 12.0
    later_stages_visible: bool = True
    hidden_in_allowed_requestor: bool = True
    nested_group_targets: bool = True


@dataclass
class StoryWorld:
    tenant: Tenant
    clock: StoryClock
    options: StoryOptions = field(default_factory=StoryOptions)
    events: NobodyListens = field(default_factory=NobodyListens)


def tell_stories(build: TenantBuilder) -> None:
    """Let the past happen, then put the clock at `build.now`."""
    stories = Stories(build)
    stories.tell()
    stories.finish()


class Stories:
    """The past of the default tenant. People are keys of the tenant's people, packages are names."""

    def __init__(self, build: TenantBuilder) -> None:
        self._build = build
        self._tenant = build.tenant
        self._clock = StoryClock(build.now)
        self._engine = Entitlement(StoryWorld(build.tenant, self._clock))

    def tell(self) -> None:
        catalog = self._build.catalog("Workshop", description="Machines and tools")
        self._troubled_deliveries(catalog)
        self._ends_of_access(catalog)
        self._refusals()
        self._waiting()
        self._deleted_holder()
        self._by_the_service()

    def finish(self) -> None:
        """Let everything happen that is due by now."""
        self._clock.moment = self._build.now
        self._engine.settle()

    def _troubled_deliveries(self, catalog: Catalog) -> None:
        """One assignment stuck in delivery, one partial, one failed."""
        for number, (name, delivery) in enumerate(
            (("Laser cutter", "stuck"), ("Lathe", "partial"), ("Kiln", "failed"))
        ):
            grants = [(self._build.group(f"{name} {part}"), "Member") for part in ("Users", "Calendar")]
            package = self._build.package(catalog, name, grants, delivery=delivery)
            self._build.policy(package, "Everybody, at once", policy_settings(days=120))
            self._ask(timedelta(days=3, hours=number), f"member-{42 + number}", name)

    def _ends_of_access(self, catalog: Catalog) -> None:
        """Expired, expiring within a day and within days, renewed, given back, and with a duration for an end."""
        package = self._build.package(catalog, "Bench", [(self._build.group("Bench Users"), "Member")])
        approval = stage([manager()], denial="P14D")
        self._build.policy(package, "Approved by the manager", policy_settings(stages=[approval], days=30))
        for person, days_ago in (("member-50", 45.0), ("member-51", 29.2), ("member-52", 25.0)):
            ago = timedelta(days=days_ago)
            self._approve(ago - timedelta(hours=1), self._ask(ago, person, "Bench"), "member-49")
        renewed = timedelta(days=28)
        self._approve(renewed - timedelta(hours=1), self._ask(renewed, "member-53", "Bench"), "member-49")
        self._ask(timedelta(days=10), "member-53", "Bench")
        returned = self._ask(timedelta(days=60), "member-54", "Travel booking", answers=_TRAVEL)
        self._settle(timedelta(days=30))
        self._engine.create_request(
            user_id("member-54"), {"requestType": "userRemove", "assignment": {"id": returned.assignment_id}}
        )
        lasting = self._ask(timedelta(days=20), "member-55", "Purchase orders")
        self._settle(timedelta(days=19))
        assignment = self._tenant.assignments[lasting.assignment_id]
        assignment.schedule["expiration"] = {"type": "afterDuration", "duration": "P365D", "endDateTime": None}

    def _refusals(self) -> None:
        """Denied by an approver, denied by time, canceled, taken back by the approver."""
        denied = self._ask(timedelta(days=12), "member-58", "Bench")
        self._approve(timedelta(days=11), denied, "member-57", verdict="Deny", why="Take the course first")
        self._ask(timedelta(days=40), "member-59", "Bench")
        canceled = self._ask(timedelta(days=9), "member-60", "Bench")
        self._settle(timedelta(days=8))
        self._engine.cancel(user_id("member-60"), canceled.id)
        taken = self._ask(timedelta(days=7), "member-61", "Bench")
        self._approve(timedelta(days=6), taken, "member-57")
        self._settle(timedelta(days=5))
        body = {"requestType": "approverRemove", "assignment": {"id": taken.assignment_id}, "justification": "Mistaken"}
        self._engine.create_request(user_id("member-57"), body)

    def _waiting(self) -> None:
        """Pending in the first stage, in the second, escalated, soon lapsing, at a sponsor; and scheduled."""
        self._ask(timedelta(days=2), "member-66", "Bench")
        self._ask(timedelta(days=13), "member-67", "Bench")
        second = self._ask(timedelta(days=3), "member-68", "Project Birch | Contributor")
        self._approve(timedelta(days=2), second, "member-65")
        self._ask(timedelta(days=4), "member-69", "Greenhouse")
        self._ask(timedelta(days=1), "guest-6", "Partner handbook")
        start = self._build.now + timedelta(days=10)
        schedule = {"startDateTime": moment_text(start), "expiration": {"type": "afterDuration", "duration": "P14D"}}
        self._ask(timedelta(days=1), "member-70", "Travel booking", answers=_TRAVEL, schedule=schedule)

    def _deleted_holder(self) -> None:
        """Somebody who left the company ten days ago and still holds an assignment."""
        self._build.user("leaver", "Gone Goodbye", job_title="Former clerk", department="Support")
        self._ask(timedelta(days=50), "leaver", "Purchase orders")
        self._settle(timedelta(days=10))
        self._tenant.delete_user(user_id("leaver"), self._clock.now())

    def _by_the_service(self) -> None:
        """An assignment that a rule made: its request is the service's own."""
        self._settle(timedelta(days=70))
        policy_id = stable_id("policy/Sales basics/Everybody in sales, automatically")
        self._engine.assign_by_rule(policy_id, user_id("member-2"))

    def _ask(self, ago: timedelta, person: str, package_name: str, **more: Any) -> AssignmentRequest:
        """A `userAdd` of a person, `ago` before now."""
        self._settle(ago)
        body: Json = {
            "requestType": "userAdd",
            "assignment": {"accessPackageId": stable_id("package/" + package_name)},
            "justification": "Needed for my work",
            **more,
        }
        return self._engine.create_request(user_id(person), body)

    def _approve(
        self, ago: timedelta, request: AssignmentRequest, approver: str, *, verdict: str = "Approve", why: str = ""
    ) -> None:
        """A decision on the current stage, `ago` before now."""
        self._settle(ago)
        current = self._engine.request(request.id).current_stage
        if current is None:
            raise ValueError(f"{request.id} waits for nobody")
        self._engine.decide(user_id(approver), request.id, current.id, verdict, why)

    def _settle(self, ago: timedelta) -> None:
        self._clock.moment = self._build.now - ago
        self._engine.settle()


_TRAVEL: list[Json] = [
    {
        "@odata.type": "#microsoft.graph.accessPackageAnswerString",
        "value": value,
        "displayValue": value,
        "answeredQuestion": {"@odata.type": "#microsoft.graph." + kind, "id": stable_id("question/travel/" + key)},
    }
    for key, kind, value in (
        ("cost-centre", "accessPackageTextInputQuestion", "WG-1234"),
        ("region", "accessPackageMultipleChoiceQuestion", "EMEA"),
    )
]
