"""One person in or out of a project's role: what that would grant or take, and who has to say yes.

What is carried out goes through the same plans as files do. Where people can ask for the role themselves and somebody
has to approve that, nobody is added over the approvers' heads: the person is asked to request it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.clock import Clock
from bot.domain import AccessPackageId, Person, RequestId, UserId
from bot.plans.enrolment_state import ManagedBy
from bot.services.loss import Held, Loss, loss_of
from bot.services.project_packages import ProjectPackages, ProjectRoles, RolePackage
from bot.services.projects import Project
from bot.services.team import TeamReader
from bot.services.tracking import Scheduler
from bot.store import Store
from bot.turn import Actor

SUGGESTION: Final = "suggestion"


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would happen. `person` is None for somebody who is not in the directory yet.

    `effect.lost` is what the change really grants or takes, `effect.kept` what they have through something else anyway.
    """

    project: Project
    role: RolePackage
    person: Person | None
    effect: Loss
    should_request: bool = False


class SingleChanges:
    def __init__(
        self, packages: ProjectPackages, reader: TeamReader, store: Store, scheduler: Scheduler, clock: Clock
    ) -> None:
        self._packages = packages
        self._reader = reader
        self._store = store
        self._scheduler = scheduler
        self._clock = clock

    async def roles(self, project: Project) -> ProjectRoles:
        return await self._packages.of(project)

    async def prospect(self, project: Project, role: RolePackage, person: Person | None, *, removes: bool) -> Prospect:
        others = await self._others(person, role.found.package.id) if person else []
        should_request = not removes and person is not None and _is_asked_for(role)
        return Prospect(project, role, person, loss_of(role.found.contents, others), should_request)

    async def suggest(self, by: Actor, package_id: str, package_name: str, person_id: UserId) -> bool:
        """Give the person a card to request the access package with; once a week. Whether it is new."""
        key = suggestion_key(package_id, person_id, self._clock.now())
        async with self._store.unit() as unit:
            if await unit.messages.find(key) is not None:
                return False
            message = await unit.messages.want(
                key,
                kind="suggestion",
                request_id=RequestId(key),
                person_id=person_id,
                detail={"package_id": package_id, "package": package_name, "by": by.name},
            )
        await self._scheduler.deliver_soon(message.key, message.wanted)
        return True

    async def _others(self, person: Person, package_id: AccessPackageId) -> list[Held]:
        """The other access packages that somebody has now, with what they grant."""
        held = (await self._reader.assignments_of([person.id]))[person.id]
        live = [each for each in held if each.is_live and each.package_id not in (None, package_id)]
        found = await self._reader.packages_of(dict.fromkeys(str(each.package_id) for each in live))
        return [
            Held(each.package_name, found[str(each.package_id)].contents, each.expires_at)
            for each in live
            if str(each.package_id) in found
        ]


def suggestion_key(package_id: str, person_id: str, now: datetime) -> str:
    return f"{SUGGESTION}/{package_id}/{person_id}/{now:%G-%V}"


def _is_asked_for(role: RolePackage) -> bool:
    """Whether people can request the role, under a policy that has somebody approve it."""
    wanted = role.policy_name.casefold()
    asking = [each for each in role.found.policies if each.name.casefold() != wanted]
    return role.managed_by is not ManagedBy.FILE and any(each.is_approval_required for each in asking)
