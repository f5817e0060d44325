"""Requests that wait for their approver, in a tenant and in a store that knows of them, without anybody asking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain import AccessPackageId, Address, PolicyId, RequestId, RequestState, UserId
from bot.store import Store
from bot.store.records import NudgeRecord, RequestRecord
from sandbox.graph.engine.records import unspecified_schedule
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.identity import TENANT_ID, stable_id
from sandbox.tenant.model import AssignmentRequest
from sandbox.tenant.settings import policy_settings, single_user, stage
from sandbox.world import World

_AT_ONCE = 500


def put_in_tenant(
    world: World, count: int, packages: Sequence[str] = ("Sales data",), *, age: timedelta = timedelta(days=1)
) -> list[AssignmentRequest]:
    """So many requests of made-up people whose manager is Marc, for these packages in turn; there are no others."""
    tenant = world.tenant
    for other in list(tenant.requests.values()):
        tenant.drop_request(other)
    by_name = {package.display_name: package for package in tenant.packages.values()}
    wanted = [(by_name[name], tenant.policies_of(by_name[name].id)[0]) for name in packages]
    manager = next(user for user in tenant.users.values() if user.display_name == "Marc Manager")
    build = TenantBuilder(tenant, world.clock.now())
    asked_at = world.clock.now() - age
    made = []
    for number in range(count):
        package, policy = wanted[number % len(wanted)]
        user = build.user(f"waiting-{number}", f"Waiting {number:05}", manager_id=manager.id)
        subject = tenant.subject_of_user(user.id)
        request = AssignmentRequest(
            id=stable_id(f"waiting/request/{number}"),
            request_type="userAdd",
            requestor_id=subject.id,
            target_id=subject.id,
            package_id=package.id,
            policy_id=policy.id,
            assignment_id=stable_id(f"waiting/assignment/{number}"),
            posted_at=asked_at,
            state="pendingApproval",
            status="PendingApproval",
            created_at=asked_at,
            justification="Needed for the job",
            schedule=unspecified_schedule(),
            attempts=1,
        )
        tenant.put_request(request)
        made.append(request)
    return made


def put_packages(world: World, count: int, approvers_each: int) -> list[str]:
    """So many packages, each with approvers of its own; gives back their names."""
    tenant = world.tenant
    build = TenantBuilder(tenant, world.clock.now())
    catalog = build.catalog("Flood")
    names = []
    for number in range(count):
        people = [
            build.user(f"approver-{number}-{each}", f"Approver {number:03} {each}") for each in range(approvers_each)
        ]
        package = build.package(catalog, f"Flood package {number:03}", [])
        build.policy(package, "Everybody", policy_settings(stages=[stage([single_user(one) for one in people])]))
        names.append(package.display_name)
    return names


async def know_where_teams_is(store: Store, world: World) -> None:
    """As if one person had written to the bot: it then knows where chats with everybody else are opened."""
    adam = next(user for user in world.tenant.users.values() if user.display_name == "Adam Admin")
    async with store.unit() as unit:
        await unit.people.seen(
            tenant_id=TENANT_ID,
            object_id=UserId(adam.id),
            conversation_id=world.chats.personal(adam.id).conversation_id,
            service_url=f"{world.base_url}/connector/",
        )


async def put_in_store(store: Store, world: World, requests: list[AssignmentRequest], approver: UserId) -> None:
    """As if the approver had been asked about each of them: a card in their chat, looked at within five minutes."""
    now = world.clock.now()
    for start in range(0, len(requests), _AT_ONCE):
        async with store.unit() as unit:
            for number, request in enumerate(requests[start : start + _AT_ONCE], start=start):
                looked_at = now - timedelta(minutes=5) * (number / len(requests))
                record = _record(world, request, looked_at)
                await unit.requests.upsert(record)
                await unit.messages.adopt(
                    f"approval/{request.id}/1/{approver}",
                    kind="approval",
                    request_id=record.request_id,
                    person_id=approver,
                    address=Address("a:chat", f"{world.base_url}/connector/"),
                    message_id=f"m{number}",
                    stage=1,
                    detail={"why": "requestorManager", "level": 1, "is_proved": True},
                    shown="card",
                )
                await unit.nudges.put(
                    NudgeRecord(
                        request_id=record.request_id,
                        stage=1,
                        person_id=approver,
                        asked_at=record.created_at,
                        decide_by=record.created_at + timedelta(days=14),
                        due_at=record.created_at + timedelta(days=3),
                    )
                )


def _record(world: World, request: AssignmentRequest, looked_at: datetime) -> RequestRecord:
    subject = world.tenant.subjects[request.requestor_id]
    user = world.tenant.users[str(subject.object_id)]
    package = world.tenant.packages[request.package_id]
    created_at = request.created_at or request.posted_at
    return RequestRecord(
        request_id=RequestId(request.id),
        package_id=AccessPackageId(package.id),
        package_name=package.display_name,
        policy_id=PolicyId(request.policy_id),
        requestor_id=UserId(user.id),
        requestor_name=user.display_name,
        target_id=UserId(user.id),
        state=RequestState.PENDING_APPROVAL,
        status=request.status,
        stage=1,
        is_stage_proved=True,
        stages_total=1,
        created_at=created_at,
        stage_started_at=created_at,
        changed_at=created_at,
        looked_at=looked_at,
    )
