"""Which approval stage is current, and who decided: what can be known without being an approver.

An app token sees neither. Knowledge comes, best first, from decisions made through Doorman, from the stages as an
approver's own token shows them (kept from their own sign-in), from the directory audit log where the app may read it,
and from the request's state alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.domain import (
    ApprovalStage,
    AuditedDecision,
    RequestId,
    RequestState,
    ReviewResult,
    StageStatus,
    UserId,
    Verdict,
)
from bot.errors import DoormanError
from bot.store import Store
from bot.store.records import Decision, RequestRecord
from bot.turn import Actor

_SAME_DECISION = timedelta(seconds=2)  # two sources tell the moment of one decision not quite alike
_TOKENS_TRIED = 3  # a stage looks the same to each of its approvers

_log = structlog.get_logger(__name__)


class StageReader(Protocol):
    async def stages(self, who: Actor, request_id: RequestId) -> list[ApprovalStage]: ...


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that ended the approval, or approved one stage of it."""

    verdict: Verdict
    stage: int
    by_id: str = ""
    by_name: str = ""
    reason: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StagesSeen:
    """What an approver's token showed: the stage in progress (0 for none) and the last decision, if there is one."""

    current: int
    last: Decided | None
    started_at: datetime | None = None


class StageKnowledge:
    def __init__(self, store: Store, graph: StageReader, tenant_id: str) -> None:
        self._store = store
        self._graph = graph
        self._tenant_id = tenant_id

    async def ask_approvers(self, request_id: RequestId, approvers: Iterable[UserId]) -> StagesSeen | None:
        """The stages as the first of these people sees them whose kept sign-in still works; None when none does."""
        async with self._store.unit(read_only=True) as unit:
            signed_in = await unit.token_caches.signed_in(self._tenant_id, list(approvers))
        for approver_id in signed_in[:_TOKENS_TRIED]:
            try:
                stages = await self._graph.stages(Actor(self._tenant_id, approver_id), request_id)
            except DoormanError as error:
                _log.debug("stages_not_seen", reason=type(error).__name__)
                continue
            return read_stages(stages)
        return None


def read_stages(stages: Sequence[ApprovalStage]) -> StagesSeen:
    current, last, ended_at = 0, None, None
    for number, stage in enumerate(stages, start=1):
        if stage.status is StageStatus.IN_PROGRESS:
            current = number
        if stage.result in (ReviewResult.APPROVED, ReviewResult.DENIED):
            last = Decided(
                Verdict.APPROVE if stage.result is ReviewResult.APPROVED else Verdict.DENY,
                number,
                stage.reviewed_by_id or "",
                stage.reviewed_by_name,
                stage.justification,
                stage.reviewed_at,
            )
            ended_at = stage.reviewed_at
    return StagesSeen(current, last, ended_at)


def stage_after(decisions: Iterable[Decision]) -> tuple[int, datetime | None]:
    """The stage that decisions made through Doorman lead to, and when it began; (1, None) without any."""
    stage, started_at = 1, None
    for decision in decisions:
        if decision.state == "recorded" and decision.verdict is Verdict.APPROVE and decision.stage >= stage:
            stage, started_at = decision.stage + 1, decision.decided_at
    return stage, started_at


def learned(known: RequestRecord, decisions: Iterable[Decision], audited: AuditedDecision) -> RequestRecord | None:
    """The record with what the audit log adds to it; None when it was known already, or nothing can be made of it."""
    if any(made.approver_id == audited.by_id and made.state in ("recorded", "sending") for made in decisions):
        return None
    if audited.verdict is None:
        began = known.stage_started_at or known.created_at
        is_new = audited.at > began + _SAME_DECISION and known.stage < known.stages_total
        is_unknown = known.stage > 1 and known.stage_started_at is None  # then it may be an earlier stage's
        if known.state is not RequestState.PENDING_APPROVAL or not is_new or is_unknown:
            return None
        return replace(known, stage=max(known.stage, 1) + 1, is_stage_proved=True, stage_started_at=audited.at)
    is_decided = known.state.is_approved if audited.verdict is Verdict.APPROVE else known.state is RequestState.DENIED
    if not is_decided or known.decided_by_id or not audited.by_id:
        return None
    return replace(
        known,
        stage=known.stages_total if audited.verdict is Verdict.APPROVE else known.stage,
        decided_verdict=audited.verdict.value,
        decided_by_id=audited.by_id,
        decided_by_name=audited.by_name,
        decided_reason=audited.reason,
        decision_source="audit log",
    )
