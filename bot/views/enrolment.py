"""An enrolment run as its author, and whoever may agree to it, read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.files.rows import EnrolmentFile, Finding, Severity
from bot.plans.digest import digest
from bot.plans.enrolment import Action, BrakeReason, PlanRow, Warned
from bot.plans.journal import RowState
from bot.services.enrolment_cards import RunFacts
from bot.services.enrolment_runs import RowResult, Run, RunProgress, projects_of
from bot.views.enrolment_words import ACTIONS, action_words, finding_tone, finding_words, place_words, reason_words
from bot.views.words import Reader, listed_all, moment
from cards.actions import AgreeToPlan, AskAgreement, ChooseRows, GetPlanFile, RefusePlan, ShowPlan, StopPlan, UndoPlan
from cards.enrolment import MOST_FINDINGS, EnrolmentView, FindingLine, PlanLine
from cards.progress import Progress
from cards.views import Button, ButtonStyle, Fact, Tone

PER_PAGE: Final = 10
_SHOWN_FIRST: Final = (
    Action.REMOVE,
    Action.MOVED,
    Action.INVITE,
    Action.ADD,
    Action.UPDATE,
    Action.ERROR,
    Action.KEPT,
    Action.WAITING,
)
_FEW: Final = 5
_GRAVITY: Final = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


def seen_digest(run: Run) -> str:
    """What somebody agrees to: the plan, and which of its rows are left out."""
    return digest([run.plan.digest, sorted(run.excluded)])


def title_of(run: Run, reader: Reader) -> str:
    names = projects_of(run) or tuple(sorted({row.project or row.label for row in run.plan.rows}))
    return listed_all(names, reader, most=2) if names else reader.words("Nobody")


def plan_name(run: Run, reader: Reader) -> str:
    """What tells one plan from another in a list."""
    made_at = moment(run.record.created_at, reader)
    return reader.words("{project}: {when}", project=title_of(run, reader), when=made_at)


def run_view(facts: RunFacts, reader: Reader, *, page: int = 0, problem: str = "") -> EnrolmentView:
    match facts.run.state:
        case "waiting":
            return _waiting(facts, reader, page, problem)
        case "applying":
            return _applying(facts, reader, problem)
        case _:
            return _ended(facts, reader, problem)


def findings_view(files: Sequence[EnrolmentFile], run: Run | None, reader: Reader) -> EnrolmentView:
    """What the linter has found, the gravest first; without a plan, the way on."""
    findings = sorted(
        (finding for file in files for finding in file.findings), key=lambda each: _GRAVITY[each.severity]
    )
    words = reader.words
    has_errors = any(finding.severity is Severity.ERROR for finding in findings)
    lines = [_finding_line(each, reader, is_only_file=len(files) == 1) for each in findings]
    if has_errors:
        headline = words("I found mistakes. Please correct them and attach the file again.")
    elif run is not None and not run.plan.changes:
        headline = words("Nothing to change: everybody has what the file says.")
    else:
        headline = words("I have read the file.")
    return EnrolmentView(
        title=listed_all(tuple(file.name for file in files), reader, most=3),
        headline=headline,
        tone=Tone.BAD if has_errors else Tone.GOOD,
        counts=_counts(run, reader) if run is not None else (),
        findings=tuple(lines[:MOST_FINDINGS]),
        more_findings=max(0, len(lines) - MOST_FINDINGS),
        is_about_files=True,
        words=words,
    )


def _finding_line(finding: Finding, reader: Reader, *, is_only_file: bool) -> FindingLine:
    where = place_words(finding, reader.words, is_only_file=is_only_file)
    return FindingLine(where, finding_words(finding, reader.words), finding_tone(finding), finding.suggestion)


def _waiting(facts: RunFacts, reader: Reader, page: int, problem: str) -> EnrolmentView:
    run, words = facts.run, reader.words
    rows = _shown_rows(run)
    page = page if 0 <= page * PER_PAGE < len(rows) else 0
    chooses = facts.is_author and not facts.asked
    if facts.is_author:
        headline = (
            words("Waits for a second person to agree")
            if facts.asked
            else words("Please read this before you hand it to a second person")
        )
        if facts.may_agree:
            headline = words("Please read this before I do it")
    else:
        headline = words("{name} asks for your agreement", name=run.author_name)
    asks_number = run.needs_number and facts.may_agree
    return EnrolmentView(
        title=title_of(run, reader),
        headline=headline,
        tone=Tone.WAITING,
        counts=_counts(run, reader),
        notes=_notes(run, reader),
        lines=tuple(
            _line(row, run, reader, is_choice=chooses) for row in rows[page * PER_PAGE : (page + 1) * PER_PAGE]
        ),
        page_note=_page_note(page, len(rows), reader),
        choose=ChooseRows(run_id=run.id, page=page) if chooses else None,
        removals=run.removals if asks_number else 0,
        buttons=_waiting_buttons(facts, reader, page, chooses=chooses),
        small_buttons=_small_buttons(run, reader, page, len(rows), chooses=chooses),
        problem=problem,
        words=words,
    )


def _waiting_buttons(facts: RunFacts, reader: Reader, page: int, *, chooses: bool) -> tuple[Button, ...]:
    run, words = facts.run, reader.words
    buttons: list[Button] = []
    if facts.may_agree and run.changes:
        title = words("Do it") if facts.is_author else words("Agree")
        agree = AgreeToPlan(run_id=run.id, digest=seen_digest(run))
        buttons.append(Button(title, agree, ButtonStyle.POSITIVE))
    elif chooses and run.changes:
        buttons.append(Button(words("Ask for agreement"), AskAgreement(run_id=run.id, page=page), ButtonStyle.POSITIVE))
    if chooses:
        buttons.append(Button(words("Save my choice"), ChooseRows(run_id=run.id, page=page)))
    if facts.is_author:
        buttons.append(Button(words("Throw away"), StopPlan(run_id=run.id), ButtonStyle.DESTRUCTIVE))
    elif facts.may_agree:
        buttons.append(Button(words("Do not agree"), RefusePlan(run_id=run.id), ButtonStyle.DESTRUCTIVE))
    return tuple(buttons)


def _small_buttons(run: Run, reader: Reader, page: int, count: int, *, chooses: bool) -> tuple[Button, ...]:
    """Where rows are ticked, turning the page keeps what was ticked on this one."""

    def turned(to: int) -> ChooseRows | ShowPlan:
        return ChooseRows(run_id=run.id, page=page, next_page=to) if chooses else ShowPlan(run_id=run.id, page=to)

    words, buttons = reader.words, []
    if page > 0:
        buttons.append(Button(words("Previous page"), turned(page - 1)))
    if (page + 1) * PER_PAGE < count:
        buttons.append(Button(words("Next page"), turned(page + 1)))
    buttons.append(Button(words("Download the plan"), GetPlanFile(run_id=run.id)))
    return tuple(buttons)


def _applying(facts: RunFacts, reader: Reader, problem: str) -> EnrolmentView:
    run, progress, words = facts.run, facts.progress, reader.words
    stop = Button(words("Stop"), StopPlan(run_id=run.id), ButtonStyle.DESTRUCTIVE)
    return EnrolmentView(
        title=title_of(run, reader),
        headline=words("Stopping: what is begun comes to its end") if run.is_cancelled else words("Being carried out"),
        tone=Tone.WAITING,
        progress=Progress(progress.ended, progress.total),
        counts=_outcomes(progress, reader),
        notes=_agreed(run, reader),
        lines=_few_lines(run, reader),
        buttons=() if run.is_cancelled else (stop,),
        problem=problem,
        words=words,
    )


def _ended(facts: RunFacts, reader: Reader, problem: str) -> EnrolmentView:
    run, progress, words = facts.run, facts.progress, reader.words
    was_applied = run.record.agreed_at is not None
    failed = progress.counts.get(RowState.FAILED, 0)
    small: list[Button] = [Button(words("Download the plan"), GetPlanFile(run_id=run.id))]
    if was_applied:
        small = [Button(words("Download the result"), GetPlanFile(run_id=run.id, which="result"))]
        if facts.is_author and progress.counts.get(RowState.DONE, 0):
            small.append(Button(words("Take it back"), UndoPlan(run_id=run.id)))
    return EnrolmentView(
        title=title_of(run, reader),
        headline=_end_words(run, failed, reader),
        tone=Tone.GOOD if run.state == "done" and not failed else Tone.BAD if failed else Tone.NEUTRAL,
        progress=Progress(progress.ended, progress.total) if was_applied else None,
        counts=_outcomes(progress, reader) if was_applied else _counts(run, reader),
        notes=_agreed(run, reader),
        lines=tuple(_failed_line(result, run, reader) for result in facts.failed[:PER_PAGE]) or _few_lines(run, reader),
        has_failed_lines=bool(facts.failed),
        page_note=words("More are in the result file.") if len(facts.failed) > PER_PAGE else "",
        small_buttons=tuple(small),
        problem=problem,
        words=words,
    )


def _end_words(run: Run, failed: int, reader: Reader) -> str:
    words = reader.words
    if run.state == "done":
        if failed:
            return words.plural("Done, but for {count} row", "Done, but for {count} rows", failed)
        return words("Done") if run.changes else words("Nothing to change: everybody has what the file says.")
    if run.state == "refused":
        return words("Not done: the directory has changed since the plan was made. Please attach the file again.")
    if run.state == "expired":
        return words("Nobody agreed within a day. Please attach the file again.")
    if run.record.agreed_at is not None:
        return words("Stopped")
    return words("Given up: nothing was changed")


def _shown_rows(run: Run) -> list[PlanRow]:
    """What matters first; rows that stay as they are only count."""
    order = {action: number for number, action in enumerate(_SHOWN_FIRST)}
    return sorted((row for row in run.plan.rows if row.action in order), key=lambda row: order[row.action])


def _counts(run: Run, reader: Reader) -> tuple[Fact, ...]:
    left_out = len(run.plan.changes) - len(run.changes)
    counts = Counter(row.action for row in run.plan.rows if row.id not in run.excluded or not row.action.is_change)
    facts = [Fact(action_words(action, reader.words), str(counts[action])) for action in ACTIONS if counts[action]]
    if left_out:
        facts.append(Fact(reader.words("Left out"), str(left_out)))
    return tuple(facts)


def _outcomes(progress: RunProgress, reader: Reader) -> tuple[Fact, ...]:
    words = reader.words
    named = (
        (RowState.DONE, words("Done")),
        (RowState.UNCHANGED, words("Was so already")),
        (RowState.FAILED, words("Failed")),
        (RowState.CANCELLED, words("Not begun")),
    )
    return tuple(Fact(name, str(count)) for state, name in named if (count := progress.counts.get(state, 0)))


def _notes(run: Run, reader: Reader) -> tuple[tuple[str, Tone], ...]:
    words, notes = reader.words, []
    brake = run.plan.brake
    if brake.is_on and run.removals:
        if BrakeReason.EMPTY in brake.reasons:
            notes.append(
                (words("A file says that nobody has access any more. Please make sure it is meant."), Tone.BAD)
            )
        said = words(
            "{count} of {people} people would lose access. Please make sure it is meant.",
            count=run.removals,
            people=brake.people,
        )
        notes.append((said, Tone.BAD))
    if Warned.UNREAD in run.plan.warnings:
        notes.append((words("A file has mistakes, so nobody is removed until they are corrected."), Tone.BAD))
    if Warned.REMOVAL_MAIL in run.plan.warnings and run.removals:
        said = words("Microsoft writes to everybody who loses access; the mail may invite them to ask again.")
        notes.append((said, Tone.NEUTRAL))
    if Warned.INVITATION_MAIL in run.plan.warnings:
        notes.append((words("Guests get an invitation by mail."), Tone.NEUTRAL))
    if run.changes:
        minutes = max(1, run.estimate.minutes)
        said = words.plural("Takes about {count} minute.", "Takes about {count} minutes.", minutes)
        notes.append((said, Tone.NEUTRAL))
    return tuple(notes)


def _agreed(run: Run, reader: Reader) -> tuple[tuple[str, Tone], ...]:
    if run.record.agreed_at is None:
        return ()
    said = reader.words("Proposed by {author}, agreed to by {second}", author=run.author_name, second=run.second_name)
    return ((said, Tone.NEUTRAL),)


def _few_lines(run: Run, reader: Reader) -> tuple[PlanLine, ...]:
    """What a small plan changes, for a card that is read long after it was agreed to."""
    return tuple(_line(row, run, reader) for row in run.changes) if len(run.changes) <= _FEW else ()


def _line(row: PlanRow, run: Run, reader: Reader, *, is_choice: bool = False) -> PlanLine:
    """`is_choice` where its reader ticks the rows, so that they see what is left out by the tick."""
    is_left_out = row.id in run.excluded and not is_choice
    return PlanLine(
        row.id,
        reader.words("Left out") if is_left_out else action_words(row.action, reader.words),
        row.name or row.email,
        _where(row, run),
        row.email if row.name else "",
        reason_words(row, reader.words),
        is_kept=row.action.is_change and row.id not in run.excluded,
        can_choose=row.action.is_change,
    )


def _failed_line(result: RowResult, run: Run, reader: Reader) -> PlanLine:
    row = result.row
    reason = reader.words("Microsoft 365 answered: {code}", code=result.reason) if result.reason else ""
    who, address = row.name or row.email, row.email if row.name else ""
    return PlanLine(row.id, action_words(row.action, reader.words), who, _where(row, run), address, reason)


def _where(row: PlanRow, run: Run) -> str:
    """The access package; where the whole plan is about one project, which the card's title names, its role."""
    projects = {each.project for each in run.plan.rows if each.project}
    _project, bar, role = row.label.partition("|")
    return role.strip() if bar and projects == {row.project} else row.label


def _page_note(page: int, count: int, reader: Reader) -> str:
    if count <= PER_PAGE:
        return ""
    first, last = page * PER_PAGE + 1, min((page + 1) * PER_PAGE, count)
    return reader.words("{first} to {last} of {count}", first=first, last=last, count=count)


def row_ids(run: Run, page: int) -> tuple[str, ...]:
    """The rows that the card shows on this page and that can be left out."""
    rows = _shown_rows(run)
    page = page if 0 <= page * PER_PAGE < len(rows) else 0
    return tuple(row.id for row in rows[page * PER_PAGE : (page + 1) * PER_PAGE] if row.action.is_change)
