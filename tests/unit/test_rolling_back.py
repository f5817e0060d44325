"""What is taken back of a run, and what stays because somebody uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from bot.plans.journal import Entry, RowState
from bot.plans.steps import StepKind
from bot.services.rolling_back import RollingBack
from bot.tenant import TenantResource
from tests.support.journals import Kept


@dataclass
class Tenant:
    """Packages that somebody has, groups with members, and what was taken out of it."""

    held: frozenset[str] = frozenset()
    peopled: frozenset[str] = frozenset()
    taken: list[tuple[str, ...]] = field(default_factory=list)

    async def has_assignments(self, package_id: str) -> bool:
        return package_id in self.held

    async def has_members(self, group_id: str) -> bool:
        return group_id in self.peopled

    async def resources(self, catalog_id: str) -> Mapping[str, TenantResource]:
        return {}

    async def revoke(self, package_id: str, grant_id: str) -> None:
        self.taken.append(("revoke", package_id, grant_id))

    async def delete(self, collection: str, object_id: str) -> None:
        self.taken.append(("delete", collection, object_id))

    async def take_app_role(self, group_id: str, assignment_id: str) -> None:
        self.taken.append(("take", group_id, assignment_id))


def made(kind: StepKind, found_id: str, **more: str) -> Entry:
    detail: dict[str, Any] = {"kind": kind.value, "subject": "Sales data", "id": found_id, **more}
    return Entry(f"{kind}-{found_id}", RowState.DONE, detail)


async def rolled_back(tenant: Tenant, *entries: Entry) -> dict[str, str]:
    journal = Kept({each.row_id: each for each in entries})
    rolling = RollingBack(tenant, cast("Any", tenant))
    seen = {each.kind: each.why for each in await rolling.look(journal)}
    done = {each.kind: each.why for each in await rolling.roll_back(journal)}
    assert seen == done
    return done


async def test_nobody_loses_what_a_run_has_added_to_a_package_that_was_there_before() -> None:
    grant = made(StepKind.GRANT, "member_root", package="package-of-many")
    policy = made(StepKind.CREATE_POLICY, "policy", package="package-of-many")
    tenant = Tenant(held=frozenset({"package-of-many"}))
    assert await rolled_back(tenant, grant, policy) == {"create-policy": "", "grant-role": "somebody has it"}
    assert tenant.taken == [("delete", "assignmentPolicies", "policy")]  # which Graph refuses where somebody uses it
    unused = Tenant()
    assert await rolled_back(unused, grant) == {"grant-role": ""}
    assert unused.taken == [("revoke", "package-of-many", "member_root")]


async def test_nobody_loses_a_role_of_an_application_that_a_run_gave_to_their_group() -> None:
    role = made(StepKind.ASSIGN_APP_ROLE, "assignment", group="group-of-many")
    tenant = Tenant(peopled=frozenset({"group-of-many"}))
    assert await rolled_back(tenant, role) == {"assign-app-role": "it has members"}
    assert tenant.taken == []
    unused = Tenant()
    assert await rolled_back(unused, role) == {"assign-app-role": ""}
    assert unused.taken == [("take", "group-of-many", "assignment")]
