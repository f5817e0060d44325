"""What we say when something goes wrong: one table from the error to the words, nearest relative first.

Sentences about errors are here and nowhere else. They say what happened and what to do next, never `str(error)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal

from bot.errors import (
    AlreadyAsked,
    AnswerProblem,
    Conflict,
    ConsentNeeded,
    DecideInPortal,
    FileProblem,
    GraphRefused,
    GraphUnavailable,
    InvalidAnswer,
    NotAllowed,
    NotASecond,
    NotFound,
    NotRequestable,
    NotSetUp,
    NotYourDecision,
    PackageAmbiguous,
    PackageHidden,
    PlanMoved,
    PlanOver,
    PolicyAmbiguous,
    PolicyMissing,
    RemovalsNotAgreed,
    SecondProblem,
    ServiceBusy,
    SignInNeeded,
    StaleCard,
    Throttled,
    TooOften,
    UnknownCode,
    UnusableFile,
)
from bot.turn import CardPress, Incoming, Placement, Reply, SignInPrompt, Turn
from cards.actions import RunCommand
from cards.language import Language, _
from cards.notice import NoticeView, notice_card
from cards.views import Button, Link, Tone


def help_button(words: Language) -> Button:
    return Button(words("What can I do here?"), RunCommand(text="help"))


class ErrorReplies:
    """Errors in words. `support_contact` is shown where only a person can help, `portal_url` where My Access may."""

    def __init__(self, support_contact: str = "", portal_url: str = "") -> None:
        self._support_contact = support_contact
        self._portal_url = portal_url

    def reply_for(self, error: Exception, turn: Turn, incoming: Incoming) -> Reply:
        if isinstance(error, SignInNeeded):
            return Reply.sign_in_first(SignInPrompt(error.scopes, error.claims))
        nearest = next(kind for kind in type(error).__mro__ if kind in _WORDS)
        title, text = _WORDS[nearest](error, turn.words)
        needs_support = nearest in (Exception, ConsentNeeded, GraphRefused)
        has_portal = bool(self._portal_url) and nearest in (ConsentNeeded, NotAllowed)
        if isinstance(incoming, CardPress) and not needs_support:
            if has_portal:
                text = f"{text} {turn.words('My Access may let you do it: {url}', url=self._portal_url)}"
            return Reply(text=text, placement=Placement.VIEW)
        view = NoticeView(
            title,
            text,
            Tone.BAD,
            buttons=(help_button(turn.words),),
            links=(Link(turn.words("Open My Access"), self._portal_url),) if has_portal else (),
            footnote=self._footnote(turn) if needs_support else "",
            words=turn.words,
        )
        return Reply.with_card(notice_card(view), summary=title)

    @staticmethod
    def sentence(error: Exception, words: Language) -> str:
        """What went wrong with one item among several, in words."""
        nearest = next(kind for kind in type(error).__mro__ if kind in _WORDS)
        return _WORDS[nearest](error, words)[1]

    def sentence_for(self, error: Exception, turn: Turn) -> str:
        """One sentence, for places that can show nothing else. Nobody can sign in there."""
        if isinstance(error, SignInNeeded):
            return turn.words("Please sign in first: type sign in.")
        return self.sentence(error, turn.words)

    def working_reply(self, turn: Turn, command: str) -> Reply:
        """What stands where the answer will be. Should we die meanwhile, it still says what to do."""
        view = NoticeView(
            turn.words("I am working on it"),
            turn.words("This takes a little longer than usual. The answer will appear right here."),
            Tone.WAITING,
            buttons=(Button(turn.words("Ask again"), RunCommand(text=command)),) if command else (),
            footnote=turn.words("If nothing has changed here after two minutes, please ask again."),
            words=turn.words,
        )
        return Reply.with_card(notice_card(view), summary=view.title, is_personal=False)

    def _footnote(self, turn: Turn) -> str:
        contact, reference = self._support_contact, turn.correlation_id
        if not contact:
            return turn.words("Reference: {reference}", reference=reference)
        return turn.words("Contact: {contact}. Reference: {reference}", contact=contact, reference=reference)


def _sentence(title: str, text: str) -> Callable[[Any, Language], tuple[str, str]]:
    return lambda _error, words: (words(title), words(text))


def _not_your_decision(error: NotYourDecision, words: Language) -> tuple[str, str]:
    if error.is_own:
        return (
            words("Not your own request"),
            words("You cannot decide your own request. Somebody else has to do that."),
        )
    if error.is_early:
        return (
            words("Not your turn yet"),
            words("An approval before yours seems to be open. I tell you when it is your turn. Nothing was changed."),
        )
    return (
        words("Not yours to decide"),
        words("You are not an approver of this request, or not any more. Nothing was changed."),
    )


def _unknown_code(error: UnknownCode, words: Language) -> tuple[str, str]:
    title, command = words("I do not know that code"), words.to_type(error.list_command)
    if not error.code:
        return title, words("Please add the code of the request. Type {command} to see the codes.", command=command)
    return title, words(
        "There is no request {code} that I could show you. Type {command} to see yours.",
        code=error.code,
        command=command,
    )


_FILES: Final[Mapping[FileProblem, str]] = {
    FileProblem.FOREIGN_HOST: _(
        "“{name}” does not come from your organization's OneDrive. Please attach it with the paper clip below the chat."
    ),
    FileProblem.TOO_LARGE: _("“{name}” is larger than {limit} MB. Please send it in parts."),
    FileProblem.GONE: _("“{name}” cannot be opened any more. Please attach it again."),
}


def _unusable_file(error: UnusableFile, words: Language) -> tuple[str, str]:
    text = words(_FILES[error.problem], name=error.name, limit=_limit(error.limit // 1_000_000, words))
    return words("I could not read the file"), text


def _too_often(error: TooOften, words: Language) -> tuple[str, str]:
    if error.at is None:
        return (
            words("That is a lot"),
            words("You have written a lot about this request. Please talk to each other directly."),
        )
    return (
        words("They know already"),
        words("They were reminded less than a day ago. Please give them some time."),
    )


def _set_up(text: str) -> Callable[[Any, Language], tuple[str, str]]:
    """The sentence about a project whose packages or policies are not as configured, with all that the error knows."""

    def worded(error: NotSetUp, words: Language) -> tuple[str, str]:
        facts = {
            "project": error.project,
            "role": error.role,
            "label": error.label,
            "policy": getattr(error, "policy", ""),
            "ids": ", ".join(getattr(error, "ids", ())) or getattr(error, "id", ""),
        }
        return words("The project is not set up yet"), words(text, **facts)

    return worded


_SECONDS: Final[Mapping[SecondProblem, str]] = {
    SecondProblem.AUTHOR: _("You proposed this plan yourself. Somebody else has to agree to it."),
    SecondProblem.BENEFICIARY: _("The plan changes your own access. Somebody whom it does not concern has to agree."),
    SecondProblem.NO_REVIEWER: _("You may not agree to plans for {projects}. Nothing was changed."),
}


def _not_a_second(error: NotASecond, words: Language) -> tuple[str, str]:
    return (
        words("Somebody else has to agree"),
        words(_SECONDS[error.problem], projects=", ".join(error.projects)),
    )


def _plan_moved(error: PlanMoved, words: Language) -> tuple[str, str]:
    text = words.plural(
        "Something has changed for {count} person since the plan was made. Please make the plan again.",
        "Something has changed for {count} people since the plan was made. Please make the plan again.",
        len(error.rows),
    )
    return words("The plan is no longer right"), text


def _removals_not_agreed(error: RemovalsNotAgreed, words: Language) -> tuple[str, str]:
    text = words.plural(
        "This plan removes {count} person. To go on, type exactly this number.",
        "This plan removes {count} people. To go on, type exactly this number.",
        error.removals,
    )
    return words("Please type the number"), text


_ANSWERS: Final[Mapping[AnswerProblem, str]] = {
    AnswerProblem.MISSING: _("Please answer “{question}”."),
    AnswerProblem.TOO_LONG: _("Please keep “{question}” to {limit} characters."),
    AnswerProblem.WRONG_FORM: _("The answer to “{question}” does not have the expected form."),
    AnswerProblem.NOT_A_CHOICE: _("Please pick one of the offered choices for “{question}”."),
    AnswerProblem.NOT_A_DATE: _("Please give “{question}” as a date, for example 2027-01-31."),
    AnswerProblem.TWO_ENDS: _(
        "What you typed and the days you picked do not agree. Please answer “{question}” in one way only."
    ),
    AnswerProblem.NOT_A_REPORT: _(
        "“{question}”: you cannot ask for this person. Pick somebody from the list, or ask for yourself."
    ),
    AnswerProblem.LOCKED: _("“{question}” was answered before and cannot be changed any more."),
    AnswerProblem.IN_THE_PAST: _("“{question}” is in the past. Please pick a later day."),
    AnswerProblem.ENDS_BEFORE_START: _("“{question}” is before the start. Please pick a later day."),
    AnswerProblem.NOT_A_PERIOD: _(
        "Please answer “{question}” with a length of time or a day: 2w, 3 months or until 24 December."
    ),
    AnswerProblem.NOT_LATER: _("You have it until {limit} already. Please pick a later day."),
    AnswerProblem.TOO_LATE: _("“{question}” is too late. The latest possible day is {limit}."),
}


def invalid_answer(error: InvalidAnswer, words: Language) -> str:
    """What is wrong with one answer of a form, in a sentence."""
    # Our own questions are known to the catalogs; those of a policy come in the person's language already.
    return words(_ANSWERS[error.problem], question=words(error.question), limit=_limit(error.limit, words))


def _limit(limit: int | date | None, words: Language) -> str:
    locale = Locale.parse(words.tag, sep="-")
    if isinstance(limit, date):
        return format_date(limit, "long", locale=locale)
    return "" if limit is None else format_decimal(limit, locale=locale)


def _throttled(error: Throttled, words: Language) -> tuple[str, str]:
    seconds = max(1, round(error.wait_seconds))
    if seconds < 90:
        text = words.plural(
            "Microsoft 365 is very busy right now. Please try again in {count} second. Nothing is lost.",
            "Microsoft 365 is very busy right now. Please try again in {count} seconds. Nothing is lost.",
            seconds,
        )
    else:
        text = words.plural(
            "Microsoft 365 is very busy right now. Please try again in {count} minute. Nothing is lost.",
            "Microsoft 365 is very busy right now. Please try again in {count} minutes. Nothing is lost.",
            round(seconds / 60),
        )
    return words("A little too busy"), text


_WORDS: Final[Mapping[type[BaseException], Callable[[Any, Language], tuple[str, str]]]] = {
    ConsentNeeded: _sentence(
        _("Your organization has not allowed this yet"),
        _(
            "An administrator has to give Doorman permission for this first. Please ask your IT support. "
            "Until then you can do it in My Access."
        ),
    ),
    NotRequestable: _sentence(
        _("You cannot request this one"),
        _(
            "I found nothing of that name that you can request. "
            "Check the name, or ask the person who told you about it."
        ),
    ),
    NotYourDecision: _not_your_decision,
    NotASecond: _not_a_second,
    PlanMoved: _plan_moved,
    PlanOver: _sentence(
        _("This plan is over"),
        _("It was applied, cancelled or is too old. Please propose it again if it is still wanted."),
    ),
    RemovalsNotAgreed: _removals_not_agreed,
    DecideInPortal: _sentence(
        _("Decided in My Access"),
        _("Your organization has requests for this decided in My Access. Please open it there. Nothing was changed."),
    ),
    NotAllowed: _sentence(_("You cannot do that"), _("You do not have the right to do this. Nothing was changed.")),
    NotFound: _sentence(_("Not found"), _("I could not find that any more. It may have been removed.")),
    StaleCard: _sentence(
        _("This card is out of date"),
        _("This card is too old to use. Please ask me again, for example by typing help."),
    ),
    AlreadyAsked: _sentence(
        _("You have already asked for this"),
        _("Your earlier request is still open. Type my requests to see where it stands."),
    ),
    UnknownCode: _unknown_code,
    TooOften: _too_often,
    UnusableFile: _unusable_file,
    Conflict: _sentence(_("It has changed meanwhile"), _("Somebody or something was faster. Please look again.")),
    InvalidAnswer: lambda error, words: (words("Please check your answer"), invalid_answer(error, words)),
    NotSetUp: _set_up(
        _("There is no access package “{label}”. An administrator has to make it, or name the right one for the role.")
    ),
    PackageAmbiguous: _set_up(
        _(
            "There are several access packages “{label}” ({ids}). "
            "An administrator has to name the right one for the role by its id."
        )
    ),
    PackageHidden: _set_up(
        _(
            "The access package “{label}” is hidden. "
            "An administrator has to name it for the role ({ids}) if it belongs to the project."
        )
    ),
    PolicyMissing: _set_up(
        _("The access package “{label}” has no policy “{policy}”. An administrator has to make it, or name another.")
    ),
    PolicyAmbiguous: _set_up(
        _("The access package “{label}” has several policies “{policy}” ({ids}). An administrator has to rename one.")
    ),
    Throttled: _throttled,
    GraphUnavailable: _sentence(
        _("Microsoft 365 does not answer"),
        _("I cannot reach Microsoft 365 right now. Please try again in a few minutes. Nothing is lost."),
    ),
    GraphRefused: _sentence(
        _("That did not work"),
        _("Microsoft 365 did not accept this. Nothing was changed. Please try again, or ask for help."),
    ),
    ServiceBusy: _sentence(
        _("One moment, please"),
        _("I am very busy right now. Please try again in a minute. Nothing is lost."),
    ),
    Exception: _sentence(
        _("Something went wrong"),
        _("That is my fault, not yours. Please try again. If it happens again, ask for help with the reference below."),
    ),
}
