"""The projects that an administrator has configured, and who may do what in them.

Rights to change a project come from the configuration alone. Who may only look is decided by whoever shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process, utils

from bot.domain import UserId
from bot.plans.enrolment_state import ManagedBy, key_of
from bot.services.named_people import NamedPeople, PeopleReader

_CLOSE_ENOUGH = 70


@dataclass(frozen=True, slots=True)
class Project:
    """`leads` and `reviewers` are object ids or sign-in names; `packages` names or ids by role.

    `managed` says by role where the people of an access package come from that is not as the project says.
    """

    name: str
    leads: tuple[str, ...]
    reviewers: tuple[str, ...]
    policy: str
    """The name of the policy that files manage."""
    packages: Mapping[str, str] = field(default_factory=dict)
    managed_by: ManagedBy = ManagedBy.FILE
    managed: Mapping[str, ManagedBy] = field(default_factory=dict)
    single_changes_need_second: bool = True

    def label(self, role: str) -> str:
        """The name or id of the role's access package."""
        return self.packages.get(role, f"{self.name} | {role}")

    def source_of(self, role: str) -> ManagedBy:
        """Where the people of the role's access package come from."""
        wanted = key_of(role)
        return next((source for name, source in self.managed.items() if key_of(name) == wanted), self.managed_by)


class Projects:
    """All configured projects."""

    def __init__(self, projects: Sequence[Project], reader: PeopleReader) -> None:
        self._projects = {project.name.casefold(): project for project in projects}
        self._people = NamedPeople(reader)

    def all(self) -> tuple[Project, ...]:
        return tuple(self._projects.values())

    def named(self, name: str) -> Project | None:
        """The project of this name in any letter case, with or without the word that all of them begin with."""
        wanted = " ".join(name.split()).casefold()
        if wanted in self._projects:
            return self._projects[wanted]
        ends = [project for key, project in self._projects.items() if wanted and key.endswith(f" {wanted}")]
        return ends[0] if len(ends) == 1 else None

    def like(self, name: str, limit: int = 3) -> tuple[Project, ...]:
        """The projects whose names are close to this, the closest first."""
        found = process.extract(
            name,
            {key: project.name for key, project in self._projects.items()},
            scorer=fuzz.WRatio,
            processor=utils.default_process,
            score_cutoff=_CLOSE_ENOUGH,
            limit=limit,
        )
        return tuple(self._projects[key] for _, _, key in found)

    async def led_by(self, person_id: UserId) -> tuple[Project, ...]:
        """Those that this person may change."""
        projects = self.all()
        people = await self._people.by_name(name for project in projects for name in project.leads)
        names = {name for name, found in people.items() if found == person_id}
        return tuple(project for project in projects if not names.isdisjoint(project.leads))

    async def may_write(self, person_id: UserId, project: Project) -> bool:
        return person_id in await self.ids(project.leads)

    async def may_agree(self, person_id: UserId, project: Project) -> bool:
        """Whether this person may agree to somebody else's plan for it."""
        return person_id in await self.ids((*project.reviewers, *project.leads))

    async def ids(self, names: Sequence[str]) -> frozenset[UserId]:
        """The object ids of these people; one who cannot be found is left out and logged."""
        return frozenset(await self._people.ids(names))

    async def all_ids(self, names: Sequence[str]) -> frozenset[UserId]:
        """The same for what must not be done to any of them. Raises: what reading raises but NotFound."""
        return await self._people.all_ids(names)
