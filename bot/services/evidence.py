"""Collecting what can be proved about one assignment: who asked, who decided under which policy, and what was given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentRequest,
    AuditedDecision,
    Person,
    ResourceRole,
    Subject,
    UserId,
)
from bot.errors import DoormanError, NotAllowed, NotFound
from bot.plans.digest import digest
from bot.plans.evidence import Fact, Personal
from bot.services.grants import RoleGrant
from bot.store import Store

_COMMIT: Final = re.compile(r"\bcommit ([0-9a-fA-F]{7,64})\b")
_BEFORE: Final = timedelta(minutes=5)


class Reader(Protocol):
    async def assignment(self, assignment_id: str) -> Assignment: ...
    async def requests_about(self, assignment: Assignment) -> list[AssignmentRequest]: ...
    async def policy_as_it_is(self, policy_id: str) -> Mapping[str, Any]: ...
    async def contents(self, package_id: AccessPackageId) -> list[ResourceRole]: ...
    async def decisions_audited_since(self, since: datetime) -> list[AuditedDecision]: ...
    async def person(self, user_id: UserId) -> Person: ...


class Grants(Protocol):
    async def check(self, person_id: UserId | None, roles: Sequence[ResourceRole]) -> tuple[RoleGrant, ...]: ...


@dataclass(frozen=True, slots=True)
class EvidenceDesk:
    """`store` is Doorman's own memory, None where it is not at hand: then the pack says so."""

    reader: Reader
    grants: Grants
    store: Store | None = None

    async def collect(self, assignment_id: str, now: datetime) -> list[Fact]:
        """The facts about this assignment, in the order of a tale. Raises: NotFound, and what Graph raises."""
        assignment = await self.reader.assignment(assignment_id)
        requests = sorted(
            await self.reader.requests_about(assignment), key=lambda each: (str(each.created_at), each.id)
        )
        facts = [_assignment(assignment, now), *(fact for request in requests for fact in _request(request))]
        facts.append(await self._policy(assignment, requests))
        facts += await self._audited(requests)
        facts += await self._remembered(requests)
        facts.append(await self._delivery(assignment, now))
        return facts

    async def _policy(self, assignment: Assignment, requests: Sequence[AssignmentRequest]) -> Fact:
        """The policy, and whether it was changed since the first request: Graph keeps no earlier versions."""
        try:
            policy = await self.reader.policy_as_it_is(assignment.policy_id or "")
        except NotFound:
            return Fact("policy", {"id": assignment.policy_id or "", "exists": False})
        changed = str(policy.get("modifiedDateTime") or policy.get("createdDateTime") or "")
        asked = next((request.created_at for request in requests if request.created_at), None)
        is_same = bool(asked and changed and datetime.fromisoformat(changed) <= asked)
        plain = _without_descriptions(policy)
        told = {"id": assignment.policy_id or "", "exists": True, "modified": changed, "unchangedSinceRequest": is_same}
        return Fact("policy", {**told, "policy": plain, "digest": digest(plain)})

    async def _audited(self, requests: Sequence[AssignmentRequest]) -> list[Fact]:
        moments = [request.created_at for request in requests if request.created_at]
        if not moments:
            return []
        try:
            found = await self.reader.decisions_audited_since(min(moments) - _BEFORE)
        except NotAllowed:
            return [Fact("audit-log", {"read": False, "needs": "AuditLog.Read.All"})]
        except DoormanError as error:
            return [Fact("audit-log", {"read": False, "error": type(error).__name__})]
        ids = {request.id for request in requests}
        told = [_decision(each) for each in found if each.request_id in ids]
        return [Fact("audit-log", {"read": True, "decisions": len(told)}), *told]

    async def _remembered(self, requests: Sequence[AssignmentRequest]) -> list[Fact]:
        """What Doorman itself did and was told about these requests."""
        if self.store is None:
            return [Fact("doorman", {"read": False})]
        facts = [Fact("doorman", {"read": True})]
        async with self.store.unit(read_only=True) as unit:
            for request in requests:
                for each in await unit.decisions.for_request(request.id):
                    opened = {
                        "requestId": each.request_id,
                        "stage": each.stage,
                        "verdict": each.verdict.value,
                        "state": each.state,
                        "at": each.decided_at.isoformat(),
                        "byId": each.approver_id,
                    }
                    words = {"name": each.approver_name, "justification": each.justification}
                    facts.append(Fact("decision", opened, _personal(each.approver_id, words)))
                for line in await unit.audit.about(request.id):
                    opened = {
                        "event": line.event,
                        "at": line.at.isoformat(),
                        "byId": line.actor_id,
                        "about": line.about,
                    }
                    facts.append(Fact("audit", opened, _personal(line.actor_id, {"name": line.actor_name})))
        return facts

    async def _delivery(self, assignment: Assignment, now: datetime) -> Fact:
        roles = await self.reader.contents(assignment.package_id) if assignment.package_id else []
        who = assignment.target.object_id if assignment.target else None
        checked = [
            {
                "system": grant.role.origin_system,
                "resourceId": grant.role.origin_id,
                "roleId": grant.role.role_origin_id,
                "held": grant.held.value,
            }
            for grant in await self.grants.check(who, roles)
        ]
        return Fact("delivery", {"checkedAt": now.isoformat(), "roles": checked})


def _assignment(assignment: Assignment, now: datetime) -> Fact:
    told = {
        "id": assignment.id,
        "state": assignment.state.value,
        "packageId": assignment.package_id or "",
        "package": assignment.package_name,
        "policyId": assignment.policy_id or "",
        "targetId": _id(assignment.target),
        "began": _moment(assignment.began_at),
        "expires": _moment(assignment.expires_at),
        "ended": _moment(assignment.ended_at),
        "exportedAt": now.isoformat(),
    }
    return Fact("assignment", told, _subject(assignment.target))


def _request(request: AssignmentRequest) -> list[Fact]:
    requestor = _id(request.requestor)
    told = {
        "id": request.id,
        "type": request.type.value,
        "state": request.state.value,
        "status": request.status,
        "created": _moment(request.created_at),
        "completed": _moment(request.completed_at),
        "requestorId": requestor,
        "targetId": _id(request.target),
        "policyId": request.policy_id or "",
    }
    words = {"justification": request.justification}
    words |= {f"answer to “{answer.question_text}”": answer.display_value for answer in request.answers}
    facts = [Fact("request", told, [*_subject(request.requestor), *_personal(requestor, words)])]
    commit = _COMMIT.search(request.justification)
    if commit:
        facts.append(Fact("file", {"requestId": request.id, "commit": commit.group(1)}))
    return facts


def _decision(decision: AuditedDecision) -> Fact:
    told = {
        "requestId": decision.request_id,
        "verdict": decision.verdict.value if decision.verdict else "Approve, next stage",
        "at": decision.at.isoformat(),
        "byId": decision.by_id or "",
        "source": "directory audit log",
    }
    words = {"name": decision.by_name, "justification": decision.reason}
    return Fact("decision", told, _personal(decision.by_id or "", words))


def _subject(subject: Subject | None) -> list[Personal]:
    if subject is None:
        return []
    return _personal(_id(subject), {"name": subject.name, "mail": subject.mail})


def _personal(person: str, words: Mapping[str, str]) -> list[Personal]:
    """What has words in it. Words of nobody who is known are left out: there would be no key to erase them by."""
    return [Personal(person, name, text) for name, text in words.items() if text and person]


def _without_descriptions(value: Any) -> Any:
    """The policy without the names of people and groups that its lists of approvers carry beside their ids."""
    if isinstance(value, Mapping):
        is_subject = str(value.get("@odata.type", "")).rpartition(".")[2] in ("singleUser", "groupMembers")
        return {
            name: _without_descriptions(each)
            for name, each in value.items()
            if not (is_subject and name == "description") and name != "@odata.context"
        }
    return [_without_descriptions(each) for each in value] if isinstance(value, list) else value


def _id(subject: Subject | None) -> str:
    return (subject.object_id or "") if subject else ""


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""
