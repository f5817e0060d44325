"""Who may decide a stage: subject sets become people."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.graph.engine.policies import DYNAMIC_STAGE, parts, type_name
from sandbox.graph.engine.scope import Scope
from sandbox.graph.engine.world import EntitlementWorld
from sandbox.tenant.model import ApprovalStage, AssignmentRequest, Json, Tenant

Ids = dict[str, None]


class Approvers:
    """The approvers of stages, for the tenant as it is now; made anew for each operation, and remembers groups."""

    def __init__(self, world: EntitlementWorld) -> None:
        self._world = world
        self._scope = Scope(world)
        self._members: dict[str, Ids] = {}

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def of(self, request: AssignmentRequest, stage: ApprovalStage) -> list[str]:
        """The user ids that may decide, in the policy's order, each once.

        Fallback approvers count only where the primary set resolves to nobody; alternates once the stage has been
        escalated. Requestor and target never decide, even where that leaves nobody.
        """
        people = self._computed(stage.settings) or self._first(
            request, stage.settings, "primaryApprovers", "fallbackPrimaryApprovers"
        )
        if stage.escalated_at is not None:
            people |= self._first(request, stage.settings, "escalationApprovers", "fallbackEscalationApprovers")
        involved = {
            self._tenant.subjects[request.requestor_id].object_id,
            self._tenant.subjects[request.target_id].object_id,
        }
        return [user_id for user_id in people if user_id not in involved]

    def _computed(self, settings: Json) -> Ids:
        """Whom the Logic App of a dynamic stage names; nobody in other stages."""
        if type_name(settings) != DYNAMIC_STAGE:
            return {}
        named: list[str] = getattr(self._world.options, "dynamic_approvers", [])
        return self._known(one for one in named if isinstance(one, str))

    def _first(self, request: AssignmentRequest, settings: Json, *names: str) -> Ids:
        """The people of the first of these sets that is not empty."""
        for name in names:
            people = self._resolve(request, parts(settings, name))
            if people:
                return people
        return {}

    def _resolve(self, request: AssignmentRequest, subject_sets: Iterable[Json]) -> Ids:
        found: Ids = {}
        for subject_set in subject_sets:
            found |= self._people(request, subject_set)
        return found

    def _people(self, request: AssignmentRequest, subject_set: Json) -> Ids:
        match type_name(subject_set):
            case "singleUser":
                return self._known([str(subject_set.get("userId"))])
            case "groupMembers":
                return self._members_of(str(subject_set.get("groupId")))
            case "requestorManager":
                return self._manager(request, int(subject_set.get("managerLevel") or 1))
            case "internalSponsors" | "externalSponsors" as kind:
                return self._sponsors(request, internal=kind == "internalSponsors")
            case "targetUserSponsors":
                target = self._tenant.users.get(self._tenant.subjects[request.target_id].object_id or "")
                return self._known(target.sponsor_ids) if target else {}
            case _:
                return {}

    def _manager(self, request: AssignmentRequest, level: int) -> Ids:
        """The requestor's manager, or their manager's; nobody if the chain is shorter or the requestor is an app."""
        requestor = self._tenant.users.get(self._tenant.subjects[request.requestor_id].object_id or "")
        if requestor is None:
            return {}
        above = self._scope.managers(requestor, level)
        return {above[-1]: None} if len(above) == level else {}

    def _sponsors(self, request: AssignmentRequest, *, internal: bool) -> Ids:
        subject = self._tenant.subjects[request.requestor_id]
        organization = self._tenant.connected_organizations.get(subject.connected_organization_id or "")
        if organization is None:
            return {}
        return self._known(organization.internal_sponsor_ids if internal else organization.external_sponsor_ids)

    def _known(self, ids: Iterable[str]) -> Ids:
        """The users among these ids, and the members of the groups among them."""
        found: Ids = {}
        for object_id in ids:
            if object_id in self._tenant.users:
                found[object_id] = None
            elif object_id in self._tenant.groups:
                found |= self._members_of(object_id)
        return found

    def _members_of(self, group_id: str) -> Ids:
        if group_id not in self._members:
            self._members[group_id] = self._tenant.member_users(group_id)
        return self._members[group_id]
