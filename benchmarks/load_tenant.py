"""The sandbox's tenants: how long they take to make, how much memory they need, and how quickly they answer.

    python -m benchmarks.load_tenant [--times 5]

Each call is made over HTTP and the median of `--times` is shown, in ms. Ends with 1 when a limit is missed: 1 s to make
the default tenant; 30 s to make the load tenant, 2 GB of memory and 50 ms for a filtered list of it; 5 ms between the
median of the latency and what was set.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
import time
from dataclasses import dataclass

import httpx
import psutil

from sandbox.app import serving
from sandbox.entra.tokens import issue_graph_token
from sandbox.services import Service
from sandbox.tenant.identity import user_id
from sandbox.tenant.load import load_tenant
from sandbox.tenant.model import Tenant
from sandbox.world import World

EM = "/identityGovernance/entitlementManagement"
MOST_SECONDS = 30.0
MOST_BYTES = 2 * 1024**3
MOST_MS = 50.0
MOST_DEFAULT_SECONDS = 1.0
MOST_LATENCY_MS = 5.0
LATENCY_MS = 40
_PERMISSIONS = ("EntitlementManagement.ReadWrite.All", "User.Read.All", "Group.Read.All", "GroupMember.Read.All")
_EVENTUAL = {"ConsistencyLevel": "eventual"}


@dataclass(frozen=True, slots=True)
class Query:
    """`is_filtered` lists are held to the limit; the others are shown for comparison."""

    name: str
    path: str
    person: str = "admin"
    is_filtered: bool = True


def queries(tenant: Tenant) -> list[Query]:
    """Every kind of list that the documentation filters, on things in the middle and at the end of the tenant."""
    package = list(tenant.packages.values())[-7]
    policy = tenant.policies_of(package.id)[0]
    user = list(tenant.users.values())[-5]
    group = list(tenant.groups.values())[-3]
    catalog = package.catalog_id
    expand = "$expand=catalog,assignmentPolicies"
    return [
        Query("packages by name", f"{EM}/accessPackages?$filter=displayName eq '{package.display_name}'"),
        Query("packages by part of name", f"{EM}/accessPackages?$filter=contains(displayName,'package 1999')&{expand}"),
        Query("catalogs by name", f"{EM}/catalogs?$filter=displayName eq 'Load catalog 199'"),
        Query("resources of a catalog", f"{EM}/catalogs/{catalog}/resources?$filter=originId eq '{group.id}'"),
        Query("assignments of a package", f"{EM}/assignments?$filter=accessPackage/id eq '{package.id}'"),
        Query("assignments by policy", f"{EM}/assignments?$filter=assignmentPolicy/id eq '{policy.id}'"),
        Query(
            "assignments of a person", f"{EM}/assignments?$filter=target/objectId eq '{user.id}'&$expand=accessPackage"
        ),
        Query("assignments by state", f"{EM}/assignments?$filter=state eq 'expired'&$top=20"),
        Query("requests of a package", f"{EM}/assignmentRequests?$filter=accessPackage/id eq '{package.id}'"),
        Query("requests by state", f"{EM}/assignmentRequests?$filter=state eq 'pendingApproval'"),
        Query("requests since", f"{EM}/assignmentRequests?$filter=createdDateTime ge {tenant_moment(tenant)}"),
        Query("users by mail", f"/users?$filter=mail eq '{user.mail}'"),
        Query("users by name", f"/users?$filter=displayName eq '{user.display_name}'"),
        Query("users by beginning", "/users?$filter=startswith(displayName,'Nils Lind 0999')"),
        Query("users by search", '/users?$search="displayName:099999"&$count=true'),
        Query("groups by name", f"/groups?$filter=displayName eq '{group.display_name}'"),
        Query("one user by name", f"/users/{user.user_principal_name}", is_filtered=False),
        Query("own requests", f"{EM}/assignmentRequests/filterByCurrentUser(on='target')", "requester"),
        Query(
            "own assignments", f"{EM}/assignments/filterByCurrentUser(on='target')?$expand=accessPackage", "requester"
        ),
        Query("own approvals", f"{EM}/accessPackageAssignmentApprovals/filterByCurrentUser(on='approver')", "manager"),
        Query(
            "requestable packages",
            f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')",
            "requester",
            False,
        ),
        Query("all assignments, a page", f"{EM}/assignments", is_filtered=False),
        Query("all people, a page", "/users", is_filtered=False),
    ]


def tenant_moment(tenant: Tenant) -> str:
    """A moment with only a few requests after it."""
    created = sorted(request.created_at for request in tenant.requests.values() if request.created_at is not None)
    return created[-5].strftime("%Y-%m-%dT%H:%M:%SZ")


async def measure(world: World, times: int) -> dict[str, tuple[Query, float]]:
    """Median milliseconds by the name of the query. Raises RuntimeError for an answer other than 200."""
    found: dict[str, tuple[Query, float]] = {}
    async with serving(world) as url, httpx.AsyncClient(base_url=url + "/v1.0", timeout=60) as http:
        for query in queries(world.tenant):
            token = issue_graph_token(world, user_id=user_id(query.person), permissions=_PERMISSIONS)
            headers = {"Authorization": f"Bearer {token}", **_EVENTUAL}
            spent = []
            for _ in range(times):
                began = time.perf_counter()
                answer = await http.get(query.path, headers=headers)
                spent.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200:
                    raise RuntimeError(f"{query.name}: {answer.status_code} {answer.text[:300]}")
            found[query.name] = (query, statistics.median(spent))
    return found


async def latency_error(world: World, times: int = 51) -> float:
    """How far the median of a call with latency is from what was set, in ms, beside what the call takes anyway."""
    token = issue_graph_token(world, user_id=user_id("admin"), permissions=_PERMISSIONS)
    async with serving(world) as url, httpx.AsyncClient(base_url=url + "/v1.0", timeout=60) as http:

        async def median_ms() -> float:
            spent = []
            for _ in range(times):
                began = time.perf_counter()
                (await http.get("/me", headers={"Authorization": f"Bearer {token}"})).raise_for_status()
                spent.append((time.perf_counter() - began) * 1000)
            return statistics.median(spent)

        plain = await median_ms()
        world.faults.set_latency(Service.GRAPH, LATENCY_MS)
        world.faults.latency_spread = 0.5
        slowed = await median_ms()
    return abs(slowed - plain - LATENCY_MS)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load_tenant", description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    began = time.perf_counter()
    default = World()
    default_seconds = time.perf_counter() - began
    print(f"default tenant made in {default_seconds:.2f} s (limit {MOST_DEFAULT_SECONDS:.0f})")
    error_ms = asyncio.run(latency_error(default))
    print(f"median of {LATENCY_MS} ms latency is off by {error_ms:.1f} ms (limit {MOST_LATENCY_MS:.0f})")
    began, worked = time.perf_counter(), time.process_time()
    world = World(make_tenant=load_tenant)
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    gc.freeze()  # as `python -m sandbox` does: the tenant stays, so it need not be looked through for garbage
    tenant = world.tenant
    print(f"{len(tenant.users)} people, {len(tenant.packages)} packages, {len(tenant.assignments)} assignments")
    print(f"made in {seconds:.1f} s, {cpu:.1f} s of them at work (limit {MOST_SECONDS:.0f})")
    found = asyncio.run(measure(world, times))
    memory = psutil.Process().memory_info().rss
    print(f"memory {memory / 1024**2:.0f} MB (limit {MOST_BYTES / 1024**2:.0f})")
    for name, (query, spent) in found.items():
        mark = "  over the limit" if query.is_filtered and spent > MOST_MS else ""
        print(f"{spent:8.1f} ms  {name}{mark}")
    is_slow = any(query.is_filtered and spent > MOST_MS for query, spent in found.values())
    is_late = default_seconds > MOST_DEFAULT_SECONDS or error_ms > MOST_LATENCY_MS
    return 1 if is_slow or is_late or seconds > MOST_SECONDS or memory > MOST_BYTES else 0


if __name__ == "__main__":
    sys.exit(main())
