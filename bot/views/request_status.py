"""A request as the person who asked sees it: the state in words, and the way from asking to working access."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Final

from bot.domain import RequestState, Subject, UserId, Verdict
from bot.services.facts import RequestFacts
from bot.views.words import Reader, listed, moment, moment_and_distance, sentences
from cards.actions import OpenRequestForm, RefreshRequestStatus, RunCommand
from cards.language import Language, _
from cards.request_status import RequestStatusView, Step
from cards.views import Button, Fact, Tone


def status_view(facts: RequestFacts, approvers: tuple[str, ...], reader: Reader, now: datetime) -> RequestStatusView:
    """`approvers` are the people who decide the current stage, where the requestor may know them; else empty."""
    state, words = facts.request.state, reader.words
    headline, tone, text = _words(facts, approvers, reader)
    asked_at = facts.request.created_at or (facts.record.created_at if facts.record else None)
    told = [Fact(words("Asked"), moment(asked_at, reader))] if asked_at else []
    if beneficiary := _beneficiary(facts, words):
        told.insert(0, Fact(words("For whom"), beneficiary))
    if state is RequestState.PENDING_APPROVAL and facts.deadline:
        told.append(Fact(words("Deadline"), moment_and_distance(facts.deadline, now, reader)))
    return RequestStatusView(
        package_name=_package_name(facts),
        headline=headline,
        tone=tone,
        text=text,
        steps=_steps(facts, approvers, reader),
        facts=tuple(told),
        buttons=_buttons(facts, words),
        refresh=RefreshRequestStatus(request_id=facts.request.id),
        refresh_for=(reader.teams_id,) if state.is_open and reader.teams_id else (),
        words=words,
    )


def decision_words(facts: RequestFacts, words: Language) -> str:
    """`Marc Manager: “Not for interns”`, as much of it as is known and may be shown."""
    record = facts.record
    if record is None:
        return ""
    name, reason = record.decided_by_name if facts.may_name_approvers else "", record.decided_reason
    if name and reason:
        return words("{name}: “{text}”", name=name, text=reason)
    return words("“{text}”", text=reason) if reason else name


def _words(facts: RequestFacts, approvers: tuple[str, ...], reader: Reader) -> tuple[str, Tone, str]:
    words, start_at = reader.words, facts.request.schedule.start_at
    match facts.request.state:
        case RequestState.SUBMITTED:
            text = words("I am passing your request on. This card keeps itself up to date.")
            return words("Sent"), Tone.WAITING, text
        case RequestState.PENDING_APPROVAL:
            who = words("Waiting for {name}", name=listed(approvers, reader)) if approvers else ""
            text = words("I will write to you as soon as it is decided.")
            return who or words("Waiting for approval"), Tone.WAITING, text
        case RequestState.SCHEDULED:
            start = words("It starts {moment}.", moment=moment(start_at, reader)) if start_at else ""
            return words("Approved for later"), Tone.GOOD, sentences(words("Your access is granted."), start)
        case RequestState.DELIVERING:
            approved = words("Approved. Your access is being set up") if facts.stages_total else ""
            text = words("This usually takes less than a minute.")
            return approved or words("Your access is being set up"), Tone.WAITING, text
        case RequestState.DELIVERED:
            text = words("You may have to sign out of an app and in again before you see it.")
            return words("Your access works"), Tone.GOOD, text
        case RequestState.PARTIALLY_DELIVERED:
            text = words("Microsoft 365 keeps trying to set up the rest.")
            return words("Part of your access works"), Tone.WAITING, text
        case RequestState.DELIVERY_FAILED:
            text = words("It was granted, but setting it up failed. Ask for help.")
            return words("Your access could not be set up"), Tone.BAD, text
        case RequestState.DENIED if facts.is_lapsed:
            text = words("Your request was closed without an answer. You can ask again.")
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
    steps.append(Step(words("Ready to use"), Tone.GOOD if state is RequestState.DELIVERED else Tone.NEUTRAL))
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


def _buttons(facts: RequestFacts, words: Language) -> tuple[Button, ...]:
    package_id = facts.request.package_id
    if facts.request.state in (RequestState.DENIED, RequestState.CANCELED) and package_id:
        return (Button(words("Ask again"), OpenRequestForm(access_package_id=package_id)),)
    if facts.request.state is RequestState.DELIVERED:
        return (Button(words("My requests"), RunCommand(text="my requests")),)
    return ()


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


def notice_words(event: str, facts: RequestFacts, reader_id: UserId, words: Language) -> str:
    """The one short message when something happened that matters, to whoever asked or whoever it is for."""
    request, record = facts.request, facts.record
    asker, beneficiary = _name_of(request.requestor, words), _beneficiary(facts, words)
    side = _Side.FOR_OTHER if beneficiary else _Side.OWN
    if request.requestor is not None and request.requestor.object_id != reader_id:
        side = _Side.FROM_OTHER

    def told(sentence: str) -> str:
        return words(sentence, package=_package_name(facts), asker=asker, beneficiary=beneficiary)

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


def unsent_words(event: str, package_name: str, words: Language) -> str:
    """A form that was sent and did not become a request ("refused"), or may not have ("lost")."""
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
