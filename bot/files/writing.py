"""Writes enrolment files the one canonical way: UTF-8, `;`, LF, sorted, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Final

from bot.files.about import END_MARK, ENDS_WITH_MARK
from bot.files.columns import ANSWER, EMAIL, END, LABEL, NAME, OPTIONAL, SPONSOR, START
from bot.files.defusing import defuse
from bot.files.fields import tidy
from bot.files.labels import by_key, label_key, tidy_label
from bot.files.rows import EnrolmentRow

DELIMITER: Final = ";"


def write_enrolment(
    rows: Sequence[EnrolmentRow],
    *,
    header: bool = True,
    labels: Sequence[str] = (),
    projects: Sequence[str] = (),
) -> bytes:
    """A file that `read_enrolment` reads as these rows. The same rows in any order give the same bytes.

    `labels` and `projects` are what the file says it is complete for, so that it stays about them without rows; the
    labels of its rows belong to them. With a header the file ends with a mark, so that one that was cut off is noticed.
    Without one it has the customer's three fields and nothing else. Line breaks in a field become spaces.

    Raises ValueError when rows have dates, a sponsor or answers and the file is to have no header.
    """
    columns = _columns(rows)
    if not header and len(columns) > 3:
        raise ValueError("dates, sponsors and answers need a header")
    declared = _declared(rows, labels, projects)
    file = io.StringIO(newline="")
    if header:
        file.write(f"# {ENDS_WITH_MARK}\n")
    file.writelines(f"# package: {defuse(label)}\n" for label in declared)
    file.writelines(f"# project: {defuse(tidy(project)[0])}\n" for project in sorted(projects, key=label_key))
    writer = csv.writer(file, delimiter=DELIMITER, lineterminator="\n")
    if header:
        writer.writerow(columns)
    for row in sorted(rows, key=_order):
        writer.writerow([defuse(tidy(_field(row, column))[0]) for column in columns])
    if header:
        file.write(f"# {END_MARK}\n")
    return file.getvalue().encode()


def _declared(rows: Sequence[EnrolmentRow], labels: Sequence[str], projects: Sequence[str]) -> list[str]:
    """Every label that the file has to name, so that what it says of itself covers all of its rows."""
    named = by_key([tidy_label(tidy(label)[0]) for label in labels])
    if labels or projects:
        whole = {label_key(project) for project in projects}
        named |= by_key([row.label for row in rows if label_key(row.project) not in whole])
    return [named[key] for key in sorted(named)]


def _order(row: EnrolmentRow) -> tuple[str, str, str]:
    return label_key(row.label), row.email.casefold(), row.display_name


def _columns(rows: Sequence[EnrolmentRow]) -> list[str]:
    """The three that every file has, and of the others those that somebody has."""
    optional = [column for column in OPTIONAL if any(_field(row, column) for row in rows)]
    questions = sorted({question for row in rows for question, answer in row.answers.items() if answer})
    return [NAME, EMAIL, LABEL, *optional, *(f"{ANSWER}{question}" for question in questions)]


def _field(row: EnrolmentRow, column: str) -> str:
    fields = {
        NAME: row.display_name,
        EMAIL: row.email,
        LABEL: row.label,
        START: row.start,
        END: row.end,
        SPONSOR: row.sponsor,
    }
    return fields[column] if column in fields else row.answers.get(column.removeprefix(ANSWER), "")
