"""Finding the policy that is to be played, in the sandbox or in a tenant, and playing it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.cli.session import graph_session
from bot.cli.settings import CliSettings
from bot.config import Config
from rehearsal.copied_tenant import copied_tenant
from rehearsal.course import Course, Timeline
from rehearsal.reading import read_policy
from rehearsal.sandbox_tenant import find_package, find_person, sandbox_tenant
from rehearsal.timeline import play
from sandbox.tenant.model import Tenant


@dataclass(frozen=True, slots=True)
class Wanted:
    """Package, person and policy by name or id; no policy means the first that lets the person ask."""

    package: str
    person: str
    policy: str
    course: Course
    starts_at: datetime


async def played(wanted: Wanted, config: Config, tenant: CliSettings | None) -> Timeline:
    """The policy as the sandbox has it, or as this tenant has it.

    Raises: RehearsalError; for a tenant ValueError of its credentials and whatever Graph answers.
    """
    package_id, person_id, make, remarks = await _stage(wanted, config, tenant)
    return await play(
        make,
        config,
        wanted.course,
        package_id=package_id,
        person_id=person_id,
        starts_at=wanted.starts_at,
        remarks=remarks,
    )


async def _stage(
    wanted: Wanted, config: Config, tenant: CliSettings | None
) -> tuple[str, str, Callable[[datetime], Tenant], tuple[str, ...]]:
    """The ids of package and person, how the tenant of the play is made, and what is to be said about it."""
    if tenant is None:
        make = sandbox_tenant(wanted.package, wanted.policy)
        there = make(wanted.starts_at)
        return find_package(there, wanted.package).id, find_person(there, wanted.person).id, make, ()
    async with graph_session(tenant) as session:
        copied = await read_policy(session, wanted.package, wanted.person, wanted.policy, config.administrators)
    return copied.package.id, copied.person.id, copied_tenant(copied, config.quiet_hours.time_zone), copied.remarks
