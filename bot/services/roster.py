"""Who is to be asked about a stage: looked up when somebody may be missing, and now and then whether it still holds.

A look-up costs several Graph calls, and there may be ten thousand open requests. So a stage that was asked about is
looked up again once an hour, spread evenly and a few at a time; one that names nobody is tried less and less often.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain import RequestId, UserId
from bot.services.approvers import Approver, ApproverFinder, NobodyReason, Resolved, is_escalated
from bot.services.facts import RequestFacts
from bot.services.messages import want_alarms
from bot.services.turning_away import turn_away
from bot.store import Unit
from bot.store.records import MessageRecord, NudgeRecord, RequestRecord

_AGAIN_AFTER = timedelta(hours=1)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=6)
_REVIEWS, _WITHIN = 20, timedelta(seconds=30)
_REMEMBERED = 50_000
_MOST_STAGES = 3
_ESCALATED = "pendingapprovalescalated"


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What has to happen to the cards of one stage. `nobody` says why it cannot be decided by anybody."""

    stage: int
    unasked: tuple[Approver, ...] = ()
    gone: tuple[UserId, ...] = ()
    back: tuple[UserId, ...] = ()
    nobody: NobodyReason | None = None


@dataclass(frozen=True, slots=True)
class _Looked:
    at: datetime
    fruitless: int = 0


_Key = tuple[RequestId, int, bool]


class Roster:
    def __init__(self, finder: ApproverFinder) -> None:
        self._finder = finder
        self._looked: OrderedDict[_Key, _Looked] = OrderedDict()
        self._reviews: deque[datetime] = deque()

    async def check(
        self,
        facts: RequestFacts,
        stage: int,
        messages: Sequence[MessageRecord],
        nudges: Sequence[NudgeRecord],
        now: datetime,
    ) -> RosterChange:
        """Compare the approvers of `stage` with those who were asked; nothing has changed while it need not look."""
        nothing = RosterChange(stage)
        rule = facts.rule_of(stage)
        if rule is None:
            return nothing
        started_at = _began_at(facts, stage, now)
        asked = [message for message in messages if message.kind == "approval" and message.stage == stage]
        has_alternates = is_escalated(rule, started_at, now)
        others = {nudge.person_id for nudge in nudges if nudge.stage == stage and not nudge.has_card}
        key: _Key = (facts.request.id, stage, has_alternates)
        is_asked = (
            any(message.detail.get("is_escalation") for message in asked) if has_alternates else bool(asked or others)
        )
        if not self._is_due(key, is_asked, now):
            return nothing
        found = await self._finder.for_stage(facts.request, rule, started_at=started_at, now=now)
        missing = not any(one.is_escalation for one in found.approvers) if has_alternates else not found.approvers
        self._note(key, now, is_fruitless=missing)
        return _compared(stage, asked, others, found)

    def forget(self, request_id: RequestId) -> None:
        """What was found for this request could not be kept: look again next time."""
        for stage in range(1, _MOST_STAGES + 1):
            for has_alternates in (False, True):
                self._looked.pop((request_id, stage, has_alternates), None)

    def _is_due(self, key: _Key, is_asked: bool, now: datetime) -> bool:
        looked = self._looked.get(key)
        if looked is None:
            if not is_asked:
                return True
            # Asked by an earlier process: its first review comes somewhere within the hour, not all at once.
            spread = zlib.crc32(key[0].encode()) / 2**32
            self._remember(key, _Looked(now - _AGAIN_AFTER * spread))
            return False
        if looked.fruitless:
            pause: timedelta = min(_FIRST_PAUSE * float(3 ** (min(looked.fruitless, 10) - 1)), _LONGEST_PAUSE)
            return looked.at + pause <= now
        return looked.at + _AGAIN_AFTER <= now and self._may_review(now)

    def _may_review(self, now: datetime) -> bool:
        while self._reviews and not now - _WITHIN < self._reviews[0] <= now:
            self._reviews.popleft()
        if len(self._reviews) >= _REVIEWS:
            return False
        self._reviews.append(now)
        return True

    def _note(self, key: _Key, now: datetime, *, is_fruitless: bool) -> None:
        before = self._looked.get(key)
        times = (before.fruitless if before else 0) + 1 if is_fruitless else 0
        self._remember(key, _Looked(now, times))

    def _remember(self, key: _Key, looked: _Looked) -> None:
        self._looked[key] = looked
        self._looked.move_to_end(key)
        while len(self._looked) > _REMEMBERED:
            self._looked.popitem(last=False)


def _began_at(facts: RequestFacts, stage: int, now: datetime) -> datetime | None:
    """Since when the time of this stage runs. Of a stage that may not have begun its alternates are not asked, unless
    Graph says that the request is escalated, and it cannot be the stage before."""
    rule = facts.rule_of(facts.stage)
    began = facts.stage_started_at or facts.stage_began_by
    is_proved = stage <= facts.stage
    is_beyond = facts.request.status.casefold() == _ESCALATED and not (rule and is_escalated(rule, began, now))
    return began if is_proved or is_beyond else None


def _compared(stage: int, asked: Sequence[MessageRecord], others: set[UserId], found: Resolved) -> RosterChange:
    """`others` were asked without a card of their own: in a summary, or in a channel."""
    may = {approver.person.id for approver in found.approvers}
    were_asked = {message.person_id for message in asked} | others
    turned_away = {message.person_id for message in asked if message.detail.get("is_gone")}
    unasked = tuple(approver for approver in found.approvers if approver.person.id not in were_asked)
    return RosterChange(
        stage,
        unasked=unasked,
        gone=tuple(sorted(were_asked - may - turned_away)),
        back=tuple(sorted(turned_away & may)),
        nobody=found.nobody,
    )


async def want_changes(
    unit: Unit, record: RequestRecord, changes: Sequence[RosterChange], administrators: Sequence[UserId]
) -> list[MessageRecord]:
    """Cards of people whose right has come or gone, and word to the administrators where nobody is left."""
    stale: list[MessageRecord] = []
    for change in changes:
        for person_id in change.gone:
            stale += await turn_away(unit, record.request_id, person_id, (change.stage,))
        for person_id in change.back:
            stale += await turn_away(unit, record.request_id, person_id, (change.stage,), is_gone=False)
        if change.nobody:
            stale += await want_alarms(unit, record, change.stage, change.nobody, administrators)
    return stale
