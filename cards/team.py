"""The people of a project as a table, and the other tables that leads look at.

A table has three columns at most, and the small print of a cell stands below it: that can be read on a phone as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import EVERYTHING, ShowTeam
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, Fact, Tone

MOST_LINES: Final = 10
FILTER: Final = _("Filter")
SHOW: Final = _("Show")
ROLE: Final = _("Role")
COMPANY: Final = _("Company")
STATE: Final = _("State")
NAME: Final = _("Name or address")
ANY_ROLE: Final = _("All roles")
ANY_COMPANY: Final = _("All companies")
ANY_STATE: Final = _("Everybody")
WRONG: Final = _("Please pick one.")
LONGEST_WORDS: Final = 100


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    detail: str = ""  # small, below
    tone: Tone | None = None  # for cells that say how something stands


@dataclass(frozen=True, slots=True)
class Line:
    cells: tuple[Cell, ...]
    tap: Button | None = None  # what the first cell leads to
    buttons: tuple[Button, ...] = ()  # below the first cell


@dataclass(frozen=True, slots=True)
class TableNotice:
    text: str
    tone: Tone = Tone.WAITING
    button: Button | None = None


@dataclass(frozen=True, slots=True)
class TeamFilterView:
    """The choices of the filter, each as value and text; `now` holds what is chosen."""

    now: ShowTeam
    roles: tuple[tuple[str, str], ...] = ()
    companies: tuple[tuple[str, str], ...] = ()
    states: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TableView:
    """`widths` are the shares of the columns; `place` says which lines these are ("1 to 12 of 340")."""

    title: str
    headers: tuple[str, ...]
    widths: tuple[int, ...]
    lines: tuple[Line, ...]
    intro: str = ""
    facts: tuple[Fact, ...] = ()
    notices: tuple[TableNotice, ...] = ()
    place: str = ""
    filter: TeamFilterView | None = None
    buttons: tuple[Button, ...] = ()
    footnote: str = ""
    way_back: Button | None = None  # to where the table was opened from
    words: Language = ENGLISH


def table_card(view: TableView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: TableView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(view.title, room)]
    if view.intro:
        body.append(say.paragraph(view.intro, room, limit=400, is_subtle=True, spacing="small"))
    if view.facts:
        body.append(say.facts(view.facts, room, limit=120))
    for notice in view.notices:
        body.append(say.notice(notice.text, notice.tone, room, limit=300))
        if notice.button is not None:
            body.append(say.small_buttons((notice.button,), room))
    if view.lines:
        body.append(_table(view, room))
    if view.place:
        body.append(say.paragraph(view.place, room, is_subtle=True, is_small=True, spacing="small"))
    if view.footnote:
        body.append(say.paragraph(view.footnote, room, limit=300, is_subtle=True, is_small=True, spacing="small"))
    if view.way_back is not None:
        body.append(say.small_buttons((view.way_back,), room))
    actions: list[parts.Action] = say.execute_all(view.buttons, room)
    if view.filter is not None:
        actions.append(_filter(view.filter, room))
    said = f"{view.title}. {view.intro or view.place}"
    return say.document(said, body, room, actions=actions, is_wide=True)


def _table(view: TableView, room: Room) -> parts.Table:
    header = [
        parts.TableCell(items=[say.paragraph(text, room, limit=40, is_bold=True, is_small=True)])
        for text in view.headers
    ]
    rows = [parts.TableRow(cells=header, style="emphasis")]
    rows += [parts.TableRow(cells=_cells(line, room)) for line in view.lines[:MOST_LINES]]
    return parts.Table(
        columns=[parts.TableColumn(width=share) for share in view.widths],
        rows=rows,
        firstRowAsHeader=True,
        showGridLines=False,
        spacing="medium",
    )


def _cells(line: Line, room: Room) -> list[parts.TableCell]:
    cells = []
    for place, cell in enumerate(line.cells):
        tap = line.tap if place == 0 else None
        items: list[parts.Element] = [_said(cell, room, is_bold=place == 0, leads_on=tap is not None)]
        if cell.detail:
            items.append(say.paragraph(cell.detail, room, limit=120, is_subtle=True, is_small=True, spacing="none"))
        if place == 0 and line.buttons:
            items.append(say.small_buttons(line.buttons, room))
        action = say.execute(tap.title, tap.action, room=room, takes_inputs=False) if tap else None
        cells.append(parts.TableCell(items=items, selectAction=action))
    return cells


def _said(cell: Cell, room: Room, *, is_bold: bool, leads_on: bool) -> parts.Element:
    color = {Tone.GOOD: "good", Tone.WAITING: "warning", Tone.BAD: "attention"}.get(cell.tone or Tone.NEUTRAL)
    color = "accent" if leads_on else color
    words = cell.text or room.words(say.NAMELESS)
    mark = {Tone.GOOD: "✓ ", Tone.WAITING: "⏳ ", Tone.BAD: "✕ "}.get(cell.tone or Tone.NEUTRAL, "")
    return say.paragraph(f"{mark}{words}", room, limit=90, is_bold=is_bold, color=color, spacing="none")


def _filter(view: TeamFilterView, room: Room) -> parts.ShowCard:
    """The filter's own card opens below. Nothing typed is lost: what is chosen now stands in it."""
    now, words = view.now, room.words
    fields = (
        ("role", words(ROLE), (EVERYTHING, words(ANY_ROLE)), view.roles),
        ("company", words(COMPANY), (EVERYTHING, words(ANY_COMPANY)), view.companies),
        ("state", words(STATE), (EVERYTHING, words(ANY_STATE)), view.states),
    )
    inputs: list[parts.Element] = [
        say.choice_input(
            name,
            label,
            words(WRONG),
            (everything, *choices),
            says_optional=False,
            value=now.chosen(name) or EVERYTHING,
            room=room,
        )
        for name, label, everything, choices in fields
        if len(choices) > 1 or now.chosen(name)
    ]
    inputs.append(
        say.text_input(
            "words",
            words(NAME),
            words(WRONG),
            value=now.chosen("words"),
            max_length=LONGEST_WORDS,
            says_optional=False,
            room=room,
        )
    )
    show = say.execute(words(SHOW), ShowTeam(project=now.project), room=room)
    return parts.ShowCard(title=words(FILTER), card=parts.AdaptiveCard(body=inputs, actions=[show]))
