"""A text file as lines of fields, with the place of every field.

Fields are read by Python's csv module, one line at a time: a quotation mark that is never closed then costs its own
line, where a reader of whole files would swallow the people on all lines up to the next one.

The delimiter is not guessed from the frequency of signs, as `csv.Sniffer` does: it takes any sign that is frequent,
fails on files of one line, and what it answers changes with the names in the file. The lines are read with each of the
three delimiters instead, and the one counts by which most lines have an e-mail address as a field of its own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

DELIMITERS: Final = (";", ",", "\t")
DELIMITER_NAMES: Final = {";": ";", ",": ",", "\t": "Tab"}

_SAMPLE_LINES: Final = 2_000
_LONGEST_LINE: Final = 100_000
_SHOWN: Final = 100
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_ADDRESS: Final = re.compile(r"\s*[^\s@;,\"]+@[^\s@;,\"]+\s*")
_HINT: Final = re.compile(r"\"?sep=(.)\"?[;,\t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a cell before anybody looks at its meaning; `index` counts from 0."""

    code: str
    index: int = 0
    value: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a text file, or one row of a workbook, which has no `raw` text."""

    number: int
    cells: tuple[str, ...]
    raw: str | None = None
    delimiter: str = ""
    troubles: tuple[Trouble, ...] = ()

    @property
    def is_comment(self) -> bool:
        first = self.cells[0].lstrip() if self.cells else ""
        return first.startswith("#")

    @property
    def is_blank(self) -> bool:
        return not self.troubles and not any(cell.strip() for cell in self.cells)

    @property
    def comment(self) -> str:
        """What a comment says, without its sign and without the delimiters that spreadsheets put behind it."""
        text = self.cells[0] if self.raw is None else self.raw.strip().strip('"')
        return text.lstrip().removeprefix("#").strip().rstrip("".join(DELIMITERS)).strip()

    def column(self, index: int, offset: int = 0) -> int:
        """Where the cell begins, or the sign at `offset` in it."""
        if self.raw is None:
            return index + 1
        start = _starts(self.raw, self.delimiter, index)
        if self.raw[start : start + 1] == '"':
            return start + 1 if not offset else start + 2 + offset
        return start + 1 + offset


def text_lines(text: str) -> list[str]:
    """The lines without their ends. Only the ends that editors write end a line: CR LF, LF and CR."""
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def read_lines(lines: list[str]) -> Iterator[Line]:
    """Every line with its fields, numbered from 1. A first line `sep=;`, which Excel writes, is obeyed and left out."""
    hint = _HINT.fullmatch(lines[0].strip(" ")) if lines else None
    delimiter = hint[1] if hint and hint[1] in DELIMITERS else best_delimiter(lines)
    for number, raw in enumerate(lines, 1):
        if number == 1 and hint:
            continue
        if len(raw) > _LONGEST_LINE:
            yield Line(number, (raw[:_SHOWN],), raw[:_SHOWN], delimiter, (Trouble("field.long"),))
            continue
        try:
            yield Line(number, _cells(raw, delimiter), raw, delimiter)
        except csv.Error:
            cells = tuple(raw.split(delimiter))
            opened = next((index for index, cell in enumerate(cells) if '"' in cell), 0)
            yield Line(number, cells, raw, delimiter, (Trouble("row.quote", opened),))


def best_delimiter(lines: list[str]) -> str:
    """The one by which most lines have an e-mail address as a field; among equals, by which they have most fields."""
    content = (line[:_LONGEST_LINE] for line in lines if line.strip() and not line.lstrip('" ').startswith("#"))
    sample = list(islice(content, _SAMPLE_LINES))

    def fit(delimiter: str) -> tuple[int, int]:
        read = [cells_of(line, delimiter) for line in sample]
        return sum(map(has_address, read)), sum(map(len, read))

    return max(DELIMITERS, key=fit)


def other_delimiter(line: Line) -> str:
    """The delimiter by which this line would have an e-mail address as a field, where its own leaves it none."""
    if line.raw is None or has_address(line.cells):
        return ""
    return next((sign for sign in DELIMITERS if sign != line.delimiter and has_address(cells_of(line.raw, sign))), "")


def cells_of(line: str, delimiter: str) -> tuple[str, ...]:
    """The fields of a line, those of a broken one as far as they can be told apart."""
    try:
        return _cells(line, delimiter)
    except csv.Error:
        return tuple(line.split(delimiter))


def has_address(cells: tuple[str, ...]) -> bool:
    return any(_ADDRESS.fullmatch(cell) for cell in cells)


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    """Raises csv.Error when the quotation marks do not match, or a field is longer than the module allows."""
    if '"' not in line:
        return tuple(line.split(delimiter))
    for cells in csv.reader([line], delimiter=delimiter, strict=True):
        return tuple(cells)
    return ()


def _starts(raw: str, delimiter: str, index: int) -> int:
    """Where field number `index` begins in the line: behind as many delimiters outside quotation marks."""
    if not index:
        return 0
    seen, is_inside, has_quotes = 0, False, raw.startswith('"')
    for at, sign in enumerate(raw):
        if sign == '"' and has_quotes:
            is_inside = not is_inside
        elif sign == delimiter and not is_inside:
            seen += 1
            if seen == index:
                return at + 1
            has_quotes = raw.startswith('"', at + 1)
    return len(raw)
