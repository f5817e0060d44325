"""The limits of the service, each adjustable by the option that bears its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.graph.problems import GraphProblem, bad_request

DEFAULTS: Final[Mapping[str, int]] = {
    "max_packages": 20_000,
    "max_policies": 25_000,
    "max_catalogs": 7_500,
    "max_assignments": 300_000,
    "max_requests_per_quarter": 200_000,
    "max_organizations": 2_500,
    "max_extensions": 500,
    "max_automatic_assignments": 15_000,
    "max_policy_principals": 500,
    "max_policy_organizations": 1_000,
}
"""What a tenant, or (the last ones) one policy, may hold."""

_QUARTER: Final = timedelta(days=90)


def check_limit(world: EntitlementWorld, name: str, count: int) -> None:
    """Raises GraphProblem 400 where `count` have been reached and one more is wanted."""
    limit = switch(world, name, DEFAULTS[name])
    if count >= limit:
        raise _exceeded(name, limit)


def check_size(world: EntitlementWorld, name: str, count: int) -> None:
    """Raises GraphProblem 400 where `count` is more than the limit."""
    limit = switch(world, name, DEFAULTS[name])
    if count > limit:
        raise _exceeded(name, limit)


def check_room_for_request(world: EntitlementWorld, *, adds: bool) -> None:
    """Raises GraphProblem 400 where a tenant has too many requests of late, or too many live assignments.

    Counting is for tenants that are near a limit only, so that a large one stays quick.
    """
    tenant = world.tenant
    limit = switch(world, "max_requests_per_quarter", DEFAULTS["max_requests_per_quarter"])
    if len(tenant.requests) >= limit:
        since = world.clock.now() - _QUARTER
        check_limit(world, "max_requests_per_quarter", sum(r.posted_at > since for r in tenant.requests.values()))
    if adds and len(tenant.assignments) >= switch(world, "max_assignments", DEFAULTS["max_assignments"]):
        check_limit(world, "max_assignments", sum(a.is_live for a in tenant.assignments.values()))


def _exceeded(name: str, limit: int) -> GraphProblem:
    what = name.removeprefix("max_").replace("_", " ")
    return bad_request(f"The limit of {limit} {what} has been reached.", "ServiceLimitExceeded")
