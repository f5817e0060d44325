"""Workbooks made for tests, good ones and such as nobody should open."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from openpyxl import Workbook

from tests.files.corpus import Expected

HEADER: Final = ("name", "email", "package")
USER_Z: Final = ("User Z", "userz@example.com", "Project X | Role Y")


def workbook(*rows: Sequence[Any], sheets: dict[str, list[Sequence[Any]]] | None = None, hide: str = "") -> bytes:
    book = Workbook()
    first = book.active
    assert first is not None
    first.title = "People"
    for row in rows:
        first.append(tuple(row))
    for title, content in (sheets or {}).items():
        sheet = book.create_sheet(title)
        for row in content:
            sheet.append(tuple(row))
    if hide:
        book[hide].sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same archive with one part more, or with another part of that name."""
    old, file = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, part)
    return file.getvalue()


def part(content: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(content)).read(name)


GOOD: Final = workbook(HEADER, USER_Z)
SHEET: Final = "xl/worksheets/sheet1.xml"


def bomb() -> bytes:
    """200 MB of spaces, packed to some 200 KB."""
    return with_part(GOOD, "xl/media/image1.bin", b" " * (200 * 1024 * 1024))


def lying_bomb() -> bytes:
    """30 MB that claim to be small in the archive's own list."""
    content = bytearray(with_part(GOOD, "xl/media/image1.bin", b" " * (30 * 1024 * 1024)))
    size = (30 * 1024 * 1024).to_bytes(4, "little")
    return bytes(content).replace(size, (100).to_bytes(4, "little"))


def laughing() -> bytes:
    entities = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    return with_part(GOOD, SHEET, part(GOOD, SHEET).replace(b"<worksheet", entities + b"<worksheet", 1))


def encrypted_parts() -> bytes:
    """The flag that parts of the archive are encrypted, in both places where it stands."""
    return GOOD.replace(b"PK\x03\x04\x14\x00\x00", b"PK\x03\x04\x14\x00\x01").replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    )


def other_archive() -> bytes:
    return with_part(b"PK\x05\x06" + b"\0" * 18, "mimetype", b"application/vnd.oasis.opendocument.spreadsheet")


def many_parts() -> bytes:
    file = io.BytesIO(GOOD)
    with zipfile.ZipFile(file, "a") as archive:
        for number in range(1_001):
            archive.writestr(f"xl/media/{number}", b"")
    return file.getvalue()


GENERATED: Final[dict[str, tuple[Callable[[], bytes], Expected]]] = {
    "bomb.xlsx": (bomb, (0, [("workbook.too_large", 0, 0)])),
    "lying-bomb.xlsx": (lying_bomb, (0, [("workbook.damaged", 0, 0)])),
    "entities.xlsx": (laughing, (0, [("workbook.damaged", 0, 0)])),
    "many-parts.xlsx": (
        many_parts,
        (0, [("workbook.too_large", 0, 0)]),
    ),
    "encrypted-parts.xlsx": (encrypted_parts, (0, [("workbook.encrypted", 0, 0)])),
    "macros.xlsx": (
        lambda: with_part(GOOD, "xl/vbaProject.bin", b"\0"),
        (0, [("workbook.macros", 0, 0)]),
    ),
    "macros.xlsm": (lambda: GOOD, (0, [("workbook.macros", 0, 0)])),
    "other-archive.ods": (other_archive, (0, [("file.type", 0, 0), ("workbook.other", 0, 0)])),
    "half.xlsx": (lambda: GOOD[: len(GOOD) // 2], (0, [("workbook.damaged", 0, 0)])),
    "no-sheet.xlsx": (lambda: with_part(GOOD, SHEET, b"<nothing/"), (0, [("workbook.damaged", 0, 0)])),
    "workbook-named.csv": (lambda: GOOD, (1, [("file.type", 0, 0)])),
    "formula.xlsx": (
        lambda: workbook(HEADER, USER_Z, ("=A2", "usery@example.com", "Project X | Role Y")),
        (1, [("cell.formula", 3, 1)]),
    ),
    "error-cell.xlsx": (
        lambda: workbook(HEADER, USER_Z, ("User Y", "usery@example.com", "#REF!")),
        (1, [("cell.error", 3, 3)]),
    ),
    "other-sheets.xlsx": (
        lambda: workbook(HEADER, USER_Z, sheets={"More": [USER_Z], "Blank": []}),
        (1, [("workbook.sheets", 0, 0)]),
    ),
    "only-hidden-sheets.xlsx": (
        lambda: workbook(HEADER, USER_Z, sheets={"More": [USER_Z]}, hide="More"),
        (1, []),
    ),
    "merged-packages.xlsx": (
        lambda: workbook(HEADER, USER_Z, ("User Y", "usery@example.com", None)),
        (1, [("label.missing", 3, 3)]),
    ),
    "dates.xlsx": (
        lambda: workbook((*HEADER, "end"), (*USER_Z, date(2020, 1, 1))),
        (1, [("period.past", 2, 4)]),
    ),
    "spaces.xlsx": (
        lambda: workbook(HEADER, (" User Z", *USER_Z[1:])),
        (1, [("space.edges", 2, 1)]),
    ),
    "no-rows.xlsx": (lambda: workbook(), (0, [("file.empty", 0, 0)])),
    "Project X | Role Y.csv": (lambda: b"", (0, [("file.no_people", 0, 0)])),
    "far-too-large.csv": (lambda: b"x" * (20 * 1024 * 1024 + 1), (0, [("file.too_large", 0, 0)])),
    "far-too-many-lines.csv": (lambda: b"\n" * 200_001, (0, [("file.too_many_rows", 0, 0)])),
}
