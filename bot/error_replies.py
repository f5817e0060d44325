"""What we say when something goes wrong: one table from the error to the words, nearest relative first.

Sentences for people are here and nowhere else. They say what happened and what to do next, never `str(error)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.errors import (
    AlreadyAsked,
    AnswerProblem,
    Conflict,
    ConsentNeeded,
    GraphRefused,
    GraphUnavailable,
    InvalidAnswer,
    NotAllowed,
    NotFound,
    NotRequestable,
    NotYourDecision,
    ServiceBusy,
    SignInNeeded,
    StaleCard,
    Throttled,
)
from bot.turn import CardPress, Incoming, Placement, Reply, SignInPrompt, Turn
from cards.actions import RunCommand
from cards.notice import NoticeView, notice_card
from cards.views import Button, Tone

HELP = Button("What can I do here?", RunCommand(text="help"))


class ErrorReplies:
    """Errors in words. `support_contact` is shown where only a person can help."""

    def __init__(self, support_contact: str = "") -> None:
        self._support_contact = support_contact

    def reply_for(self, error: Exception, turn: Turn, incoming: Incoming) -> Reply:
        if isinstance(error, SignInNeeded):
            return Reply.sign_in_first(SignInPrompt(error.scopes, error.claims))
        nearest = next(kind for kind in type(error).__mro__ if kind in _WORDS)
        title, text = _WORDS[nearest](error)
        needs_support = nearest in (Exception, ConsentNeeded, GraphRefused)
        if isinstance(incoming, CardPress) and not needs_support:
            return Reply(text=text, placement=Placement.VIEW)
        return Reply.with_card(
            notice_card(
                NoticeView(title, text, Tone.BAD, buttons=(HELP,), footnote=self._footnote(turn, needs_support))
            ),
            summary=title,
        )

    def _footnote(self, turn: Turn, needs_support: bool) -> str:
        if not needs_support:
            return ""
        contact = f"Contact: {self._support_contact}. " if self._support_contact else ""
        return f"{contact}Reference: {turn.correlation_id}"


def _sentence(title: str, text: str) -> Callable[[Any], tuple[str, str]]:
    return lambda _error: (title, text)


def _not_your_decision(error: NotYourDecision) -> tuple[str, str]:
    if error.is_own:
        return "Not your own request", "You cannot decide your own request. Somebody else has to do that."
    return "Not yours to decide", "You are not an approver of this request, or not any more. Nothing was changed."


def invalid_answer(error: InvalidAnswer) -> str:
    """What is wrong with one answer of a form, in a sentence."""
    about = f"“{error.question}”"
    return {
        AnswerProblem.MISSING: f"Please answer {about}.",
        AnswerProblem.TOO_LONG: f"Please keep {about} to {error.limit} characters.",
        AnswerProblem.WRONG_FORM: f"The answer to {about} does not have the expected form.",
        AnswerProblem.NOT_A_CHOICE: f"Please pick one of the offered choices for {about}.",
        AnswerProblem.NOT_A_DATE: f"Please give {about} as a date, for example 2027-01-31.",
        AnswerProblem.IN_THE_PAST: f"{about} is in the past. Please pick a later day.",
        AnswerProblem.ENDS_BEFORE_START: f"{about} is before the start. Please pick a later day.",
        AnswerProblem.NOT_A_PERIOD: f"Please answer {about} with a span or a day: 2w, 3 months or until 24 December.",
        AnswerProblem.NOT_LATER: f"You have it until {error.limit} already. Please pick a later day.",
        AnswerProblem.TOO_LATE: f"{about} is too late. The latest possible day is {error.limit}.",
    }[error.problem]


def _throttled(error: Throttled) -> tuple[str, str]:
    wait = max(1, round(error.wait_seconds))
    when = f"in {wait} seconds" if wait < 90 else f"in {round(wait / 60)} minutes"
    return "A little too busy", f"Microsoft 365 is very busy right now. Please try again {when}. Nothing is lost."


_WORDS: Mapping[type[BaseException], Callable[[Any], tuple[str, str]]] = {
    ConsentNeeded: _sentence(
        "Your organization has not allowed this yet",
        "An administrator has to give Doorman permission for this first. Please ask your IT support. "
        "Until then you can do it at myaccess.microsoft.com.",
    ),
    NotRequestable: _sentence(
        "You cannot request this one",
        "I found nothing of that name that you can request. Check the name, or ask the person who told you about it.",
    ),
    NotYourDecision: _not_your_decision,
    NotAllowed: _sentence("That is not open to you", "You do not have the right to do this. Nothing was changed."),
    NotFound: _sentence("Not found", "I could not find that any more. It may have been removed."),
    StaleCard: _sentence(
        "This card is out of date",
        "This card is too old to use. Please ask me again, for example by typing help.",
    ),
    AlreadyAsked: _sentence(
        "You have already asked for this",
        "Your earlier request is still open. Type my requests to see where it stands.",
    ),
    Conflict: _sentence("It has changed meanwhile", "Somebody or something was faster. Please look again."),
    InvalidAnswer: lambda error: ("Please check your answer", invalid_answer(error)),
    Throttled: _throttled,
    GraphUnavailable: _sentence(
        "Microsoft 365 does not answer",
        "I cannot reach Microsoft 365 right now. Please try again in a few minutes. Nothing is lost.",
    ),
    GraphRefused: _sentence(
        "That did not work",
        "Microsoft 365 did not accept this. Nothing was changed. Please try again, or ask for help.",
    ),
    ServiceBusy: _sentence(
        "One moment, please",
        "I am very busy right now. Please try again in a minute. Nothing is lost.",
    ),
    Exception: _sentence(
        "Something went wrong",
        "That is my fault, not yours. Please try again. If it happens again, ask for help with the reference below.",
    ),
}
