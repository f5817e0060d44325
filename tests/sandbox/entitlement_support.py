"""A small tenant with a clock held still, for tests of the rules of entitlement management."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.clock import SandboxClock
from sandbox.graph.engine import Entitlement
from sandbox.graph.problems import GraphProblem
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import AccessPackage, AssignmentRequest, Json, Tenant
from sandbox.tenant.settings import policy_settings

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Options:
    """Delays that are easy to add up."""

    licence: str = "governance"
    processing_delay_s: float = 1.0
    delivery_delay_s: float = 10.0
    later_stages_visible: bool = True
    hidden_in_allowed_requestor: bool = True
    nested_group_targets: bool = True
    fulfilled_delay_s: float = 5.0
    already_assigned_status: int = 400
    closed_by_time_status: str = "Denied"
    multiple_choice_separator: str = ","
    indirect_managers_may_request: bool = False


class Recorder:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Json]] = []

    def publish(self, kind: str, **data: Any) -> None:
        self.published.append((kind, data))


@dataclass
class SmallWorld:
    tenant: Tenant
    clock: SandboxClock
    options: Options = field(default_factory=Options)
    events: Recorder = field(default_factory=Recorder)


class Scene:
    """Rita (manager Marc, whose manager is Dora), Sam, Petra, Bob without a manager, and Gina, a guest."""

    def __init__(self) -> None:
        clock = SandboxClock()
        clock.freeze()
        clock.set(START)
        tenant = Tenant(stable_id("tenant"), "small.example", "Small")
        self.world = SmallWorld(tenant, clock)
        self.build = TenantBuilder(tenant, START)
        self.catalog = self.build.catalog("Company", is_externally_visible=True)
        self.dora = self.build.user("dora", "Dora Director").id
        self.marc = self.build.user("marc", "Marc Manager", manager_id=self.dora).id
        self.rita = self.build.user("rita", "Rita Requester", manager_id=self.marc).id
        self.sam = self.build.user("sam", "Sam Second").id
        self.petra = self.build.user("petra", "Petra Primary").id
        self.bob = self.build.user("bob", "Bob Bare").id
        self.adam = self.build.user("adam", "Adam Admin", directory_roles={"Identity Governance Administrator"}).id
        self.gina = self.build.user("gina", "Gina Guest", mail="gina@partner.example", user_type="Guest").id
        self.app = self.build.app("Writer").app_id

    @property
    def tenant(self) -> Tenant:
        return self.world.tenant

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    @property
    def engine(self) -> Entitlement:
        return Entitlement(self.world)

    def after(self, **span: float) -> None:
        """Move the clock on, and let everything happen."""
        self.world.clock.advance(timedelta(**span))
        self.engine.settle()

    def package(
        self, name: str, *policies: Json, groups: Iterable[str] = (), extra: Sequence[Any] = (), **more: Any
    ) -> AccessPackage:
        """A package that grants membership of `groups` (made by name), with a policy for each settings."""
        grants = [(self.build.group(group), "Member") for group in groups]
        made = self.build.package(self.catalog, name, [*grants, *extra], **more)
        for number, settings in enumerate(policies or (policy_settings(),)):
            self.build.policy(made, f"{name} {number + 1}", settings)
        return made

    def policy_id(self, package: AccessPackage, number: int = 1) -> str:
        return stable_id(f"policy/{package.display_name}/{package.display_name} {number}")

    def ask(self, package: AccessPackage, who: str | None = None, **body: Any) -> AssignmentRequest:
        """A `userAdd` by Rita, or by `who`; `assignment` adds to the ids that are filled in."""
        wanted = {"accessPackageId": package.id, **body.pop("assignment", {})}
        return self.engine.create_request(
            who or self.rita, {"requestType": "userAdd", "assignment": wanted, "justification": "Work", **body}
        )

    def assign(self, package: AccessPackage, who: str, **body: Any) -> AssignmentRequest:
        """An `adminAdd` by the application."""
        wanted = {"targetId": who, "accessPackageId": package.id, "assignmentPolicyId": self.policy_id(package)}
        sent = {"requestType": "adminAdd", "assignment": {**wanted, **body.pop("assignment", {})}, **body}
        return self.engine.create_request(self.app, sent, is_application=True)

    def given(self, package: AccessPackage, who: str | None = None) -> AssignmentRequest:
        """A direct assignment, delivered and told."""
        request = self.assign(package, who or self.rita)
        self.after(seconds=30)
        return request

    def approve(
        self, who: str, request: AssignmentRequest, verdict: str = "Approve", justification: str | None = None
    ) -> None:
        """A decision on the current stage."""
        stage = request.current_stage
        assert stage is not None
        self.engine.decide(who, request.id, stage.id, verdict, justification)

    def members(self, group: str) -> set[str]:
        return set(self.tenant.groups[stable_id("group/" + group)].member_ids)


def refused(call: Callable[[], object]) -> GraphProblem:
    """The refusal that a call ends with."""
    with pytest.raises(GraphProblem) as caught:
        call()
    return caught.value
