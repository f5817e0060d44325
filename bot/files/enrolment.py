"""Reads an enrolment file: lenient about how it is written, strict about what it means."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from bot.files.about import About
from bot.files.columns import WITHOUT_HEADER, Columns, is_header, read_header
from bot.files.decoding import decode
from bot.files.findings import Findings
from bot.files.lines import Line, read_lines, text_lines
from bot.files.neighbours import compare, once_each
from bot.files.row_reader import RowReader
from bot.files.rows import EnrolmentFile, EnrolmentRow
from bot.files.workbook import ZIP, is_workbook, read_workbook

LARGEST_FILE: Final = 20 * 1024 * 1024
MOST_LINES: Final = 200_000


def read_enrolment(
    name: str, content: bytes, *, known_labels: Sequence[str] = (), today: date | None = None
) -> EnrolmentFile:
    """What the file says, and everything that is wrong with it. Never raises for what is in the file.

    `name` is the file's name, with or without folders. `known_labels` are the tenant's access packages: with them,
    labels are spelt as the tenant spells them and unknown ones are errors. `today` is for periods that are over.
    A row with an error is not among the rows.
    """
    findings = Findings(name)
    about = About(name, known_labels, findings)
    lines = _lines(name, content, findings)
    rows = _rows(name, lines, about, findings, today) if lines is not None else []
    if lines and rows and _is_cut_within(rows, lines[-1], content, about):
        findings.add("file.truncated", lines[-1].number)
        rows.pop()
    labels = {**dict.fromkeys(about.labels), **dict.fromkeys(row.label for row in rows)}
    return EnrolmentFile(
        name, tuple(rows), findings.all(), hashlib.sha256(content).hexdigest(), tuple(labels), about.projects
    )


def _lines(name: str, content: bytes, findings: Findings) -> list[Line] | None:
    """The lines of the file; None, with a finding, when there is nothing that could be read."""
    if len(content) > LARGEST_FILE:
        findings.add("file.too_large", limit=LARGEST_FILE // 1024**2)
        return None
    if not is_workbook(content):
        return _text(content, findings)
    if name.casefold().endswith(".xlsm"):
        findings.add("workbook.macros")
        return None
    if content.startswith(ZIP) and not name.casefold().endswith(".xlsx"):
        findings.add("file.type")
    return read_workbook(content, findings, MOST_LINES)


def _text(content: bytes, findings: Findings) -> list[Line] | None:
    decoded = decode(content)
    if decoded.text is None:
        facts = {"kind": decoded.kind} if decoded.kind else {}
        findings.add(decoded.problem, 0, 0, "", **facts)
        return None
    raw = text_lines(decoded.text)
    if len(raw) > MOST_LINES:
        findings.add("file.too_many_rows", limit=MOST_LINES)
        return None
    if decoded.problem:
        before = text_lines(decoded.text[: decoded.at + 1])
        findings.add(decoded.problem, len(before), len(before[-1]))
    if raw and not decoded.text.endswith(("\n", "\r")):
        findings.add("file.no_newline", len(raw), len(raw[-1]) + 1)
    return list(read_lines(raw))


def _rows(name: str, lines: list[Line], about: About, findings: Findings, today: date | None) -> list[EnrolmentRow]:
    for line in lines:
        if line.is_comment:
            about.read_comment(line)
    if about.is_cut_off:
        findings.add("file.truncated", lines[-1].number)
    content = [line for line in lines if not line.is_blank and not line.is_comment]
    columns: Columns | None = WITHOUT_HEADER
    header: tuple[str, ...] | None = None
    if content and is_header(content[0]):
        columns = read_header(content[0], findings)
        header = content[0].cells
    if columns is None:
        return []
    people = [line for line in content if line.cells != header]
    if not people:
        _say_empty(about, findings)
    elif not _names_packages(people, columns):
        about.take_name()
    else:
        about.hold_to_name(list(_labels_of(people, columns)))
    reader = RowReader(name, columns, about, findings, today)
    read = [_read(line, reader, about, findings) for line in people]
    rows = once_each((row for row in read if row), findings)
    compare(rows, findings)
    return rows


def _read(line: Line, reader: RowReader, about: About, findings: Findings) -> EnrolmentRow | None:
    if about.is_after_end(line):
        findings.add("row.after_end", line.number)
    return reader.read(line)


def _names_packages(lines: list[Line], columns: Columns) -> bool:
    if columns.has_header:
        return columns.has_label
    return any(_labels_of(lines, columns))


def _labels_of(lines: list[Line], columns: Columns) -> Iterator[str]:
    """What is in the column for access packages, as it stands there."""
    index = columns.places.get("package", -1)
    for line in lines:
        if 0 <= index < len(line.cells) and line.cells[index].strip():
            yield line.cells[index]


def _is_cut_within(rows: Sequence[EnrolmentRow], line: Line, content: bytes, about: About) -> bool:
    """Whether the last line has no end, and ends with the beginning of what other lines have whole."""
    if line.raw is None or content.rstrip(b"\0").endswith((b"\n", b"\r")) or rows[-1].place.line != line.number:
        return False
    last = rows[-1]
    labels = {*about.labels, *(row.label for row in rows[:-1])}
    domains = {row.email.rpartition("@")[2] for row in rows[:-1]}
    return _begins(last.label, labels) or _begins(last.email.rpartition("@")[2], domains)


def _begins(text: str, wholes: set[str]) -> bool:
    return text not in wholes and any(whole.startswith(text) for whole in wholes)


def _say_empty(about: About, findings: Findings) -> None:
    """A file without people: about packages that it names, or about nothing, which is never meant."""
    if not about.labels and not about.projects:
        findings.add("file.empty")
    for what in (*about.labels, *about.projects):
        findings.add("file.no_rows" if about.is_said else "file.no_people", label=what)
