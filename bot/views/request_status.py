"""A request as the person who asked sees it: the state in words, and the way from asking to working access."""

from __future__ import annotations

from datetime import datetime

from bot.domain import RequestState, Subject, UserId, Verdict
from bot.services.facts import RequestFacts
from bot.views.keeping import keeping_buttons, keeping_notice, keeping_words, return_steps, unsent_change
from bot.views.words import Reader, distance, listed, moment
from cards.actions import OpenRequestForm, RefreshRequestStatus, RunCommand
from cards.request_status import RequestStatusView, Step
from cards.views import Button, Fact, Tone


def status_view(facts: RequestFacts, approvers: tuple[str, ...], reader: Reader, now: datetime) -> RequestStatusView:
    """`approvers` are the people who decide the current stage, where the requestor may know them; else empty."""
    state = facts.request.state
    headline, tone, text = _words(facts, approvers, reader, now)
    asked_at = facts.request.created_at or (facts.record.created_at if facts.record else None)
    told = [Fact("Asked", moment(asked_at, reader))] if asked_at else []
    if beneficiary := _beneficiary(facts):
        told.insert(0, Fact("For", beneficiary))
    if state is RequestState.PENDING_APPROVAL and facts.deadline:
        told.append(Fact("Deadline", f"{moment(facts.deadline, reader)} ({distance(facts.deadline, now, reader)})"))
    return RequestStatusView(
        package_name=_package_name(facts),
        headline=headline,
        tone=tone,
        text=text,
        steps=return_steps(facts, reader) if facts.purpose == "return" else _steps(facts, approvers, reader),
        facts=tuple(told),
        buttons=_buttons(facts, reader),
        refresh=RefreshRequestStatus(request_id=facts.request.id),
        refresh_for=(reader.teams_id,) if state.is_open and reader.teams_id else (),
    )


def decision_words(facts: RequestFacts) -> str:
    """`Marc Manager: “Not for interns”`, as much of it as is known and may be shown."""
    record = facts.record
    if record is None:
        return ""
    name = record.decided_by_name if facts.may_name_approvers else ""
    reason = f"“{record.decided_reason}”" if record.decided_reason else ""
    return ": ".join(part for part in (name, reason) if part)


def _words(facts: RequestFacts, approvers: tuple[str, ...], reader: Reader, now: datetime) -> tuple[str, Tone, str]:
    keeping = keeping_words(facts, reader)
    if keeping is not None:
        return keeping
    start_at = facts.request.schedule.start_at
    match facts.request.state:
        case RequestState.SUBMITTED:
            return "Sent", Tone.WAITING, "I am passing your request on. This card keeps itself up to date."
        case RequestState.PENDING_APPROVAL:
            who = listed(approvers) if approvers else "approval"
            return f"Waiting for {who}", Tone.WAITING, "I will write to you as soon as it is decided."
        case RequestState.SCHEDULED:
            when = f" It starts {moment(start_at, reader)}." if start_at else ""
            return "Approved for later", Tone.GOOD, f"Your access is granted.{when}"
        case RequestState.DELIVERING:
            lead = "Approved. " if facts.stages_total else ""
            return f"{lead}Your access is being set up", Tone.WAITING, "This usually takes less than a minute."
        case RequestState.DELIVERED:
            return "Your access works", Tone.GOOD, "You may have to sign out of an app and in again before you see it."
        case RequestState.PARTIALLY_DELIVERED:
            return "Part of your access works", Tone.WAITING, "Microsoft 365 keeps trying to set up the rest."
        case RequestState.DELIVERY_FAILED:
            return (
                "Your access could not be set up",
                Tone.BAD,
                "It was granted, but setting it up failed. Ask for help.",
            )
        case RequestState.DENIED if facts.is_lapsed:
            return "Nobody decided in time", Tone.BAD, "Your request was closed without an answer. You can ask again."
        case RequestState.DENIED:
            return "Denied", Tone.BAD, decision_words(facts) or "No reason was given."
        case RequestState.CANCELED:
            return "Cancelled", Tone.NEUTRAL, "Nothing was granted."
        case _:
            return "Being worked on", Tone.WAITING, "I will keep this card up to date."


def _steps(facts: RequestFacts, approvers: tuple[str, ...], reader: Reader) -> tuple[Step, ...]:
    state = facts.request.state
    steps = [Step("Asked", Tone.GOOD)]
    steps += [_approval_step(facts, approvers, number) for number in range(1, facts.stages_total + 1)]
    if state is RequestState.CANCELED:
        return (*steps, Step("Cancelled", Tone.BAD))
    steps.append(Step("Set up", _delivery_tone(state)))
    steps.append(Step("Ready to use", Tone.GOOD if state is RequestState.DELIVERED else Tone.NEUTRAL))
    return tuple(steps)


def _approval_step(facts: RequestFacts, approvers: tuple[str, ...], number: int) -> Step:
    state, total = facts.request.state, facts.stages_total
    title = "Approval" if total == 1 else f"Approval {number} of {total}"
    if state.is_approved:
        is_last = number == total
        return Step(title, Tone.GOOD, decision_words(facts) if is_last else "")
    if state is RequestState.DENIED:
        return _denied_step(facts, title, number)
    if state is not RequestState.PENDING_APPROVAL:
        return Step(title, Tone.NEUTRAL)
    if number < facts.stage:
        return Step(title, Tone.GOOD)
    if number == facts.stage:
        return Step(title, Tone.WAITING, listed(approvers))
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


def _buttons(facts: RequestFacts, reader: Reader) -> tuple[Button, ...]:
    keeping = keeping_buttons(facts, reader)
    if keeping is not None:
        return keeping
    package_id = facts.request.package_id
    if facts.request.state in (RequestState.DENIED, RequestState.CANCELED) and package_id:
        return (Button("Ask again", OpenRequestForm(access_package_id=package_id)),)
    if facts.request.state is RequestState.DELIVERED:
        return (Button("My requests", RunCommand(text="my requests")),)
    return ()


def _package_name(facts: RequestFacts) -> str:
    return facts.request.package_name or (facts.record.package_name if facts.record else "")


def notice_words(event: str, facts: RequestFacts, reader_id: UserId, reader: Reader) -> str:
    """The one short message when something happened that matters, to whoever asked or whoever it is for."""
    name = _package_name(facts)
    keeping = keeping_notice(event, facts, name, reader)
    if keeping is not None:
        return keeping
    request, record = facts.request, facts.record
    asker = _name_of(request.requestor)
    is_own = request.requestor is None or request.requestor.object_id == reader_id
    beneficiary = _beneficiary(facts)
    access = f"{beneficiary}'s access to {name}" if is_own and beneficiary else f"Your access to {name}"
    asked = f"Your request for {name}" if is_own else f"The request of {asker} for your access to {name}"
    if event == "asked":
        return f"{asker} has asked for access to {name} for you. I will tell you when it is decided and when it works."
    if event == "works":
        return f"✓ {access} works now."
    if event == "undecided":
        again = " Please decide again." if request.state is RequestState.PENDING_APPROVAL else ""
        return f"✕ Your decision on {asker}'s request for {name} was not recorded.{again}"
    if event == "failed":
        return f"✕ {access} was granted, but setting it up failed. Please ask for help."
    if facts.is_lapsed:
        return f"✕ {asked} was closed, because nobody decided in time.{' You can ask again.' if is_own else ''}"
    told = decision_words(facts)
    if request.state is RequestState.DENIED or (record and record.decided_verdict == Verdict.DENY):
        return f"✕ {asked} was denied. {told}".strip()
    return f"✓ {asked} was approved. {told} I am setting up the access.".replace("  ", " ")


def unsent_words(event: str, package_name: str, purpose: str, reader: Reader) -> str:
    """A form that was sent and did not become a request ("refused"), or may not have ("lost")."""
    change = unsent_change(event, purpose, package_name, reader)
    if change is not None:
        return change
    if event == "refused":
        return f"✕ Microsoft 365 did not take your request for {package_name}. Nothing was sent. Please ask again."
    return f"I could not find out whether your request for {package_name} arrived. Please ask again."


def _beneficiary(facts: RequestFacts) -> str:
    """Whom the access is for, where that is somebody else than the one who asked."""
    target, requestor = facts.request.target, facts.request.requestor
    if target is None or requestor is None or target.object_id == requestor.object_id:
        return ""
    return _name_of(target)


def _name_of(subject: Subject | None) -> str:
    return (subject.name or subject.mail if subject else "") or "Somebody"
