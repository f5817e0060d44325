"""What becomes of a row of an enrolment plan and why, and what the linter found, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.files.codes import RULES
from bot.files.rows import Finding, Severity
from bot.plans.enrolment import Action, PlanRow, Reason
from bot.plans.journal import RowState
from bot.services.enrolment_runs import RowResult, Run
from cards.language import Language, _
from cards.views import Tone

ACTIONS: Final[Mapping[Action, str]] = {
    Action.ADD: _("Add"),
    Action.INVITE: _("Invite and add"),
    Action.UPDATE: _("Give another end"),
    Action.REMOVE: _("Remove"),
    Action.MOVED: _("Perhaps a new address"),
    Action.WAITING: _("Already under way"),
    Action.KEPT: _("Must stay"),
    Action.UNCHANGED: _("Unchanged"),
    Action.UNMANAGED: _("Not managed by files"),
    Action.ERROR: _("Cannot be done"),
}

_REASONS: Final[Mapping[Reason, str]] = {
    Reason.UNKNOWN_PROJECT: _("I know no project for “{what}”."),
    Reason.PACKAGE_MISSING: _("There is no access package “{what}”."),
    Reason.PACKAGE_AMBIGUOUS: _("Several access packages have this name: {what}."),
    Reason.PACKAGE_HIDDEN: _("The access package is hidden and not named in the configuration."),
    Reason.POLICY_MISSING: _("The access package has no policy “{what}”, which files would manage."),
    Reason.POLICY_AMBIGUOUS: _("The access package has several policies of that name: {what}."),
    Reason.NOT_YOURS: _("You do not lead {what}."),
    Reason.YOURSELF: _("Nobody can add or remove themselves."),
    Reason.SELF_SERVICE: _("People ask for this one themselves; files do not change it."),
    Reason.AMBIGUOUS_PERSON: _("Several people have this address: {what}."),
    Reason.DISABLED: _("The account is disabled."),
    Reason.UNKNOWN_PERSON: _("Nobody has this address, and people of {what} may not be invited."),
    Reason.SAME_PERSON: _("The file names the same person as {what} too."),
    Reason.PROTECTED: _("This person is protected and is never removed."),
    Reason.ADDRESS_CHANGED: _("Somebody of this name is there as {what}. Is it the same person?"),
    Reason.OPEN_REQUEST: _("A request of theirs is being worked on."),
    Reason.OTHER_POLICY: _("They have it in another way, which files do not touch."),
    Reason.UNKNOWN_QUESTION: _("The policy has no question “{what}”."),
    Reason.ANSWER_MISSING: _("The answer to “{what}” is missing."),
    Reason.ANSWER_WRONG: _("“{what}” cannot be answered with “{other}”."),
    Reason.PERIOD_NOT_ALLOWED: _("The policy does not let you choose the dates."),
    Reason.PERIOD_WRONG: _("The end is not after the start."),
    Reason.PERIOD_OVER: _("The end, {what}, has passed."),
    Reason.SPONSOR_UNKNOWN: _("Nobody has the sponsor's address {what}."),
}

_LISTS: Final = frozenset({Reason.PACKAGE_AMBIGUOUS, Reason.POLICY_AMBIGUOUS, Reason.AMBIGUOUS_PERSON})

OUTCOMES: Final[Mapping[RowState, str]] = {
    RowState.PENDING: _("Not begun"),
    RowState.BEGUN: _("Under way"),
    RowState.DONE: _("Done"),
    RowState.UNCHANGED: _("Was so already"),
    RowState.FAILED: _("Failed"),
    RowState.CANCELLED: _("Not begun"),
}

_TONES: Final[Mapping[Severity, Tone]] = {
    Severity.ERROR: Tone.BAD,
    Severity.WARNING: Tone.WAITING,
    Severity.NOTE: Tone.NEUTRAL,
}


def action_words(action: Action, words: Language) -> str:
    return words(ACTIONS[action])


def reason_words(row: PlanRow, words: Language) -> str:
    """Why a row is what it is; empty when that needs no words."""
    if row.reason is Reason.FILE:
        return " ".join(row.facts)
    if row.reason is Reason.NEW_END:
        new, old = row.facts
        return _end_words(new, old, words)
    sentence = _REASONS.get(row.reason)
    if sentence is None:
        return ""
    if row.reason in _LISTS:
        return words(sentence, what=", ".join(row.facts))
    what, other = (*row.facts, "", "")[:2]
    return words(sentence, what=what, other=other) if row.facts else words(sentence)


def _end_words(new: str, old: str, words: Language) -> str:
    if not new:
        return words("No end any more, before: {old}", old=old)
    return words("Ends on {new}, before: {old}", new=new, old=old) if old else words("Ends on {new}", new=new)


def finding_words(finding: Finding, words: Language) -> str:
    rule = RULES.get(finding.code)
    return words(rule.sentence, **finding.facts) if rule is not None else finding.message


def finding_tone(finding: Finding) -> Tone:
    return _TONES[finding.severity]


def place_words(finding: Finding, words: Language, *, is_only_file: bool = False) -> str:
    """Where it is; the file's name is left out where there is only one that it could be."""
    place = finding.place
    if not place.line:
        return place.file
    if is_only_file and not place.column:
        return words("Line {line}", line=place.line)
    if is_only_file:
        return words("Line {line}, column {column}", line=place.line, column=place.column)
    if not place.column:
        return words("{file}, line {line}", file=place.file, line=place.line)
    return words("{file}, line {line}, column {column}", file=place.file, line=place.line, column=place.column)


Table = tuple[tuple[str, ...], list[tuple[str, ...]]]


def plan_table(run: Run, words: Language) -> Table:
    """Every row of the plan, for a file: what becomes of whom, where, and why."""
    headers = (words("what"), words("name"), words("e-mail"), words("access package"), words("reason"))
    rows: list[tuple[str, ...]] = [
        (
            words("Left out") if row.id in run.excluded else action_words(row.action, words),
            row.name,
            row.email,
            row.label,
            reason_words(row, words),
        )
        for row in run.plan.rows
    ]
    return headers, rows


def result_table(results: Sequence[RowResult], words: Language) -> Table:
    """What became of every row that was to change something."""
    headers = (words("what"), words("name"), words("e-mail"), words("access package"), words("result"), words("reason"))
    rows: list[tuple[str, ...]] = [
        (
            action_words(each.row.action, words),
            each.row.name,
            each.row.email,
            each.row.label,
            words(OUTCOMES[each.state]),
            each.reason,
        )
        for each in results
    ]
    return headers, rows
