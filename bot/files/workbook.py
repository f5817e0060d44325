"""An Excel workbook (.xlsx) as lines of cells. What is not a plain table of values is refused before it is opened."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final

from openpyxl import load_workbook

from bot.files.fields import LONGEST_FIELD
from bot.files.findings import Findings
from bot.files.lines import Line, Trouble

ZIP: Final = b"PK\x03\x04"
EMPTY_ZIP: Final = b"PK\x05\x06"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old workbooks begin, and new ones that are protected with a password."""

_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_LARGEST_UNPACKED: Final = 128 * 1024 * 1024
_HIGHEST_RATIO: Final = 100
_RATIO_COUNTS_FROM: Final = 8 * 1024 * 1024
_MOST_PARTS: Final = 1_000
_CHUNK: Final = 1024 * 1024
_DECLARATIONS: Final = (b"<!DOCTYPE", b"<!ENTITY")
_MOST_COLUMNS: Final = 30
_LAST_ROW: Final = 1_048_576
_LOOKED_AT: Final = 1_000  # rows of another sheet, to see whether it holds anything


def is_workbook(content: bytes) -> bool:
    """Whether these are the bytes of a workbook of some kind, readable or not."""
    return content.startswith((ZIP, EMPTY_ZIP, OLE))


def read_workbook(content: bytes, findings: Findings, most_rows: int) -> list[Line] | None:
    """The rows of the first visible sheet. None, with one finding, when the workbook cannot be used."""
    if problem := _refusal(content):
        findings.add(problem)
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of parts of a workbook that no table of people needs.
            return _read(content, findings, most_rows)
    except Exception:  # openpyxl lets out whatever it stumbles over in a damaged part, KeyError as well as ParseError.
        findings.add("workbook.damaged")
        return None


def _refusal(content: bytes) -> str:
    """Why the workbook is not opened, as a code. Its parts are unpacked once for it, and nothing is kept."""
    if content.startswith(OLE):
        return "workbook.encrypted" if _ENCRYPTED in content else "workbook.old"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return _refusal_of_parts(package, len(content))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return "workbook.damaged"


def _refusal_of_parts(package: zipfile.ZipFile, size: int) -> str:
    parts = package.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        return "workbook.encrypted"
    if any(name.casefold().endswith("vbaproject.bin") for name in names):
        return "workbook.macros"
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        return "workbook.other"
    if len(parts) > _MOST_PARTS:
        return "workbook.too_large"
    unpacked = 0
    for part in parts:
        tail = b""
        with package.open(part) as file:
            while chunk := file.read(_CHUNK):
                unpacked += len(chunk)
                if _is_too_much(unpacked, size):
                    return "workbook.too_large"
                if any(declaration in tail + chunk for declaration in _DECLARATIONS):
                    return "workbook.damaged"  # Entities could grow without end; no workbook declares any.
                tail = chunk[-16:]
    return ""


def _is_too_much(unpacked: int, size: int) -> bool:
    """Counted while unpacking, since what an archive says about its own size can be a lie."""
    return unpacked > _LARGEST_UNPACKED or (unpacked > _RATIO_COUNTS_FROM and unpacked > size * _HIGHEST_RATIO)


def _read(content: bytes, findings: Findings, most_rows: int) -> list[Line] | None:
    """Formulas are seen as formulas: their values are whatever was stored with them, and are not used."""
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        if not sheets:
            findings.add("workbook.damaged")
            return None
        lines = []
        for line in _lines(sheets[0]):
            lines.append(line)
            if len(lines) > most_rows:
                findings.add("file.too_many_rows", limit=most_rows)
                return None
        others = [sheet.title for sheet in sheets[1:] if any(True for _ in _lines(sheet, _LOOKED_AT))]
        if others:
            findings.add("workbook.sheets", sheet=sheets[0].title, others=", ".join(others))
        return lines
    finally:
        book.close()


def _lines(sheet: Any, most: int | None = None) -> Iterator[Line]:
    """Rows that hold something, among the first `most`. What a sheet says about its own size is not believed: some
    programs write it wrongly, and a sheet of a few bytes may have its only row at the very end, which takes seconds.

    Raises ValueError for a row number that no workbook has.
    """
    sheet.reset_dimensions()
    width = 0
    for number, row in enumerate(islice(sheet.iter_rows(max_col=_MOST_COLUMNS), most), 1):
        if number > _LAST_ROW:
            raise ValueError("there is no such row")
        if all(cell.value is None for cell in row) or (line := _line(number, row, width)).is_blank:
            continue
        if not width and not line.is_comment:
            width = len(line.cells)
        yield line


def _line(number: int, row: Sequence[Any], width: int) -> Line:
    """The cells as text, without empty ones at the end beyond the width of the table."""
    texts, troubles = [], []
    for index, cell in enumerate(row):
        if cell.value is not None and cell.data_type in ("f", "e"):
            code = "cell.formula" if cell.data_type == "f" else "cell.error"
            troubles.append(Trouble(code, index, str(cell.value)))
        texts.append(_as_text(cell.value))
    while len(texts) > width and not texts[-1].strip():
        texts.pop()
    return Line(number, (*texts, *[""] * (width - len(texts))), troubles=tuple(troubles))


def _as_text(value: object) -> str:
    """What the cell shows, as far as it matters here: a date as an ISO date, a whole number without a fraction."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[: LONGEST_FIELD + 1]
