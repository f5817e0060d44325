"""A request as the person who asked sees it: the state in words, and the way from asking to working access."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Final

from bot.domain import AssignmentRequest, RequestState, Subject, UserId, Verdict
from bot.services.facts import RequestFacts
from bot.services.remarks import NUDGE_EVERY, last_nudge
from bot.views.delivery import delivery_lines, granted_words, is_missing_something
from bot.views.keeping import keeping_buttons, keeping_notice, keeping_words, return_steps, unsent_change
from bot.views.remarks import remark_lines
from bot.views.words import Reader, distance, listed, moment, moment_and_distance, sentences
from cards.actions import (
    CancelRequest,
    NudgeApprovers,
    OpenRemark,
    OpenRequestForm,
    RefreshRequestStatus,
    RunCommand,
)
from cards.language import Language, _
from cards.request_status import RequestStatusView, Step
from cards.views import Button, ButtonStyle, Fact, Tone

_CALLBACK, _ESCALATED = "waitingforcallback", "pendingapprovalescalated"


def status_view(
    facts: RequestFacts,
    approvers: tuple[str, ...],
    reader: Reader,
    now: datetime,
    *,
    reader_id: UserId | None = None,
) -> RequestStatusView:
    """`approvers` are the people who decide the current stage, where the requestor may know them; else empty.

    `reader_id` is who looks: None for whoever asked.
    """
    words = reader.words
    is_asker = _is_asker(facts, reader_id)
    headline, tone, text = _words(facts, approvers, reader, now, is_asker=is_asker)
    is_watched = facts.request.state.is_open or is_missing_something(facts)
    return RequestStatusView(
        package_name=_package_name(facts),
        headline=headline,
        tone=tone,
        text=text,
        steps=return_steps(facts, reader) if facts.purpose == "return" else _steps(facts, approvers, reader),
        facts=_facts(facts, reader, now, is_asker=is_asker),
        delivery=delivery_lines(facts, words) if facts.purpose != "return" else (),
        remarks=remark_lines(facts, reader, now, to_approver=False) if is_asker else (),
        buttons=_buttons(facts, reader, now) if is_asker else (),
        hint=_hint(facts, words) if is_asker else "",
        refresh=RefreshRequestStatus(request_id=facts.request.id),
        refresh_for=(reader.teams_id,) if is_watched and reader.teams_id else (),
        words=words,
    )


def _facts(facts: RequestFacts, reader: Reader, now: datetime, *, is_asker: bool) -> tuple[Fact, ...]:
    state, words = facts.request.state, reader.words
    asked_at = facts.request.created_at or (facts.record.created_at if facts.record else None)
    told = []
    if beneficiary := _beneficiary(facts, words):
        told.append(
            Fact(words("For whom"), beneficiary)
            if is_asker
            else Fact(words("Asked by"), _name_of(facts.request.requestor, words))
        )
    if asked_at:
        told.append(Fact(words("Asked"), moment(asked_at, reader)))
    if state is RequestState.PENDING_APPROVAL and facts.deadline:
        told.append(Fact(words("Deadline"), moment_and_distance(facts.deadline, now, reader)))
    if (nudged_at := last_nudge(facts.remarks, facts.stage)) and state is RequestState.PENDING_APPROVAL and is_asker:
        again = moment(nudged_at + NUDGE_EVERY, reader)
        when = distance(nudged_at, now, reader)
        once_a_day = words("{when}; you can do it again from {moment}", when=when, moment=again)
        told.append(Fact(words("Reminded"), once_a_day))
    if state is RequestState.OTHER and facts.request.status:
        told.append(Fact(words("Microsoft 365 says"), facts.request.status))
    if facts.code:
        told.append(Fact(words("Code"), facts.code))
    return tuple(told)


def _is_asker(facts: RequestFacts, reader_id: UserId | None) -> bool:
    requestor = facts.request.requestor
    return reader_id is None or requestor is None or requestor.object_id == reader_id


def _hint(facts: RequestFacts, words: Language) -> str:
    if not facts.code or not facts.request.may_be_cancelled:
        return ""
    return words("Or type: cancel {code}, note {code} and a few words, status {code}", code=facts.code)


def decision_words(facts: RequestFacts, words: Language) -> str:
    """`Marc Manager: “Not for interns”`, as much of it as is known and may be shown."""
    record = facts.record
    if record is None:
        return ""
    name, reason = record.decided_by_name if facts.may_name_approvers else "", record.decided_reason
    if name and reason:
        return words("{name}: “{text}”", name=name, text=reason)
    return words("“{text}”", text=reason) if reason else name


def _words(
    facts: RequestFacts, approvers: tuple[str, ...], reader: Reader, now: datetime, *, is_asker: bool
) -> tuple[str, Tone, str]:
    words, state = reader.words, facts.request.state
    keeping = keeping_words(facts, reader)
    if keeping is not None:
        return keeping
    if state.is_approved:
        return granted_words(facts, reader, now, beneficiary=_beneficiary(facts, words) if is_asker else "")
    match state:
        case RequestState.SUBMITTED if facts.request.status.casefold() == _CALLBACK:
            text = words("Another system of your organization looks at it first. I will keep this card up to date.")
            return words("Sent, and being checked"), Tone.WAITING, text
        case RequestState.SUBMITTED:
            text = words("I am passing your request on. This card keeps itself up to date.")
            return words("Sent"), Tone.WAITING, text
        case RequestState.PENDING_APPROVAL:
            who = words("Waiting for {name}", name=listed(approvers, reader)) if approvers else ""
            text = words("I will write to you as soon as it is decided.")
            if facts.request.status.casefold() == _ESCALATED:
                text = sentences(words("It took long, so somebody else has been asked as well."), text)
            return who or words("Waiting for approval"), Tone.WAITING, text
        case RequestState.DENIED if facts.is_lapsed:
            text = words("Your request was closed without an answer. You can ask again.")
            if not is_asker:
                asker = _name_of(facts.request.requestor, words)
                text = words("The request of {asker} was closed without an answer. They can ask again.", asker=asker)
            return words("Nobody decided in time"), Tone.BAD, text
        case RequestState.DENIED:
            return words("Denied"), Tone.BAD, decision_words(facts, words) or words("No reason was given.")
        case RequestState.CANCELED:
            return words("Cancelled"), Tone.NEUTRAL, words("Nothing was granted.")
        case _:
            return words("Being worked on"), Tone.WAITING, words("I will keep this card up to date.")


def _steps(facts: RequestFacts, approvers: tuple[str, ...], reader: Reader) -> tuple[Step, ...]:
    state, words = facts.request.state, reader.words
    steps = [Step(words("Asked"), Tone.GOOD)]
    steps += [_approval_step(facts, approvers, number, reader) for number in range(1, facts.stages_total + 1)]
    if state is RequestState.CANCELED:
        return (*steps, Step(words("Cancelled"), Tone.BAD))
    steps.append(Step(words("Set up"), _delivery_tone(state)))
    is_ready = state is RequestState.DELIVERED and not is_missing_something(facts)
    steps.append(Step(words("Ready to use"), Tone.GOOD if is_ready else Tone.NEUTRAL))
    return tuple(steps)


def _approval_step(facts: RequestFacts, approvers: tuple[str, ...], number: int, reader: Reader) -> Step:
    state, total, words = facts.request.state, facts.stages_total, reader.words
    title = words("Approval")
    if total > 1:
        title = words("Approval {number} of {total}", number=number, total=total)
    if state.is_approved:
        is_last = number == total
        return Step(title, Tone.GOOD, decision_words(facts, words) if is_last else "")
    if state is RequestState.DENIED:
        return _denied_step(facts, title, number)
    if state is not RequestState.PENDING_APPROVAL:
        return Step(title, Tone.NEUTRAL)
    if number < facts.stage:
        return Step(title, Tone.GOOD)
    if number == facts.stage:
        return Step(title, Tone.WAITING, listed(approvers, reader))
    return Step(title, Tone.NEUTRAL)


def _denied_step(facts: RequestFacts, title: str, number: int) -> Step:
    if number < facts.stage:
        return Step(title, Tone.GOOD)
    return Step(title, Tone.BAD if number == facts.stage else Tone.NEUTRAL)


def _delivery_tone(state: RequestState) -> Tone:
    if state is RequestState.DELIVERED:
        return Tone.GOOD
    if state is RequestState.DELIVERY_FAILED:
        return Tone.BAD
    return Tone.WAITING if state in (RequestState.DELIVERING, RequestState.PARTIALLY_DELIVERED) else Tone.NEUTRAL


def _buttons(facts: RequestFacts, reader: Reader, now: datetime) -> tuple[Button, ...]:
    words, request = reader.words, facts.request
    keeping = keeping_buttons(facts, reader)
    if keeping is not None:
        return keeping
    if request.state in (RequestState.DENIED, RequestState.CANCELED) and request.package_id:
        return (Button(words("Ask again"), ask_again(request)),)
    if request.state is RequestState.DELIVERED:
        return (Button(words("My requests"), RunCommand(text="my requests")),)
    offered = []
    if request.state is RequestState.PENDING_APPROVAL:
        nudged_at = last_nudge(facts.remarks, facts.stage)
        if facts.stage and (nudged_at is None or now - nudged_at >= NUDGE_EVERY):
            offered.append(Button(words("Remind them"), NudgeApprovers(request_id=request.id)))
        offered.append(Button(words("Add a note"), OpenRemark(request_id=request.id)))
    if request.may_be_cancelled and request.requestor is not None:
        offered.append(
            Button(words("Cancel request"), CancelRequest(request_id=request.id), style=ButtonStyle.DESTRUCTIVE)
        )
    return tuple(offered)


def ask_again(request: AssignmentRequest) -> OpenRequestForm:
    """Opens the form of the same access package once more, with the answers of this time."""
    target, requestor = request.target, request.requestor
    is_for_another = target is not None and requestor is not None and target.object_id != requestor.object_id
    return OpenRequestForm(
        access_package_id=request.package_id or "",
        policy_id=request.policy_id or "",
        like_request_id=request.id,
        target_id=(target.object_id or "") if target is not None and is_for_another else "",
    )


def _package_name(facts: RequestFacts) -> str:
    return facts.request.package_name or (facts.record.package_name if facts.record else "")


class _Side(Enum):
    """Whose request it is to the one who reads of it."""

    OWN = "asked for oneself"
    FOR_OTHER = "asked for somebody else"
    FROM_OTHER = "asked by somebody else"


_WORKS: Final[Mapping[_Side, str]] = {
    _Side.OWN: _("✓ Your access to {package} works now."),
    _Side.FOR_OTHER: _("✓ {beneficiary}'s access to {package} works now."),
    _Side.FROM_OTHER: _("✓ Your access to {package} works now."),
}
_FAILED: Final[Mapping[_Side, str]] = {
    _Side.OWN: _("✕ Your access to {package} was granted, but setting it up failed. Please ask for help."),
    _Side.FOR_OTHER: _(
        "✕ {beneficiary}'s access to {package} was granted, but setting it up failed. Please ask for help."
    ),
    _Side.FROM_OTHER: _("✕ Your access to {package} was granted, but setting it up failed. Please ask for help."),
}
_LAPSED: Final[Mapping[_Side, str]] = {
    _Side.OWN: _("✕ Your request for {package} was closed, because nobody decided in time. You can ask again."),
    _Side.FOR_OTHER: _("✕ Your request for {package} was closed, because nobody decided in time. You can ask again."),
    _Side.FROM_OTHER: _(
        "✕ The request of {asker} for your access to {package} was closed, because nobody decided in time."
    ),
}
_DENIED: Final[Mapping[_Side, str]] = {
    _Side.OWN: _("✕ Your request for {package} was denied."),
    _Side.FOR_OTHER: _("✕ Your request for {package} was denied."),
    _Side.FROM_OTHER: _("✕ The request of {asker} for your access to {package} was denied."),
}
_APPROVED: Final[Mapping[_Side, str]] = {
    _Side.OWN: _("✓ Your request for {package} was approved."),
    _Side.FOR_OTHER: _("✓ Your request for {package} was approved."),
    _Side.FROM_OTHER: _("✓ The request of {asker} for your access to {package} was approved."),
}


def notice_words(event: str, facts: RequestFacts, reader_id: UserId, reader: Reader) -> str:
    """The one short message when something happened that matters, to whoever asked or whoever it is for."""
    words = reader.words
    keeping = keeping_notice(event, facts, _package_name(facts), reader)
    if keeping is not None:
        return keeping
    request, record = facts.request, facts.record
    asker, beneficiary = _name_of(request.requestor, words), _beneficiary(facts, words)
    side = _Side.FOR_OTHER if beneficiary else _Side.OWN
    if request.requestor is not None and request.requestor.object_id != reader_id:
        side = _Side.FROM_OTHER

    def told(sentence: str) -> str:
        return words(sentence, package=_package_name(facts), asker=asker, beneficiary=beneficiary)

    if event == "uncancelled":
        return told(_("✕ Your request for {package} could not be cancelled. Please look where it stands."))
    if event == "asked":
        asked = told(_("{asker} has asked for access to {package} for you."))
        return sentences(asked, words("I will tell you when it is decided and when it works."))
    if event == "works":
        return told(_WORKS[side])
    if event == "undecided":
        again = words("Please decide again.") if request.state is RequestState.PENDING_APPROVAL else ""
        return sentences(told(_("✕ Your decision on the request of {asker} for {package} was not recorded.")), again)
    if event == "failed":
        return told(_FAILED[side])
    if facts.is_lapsed:
        return told(_LAPSED[side])
    decision = decision_words(facts, words)
    if request.state is RequestState.DENIED or (record and record.decided_verdict == Verdict.DENY):
        return sentences(told(_DENIED[side]), decision)
    return sentences(told(_APPROVED[side]), decision, words("I am setting up the access."))


def unsent_words(event: str, package_name: str, purpose: str, reader: Reader) -> str:
    """A form that was sent and did not become a request ("refused"), or may not have ("lost")."""
    words = reader.words
    change = unsent_change(event, purpose, package_name, reader)
    if change is not None:
        return change
    if event == "refused":
        refused = words("✕ Microsoft 365 did not take your request for {package}.", package=package_name)
        return sentences(refused, words("Nothing was sent. Please ask again."))
    lost = words("I could not find out whether your request for {package} arrived.", package=package_name)
    return sentences(lost, words("Please ask again."))


def _beneficiary(facts: RequestFacts, words: Language) -> str:
    """Whom the access is for, where that is somebody else than the one who asked."""
    target, requestor = facts.request.target, facts.request.requestor
    if target is None or requestor is None or target.object_id == requestor.object_id:
        return ""
    return _name_of(target, words)


def _name_of(subject: Subject | None, words: Language) -> str:
    return (subject.name or subject.mail if subject else "") or words("Somebody")
