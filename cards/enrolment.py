"""An enrolment plan through its life: read by its author, agreed to by a second person, carried out, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import CardAction, ChooseRows
from cards.language import ENGLISH, Language, _
from cards.progress import Progress, progress_bar
from cards.rendering import Card, Room, fitted
from cards.views import Button, Fact, Tone

EYEBROW: Final = _("Enrolment plan")
FILE_EYEBROW: Final = _("Enrolment file")
KEEP: Final = _("Untick what should not happen")
KEEP_ERROR: Final = _("Please tick what should happen.")
CHANGES: Final = _("What would change")
OTHERS: Final = _("What stays as it is")
CHANGED: Final = _("In this plan")
FAILED: Final = _("What did not work")
FINDINGS: Final = _("What I found in the files")
SUGGESTION: Final = _("{place} · Suggestion: {suggestion}")
REMOVALS: Final = _("Type the number of removals: {count}")
REMOVALS_ERROR: Final = _("Please type the number of removals.")
MOST_FINDINGS: Final = 12


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One row: who, which access package, what becomes of it, and why when that needs saying."""

    row_id: str
    what: str  # "Add", "Remove", in the reader's language
    who: str
    package: str  # only the role where the whole plan is about one project
    address: str = ""
    reason: str = ""
    is_kept: bool = True
    can_choose: bool = True


@dataclass(frozen=True, slots=True)
class FindingLine:
    where: str  # "people.csv, line 3"
    text: str
    tone: Tone
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class EnrolmentView:
    """`choose` lets its reader leave rows out; with `removals` its reader types their number before agreeing."""

    title: str
    headline: str
    tone: Tone
    counts: tuple[Fact, ...] = ()
    notes: tuple[tuple[str, Tone], ...] = ()
    findings: tuple[FindingLine, ...] = ()
    more_findings: int = 0
    lines: tuple[PlanLine, ...] = ()
    page_note: str = ""  # "Rows 1 to 10 of 42"
    choose: ChooseRows | None = None
    removals: int = 0
    progress: Progress | None = None
    has_failed_lines: bool = False
    is_about_files: bool = False  # what was found in them, before there is a plan
    buttons: tuple[Button, ...] = ()
    small_buttons: tuple[Button, ...] = ()
    problem: str = ""
    refresh: CardAction | None = None
    readers: tuple[str, ...] = field(default_factory=tuple)
    words: Language = ENGLISH


def enrolment_card(view: EnrolmentView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: EnrolmentView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(FILE_EYEBROW if view.is_about_files else EYEBROW)),
        say.heading(view.title, room, spacing="none"),
        say.notice(view.headline, view.tone, room),
    ]
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    if view.progress is not None and view.progress.total:
        body.extend(progress_bar(view.progress, room))
    if view.counts:
        body.append(say.facts(view.counts, room))
    body.extend(_note(note, tone, room) for note, tone in view.notes)
    body.extend(_findings(view, room))
    body.extend(_lines(view, room))
    if view.small_buttons:
        body.append(say.small_buttons(view.small_buttons, room, takes_inputs=_reads))
    if view.removals:
        label = room.words(REMOVALS, count=view.removals)
        body.append(say.text_input("removals", label, room.words(REMOVALS_ERROR), is_required=True, max_length=7))
    takes_inputs = view.choose is not None or bool(view.removals)
    actions = [
        say.execute(button.title, button.action, button.style, room, takes_inputs=takes_inputs and _reads(button))
        for button in view.buttons
    ]
    refresh = say.refresh(view.refresh, view.readers, room) if view.refresh is not None else None
    return say.document(f"{view.title}: {view.headline}", body, room, actions=actions, refresh=refresh)


def _reads(button: Button) -> bool:
    """Whether the button sends what is ticked and typed; the others must not ask for it first."""
    return bool({"kept", "removals"} & set(type(button.action).model_fields))


def _note(note: str, tone: Tone, room: Room) -> parts.Element:
    """What is merely told has no sign: an empty ring would look like something to tick."""
    if tone is Tone.NEUTRAL:
        return say.paragraph(note, room, limit=400, is_subtle=True, is_small=True, spacing="small")
    return say.beside_glyph(tone, [say.paragraph(note, room, limit=400)], spacing="small")


def _findings(view: EnrolmentView, room: Room) -> list[parts.Element]:
    if not view.findings:
        return []
    shown = view.findings[: room.of(MOST_FINDINGS)]
    found: list[parts.Element] = [say.subheading(room.words(FINDINGS))]
    found.extend(_finding(line, room) for line in shown)
    left = view.more_findings + len(view.findings) - len(shown)
    if left:
        found.append(say.paragraph(say.and_more(left, room), is_subtle=True, is_small=True))
    return found


def _finding(line: FindingLine, room: Room) -> parts.Element:
    items: list[parts.Element] = [say.paragraph(line.text, room, limit=300)]
    where = line.where
    if line.suggestion:
        where = room.words(SUGGESTION, place=line.where, suggestion=line.suggestion)
    items.append(say.paragraph(where, room, limit=200, is_subtle=True, is_small=True, spacing="none"))
    return say.beside_glyph(line.tone, items, spacing="small")


def _lines(view: EnrolmentView, room: Room) -> list[parts.Element]:
    if not view.lines:
        return []
    found: list[parts.Element] = []
    choices = [line for line in view.lines if line.can_choose] if view.choose is not None else []
    others = [line for line in view.lines if line not in choices]
    if choices:
        kept = ",".join(line.row_id for line in choices if line.is_kept)
        found.append(
            say.choice_input(
                "kept",
                room.words(KEEP),
                room.words(KEEP_ERROR),
                [(line.row_id, _in_one_line(line)) for line in choices],
                is_multiple=True,
                value=kept,
                says_optional=False,
                room=room,
            )
        )
    if others:
        title = FAILED if view.has_failed_lines else CHANGED if view.progress else CHANGES
        title = OTHERS if view.choose is not None else title
        found.append(say.subheading(room.words(title)))
        found.extend(_line(line, room) for line in others)
    if view.page_note:
        found.append(say.paragraph(view.page_note, room, is_subtle=True, is_small=True))
    return found


def _in_one_line(line: PlanLine) -> str:
    who = f"{line.who} ({line.address})" if line.address else line.who
    return " \u00b7 ".join(part for part in (line.what, who, line.package, line.reason) if part)


def _line(line: PlanLine, room: Room) -> parts.Element:
    """What happens to whom, and below it their address, where and why."""
    below: Sequence[str] = [part for part in (line.address, line.package, line.reason) if part]
    return parts.Container(
        items=[
            say.paragraph(f"{line.what}: {line.who}" if line.who else line.what, room, limit=200, is_bold=True),
            say.paragraph(" \u00b7 ".join(below), room, limit=300, is_small=True, is_subtle=True, spacing="none"),
        ],
        spacing="small",
    )
