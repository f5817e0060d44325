"""How long enrolment files of the largest size take, and how much memory: read, checked and written.

    python -m benchmarks.enrolment_files

Fails when 100,000 rows take longer than 15 seconds or more than 500 MB.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import date
from typing import Final

from bot.files.checks import KnownPerson, check_people, check_together
from bot.files.enrolment import LARGEST_FILE, read_enrolment
from bot.files.rows import EnrolmentFile, EnrolmentRow, Place
from bot.files.tables import write_xlsx
from bot.files.writing import write_enrolment

ROWS: Final = 100_000
LABELS: Final = tuple(f"Project {number:03} | {role}" for number in range(40) for role in ("Contributor", "Manager"))
SECONDS: Final = 15.0
MEGABYTES: Final = 500


def rows(count: int) -> list[EnrolmentRow]:
    return [
        EnrolmentRow(
            Place("", number), f"Person Nümber {number}", f"p{number}@company{number % 50}.example", LABELS[number % 80]
        )
        for number in range(count)
    ]


def largest(line: bytes) -> bytes:
    """As many of these lines as a file may have bytes, up to the limit of lines."""
    return line * min(LARGEST_FILE // len(line), 190_000)


def timed(what: str, work: Callable[[], EnrolmentFile]) -> float:
    began = time.perf_counter()
    file = work()
    seconds = time.perf_counter() - began
    print(
        f"{what:<44} {seconds:6.2f} s  {len(file.rows):7,} people  {len(file.findings):5,} findings  {memory():5.0f} MB"
    )
    return seconds


def memory() -> float:
    """The most that this process has used so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    people = rows(ROWS)
    canonical = write_enrolment(people)
    today = date(2026, 11, 22)
    print(f"{ROWS:,} rows, {len(canonical) / 1024**2:.1f} MB as CSV")
    slowest = timed("CSV", lambda: read_enrolment("people.csv", canonical, known_labels=LABELS, today=today))
    untidy = b"".join(
        b" " + line.replace(b";", b" ; ").replace(b" | ", b"|") + b" \n" for line in canonical.split(b"\n")[2:-2]
    )
    slowest = max(slowest, timed("CSV with spaces in every field", lambda: read_enrolment("people.csv", untidy)))
    known = [KnownPerson(str(number), row.display_name, row.email) for number, row in enumerate(people)]
    whole = read_enrolment("people.csv", canonical)
    slowest = max(slowest, timed("compared with as many people", lambda: check_people(whole, known)))
    slowest = max(slowest, timed("compared for roles that do not go together", lambda: apart(whole)))
    timed("20 MB of broken lines", lambda: read_enrolment("people.csv", largest(b'"x;' + b"\xc3\xbc" * 60 + b"@;;\n")))
    timed("20 MB in one line", lambda: read_enrolment("people.csv", b"x;" * (LARGEST_FILE // 2)))
    timed("20 MB of quotation marks", lambda: read_enrolment("people.csv", b'"' * LARGEST_FILE))
    table = write_xlsx(("name", "email", "package"), [(row.display_name, row.email, row.label) for row in people])
    print(f"{len(table) / 1024**2:.1f} MB as a workbook")
    timed("workbook", lambda: read_enrolment("people.xlsx", table))
    is_good = slowest < SECONDS and memory() < MEGABYTES
    print(f"slowest {slowest:.2f} s (limit {SECONDS:.0f} s), most memory {memory():.0f} MB (limit {MEGABYTES} MB)")
    return 0 if is_good else 1


def apart(file: EnrolmentFile) -> EnrolmentFile:
    return check_together([file], [(LABELS[0], LABELS[1])])[0]


if __name__ == "__main__":
    sys.exit(main())
