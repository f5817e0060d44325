"""The projects as an administrator has configured them, in the words of the services."""

from __future__ import annotations

from bot.config import Config
from bot.plans.enrolment_state import ManagedBy
from bot.services.projects import Project


def configured_projects(config: Config) -> list[Project]:
    return [
        Project(
            name=given.name,
            leads=tuple(given.leads),
            reviewers=tuple(given.reviewers),
            policy=given.policy or config.enrolment.policy,
            packages=given.package_names,
            managed_by=ManagedBy(given.managed_by),
            managed={role: ManagedBy(source) for role, source in given.sources.items()},
            single_changes_need_second=given.single_changes_need_second,
        )
        for given in config.projects
    ]
