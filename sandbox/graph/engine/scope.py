"""Who may request what: the scope of a policy, and which of a package's policies are offered to a person."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.graph.engine.policies import parts, requestor_flag, target_scope, type_name
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.tenant.model import AccessPackage, AssignmentPolicy, Subject, Tenant, User

_STRICTNESS = {
    "specificdirectoryusers": 1,
    "specificconnectedorganizationusers": 1,
    "allmemberusers": 2,
    "alldirectoryusers": 3,
    "allconfiguredconnectedorganizationusers": 4,
    "allexternalusers": 4,
}
"""Classes of policies; of those that apply to a person only the lowest class is offered."""


class Scope:
    """The questions about scope, answered for the tenant as it is now.

    Made anew for each operation: what it looks up it remembers, so a sweep over thousands of packages stays quick.
    """

    def __init__(self, world: EntitlementWorld) -> None:
        self._world = world
        self._groups: dict[str, dict[str, None]] = {}

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def covers(self, policy: AssignmentPolicy, user: User) -> bool:
        """Whether the policy's target scope includes a person of the directory; approval and flags are not asked."""
        match target_scope(policy).casefold():
            case "specificdirectoryusers":
                return any(self._names(target, user) for target in parts(policy.settings, "specificAllowedTargets"))
            case "allmemberusers":
                return not user.is_guest
            case "alldirectoryusers":
                return True
            case "specificconnectedorganizationusers" | "allconfiguredconnectedorganizationusers" | "allexternalusers":
                return user.is_guest and self._covers_organization(policy, self._organization_id(user))
            case _:
                return False

    def covers_outsider(self, policy: AssignmentPolicy, subject: Subject) -> bool:
        """Whether the scope includes somebody who is known by mail address only."""
        return self._covers_organization(policy, subject.connected_organization_id)

    def is_open_to(self, package: AccessPackage, user: User) -> bool:
        """Whether the catalog lets this person request at all: published, and for guests shown outside."""
        catalog = self._tenant.catalogs[package.catalog_id]
        return catalog.state == "published" and (catalog.is_externally_visible or not user.is_guest)

    def offered(self, package: AccessPackage, user: User, flag: str) -> list[AssignmentPolicy]:
        """The policies under which `user` may get the package, with the requestor setting `flag` on.

        Only those of the strictest class that applies; several of one class are a choice.
        """
        if not self.is_open_to(package, user):
            return []
        return strictest(
            policy
            for policy in self._tenant.policies_of(package.id)
            if requestor_flag(policy, flag) and self.covers(policy, user)
        )

    def may_act_for(self, policy: AssignmentPolicy, caller: User, target: User) -> bool:
        """Whether the policy lets `caller` ask for `target`: as their manager, if it names `targetManager`."""
        requestors = parts(policy.settings.get("requestorSettings") or {}, "onBehalfRequestors")
        levels = [int(item.get("managerLevel") or 1) for item in requestors if type_name(item) == "targetManager"]
        if not levels:
            return False
        deepest = max(levels) if switch(self._world, "indirect_managers_may_request", default=False) else 1
        return caller.id in self.managers(target, deepest)

    def managers(self, user: User, levels: int) -> list[str]:
        """The managers of a person up to `levels`; a loop ends where it closes, and deleted managers are none."""
        found: list[str] = []
        current: User | None = user
        for _ in range(levels):
            above = current.manager_id if current is not None else None
            if above is None or above not in self._tenant.users:
                break
            found.append(above)
            current = self._tenant.users[above]
        return found

    def _names(self, target: dict[str, object], user: User) -> bool:
        match type_name(target):
            case "singleUser":
                return target.get("userId") == user.id
            case "groupMembers":
                group_id = str(target.get("groupId"))
                if self._world.options.nested_group_targets:
                    return group_id in self._groups_of(user.id)
                group = self._tenant.groups.get(group_id)
                return group is not None and user.id in group.member_ids
            case _:
                return False

    def _groups_of(self, user_id: str) -> dict[str, None]:
        if user_id not in self._groups:
            self._groups[user_id] = self._tenant.groups_of(user_id)
        return self._groups[user_id]

    def _organization_id(self, user: User) -> str | None:
        return self._tenant.subject_of_user(user.id).connected_organization_id

    def _covers_organization(self, policy: AssignmentPolicy, organization_id: str | None) -> bool:
        match target_scope(policy).casefold():
            case "specificconnectedorganizationusers":
                allowed = parts(policy.settings, "specificAllowedTargets")
                named = {target.get("connectedOrganizationId") for target in allowed}
                return organization_id is not None and organization_id in named
            case "allconfiguredconnectedorganizationusers":
                organization = self._tenant.connected_organizations.get(organization_id or "")
                return organization is not None and organization.state == "configured"
            case "allexternalusers":
                return True
            case _:
                return False


def strictest(policies: Iterable[AssignmentPolicy]) -> list[AssignmentPolicy]:
    """Of several policies only those of the strictest class."""
    found = list(policies)
    if not found:
        return []
    best = min(_class_of(policy) for policy in found)
    return [policy for policy in found if _class_of(policy) == best]


def _class_of(policy: AssignmentPolicy) -> int:
    return _STRICTNESS.get(target_scope(policy).casefold(), 9)
