"""A request as its approver sees it: the facts, why they were asked, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain import ExpirationKind, RequestState, SubjectSetKind, UserId, Verdict
from bot.services.facts import RequestFacts
from bot.services.stages import Decided
from bot.views.words import Reader, day, distance, moment, span
from cards.actions import ApproveRequest, DenyRequest, RefreshApproval
from cards.approval import ApprovalView
from cards.views import Fact, Link, Tone


@dataclass(frozen=True, slots=True)
class Asked:
    """The approver a card is for: which stage, and why them (as the tracker wrote it down)."""

    approver_id: UserId
    stage: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Typed:
    """What the approver typed on a card that is shown again."""

    justification: str = ""
    problem: str = ""
    shown: str = ""  # the digest of the card that was pressed, when it no longer fits


def approval_view(
    facts: RequestFacts,
    asked: Asked,
    decided: Decided | None,
    reader: Reader,
    now: datetime,
    *,
    portal_url: str,
    typed: Typed | None = None,
) -> ApprovalView:
    """`decided` is the decision about the stage the card is for, where one is known."""
    typed = typed or Typed()
    name, package = _requestor_name(facts), facts.request.package_name
    outcome, tone = _outcome(facts, asked, decided)
    is_open = not outcome
    shown = facts.digest(asked.stage)
    request_id = facts.request.id
    rule = facts.rule_of(asked.stage)
    return ApprovalView(
        package_name=package,
        requestor_name=name,
        headline=f"{name} asks for {package}",
        tone=tone,
        refresh=RefreshApproval(request_id=request_id),
        requestor_line=_requestor_line(facts),
        beneficiary_name=_beneficiary(facts),
        facts=_facts(facts, asked, reader, now, is_open=is_open),
        justification=facts.request.justification,
        answers=tuple(Fact(answer.question_text, answer.display_value) for answer in facts.request.answers),
        contents=contents_lines(facts) if is_open else (),
        changes=_changes(facts, asked, typed.shown) if typed.shown else (),
        approve=ApproveRequest(request_id=request_id, shown=shown) if is_open else None,
        deny=DenyRequest(request_id=request_id, shown=shown) if is_open else None,
        is_justification_required=bool(rule and rule.is_justification_required),
        typed_justification=typed.justification,
        problem=typed.problem,
        outcome=outcome,
        links=(Link("Open in My Access", portal_url),) if is_open and portal_url else (),
        refresh_for=(reader.teams_id,) if is_open and reader.teams_id else (),
    )


def contents_lines(facts: RequestFacts) -> tuple[str, ...]:
    return tuple(f"{role.resource_name}: {role.role_name}" for role in facts.contents)


def _outcome(facts: RequestFacts, asked: Asked, decided: Decided | None) -> tuple[str, Tone]:
    """What became of this stage, in a sentence; empty while it can be decided."""
    state = facts.request.state
    if decided is not None:
        who = "You" if decided.by_id == asked.approver_id else decided.by_name or "Somebody"
        verb, tone = ("approved", Tone.GOOD) if decided.verdict is Verdict.APPROVE else ("denied", Tone.BAD)
        reason = f" “{decided.reason}”" if decided.reason else ""
        return f"{who} {verb} this.{reason}{_next_stage(facts, asked, decided)}", tone
    if state is RequestState.CANCELED:
        return "The request was cancelled. There is nothing to decide any more.", Tone.NEUTRAL
    if facts.is_lapsed:
        return "Nobody decided in time, so the request was closed.", Tone.NEUTRAL
    if state is RequestState.DENIED and facts.stage > asked.stage:
        return "This stage was approved, and the request was denied later.", Tone.BAD
    if state is RequestState.DENIED:
        return "This was denied in the portal.", Tone.BAD
    if state.is_approved:
        return "This was approved in the portal.", Tone.GOOD
    if state is RequestState.PENDING_APPROVAL and facts.stage > asked.stage:
        return "This stage was approved. The next approver decides now.", Tone.GOOD
    return "", Tone.WAITING


def _next_stage(facts: RequestFacts, asked: Asked, decided: Decided) -> str:
    if decided.verdict is Verdict.DENY or asked.stage >= facts.stages_total:
        return ""
    if facts.request.state is not RequestState.PENDING_APPROVAL:
        return ""
    return f" It now waits for approval {asked.stage + 1} of {facts.stages_total}."


def _facts(facts: RequestFacts, asked: Asked, reader: Reader, now: datetime, *, is_open: bool) -> tuple[Fact, ...]:
    request = facts.request
    told = []
    if request.created_at:
        told.append(
            Fact("Asked", f"{moment(request.created_at, reader)} ({distance(request.created_at, now, reader)})")
        )
    period = _period(facts, reader)
    if period:
        told.append(Fact("How long", period))
    if facts.stages_total > 1:
        told.append(Fact("Approval", f"{asked.stage} of {facts.stages_total}"))
    if is_open and facts.deadline and facts.stage == asked.stage:
        told.append(Fact("Decide by", f"{moment(facts.deadline, reader)} ({distance(facts.deadline, now, reader)})"))
    why = _why(facts, asked.detail)
    if is_open and why:
        told.append(Fact("Why you", why))
    return tuple(told)


def _period(facts: RequestFacts, reader: Reader) -> str:
    schedule = facts.request.schedule
    starts = f"from {day(schedule.start_at, reader)} " if schedule.start_at else ""
    if schedule.expiration.end_at:
        return f"{starts}until {day(schedule.expiration.end_at, reader)}"
    expiration = schedule.expiration
    if expiration.duration is None and facts.policy:
        expiration = facts.policy.expiration
    if expiration.kind is ExpirationKind.NO_EXPIRATION:
        return f"{starts}without an end"
    if expiration.duration is not None:
        return f"{starts}{span(expiration.duration, reader)}"
    return f"{starts}until {day(expiration.end_at, reader)}" if expiration.end_at else starts.strip()


def _why(facts: RequestFacts, detail: Mapping[str, Any]) -> str:
    name = _requestor_name(facts)
    group = str(detail.get("detail") or "")
    reasons = {
        SubjectSetKind.REQUESTOR_MANAGER: f"You are the manager of {name}",
        SubjectSetKind.GROUP_MEMBERS: f"You are one of the approvers ({group})"
        if group
        else "You are one of the approvers",
        SubjectSetKind.SINGLE_USER: "You are named as an approver",
        SubjectSetKind.INTERNAL_SPONSORS: f"You sponsor the company of {name}",
        SubjectSetKind.EXTERNAL_SPONSORS: f"You sponsor the company of {name}",
        SubjectSetKind.TARGET_USER_SPONSORS: f"You sponsor {name}",
    }
    why = reasons.get(SubjectSetKind(detail.get("why", "other")), "")
    if detail.get("is_fallback"):
        why = "Nobody else is responsible for this person, so you were named to decide"
    if detail.get("is_escalation"):
        why = "Nobody has decided yet, so you are asked too"
    if why and detail.get("is_proved") is False:
        why = f"{why}. This may be waiting for you: the earlier approval cannot be seen from here"
    return why


def _changes(facts: RequestFacts, asked: Asked, shown: str) -> tuple[str, ...]:
    difference = facts.difference(shown, asked.stage)
    changed = [f"Added: {role.resource_name}: {role.role_name}" for role in difference.added]
    if difference.removed_count:
        things = "One thing is" if difference.removed_count == 1 else f"{difference.removed_count} things are"
        changed.append(f"{things} no longer part of it")
    if difference.is_question_changed:
        changed.append("What is asked for, by whom, why or for how long is different now")
    if difference.is_stage_changed:
        changed.append(f"It is now at approval {asked.stage} of {facts.stages_total}")
    return tuple(changed)


def _requestor_name(facts: RequestFacts) -> str:
    if facts.requestor and facts.requestor.name:
        return facts.requestor.name
    subject = facts.request.requestor
    return (subject.name or subject.mail if subject else "") or "Somebody"


def _requestor_line(facts: RequestFacts) -> str:
    person = facts.requestor
    if person is None:
        return ""
    guest = "Guest" if person.is_guest else ""
    return " · ".join(part for part in (person.job_title, person.department, person.company, guest) if part)


def _beneficiary(facts: RequestFacts) -> str:
    target, requestor = facts.request.target, facts.request.requestor
    if target is None or requestor is None or target.object_id == requestor.object_id:
        return ""
    return target.name or target.mail
