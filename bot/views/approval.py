"""A request as its approver sees it: the facts, why they were asked, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.domain import ExpirationKind, RequestState, UserId, Verdict
from bot.services.context import ApproverContext
from bot.services.facts import RequestFacts
from bot.services.rules import Mode
from bot.services.stages import Decided
from bot.store.records import Decision
from bot.views.approver_words import why_you
from bot.views.remarks import remark_lines
from bot.views.words import Reader, day, distance, last_day, listed_all, moment, moment_and_distance, sentences, span
from cards.actions import ApproveRequest, DenyRequest, OpenRemark, RefreshApproval, UndoDecision
from cards.approval import ApprovalView
from cards.language import Language, _
from cards.views import Fact, Link, Tone

CANNED_REASONS: Final = (
    _("Fits their work."),
    _("Please ask for a shorter time."),
    _("Please ask your manager first."),
    _("Not needed for your work."),
)
"""What is offered when an administrator has not written any."""

_MOST_HELD = 6


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
    canned: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """What else a card depends on: how its package is handled, what is known besides, who decided earlier stages, and
    what this approver has decided that is held, or was taken back."""

    mode: Mode = Mode.ACT
    context: ApproverContext | None = None
    earlier: tuple[Decided, ...] = ()
    wish: Decision | None = None
    canned_reasons: tuple[str, ...] | None = field(default=None)


def approval_view(
    facts: RequestFacts,
    asked: Asked,
    decided: Decided | None,
    reader: Reader,
    now: datetime,
    *,
    portal_url: str,
    typed: Typed | None = None,
    setting: Setting | None = None,
) -> ApprovalView:
    """`decided` is the decision about the stage the card is for, where one is known.

    Whoever is no approver any more keeps what they have read, and of what comes after learns how it ends and no more.
    """
    setting, words = setting or Setting(), reader.words
    wish = setting.wish
    typed = typed or _taken_back(wish, asked)
    held = wish if wish and wish.state == "held" and wish.stage == asked.stage else None
    name, package, request_id = requestor_name(facts, words), facts.request.package_name, facts.request.id
    outcome, tone = _outcome(facts, asked, decided, words)
    is_undecided = not outcome
    if is_undecided:
        outcome, tone = _held(held, reader, now) if held else _instead(asked, setting.mode, words), Tone.WAITING
    is_open = not outcome
    shown, rule = facts.digest(asked.stage), facts.rule_of(asked.stage)
    is_gone = bool(asked.detail.get("is_gone"))
    context = setting.context if is_undecided and not is_gone else None
    return ApprovalView(
        package_name=package,
        requestor_name=name,
        headline=words("{name} asks for {package}", name=name, package=package),
        tone=tone,
        refresh=RefreshApproval(request_id=request_id),
        requestor_line=_requestor_line(facts, words),
        beneficiary_name=_beneficiary(facts),
        facts=_facts(facts, asked, decided, reader, now, setting.earlier if is_undecided else ()),
        justification=facts.request.justification,
        answers=tuple(Fact(answer.question_text, answer.display_value) for answer in facts.request.answers),
        contents=contents_lines(facts) if is_undecided and not is_gone else (),
        conflicts=context.conflicts if context else (),
        known=_known(context, reader) if context else (),
        known_source=_source(context, reader) if context else "",
        changes=_changes(facts, asked, typed.shown, words) if typed.shown else (),
        approve=ApproveRequest(request_id=request_id, shown=shown) if is_open else None,
        deny=DenyRequest(request_id=request_id, shown=shown) if is_open else None,
        undo=UndoDecision(request_id=request_id) if is_undecided and held else None,
        is_justification_required=bool(rule and rule.is_justification_required),
        canned_reasons=canned_reasons(setting.canned_reasons, words),
        typed_justification=typed.justification,
        typed_canned=typed.canned,
        problem=typed.problem,
        outcome=outcome,
        links=(Link(words("Open in My Access"), portal_url),) if is_undecided and not is_gone and portal_url else (),
        refresh_for=(reader.teams_id,) if is_undecided and reader.teams_id else (),
        remarks=remark_lines(facts, reader, now, to_approver=True) if not is_gone else (),
        ask=OpenRemark(request_id=request_id, is_question=True) if is_open else None,
        hint=words("Or type: approve {code}, deny {code} and why, ask {code} and a question", code=facts.code)
        if is_open and facts.code
        else "",
        words=words,
    )


def _taken_back(wish: Decision | None, asked: Asked) -> Typed:
    """What was typed for a decision that was undone is there again."""
    is_undone = wish is not None and wish.state == "undone" and wish.stage == asked.stage
    return Typed(wish.justification) if wish is not None and is_undone else Typed()


def contents_lines(facts: RequestFacts) -> tuple[str, ...]:
    return tuple(f"{role.resource_name}: {role.role_name}" for role in facts.contents)


def canned_reasons(chosen: tuple[str, ...] | None, words: Language) -> tuple[str, ...]:
    return chosen if chosen is not None else tuple(words(reason) for reason in CANNED_REASONS)


def requestor_name(facts: RequestFacts, words: Language) -> str:
    if facts.requestor and facts.requestor.name:
        return facts.requestor.name
    subject = facts.request.requestor
    return (subject.name or subject.mail if subject else "") or words("Somebody")


def _outcome(facts: RequestFacts, asked: Asked, decided: Decided | None, words: Language) -> tuple[str, Tone]:
    """What became of this stage, in a sentence; empty while it can be decided."""
    state = facts.request.state
    if decided is not None:
        return _decision(facts, asked, decided, words)
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


def _decision(facts: RequestFacts, asked: Asked, decided: Decided, words: Language) -> tuple[str, Tone]:
    is_mine, name = decided.by_id == asked.approver_id, decided.by_name or words("Somebody")
    if decided.verdict is Verdict.APPROVE:
        said, tone = words("You approved this.") if is_mine else words("{name} approved this.", name=name), Tone.GOOD
    else:
        said, tone = words("You denied this.") if is_mine else words("{name} denied this.", name=name), Tone.BAD
    said_all = [said]
    if decided.reason and (is_mine or not asked.detail.get("is_gone")):
        said_all.append(words("“{text}”", text=decided.reason))
    is_on = facts.request.state is RequestState.PENDING_APPROVAL and asked.stage < facts.stages_total
    if decided.verdict is Verdict.APPROVE and is_on:
        number, total = asked.stage + 1, facts.stages_total
        said_all.append(words("It now waits for approval {number} of {total}.", number=number, total=total))
    return sentences(*said_all), tone


def _held(held: Decision, reader: Reader, now: datetime) -> str:
    left = distance(held.due_at or now, now, reader)
    if held.verdict is Verdict.APPROVE:
        return reader.words("You will approve this {soon}. Until then you can undo it.", soon=left)
    return reader.words("You will deny this {soon}. Until then you can undo it.", soon=left)


def _instead(asked: Asked, mode: Mode, words: Language) -> str:
    """Why there is nothing to press although nothing is decided yet; empty where there is."""
    if asked.detail.get("is_gone"):
        return words("You are no longer an approver of this request. Somebody else decides it.")
    if mode is not Mode.ACT:
        return words("Your organization has this decided in My Access.")
    return ""


def _facts(
    facts: RequestFacts,
    asked: Asked,
    decided: Decided | None,
    reader: Reader,
    now: datetime,
    earlier: tuple[Decided, ...],
) -> tuple[Fact, ...]:
    request, words = facts.request, reader.words
    is_open = decided is None and not _outcome(facts, asked, None, words)[0]
    told = []
    if request.created_at:
        told.append(Fact(words("Asked"), moment_and_distance(request.created_at, now, reader)))
    period = _period(facts, reader)
    if period:
        told.append(Fact(words("How long"), period))
    if facts.stages_total > 1:
        number, total = asked.stage, facts.stages_total
        told.append(Fact(words("Approval"), words("{number} of {total}", number=number, total=total)))
        told.extend(_earlier(one, words) for one in earlier)
    if is_open and facts.deadline and facts.stage == asked.stage:
        told.append(Fact(words("Decide by"), moment_and_distance(facts.deadline, now, reader)))
    if decided is not None and decided.at is not None:
        told.append(Fact(words("Decided"), moment(decided.at, reader)))
    why = why_you(asked.detail, requestor_name(facts, words), words)
    if is_open and why and not asked.detail.get("is_gone"):
        told.append(Fact(words("Why you"), why))
    return tuple(told)


def _earlier(decided: Decided, words: Language) -> Fact:
    label = words("Approval {number}", number=decided.stage)
    name = decided.by_name or words("Somebody")
    if decided.reason:
        return Fact(label, words("{name} approved it: “{reason}”", name=name, reason=decided.reason))
    return Fact(label, words("{name} approved it", name=name))


def _known(context: ApproverContext, reader: Reader) -> tuple[Fact, ...]:
    """Facts, each for itself, and no sum of them."""
    words = reader.words
    told = []
    if context.manager_name:
        told.append(Fact(words("Manager"), context.manager_name))
    if context.holds:
        told.append(Fact(words("Has already"), listed_all(context.holds, reader, _MOST_HELD)))
    elif not context.is_partial:
        told.append(Fact(words("Has already"), words("No other access package")))
    if context.share is not None:
        share = context.share
        told.append(
            Fact(
                words("In {department}", department=share.department),
                words("{holders} of {people} people have it", holders=share.holders, people=share.people),
            )
        )
    if context.denials is not None:
        never, one, many = words("Never"), words("Once"), words("{count} times", count=context.denials)
        told.append(Fact(words("Denied before"), {0: never, 1: one}.get(context.denials, many)))
    return tuple(told)


def _source(context: ApproverContext, reader: Reader) -> str:
    at = moment(context.read_at, reader)
    if context.is_partial:
        return reader.words("Read from Entra, {at}. Not everything could be read.", at=at)
    return reader.words("Read from Entra, {at}", at=at)


def _period(facts: RequestFacts, reader: Reader) -> str:
    schedule, words = facts.request.schedule, reader.words
    expiration = schedule.expiration
    if expiration.end_at is None and expiration.duration is None and facts.policy:
        expiration = facts.policy.expiration if expiration.kind is not ExpirationKind.NO_EXPIRATION else expiration
    start = day(schedule.start_at, reader) if schedule.start_at else ""
    end = last_day(expiration.end_at, reader) if expiration.end_at else ""
    if end:
        return words("from {start} until {end}", start=start, end=end) if start else words("until {day}", day=end)
    if expiration.kind is ExpirationKind.NO_EXPIRATION:
        return words("from {start}, without an end", start=start) if start else words("without an end")
    if expiration.duration is not None:
        length = span(expiration.duration, reader)
        return words("from {start} for {span}", start=start, span=length) if start else length
    return words("from {start}", start=start) if start else ""


def _changes(facts: RequestFacts, asked: Asked, shown: str, words: Language) -> tuple[str, ...]:
    difference = facts.difference(shown, asked.stage)
    changed = [
        words("Added: {resource}: {role}", resource=role.resource_name, role=role.role_name)
        for role in difference.added
    ]
    if difference.removed_count:
        gone = difference.removed_count
        changed.append(
            words.plural("One thing is no longer part of it", "{count} things are no longer part of it", gone)
        )
    if difference.is_question_changed:
        changed.append(words("What is asked for, by whom, why or for how long is different now"))
    if difference.is_stage_changed:
        changed.append(words("It is now at approval {number} of {total}", number=asked.stage, total=facts.stages_total))
    return tuple(changed)


def _requestor_line(facts: RequestFacts, words: Language) -> str:
    person = facts.requestor
    if person is None:
        return ""
    guest = words("Guest") if person.is_guest else ""
    return " · ".join(part for part in (person.job_title, person.department, person.company, guest) if part)


def _beneficiary(facts: RequestFacts) -> str:
    target = facts.request.target
    return (target.name or target.mail) if facts.is_on_behalf and target else ""
