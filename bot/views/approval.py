"""A request as its approver sees it: the facts, why they were asked, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.domain import ExpirationKind, RequestState, SubjectSetKind, UserId, Verdict
from bot.services.facts import RequestFacts
from bot.services.stages import Decided
from bot.views.words import Reader, day, moment_and_distance, sentences, span
from cards.actions import ApproveRequest, DenyRequest, RefreshApproval
from cards.approval import ApprovalView
from cards.language import Language, _
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
    words = reader.words
    name, package = _requestor_name(facts, words), facts.request.package_name
    outcome, tone = _outcome(facts, asked, decided, words)
    is_open = not outcome
    shown = facts.digest(asked.stage)
    request_id = facts.request.id
    rule = facts.policy.stages[asked.stage - 1] if facts.policy and asked.stage <= facts.stages_total else None
    return ApprovalView(
        package_name=package,
        requestor_name=name,
        headline=words("{name} asks for {package}", name=name, package=package),
        tone=tone,
        refresh=RefreshApproval(request_id=request_id),
        requestor_line=_requestor_line(facts, words),
        beneficiary_name=_beneficiary(facts),
        facts=_facts(facts, asked, reader, now, is_open=is_open),
        justification=facts.request.justification,
        answers=tuple(Fact(answer.question_text, answer.display_value) for answer in facts.request.answers),
        contents=contents_lines(facts) if is_open else (),
        changes=_changes(facts, asked, typed.shown, words) if typed.shown else (),
        approve=ApproveRequest(request_id=request_id, shown=shown) if is_open else None,
        deny=DenyRequest(request_id=request_id, shown=shown) if is_open else None,
        is_justification_required=bool(rule and rule.is_justification_required),
        typed_justification=typed.justification,
        problem=typed.problem,
        outcome=outcome,
        links=(Link(words("Open in My Access"), portal_url),) if is_open and portal_url else (),
        refresh_for=(reader.teams_id,) if is_open and reader.teams_id else (),
        words=words,
    )


def contents_lines(facts: RequestFacts) -> tuple[str, ...]:
    return tuple(f"{role.resource_name}: {role.role_name}" for role in facts.contents)


def _outcome(facts: RequestFacts, asked: Asked, decided: Decided | None, words: Language) -> tuple[str, Tone]:
    """What became of this stage, in a sentence; empty while it can be decided."""
    state = facts.request.state
    if decided is not None:
        tone = Tone.GOOD if decided.verdict is Verdict.APPROVE else Tone.BAD
        reason = words("“{text}”", text=decided.reason) if decided.reason else ""
        return sentences(_decided(asked, decided, words), reason, _next_stage(facts, asked, decided, words)), tone
    if state is RequestState.CANCELED:
        return words("The request was cancelled. There is nothing to decide any more."), Tone.NEUTRAL
    if facts.is_lapsed:
        return words("Nobody decided in time, so the request was closed."), Tone.NEUTRAL
    if state is RequestState.DENIED and facts.stage > asked.stage:
        return words("This stage was approved, and the request was denied later."), Tone.BAD
    if state is RequestState.DENIED:
        return words("This was denied in the portal."), Tone.BAD
    if state.is_approved:
        return words("This was approved in the portal."), Tone.GOOD
    if state is RequestState.PENDING_APPROVAL and facts.stage > asked.stage:
        return words("This stage was approved. The next approver decides now."), Tone.GOOD
    return "", Tone.WAITING


def _decided(asked: Asked, decided: Decided, words: Language) -> str:
    is_approved = decided.verdict is Verdict.APPROVE
    if decided.by_id == asked.approver_id:
        return words("You approved this.") if is_approved else words("You denied this.")
    name = decided.by_name or words("Somebody")
    return words("{name} approved this.", name=name) if is_approved else words("{name} denied this.", name=name)


def _next_stage(facts: RequestFacts, asked: Asked, decided: Decided, words: Language) -> str:
    if decided.verdict is Verdict.DENY or asked.stage >= facts.stages_total:
        return ""
    if facts.request.state is not RequestState.PENDING_APPROVAL:
        return ""
    return words("It now waits for approval {number} of {total}.", number=asked.stage + 1, total=facts.stages_total)


def _facts(facts: RequestFacts, asked: Asked, reader: Reader, now: datetime, *, is_open: bool) -> tuple[Fact, ...]:
    request, words = facts.request, reader.words
    told = []
    if request.created_at:
        told.append(Fact(words("Asked"), moment_and_distance(request.created_at, now, reader)))
    period = _period(facts, reader)
    if period:
        told.append(Fact(words("How long"), period))
    if facts.stages_total > 1:
        stage = words("{number} of {total}", number=asked.stage, total=facts.stages_total)
        told.append(Fact(words("Approval"), stage))
    if is_open and facts.deadline and facts.stage == asked.stage:
        told.append(Fact(words("Decide by"), moment_and_distance(facts.deadline, now, reader)))
    why = _why(facts, asked.detail, words)
    if is_open and why:
        told.append(Fact(words("Why you"), why))
    return tuple(told)


def _period(facts: RequestFacts, reader: Reader) -> str:
    schedule, words = facts.request.schedule, reader.words
    expiration = schedule.expiration
    if expiration.end_at is None and expiration.duration is None and facts.policy:
        expiration = facts.policy.expiration
    start = day(schedule.start_at, reader) if schedule.start_at else ""
    if expiration.end_at is not None:
        end = day(expiration.end_at, reader)
        return words("from {start} until {end}", start=start, end=end) if start else words("until {day}", day=end)
    if expiration.kind is ExpirationKind.NO_EXPIRATION:
        return words("from {start}, without an end", start=start) if start else words("without an end")
    if expiration.duration is not None:
        length = span(expiration.duration, reader)
        return words("from {start} for {span}", start=start, span=length) if start else length
    return words("from {start}", start=start) if start else ""


_REASONS: Final[Mapping[SubjectSetKind, str]] = {
    SubjectSetKind.REQUESTOR_MANAGER: _("You are the manager of {name}."),
    SubjectSetKind.GROUP_MEMBERS: _("You are one of the approvers."),
    SubjectSetKind.SINGLE_USER: _("You are named as an approver."),
    SubjectSetKind.INTERNAL_SPONSORS: _("You sponsor the company of {name}."),
    SubjectSetKind.EXTERNAL_SPONSORS: _("You sponsor the company of {name}."),
    SubjectSetKind.TARGET_USER_SPONSORS: _("You sponsor {name}."),
}


def _why(facts: RequestFacts, detail: Mapping[str, Any], words: Language) -> str:
    kind, group = SubjectSetKind(detail.get("why", "other")), str(detail.get("detail") or "")
    if detail.get("is_escalation"):
        why = words("Nobody has decided yet, so you are asked too.")
    elif detail.get("is_fallback"):
        why = words("Nobody else is responsible for this person, so you were named to decide.")
    elif kind is SubjectSetKind.GROUP_MEMBERS and group:
        why = words("You are one of the approvers ({group}).", group=group)
    else:
        why = words(_REASONS.get(kind, ""), name=_requestor_name(facts, words))
    if why and detail.get("is_proved") is False:
        unproved = words("This may be waiting for you: the earlier approval cannot be seen from here.")
        return sentences(why, unproved)
    return why


def _changes(facts: RequestFacts, asked: Asked, shown: str, words: Language) -> tuple[str, ...]:
    difference = facts.difference(shown, asked.stage)
    changed = [
        words("Added: {resource}: {role}", resource=role.resource_name, role=role.role_name)
        for role in difference.added
    ]
    if difference.removed_count:
        changed.append(
            words.plural(
                "One thing is no longer part of it",
                "{count} things are no longer part of it",
                difference.removed_count,
            )
        )
    if difference.is_question_changed:
        changed.append(words("What is asked for, by whom, why or for how long is different now"))
    if difference.is_stage_changed:
        changed.append(words("It is now at approval {number} of {total}", number=asked.stage, total=facts.stages_total))
    return tuple(changed)


def _requestor_name(facts: RequestFacts, words: Language) -> str:
    if facts.requestor and facts.requestor.name:
        return facts.requestor.name
    subject = facts.request.requestor
    return (subject.name or subject.mail if subject else "") or words("Somebody")


def _requestor_line(facts: RequestFacts, words: Language) -> str:
    person = facts.requestor
    if person is None:
        return ""
    guest = words("Guest") if person.is_guest else ""
    return " · ".join(part for part in (person.job_title, person.department, person.company, guest) if part)


def _beneficiary(facts: RequestFacts) -> str:
    target, requestor = facts.request.target, facts.request.requestor
    if target is None or requestor is None or target.object_id == requestor.object_id:
        return ""
    return target.name or target.mail
