"""Requests that wait for their approver, in a tenant and in a store that knows of them, without anybody asking."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain import AccessPackageId, Address, PolicyId, RequestId, RequestState, UserId
from bot.store import Store
from bot.store.records import NudgeRecord, RequestRecord
from sandbox.graph.engine.records import unspecified_schedule
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import AssignmentRequest, User
from sandbox.world import World

_AT_ONCE = 500


def put_in_tenant(world: World, count: int, package: str = "Sales data") -> list[AssignmentRequest]:
    """So many requests of made-up people, who asked yesterday and wait for Marc Manager."""
    tenant = world.tenant
    found = next(one for one in tenant.packages.values() if one.display_name == package)
    policy = tenant.policies_of(found.id)[0]
    manager = next(user for user in tenant.users.values() if user.display_name == "Marc Manager")
    asked_at = world.clock.now() - timedelta(days=1)
    made = []
    for number in range(count):
        user = User(id=stable_id(f"waiting/user/{number}"), display_name=f"Waiting {number:05}", manager_id=manager.id)
        tenant.put_user(user)
        subject = tenant.subject_of_user(user.id)
        request = AssignmentRequest(
            id=stable_id(f"waiting/request/{number}"),
            request_type="userAdd",
            requestor_id=subject.id,
            target_id=subject.id,
            package_id=found.id,
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
    user = world.tenant.users[subject.object_id]
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
