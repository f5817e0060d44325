"""What became of extending access and of giving it back, for the status card and the short messages."""

from __future__ import annotations

from datetime import datetime

from bot.domain import Expiration, ExpirationKind, RequestState
from bot.services.facts import RequestFacts
from bot.views.words import Reader, last_day
from cards.actions import RunCommand
from cards.request_status import Step
from cards.views import Button, Tone


def keeping_words(facts: RequestFacts, reader: Reader) -> tuple[str, Tone, str] | None:
    """Headline, tone and text where they differ from those of a first request; None where they do not."""
    if facts.purpose == "return":
        return _return_words(facts.request.state, reader)
    if facts.purpose == "extend":
        return _extension_words(facts, reader)
    return None


def return_steps(facts: RequestFacts, reader: Reader) -> tuple[Step, ...]:
    words, state = reader.words, facts.request.state
    if state is RequestState.DELIVERED:
        last = Tone.GOOD
    elif state in (RequestState.DELIVERY_FAILED, RequestState.DENIED, RequestState.CANCELED):
        last = Tone.BAD
    else:
        last = Tone.WAITING
    return (Step(words("Asked"), Tone.GOOD), Step(words("Taken away"), last))


def keeping_buttons(facts: RequestFacts, reader: Reader) -> tuple[Button, ...] | None:
    """None where the buttons of a first request fit, as they do for an extension that is under way."""
    if facts.purpose == "extend" and facts.request.state.is_open:
        return None
    if not facts.purpose:
        return None
    return () if facts.request.state.is_open else (Button(reader.words("My access"), RunCommand(text="my access")),)


def keeping_notice(event: str, facts: RequestFacts, name: str, reader: Reader) -> str | None:
    """The one short message, where it differs from that of a first request."""
    words = reader.words
    if facts.purpose == "return":
        if event == "works":
            return words("✓ You have given back {name}.", name=name)
        if event == "failed":
            return words(
                "✕ Giving back {name} failed: you still have it. Please try again, or ask for help.", name=name
            )
        return words("✕ Giving back {name} was not accepted: you still have it.", name=name)
    if facts.purpose != "extend":
        return None
    if event == "works":
        end = new_end(facts)
        if end is None:
            return words("✓ Your access to {name} goes on.", name=name)
        return words("✓ Your access to {name} goes on until {day}.", name=name, day=last_day(end, reader))
    if event == "failed":
        return words("✕ Your access to {name} could not be extended. Please ask for help.", name=name)
    return None


def unsent_change(event: str, purpose: str, name: str, reader: Reader) -> str | None:
    """A change that was pressed and did not arrive ("refused"), or may not have ("lost"); None for a first request."""
    words = reader.words
    if purpose == "return" and event == "refused":
        return words("✕ Microsoft 365 did not take back your access to {name}. Nothing was changed.", name=name)
    if purpose == "return":
        return words("I could not find out whether {name} was given back. Type my access to look.", name=name)
    if purpose == "extend" and event == "refused":
        return words("✕ Microsoft 365 did not extend your access to {name}. Nothing was changed.", name=name)
    if purpose == "extend":
        return words("I could not find out whether {name} was extended. Type my access to look.", name=name)
    return None


def new_end(facts: RequestFacts) -> datetime | None:
    """Until when an extension lasts: as it asks itself, else as the policy says from when it was done."""
    asked = facts.request.schedule.expiration
    if asked.end_at is not None:
        return asked.end_at
    return _counted(facts.policy.expiration, facts.request.completed_at) if facts.policy else None


def _counted(expiration: Expiration, since: datetime | None) -> datetime | None:
    if expiration.kind is ExpirationKind.AFTER_DURATION and expiration.duration and since:
        try:
            return since + expiration.duration
        except OverflowError:
            return None
    return expiration.end_at


def _return_words(state: RequestState, reader: Reader) -> tuple[str, Tone, str]:
    words = reader.words
    match state:
        case RequestState.DELIVERED:
            text = words("You do not have this any more. You may ask for it again at any time.")
            return words("Given back"), Tone.GOOD, text
        case RequestState.DELIVERY_FAILED | RequestState.DENIED | RequestState.CANCELED:
            text = words("You still have it. Please try again, or ask for help.")
            return words("It could not be given back"), Tone.BAD, text
        case _:
            text = words("This usually takes less than a minute. This card keeps itself up to date.")
            return words("Being given back"), Tone.WAITING, text


def _extension_words(facts: RequestFacts, reader: Reader) -> tuple[str, Tone, str] | None:
    words = reader.words
    match facts.request.state:
        case RequestState.SUBMITTED:
            text = words("I am passing on that you want to keep it. This card keeps itself up to date.")
            return words("Sent"), Tone.WAITING, text
        case RequestState.DELIVERING:
            return words("Being extended"), Tone.WAITING, words("This usually takes less than a minute.")
        case RequestState.DELIVERED:
            end = new_end(facts)
            headline = words("Extended until {day}", day=last_day(end, reader)) if end else words("Extended")
            return headline, Tone.GOOD, words("Nothing changes in what you can do with it.")
        case RequestState.DELIVERY_FAILED:
            text = words("You have it until its old end. Please ask for help.")
            return words("It could not be extended"), Tone.BAD, text
        case RequestState.CANCELED:
            return words("Cancelled"), Tone.NEUTRAL, words("You have it until its old end.")
        case _:
            return None
