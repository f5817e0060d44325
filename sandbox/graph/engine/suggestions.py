"""What somebody might want to ask for: what people around them have, and what they once had."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.graph.engine.scope import Scope
from sandbox.graph.engine.world import EntitlementWorld
from sandbox.tenant.model import AccessPackage, Assignment, Tenant, User


@dataclass(slots=True)
class Suggestion:
    """A package with its reasons. `holders` are the related people who have it, `past_count` and `last_at` the own."""

    package: AccessPackage
    holders: list[User] = field(default_factory=list)
    past_count: int = 0
    last_at: datetime | None = None


class Suggestions:
    """Suggestions for one person; made anew for each operation."""

    def __init__(self, world: EntitlementWorld, user: User) -> None:
        self._tenant: Tenant = world.tenant
        self._scope = Scope(world)
        self._user = user
        self._found: dict[str, Suggestion] = {}

    def find(self, *, by_people: bool, by_history: bool) -> list[Suggestion]:
        """The packages that this person may request and does not have, best known reasons first."""
        own = self._tenant.subject_of_user(self._user.id)
        mine = list(self._tenant.assignments_for(own.id))
        if by_people:
            for person in self._related():
                subject = self._tenant.subject_of_user(person.id)
                held = {one.package_id for one in self._tenant.assignments_for(subject.id) if one.is_live}
                for package_id in held & self._tenant.packages.keys():
                    self._suggestion(package_id).holders.append(person)
        if by_history:
            for assignment in mine:
                if assignment.state == "expired" and assignment.package_id in self._tenant.packages:
                    self._remember(assignment)
        have = {assignment.package_id for assignment in mine if assignment.is_live}
        return sorted(
            (found for found in self._found.values() if found.package.id not in have and self._may_ask(found.package)),
            key=lambda found: (-len(found.holders), -found.past_count, found.package.id),
        )

    def _related(self) -> list[User]:
        """The manager, the people under the same manager, and the own reports."""
        manager = self._tenant.users.get(self._user.manager_id or "")
        peers = self._tenant.reports_of(manager.id) if manager is not None else []
        people = [*([manager] if manager is not None else []), *peers, *self._tenant.reports_of(self._user.id)]
        return list({person.id: person for person in people if person.id != self._user.id}.values())

    def _remember(self, assignment: Assignment) -> None:
        found = self._suggestion(assignment.package_id)
        found.past_count += 1
        found.last_at = max(found.last_at or assignment.created_at, assignment.created_at)

    def _suggestion(self, package_id: str) -> Suggestion:
        return self._found.setdefault(package_id, Suggestion(self._tenant.packages[package_id]))

    def _may_ask(self, package: AccessPackage) -> bool:
        return not package.is_hidden and bool(self._scope.offered(package, self._user, "enableTargetsToSelfAddAccess"))
