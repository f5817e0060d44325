"""Which messages a request calls for: the requestor's status card, a card for each approver, short notices.

Wanting a message writes it down in the unit it is given; what comes back has to be delivered once that is committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain import RequestId, RequestState, UserId, Verdict
from bot.errors import NotAllowed, NotFound
from bot.services.approvers import Approver, NobodyReason
from bot.services.hours import Hours
from bot.services.nudge_plan import NudgePlan
from bot.services.trouble import BEING_DELIVERED
from bot.store import Unit
from bot.store.records import MessageRecord, NudgeRecord, PersonalSettings, PersonRecord, RequestRecord

_FILED_BEFORE_THE_FORM = timedelta(minutes=5)
NOBODY = UserId("")
"""The person of a message that is for a channel."""

_SOON = timedelta(minutes=1)
"""What follows within it is told in the message that is due then, and in no other one."""

_MOST_WISHES = 500  # as many as the database takes in one question


@dataclass(frozen=True, slots=True)
class ToAsk:
    """The approvers of one stage who were not asked yet. Unproved: nothing shows that the stage has begun.

    With `channel`, a conversation of Teams, they are asked there. `back` have a card, and may decide it again.
    """

    stage: int
    approvers: tuple[Approver, ...]
    is_proved: bool
    decide_by: datetime | None = None
    channel: str = ""
    back: tuple[UserId, ...] = ()


@dataclass(frozen=True, slots=True)
class AskingRules:
    """How approvers are asked where no channel is named for that: by a card each, or in a summary where there are more
    than `cards_up_to` of them.

    `hours` are those of the organization: in its quiet ones nobody is asked about a stage that may not have begun.
    """

    plan: NudgePlan
    cards_up_to: int
    hours: Hours


def status_key(request_id: str) -> str:
    return f"status/{request_id}"


def approval_key(request_id: str, stage: int, approver_id: str) -> str:
    return f"approval/{request_id}/{stage}/{approver_id}"


def channel_key(request_id: str, stage: int) -> str:
    return f"channel/{request_id}/{stage}"


def notice_key(request_id: str, event: str, person_id: str) -> str:
    return f"notice/{request_id}/{event}/{person_id}"


def was_decided(known: RequestRecord) -> bool:
    return known.state.is_approved or known.state is RequestState.DENIED


def is_newly_decided(known: RequestRecord | None, record: RequestRecord) -> bool:
    return was_decided(record) and not record.decided_by_id and (known is None or not was_decided(known))


async def bring_up_to_date(unit: Unit, request_id: RequestId) -> list[MessageRecord]:
    """Want every card about this request once more, the last reminder of each approver too.

    Notices stay as they were sent.
    """
    cards = [m for m in await unit.messages.for_request(request_id) if m.kind not in ("notice", "reminder")]
    people = dict.fromkeys(nudge.person_id for nudge in await unit.nudges.for_request(request_id))
    reminders = [await unit.messages.last_of_kind(person_id, "reminder") for person_id in people]
    return [await once_more(unit, message) for message in (*cards, *reminders) if message is not None]


async def show_ends_again(unit: Unit, record: RequestRecord) -> list[MessageRecord]:
    """Want the cards again that tell whoever receives this when what they have of the package ends."""
    if not record.target_id:
        return []
    return [
        await once_more(unit, message)
        for message in await unit.messages.for_person(record.target_id)
        if message.kind == "expiry"
        and any(told.get("package_id") == record.package_id for told in message.detail.get("ends", {}).values())
    ]


def approvers_of(messages: Sequence[MessageRecord], stage: int) -> list[UserId]:
    """Everybody who has a card of their own about this stage, but for those who are no approvers any more."""
    return [
        message.person_id
        for message in messages
        if message.kind == "approval" and message.stage == stage and not message.detail.get("is_gone")
    ]


def question_key(remark_id: str) -> str:
    return f"question/{remark_id}"


def incident_key(request_id: str, person_id: str) -> str:
    return f"incident/{request_id}/{person_id}"


NOT_ADDED: Mapping[type[Exception], str] = {NotAllowed: "forbidden", NotFound: "absent"}
"""Why the app could not be installed for somebody: Doorman may not do so, or the organization does not offer it."""


async def want_unreached(unit: Unit, request_id: RequestId, person_id: UserId, now: datetime) -> MessageRecord:
    """Tell an administrator who could not be reached. One message for a day's worth of them."""
    key = f"unreached/{now:%Y%m%dT%H%M}/{person_id}"
    return await unit.messages.want(
        key, kind="notice", request_id=request_id, person_id=person_id, detail={"event": "unreached"}
    )


async def want_incident(unit: Unit, request_id: RequestId, person_id: UserId) -> MessageRecord | None:
    """A card for an administrator about a delivery in trouble; None when they have it already."""
    key = incident_key(request_id, person_id)
    if await unit.messages.find(key):
        return None
    return await unit.messages.want(key, kind="incident", request_id=request_id, person_id=person_id)


async def adopt_form(unit: Unit, record: RequestRecord) -> None:
    """A request that a form of ours has filed, though the answer to it was lost: its card is the form."""
    for submission in await unit.submissions.sending(record.requestor_id, record.package_id):
        if submission.created_at <= record.created_at + _FILED_BEFORE_THE_FORM:
            await unit.submissions.mark_sent(submission.form_id, record.request_id)
            await unit.requests.mark_purpose(record.request_id, submission.purpose)
            if submission.address and submission.message_id:
                await unit.messages.adopt(
                    status_key(record.request_id),
                    kind="status",
                    request_id=record.request_id,
                    person_id=record.requestor_id,
                    address=submission.address,
                    message_id=submission.message_id,
                )
            return


async def want_approvals(
    unit: Unit, record: RequestRecord, to_ask: Sequence[ToAsk], rules: AskingRules, now: datetime
) -> list[MessageRecord]:
    """A card for everybody who has none; and those who were only told that it may be their turn now know."""
    asked: list[MessageRecord] = []
    for asking in to_ask:
        if asking.is_proved and asking.decide_by is not None and asking.stage > 1:
            await unit.nudges.begin(record.request_id, asking.stage, now, asking.decide_by)
        is_single = len(asking.approvers) <= rules.cards_up_to and not asking.channel
        if asking.channel and asking.approvers:
            asked.append(await _ask_in_channel(unit, record, asking))
        people = [*asking.back, *(approver.person.id for approver in asking.approvers)]
        wishes = await unit.personal.of_many(people[:_MOST_WISHES])
        for person_id in asking.back:
            wish = wishes.get(person_id, PersonalSettings())
            await unit.nudges.put(_nudge(record, asking, person_id, wish, rules, now, has_card=True))
        for approver in asking.approvers:
            wish = wishes.get(approver.person.id, PersonalSettings())
            has_card = is_single and wish.approval_cards != "daily" and record.package_id not in wish.muted_packages
            nudge = _nudge(record, asking, approver.person.id, wish, rules, now, has_card=has_card)
            await unit.nudges.put(replace(nudge, detail=_reason(approver)))
            if has_card:
                asked.append(await _ask(unit, record, asking, approver))
    proved = [
        await once_more(unit, message, {**message.detail, "is_proved": True})
        for message in await unit.messages.for_request(record.request_id)
        if message.stage <= record.stage and message.detail.get("is_proved") is False
    ]
    return asked + proved


async def _ask(unit: Unit, record: RequestRecord, asking: ToAsk, approver: Approver) -> MessageRecord:
    return await unit.messages.want(
        approval_key(record.request_id, asking.stage, approver.person.id),
        kind="approval",
        request_id=record.request_id,
        stage=asking.stage,
        person_id=approver.person.id,
        detail=_why(approver, is_proved=asking.is_proved),
    )


async def _ask_in_channel(unit: Unit, record: RequestRecord, asking: ToAsk) -> MessageRecord:
    """The one card of this stage in the channel; its detail says who was asked, and why each of them."""
    key = channel_key(record.request_id, asking.stage)
    known = await unit.messages.find(key)
    before = known.detail if known else {}
    fresh = {one.person.id: _why(one, is_proved=asking.is_proved) for one in asking.approvers[:_MOST_WISHES]}
    detail = {
        "channel": asking.channel,
        "is_proved": asking.is_proved or bool(before.get("is_proved")),
        "asked": {**before.get("asked", {}), **fresh},
    }
    return await unit.messages.want(
        key,
        kind="channel",
        request_id=record.request_id,
        stage=asking.stage,
        person_id=NOBODY,
        detail=detail,
    )


def _nudge(
    record: RequestRecord,
    asking: ToAsk,
    person_id: UserId,
    wish: PersonalSettings,
    rules: AskingRules,
    now: datetime,
    *,
    has_card: bool,
) -> NudgeRecord:
    if record.package_id in wish.muted_packages:
        due_at = rules.plan.last_call(now, asking.decide_by, now)
    else:
        due_at = rules.plan.next_due(now, asking.decide_by, now) if has_card or asking.channel else now
    return NudgeRecord(
        request_id=record.request_id,
        stage=asking.stage,
        person_id=person_id,
        asked_at=now,
        decide_by=asking.decide_by,
        due_at=due_at,
        has_card=has_card,
    )


async def want_status(unit: Unit, record: RequestRecord) -> list[MessageRecord]:
    """People who know Doorman see where their request stands, wherever they asked.

    What nobody has to approve is mostly done within seconds: then the short message that it is done is enough.
    """
    key = status_key(record.request_id)
    is_soon_done = not record.stages_total and record.looked_at - record.created_at < _SOON
    if (
        record.is_finished
        or is_soon_done
        or await unit.messages.find(key)
        or not await _reachable(unit, record.requestor_id)
    ):
        return []
    return [
        await unit.messages.want(
            key, kind="status", request_id=record.request_id, stage=0, person_id=record.requestor_id
        )
    ]


async def want_notices(unit: Unit, known: RequestRecord | None, record: RequestRecord) -> list[MessageRecord]:
    """One short new message when it was decided and when the access works, to people who know Doorman.

    Somebody who receives what another person asked for hears of that as well.
    """
    asked = await want_asked(unit, record) if known is None and record.state is not RequestState.CANCELED else []
    happened = _events(known, record) or await _told_late(unit, record)
    events = [(event, person_id) for event in happened for person_id in _concerned(record)]
    return asked + [
        await want_notice(unit, record.request_id, event, person_id)
        for event, person_id in events
        if await _reachable(unit, person_id)
    ]


async def want_asked(unit: Unit, record: RequestRecord) -> list[MessageRecord]:
    """Tell the person who would receive it that somebody else has asked."""
    if record.target_id == record.requestor_id or not await _reachable(unit, record.target_id):
        return []
    return [await want_notice(unit, record.request_id, "asked", record.target_id)]


async def want_alarms(
    unit: Unit, record: RequestRecord, stage: int, reason: NobodyReason, administrators: Sequence[UserId]
) -> list[MessageRecord]:
    """Tell the administrators that a stage of a policy has nobody who could decide it: once a week for each policy."""
    year, week, _ = record.looked_at.isocalendar()
    about = f"{record.policy_id}/{stage}/{reason}/{year}-{week}"
    wanted = []
    for person_id in administrators:
        key = f"alarm/{about}/{person_id}"
        if await unit.messages.find(key) is None:
            detail = {"event": f"nobody-{reason}", "stage": stage}
            wanted.append(
                await unit.messages.want(
                    key, kind="notice", request_id=record.request_id, person_id=person_id, stage=stage, detail=detail
                )
            )
    return wanted


async def want_notice(
    unit: Unit, request_id: RequestId, event: str, person_id: UserId, *, about: str = "", stage: int = 0
) -> MessageRecord:
    """One short message. `about` tells those apart that may come more than once, such as reminders."""
    return await unit.messages.want(
        notice_key(request_id, f"{event}-{about}" if about else event, person_id),
        kind="notice",
        request_id=request_id,
        person_id=person_id,
        stage=stage,
        detail={"event": event, "about": about} if about else {"event": event},
    )


def _events(known: RequestRecord | None, record: RequestRecord) -> list[str]:
    """What happened since, in at most one message: that the access works, or cannot, says that it was approved.

    An approval alone is not told here: the access may work a moment later.
    """
    if record.state is RequestState.DELIVERED and (known is None or known.state is not RequestState.DELIVERED):
        return ["works"]
    if record.state is RequestState.DELIVERY_FAILED and (known is None or known.state != record.state):
        return ["failed"]
    is_new = record.state is RequestState.DENIED and (known is None or not was_decided(known))
    return ["decided"] if is_new and record.decided_verdict else []


async def _told_late(unit: Unit, record: RequestRecord) -> list[str]:
    """That it was approved, once it takes longer than a moment until there is more to tell."""
    is_on_its_way = record.state in BEING_DELIVERED and record.decided_verdict == Verdict.APPROVE
    if not is_on_its_way or record.looked_at - (record.changed_at or record.looked_at) < _SOON:
        return []
    told = await unit.messages.for_request(record.request_id)
    is_told = any(one.kind == "notice" and one.detail.get("event") in ("decided", "failed") for one in told)
    return [] if is_told else ["decided"]


def _concerned(record: RequestRecord) -> list[UserId]:
    return list(dict.fromkeys((record.requestor_id, record.target_id)))


async def _reachable(unit: Unit, person_id: UserId) -> PersonRecord | None:
    person = await unit.people.find(person_id)
    return person if person is not None and person.address is not None and person.is_reachable else None


async def once_more(unit: Unit, message: MessageRecord, detail: dict[str, Any] | None = None) -> MessageRecord:
    return await unit.messages.want(
        message.key,
        kind=message.kind,
        request_id=message.request_id,
        stage=message.stage,
        person_id=message.person_id,
        detail=detail,
    )


def _why(approver: Approver, *, is_proved: bool) -> dict[str, Any]:
    return {**_reason(approver), "is_proved": is_proved}


def _reason(approver: Approver) -> dict[str, Any]:
    """Which line of the policy made them an approver."""
    return {
        "why": approver.kind.value,
        "detail": approver.detail,
        "level": approver.level,
        "is_fallback": approver.is_fallback,
        "is_escalation": approver.is_escalation,
    }
