"""Writes any table as CSV or as a workbook, so that no cell of it can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils.cell import get_column_letter

from bot.files.defusing import defuse

_LONGEST_CELL: Final = 32_767
_LONGEST_SHEET_NAME: Final = 31
_WIDEST_COLUMN: Final = 60
_NOT_IN_SHEET_NAMES: Final = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with the mark that Excel needs to see it, `;`, LF. Formulas are defused as in enrolment files."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\n")
    writer.writerow([defuse(_text(header)) for header in headers])
    writer.writerows([defuse(_text(cell)) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def write_xlsx(headers: Sequence[str], rows: Iterable[Sequence[object]], title: str = "Doorman") -> bytes:
    """A workbook with one sheet: the first row stays in view, every cell is text, also what looks like a formula."""
    kept = [[_text(cell) for cell in row] for row in rows]
    book = Workbook(write_only=True)
    sheet = book.create_sheet(" ".join(title.translate(_NOT_IN_SHEET_NAMES).split())[:_LONGEST_SHEET_NAME] or "Doorman")
    sheet.freeze_panes = "A2"
    for index, header in enumerate(headers):
        longest = max([len(_text(header)), *(len(row[index]) for row in kept if index < len(row))])
        sheet.column_dimensions[get_column_letter(index + 1)].width = min(longest + 2, _WIDEST_COLUMN)

    def cell(text: str, *, is_bold: bool = False) -> Cell:
        made: Cell = WriteOnlyCell(sheet, value=text[:_LONGEST_CELL])
        made.data_type = "s"  # openpyxl would store a text that begins with = as a formula.
        made.quotePrefix = True
        if is_bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(_text(header), is_bold=True) for header in headers])
    for row in kept:
        sheet.append([cell(text) for text in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _text(value: object) -> str:
    """One line of text; None is nothing. Signs that workbooks cannot hold are left out."""
    text = "" if value is None else str(value)
    return "".join(sign for sign in " ".join(text.splitlines()) if sign.isprintable() or sign == "\u200d")
