"""What there is to tell about one request, gathered from Graph and from Doorman's own memory."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.clock import Clock
from bot.domain import (
    AccessPackageId,
    ApproverVisibility,
    AssignmentPolicy,
    AssignmentRequest,
    Person,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
    ResourceRole,
    StageRule,
    Subject,
    UserId,
)
from bot.errors import GraphUnavailable, NotAllowed, NotFound
from bot.services.grants import GrantDesk, RoleGrant
from bot.services.kept import Kept
from bot.services.together import together
from bot.store.records import Remark, RequestPurpose, RequestRecord

SHOWS_UP_WITHIN = timedelta(minutes=10)
"""A request that was just filed cannot be read everywhere at once; until then a 404 says nothing."""

_CLOSED_WITHIN = timedelta(days=1)  # nothing says how soon Graph closes what nobody has decided
_POLICY_AGE_SECONDS = 60.0
_PERSON_AGE_SECONDS = 600.0
_SHARED_AGE_SECONDS = 5.0
_HINT_AGE_SECONDS = 86_400.0
_DIGEST_PARTS = 3
_TRACED = (RequestState.DELIVERING, RequestState.PARTIALLY_DELIVERED, RequestState.DELIVERED)
_TRACED_FOR = timedelta(days=1)

T = TypeVar("T")


class FactsReader(Protocol):
    async def request(self, request_id: RequestId) -> AssignmentRequest: ...
    async def policy(self, policy_id: PolicyId) -> AssignmentPolicy: ...
    async def contents(self, package_id: AccessPackageId) -> list[ResourceRole]: ...
    async def person(self, user_id: UserId) -> Person: ...


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """One request with everything that cards say about it. `record` is None for requests not yet remembered."""

    request: AssignmentRequest
    record: RequestRecord | None
    policy: AssignmentPolicy | None
    contents: tuple[ResourceRole, ...]
    requestor: Person | None
    grants: tuple[RoleGrant, ...] = ()  # what of the contents is really there, where that was looked up
    remarks: tuple[Remark, ...] = ()  # what people said about it through Doorman, the oldest first

    @property
    def stage(self) -> int:
        """The stage that is known or assumed to be current, counted from 1; 0 without approval."""
        if not self.stages_total:
            return 0
        known = self.record.stage if self.record else 0
        return min(max(known, 1), self.stages_total)

    @property
    def stages_total(self) -> int:
        """A policy that lost its approval meanwhile changes nothing for the requests that wait for one."""
        remembered = self.record.stages_total if self.record else 0
        return len(self._rules) or remembered

    @property
    def purpose(self) -> RequestPurpose:
        if self.record is not None:
            return self.record.purpose
        return "extend" if self.request.type is RequestType.USER_UPDATE else ""

    @property
    def _asks_somebody(self) -> bool:
        """Whether the policy wants approval for this: extending may need it where asking does not, and the reverse."""
        if self.policy is None or self.purpose == "return":
            return False
        is_extension = self.purpose == "extend"
        return self.policy.is_approval_required_for_update if is_extension else self.policy.is_approval_required

    @property
    def rule(self) -> StageRule | None:
        return self.rule_of(self.stage)

    def rule_of(self, stage: int) -> StageRule | None:
        """What the policy says about a stage now; None when it has no such stage (any more)."""
        return self._rules[stage - 1] if 0 < stage <= len(self._rules) else None

    @property
    def _rules(self) -> tuple[StageRule, ...]:
        return self.policy.stages if self.policy and self._asks_somebody else ()

    @property
    def code(self) -> str:
        """What people call the request by in text; empty while Doorman does not know it."""
        return self.record.code if self.record else ""

    @property
    def is_stuck(self) -> bool:
        return bool(self.record and self.record.stuck_at)

    @property
    def stage_started_at(self) -> datetime | None:
        """When the current stage began; None where nothing tells."""
        if self.stage > 1:
            return self.record.stage_started_at if self.record else None
        return self.request.created_at

    @property
    def stage_began_by(self) -> datetime | None:
        """When the current stage had begun at the latest: no stage before it can have lasted longer than it may."""
        if self.stage > 1 and self.stage_started_at is not None:
            return self.stage_started_at
        seen_at = self.record.changed_at if self.record else None  # another system may have held it up before
        earlier = [self.rule_of(number) for number in range(1, self.stage)]
        spans = [rule.automatic_denial_after for rule in earlier if rule and rule.automatic_denial_after]
        asked_at = seen_at or self.request.created_at
        return None if asked_at is None or len(spans) < len(earlier) else asked_at + sum(spans, timedelta())

    def stage_at(self, now: datetime) -> int:
        """The stage that a pending request must have come to: one that nobody decides in its time ends the request."""
        stage, ends_by = self.stage, self.stage_began_by
        while ends_by is not None and stage < self.stages_total:
            rule = self.rule_of(stage)
            if rule is None or rule.automatic_denial_after is None:
                break
            ends_by += rule.automatic_denial_after
            if now < ends_by + _CLOSED_WITHIN:
                break
            stage += 1
        return stage

    @property
    def deadline(self) -> datetime | None:
        """When the current stage lapses undecided; None where it does not, or cannot be known."""
        if self.rule is None or self.rule.automatic_denial_after is None or self.stage_started_at is None:
            return None
        return self.stage_started_at + self.rule.automatic_denial_after

    @property
    def is_on_behalf(self) -> bool:
        """Whether somebody asks for somebody else."""
        target, requestor = self.request.target, self.request.requestor
        return target is not None and requestor is not None and target.object_id != requestor.object_id

    @property
    def may_name_approvers(self) -> bool:
        """Whether the requestor may know who decides the current stage."""
        return self.may_name_approvers_of(self.stage)

    def may_name_approvers_of(self, stage: int) -> bool:
        """Whether the requestor may know who decides it. `default` follows a tenant setting; it is taken as no."""
        rule = self.rule_of(stage)
        return rule is not None and rule.visibility is ApproverVisibility.VISIBLE

    @property
    def is_lapsed(self) -> bool:
        """Whether the request ended because nobody decided in time: Graph calls that denied as well."""
        if self.request.state is not RequestState.DENIED or (self.record and self.record.decided_by_id):
            return False
        ended_at = self.request.completed_at
        return bool(self.deadline and ended_at and ended_at >= self.deadline)

    def digest(self, stage: int) -> str:
        """A fingerprint of what an approver of `stage` is shown, by parts, so that a difference can be named.

        `<stage>~<who, why and how long>~<thing granted>.<thing granted>…`, each part a short hash.
        """
        return f"{stage}~{self._question()}~{'.'.join(sorted(map(_role_hash, self.contents)))}"

    def short_digest(self, stage: int) -> str:
        """The fingerprint where there is little room, as in a list: it says whether something differs, not what."""
        return "#" + _short_hash(self.digest(stage))

    def fits(self, shown: str, stage: int) -> bool:
        """Whether a card or a list that carries `shown` still tells what is asked."""
        return shown in (self.digest(stage), self.short_digest(stage))

    def difference(self, shown: str, stage: int) -> Difference:
        """What is different now from the card that carried the digest `shown`."""
        parts = shown.split("~")
        if len(parts) != _DIGEST_PARTS:
            return Difference(is_question_changed=True)
        before = frozenset(filter(None, parts[2].split(".")))
        now = {_role_hash(role): role for role in self.contents}
        return Difference(
            is_stage_changed=parts[0] != str(stage),
            is_question_changed=parts[1] != self._question(),
            added=tuple(role for fingerprint, role in now.items() if fingerprint not in before),
            removed_count=len(before - now.keys()),
        )

    def _question(self) -> str:
        request = self.request
        return _short_hash(
            request.package_id,
            _object_id(request.requestor),
            _object_id(request.target),
            request.justification,
            [(answer.question_id, answer.display_value) for answer in request.answers],
            str(request.schedule.start_at),
            str(request.schedule.expiration.end_at),
        )


def remembered(record: RequestRecord) -> RequestFacts:
    """What is left to tell of a request that Graph no longer has."""
    request = AssignmentRequest(
        record.request_id,
        RequestType.USER_ADD,
        record.state,
        status=record.status,
        created_at=record.created_at,
        completed_at=record.completed_at,
        package_id=record.package_id,
        package_name=record.package_name,
        requestor=Subject(record.requestor_id, record.requestor_name),
    )
    return RequestFacts(request, record, None, (), None)


def has_moved(before: RequestRecord | None, now: RequestRecord | None) -> bool:
    """Whether a request that was remembered has gone on in between, so that its cards have been edited."""
    if before is None or now is None:
        return False
    return (before.state, before.status, before.stage) != (now.state, now.status, now.stage)


@dataclass(frozen=True, slots=True)
class Difference:
    """What has changed since a card was made. What was taken away is only counted: cards carry no names."""

    is_stage_changed: bool = False
    is_question_changed: bool = False
    added: tuple[ResourceRole, ...] = ()
    removed_count: int = 0


def _role_hash(role: ResourceRole) -> str:
    return _short_hash(role.origin_system, role.origin_id, role.resource_name, role.role_name)


def _short_hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:12]


def _object_id(subject: Subject | None) -> str:
    return str(subject.object_id or subject.mail) if subject else ""


class FactsDesk:
    """Gathers the facts. Policies are kept for a minute and people for ten; requests and contents are always read."""

    def __init__(
        self,
        reader: FactsReader,
        clock: Clock,
        grants: GrantDesk | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._grants = grants
        self._kept = Kept(monotonic)

    async def load(self, request_id: RequestId, record: RequestRecord | None) -> RequestFacts:
        """Everything about one request, in at most two Graph round trips.

        Raises NotFound, and GraphUnavailable where Graph does not show a request that is known and open.
        """
        try:
            return await self.traced(await self._load(request_id, record))
        except NotFound:
            if record is None or record.is_finished:
                raise
            raise GraphUnavailable(404, "not shown yet") from None

    async def _load(self, request_id: RequestId, record: RequestRecord | None) -> RequestFacts:
        hint = _Hint(record.package_id, record.policy_id, record.requestor_id) if record else self._hint(request_id)
        if hint is None:
            request = await self._reader.request(request_id)
            return await self.complete(request, record)
        request, contents, _, _ = await together(
            self._reader.request(request_id),
            self._contents(hint.package_id),
            self.policy(hint.policy_id),
            self.person(hint.requestor_id or None),
        )
        # The policy and the person are kept now, so the rest takes no further round trip.
        return await self.complete(request, record, contents)

    def _hint(self, request_id: RequestId) -> _Hint | None:
        kept = self._kept.get(("hint", request_id), _HINT_AGE_SECONDS)
        return kept if isinstance(kept, _Hint) else None

    async def shared(self, request_id: RequestId, record: RequestRecord | None) -> RequestFacts:
        """Like `load`, read once for all the messages about one state of the request: `record` tells the states apart.

        Of a request that Graph no longer has, what is remembered. Raises NotFound, GraphUnavailable.
        """
        key = ("facts", request_id, record.version if record else 0)
        kept = self._kept.get(key, _SHARED_AGE_SECONDS)
        if isinstance(kept, RequestFacts):
            return kept
        try:
            facts = await self.load(request_id, record)
        except NotFound:
            if record is None:
                raise
            facts = remembered(record)
        return self._kept.put(key, facts)

    async def complete(
        self,
        request: AssignmentRequest,
        record: RequestRecord | None,
        contents: tuple[ResourceRole, ...] | None = None,
    ) -> RequestFacts:
        """The rest of the facts for a request that was just read.

        An access package that is there no more keeps the name it was asked for by.
        """
        if not request.package_name and record is not None:
            request = replace(request, package_name=record.package_name)
        if record is None and request.package_id is not None:
            requestor_id = request.requestor.object_id if request.requestor else None
            self._kept.put(("hint", request.id), _Hint(request.package_id, request.policy_id, requestor_id))
        policy, requestor, roles = await together(
            self.policy(request.policy_id),
            self.person(request.requestor.object_id if request.requestor else None),
            self._contents(request.package_id) if contents is None else _same(contents),
        )
        return RequestFacts(request, record, policy, roles, requestor)

    async def traced(self, facts: RequestFacts) -> RequestFacts:
        """With what is really there of what was granted, for an access that is being set up or was just now.

        Later the answer would be about other things: access ends, and may be given again by another way.
        """
        request = facts.request
        is_recent = request.completed_at is None or self._clock.now() - request.completed_at <= _TRACED_FOR
        if self._grants is None or facts.grants or request.state not in _TRACED or not is_recent:
            return facts
        if facts.purpose == "return":  # what is not there any more is as it should be
            return facts
        subject = request.target or request.requestor
        grants = await self._grants.check(subject.object_id if subject else None, facts.contents)
        return replace(facts, grants=grants)

    async def policy(self, policy_id: PolicyId | None) -> AssignmentPolicy | None:
        if policy_id is None:
            return None
        kept = self._kept.get(policy_id, _POLICY_AGE_SECONDS)
        if isinstance(kept, AssignmentPolicy):
            return kept
        try:
            return self._kept.put(policy_id, await self._reader.policy(policy_id))
        except NotFound:
            return None

    async def person(self, user_id: UserId | None) -> Person | None:
        if user_id is None:
            return None
        kept = self._kept.get(user_id, _PERSON_AGE_SECONDS)
        if isinstance(kept, Person):
            return kept
        try:
            return self._kept.put(user_id, await self._reader.person(user_id))
        except (NotFound, NotAllowed):
            return None

    async def _contents(self, package_id: AccessPackageId | None) -> tuple[ResourceRole, ...]:
        if package_id is None:
            return ()
        try:
            return tuple(await self._reader.contents(package_id))
        except (NotFound, NotAllowed):
            return ()


@dataclass(frozen=True, slots=True)
class _Hint:
    """Where the facts about a request that is not remembered were found before, to read them side by side again."""

    package_id: AccessPackageId
    policy_id: PolicyId | None
    requestor_id: UserId | None


async def _same(contents: tuple[ResourceRole, ...]) -> tuple[ResourceRole, ...]:
    return contents
