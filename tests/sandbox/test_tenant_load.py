"""The load tenant in small: what is in it, that it is always the same, and that its indexes answer like the whole."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from benchmarks.load_tenant import MOST_DEFAULT_SECONDS, measure, queries
from sandbox.__main__ import Address, SettingError
from sandbox.tenant.default import default_tenant
from sandbox.tenant.load import Size, load_tenant
from sandbox.tenant.model import Tenant
from sandbox.world import World

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SMALL = Size(people=300, packages=60, assignments=500, groups=6, catalogs=3)


def small(now: datetime) -> Tenant:
    return load_tenant(now, SMALL)


def test_as_large_as_asked_with_the_default_tenant_inside() -> None:
    base, tenant = default_tenant(NOW), small(NOW)
    grown = [
        (len(tenant.users) - len(base.users), SMALL.people),
        (len(tenant.packages) - len(base.packages), SMALL.packages),
        (len(tenant.assignments) - len(base.assignments), SMALL.assignments),
        (len(tenant.requests) - len(base.requests), SMALL.assignments // SMALL.requested_every),
    ]
    assert [now for now, _ in grown] == [wanted for _, wanted in grown]
    assert base.users.keys() <= tenant.users.keys()
    holders = [(held.target_id, held.package_id) for held in tenant.assignments.values()]
    assert len(holders) == len(set(holders))


def test_the_same_seed_makes_the_same_tenant() -> None:
    first, second, other = small(NOW), small(NOW), load_tenant(NOW, SMALL, seed=2)
    assert first.assignments == second.assignments
    assert first.assignments != other.assignments


def test_whoever_holds_a_package_is_in_its_group() -> None:
    tenant = small(NOW)
    for held in tenant.assignments.values():
        package = tenant.packages[held.package_id]
        person = tenant.subjects[held.target_id].object_id
        group = tenant.resources[package.role_scopes[0].resource_id].origin_id if package.role_scopes else None
        if package.display_name.startswith("Load") and held.is_live:
            assert group is not None
            assert person in tenant.groups[group].member_ids


def test_policies_are_found_by_package_whatever_happens_to_them() -> None:
    tenant = small(NOW)
    for package_id in tenant.packages:
        scanned = [policy for policy in tenant.policies.values() if policy.package_id == package_id]
        assert tenant.policies_of(package_id) == scanned
    gone = next(iter(tenant.policies.values()))
    del tenant.policies[gone.id]
    assert gone not in tenant.policies_of(gone.package_id)


def test_the_default_tenant_is_ready_within_a_second() -> None:
    began = time.process_time()
    World()
    assert time.process_time() - began < MOST_DEFAULT_SECONDS


async def test_every_measured_query_is_answered() -> None:
    world = World(make_tenant=small)
    assert set(await measure(world, 1)) == {query.name for query in queries(world.tenant)}


def test_the_command_line_knows_its_tenants() -> None:
    assert Address.from_environment({"SANDBOX_TENANT": "load"}).tenant == "load"
    assert Address.from_environment({"SANDBOX_TENANT": "bare"}).world().tenant.packages == {}
    with pytest.raises(SettingError, match="default, bare, load"):
        Address.from_environment({"SANDBOX_TENANT": "huge"})
