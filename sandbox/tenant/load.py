"""A large tenant: what a big company's looks like to whoever lists, filters and pages.

The default tenant is in it, so everybody whom one can be is there and everything they can request too. Around it are as
many people, packages and assignments as `Size` says; which of them belong together depends on the seed alone.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.graph.engine.records import schedule_json, unspecified_schedule
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.default import default_tenant
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import (
    AccessPackage,
    Assignment,
    AssignmentPolicy,
    AssignmentRequest,
    Catalog,
    Group,
    Tenant,
    Transition,
    User,
)
from sandbox.tenant.settings import manager, policy_settings, stage

_GIVEN: Final = (
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Edda",
    "Finn",
    "Grit",
    "Hugo",
    "Ines",
    "Jan",
    "Kim",
    "Lou",
    "Mia",
    "Nils",
)
_SURNAMES: Final = ("Alder", "Berg", "Conti", "Dahl", "Ekker", "Falk", "Grau", "Holt", "Ivens", "Jung", "Kroon", "Lind")
_DEPARTMENTS: Final = ("Finance", "Legal", "Logistics", "Marketing", "Production", "Research", "Sales", "Support")
_REPORTS: Final = 12
"""How many people have the same manager, on each level."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each there are besides the default tenant's. Every `requested_every`-th assignment has its request;
    one in `expired_every` is over."""

    people: int = 100_000
    packages: int = 20_000
    assignments: int = 300_000
    groups: int = 2_000
    catalogs: int = 200
    requested_every: int = 10
    expired_every: int = 8


def load_tenant(now: datetime, size: Size | None = None, seed: int = 1) -> Tenant:
    """The default tenant inside a large one. Same size, seed and moment: same tenant."""
    with _collector_at_rest():
        tenant = default_tenant(now)
        add_crowd(tenant, now, size or Size(), seed)
    return tenant


def add_crowd(tenant: Tenant, now: datetime, size: Size, seed: int) -> None:
    """Put a crowd into a tenant that has none yet. Raises ValueError for more assignments than there can be."""
    if size.assignments > size.people * size.packages:
        raise ValueError("there are fewer pairs of person and package than assignments")
    _Crowd(tenant, now, size, seed).add()


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Nothing made in here is garbage, and looking for some would take longer than the making."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Crowd:
    def __init__(self, tenant: Tenant, now: datetime, size: Size, seed: int) -> None:
        self._tenant = tenant
        self._now = now
        self._size = size
        self._random = random.Random(seed)  # noqa: S311 - repeatable, and nothing secret is made from it
        self._build = TenantBuilder(tenant, now)

    def add(self) -> None:
        people = self._people()
        offers = self._packages()
        self._assignments(people, offers)

    def _people(self) -> list[User]:
        """People with a manager each, all the way up to one who has none."""
        made: list[User] = []
        for number in range(self._size.people):
            given, surname = _GIVEN[number % len(_GIVEN)], _SURNAMES[number // len(_GIVEN) % len(_SURNAMES)]
            boss = made[(number - 1) // _REPORTS].id if number else None
            made.append(
                self._build.user(
                    f"load-{number}",
                    f"{given} {surname} {number:06}",
                    department=_DEPARTMENTS[number % len(_DEPARTMENTS)],
                    job_title="Specialist",
                    manager_id=boss,
                )
            )
        return made

    def _packages(self) -> list[tuple[AccessPackage, AssignmentPolicy, Group]]:
        """Packages of one policy each: every third one asks the manager. Each grants membership of one group."""
        catalogs = [self._build.catalog(f"Load catalog {number:03}") for number in range(self._size.catalogs)]
        groups = [self._build.group(f"Load group {number:04}") for number in range(self._size.groups)]
        free = policy_settings(days=365)
        asking = policy_settings(stages=[stage([manager()])], justification=True, days=180)
        made = []
        for number in range(self._size.packages):
            catalog: Catalog = catalogs[number % len(catalogs)]
            group = groups[number % len(groups)]
            package = self._build.package(catalog, f"Load package {number:05}", [(group, "Member")])
            made.append((package, self._build.policy(package, "Everybody", free if number % 3 else asking), group))
        return made

    def _assignments(self, people: list[User], offers: list[tuple[AccessPackage, AssignmentPolicy, Group]]) -> None:
        """Nobody has the same package twice; most things are had by few, a few by many."""
        given: set[tuple[int, int]] = set()
        number = 0
        while number < self._size.assignments:
            who = self._random.randrange(len(people))
            what = int(len(offers) * self._random.random() ** 2)
            if (who, what) in given:
                continue
            given.add((who, what))
            self._assign(number, people[who], *offers[what])
            number += 1

    def _assign(self, number: int, user: User, package: AccessPackage, policy: AssignmentPolicy, group: Group) -> None:
        target = self._tenant.subject_of_user(user.id)
        since = self._now - timedelta(days=number % 170, seconds=number)
        is_over = number % self._size.expired_every == self._size.expired_every - 1
        held = Assignment(
            id=stable_id(f"load/assignment/{number}"),
            target_id=target.id,
            package_id=package.id,
            policy_id=policy.id,
            created_at=since,
            state="expired" if is_over else "delivered",
            status="Expired" if is_over else "Delivered",
            schedule=schedule_json(since, None),
            expired_at=self._now - timedelta(seconds=number) if is_over else None,
        )
        if not is_over:
            held.granted = [package.role_scopes[0].id]
            group.member_ids[user.id] = None
        self._tenant.put_assignment(held)
        if number % self._size.requested_every == 0:
            self._tenant.put_request(_request(held, number))


def _request(held: Assignment, number: int) -> AssignmentRequest:
    """The person's own request that an assignment came from."""
    done = held.created_at + timedelta(seconds=8)
    return AssignmentRequest(
        id=stable_id(f"load/request/{number}"),
        request_type="userAdd",
        requestor_id=held.target_id,
        target_id=held.target_id,
        package_id=held.package_id,
        policy_id=held.policy_id,
        assignment_id=held.id,
        posted_at=held.created_at,
        state="delivered",
        status="Delivered",
        created_at=held.created_at,
        completed_at=done,
        justification="Needed for the job",
        schedule=unspecified_schedule(),
        attempts=1,
        history=[Transition(done, "delivered", "Delivered")],
    )
