"""Whatever happens to a good file, nobody is lost from what it means without an error, save those on damaged lines.

A file with an error removes nobody. So that a removal is never an accident of the bytes, the reader keeps to this: when
a part of a file was changed and there is still no error, everybody whose own line was left alone is read as before.

Of a file that was cut off between two lines nothing in it can tell that it was longer. The canonical files end with a
mark for that reason, and are never read without an error when the mark is gone. A file of the customer's format has no
mark; there the brake of the plan, the list of removals and the second person stand between a cut file and a removal.
"""

from __future__ import annotations

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile, EnrolmentRow, Place
from bot.files.writing import write_enrolment
from tests.files.good_files import LABELS, GoodFile, Pair, Span, damaged, damages, good_files
from tests.files.workbooks import HEADER, USER_Z, workbook

ROWS = [
    EnrolmentRow(Place(""), f"Übel {number}", f"person{number}@fernhill.example", LABELS[number % len(LABELS)])
    for number in range(6)
]
WORKBOOK = workbook(HEADER, USER_Z, ("User Y", "usery@example.com", "Project X | Role Y"))


def meaning(file: EnrolmentFile) -> set[Pair]:
    return {(row.email, row.label) for row in file.rows}


@given(good_files())
def test_a_good_file_is_read_as_it_was_meant(good: GoodFile) -> None:
    file = read_enrolment("people.csv", good.content)
    assert not file.has_errors, file.findings
    assert meaning(file) == set(good.people)


@given(st.data(), good_files())
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
def test_damage_loses_nobody_on_other_lines_without_an_error(data: st.DataObject, good: GoodFile) -> None:
    damage = data.draw(damages(len(good.content)))
    file = read_enrolment("people.csv", damaged(good.content, damage))
    event("error" if file.has_errors else "no error")
    if not file.has_errors:
        untouched = {pair for pair, span in good.people.items() if not span.touches(damage.span)}
        assert untouched <= meaning(file)


@given(st.data(), good_files())
@settings(max_examples=200)
def test_what_is_cut_off_is_an_error_or_leaves_whole_lines(data: st.DataObject, good: GoodFile) -> None:
    length = data.draw(st.integers(0, len(good.content) - 1))
    file = read_enrolment("people.csv", good.content[:length])
    rest = Span(length + 1, len(good.content) + 1)
    whole = {pair for pair, span in good.people.items() if not span.touches(rest)}
    if not file.has_errors:
        assert whole <= meaning(file)


def test_a_canonical_file_is_never_taken_for_whole_when_its_end_is_missing() -> None:
    content = write_enrolment(ROWS, labels=LABELS)
    whole = meaning(read_enrolment("people.csv", content))
    assert whole == {(row.email, row.label) for row in ROWS}
    for length in range(len(content)):
        file = read_enrolment("people.csv", content[:length])
        assert file.has_errors or meaning(file) == whole, content[:length]


def test_a_file_without_marks_tells_wherever_it_was_cut_within_a_line() -> None:
    content = write_enrolment(ROWS, header=False)
    for length in range(1, len(content)):
        codes = {finding.code for finding in read_enrolment("people.csv", content[:length]).findings}
        assert content[:length].endswith(b"\n") or codes & {"file.no_newline", "file.truncated"}, content[:length]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_workbook_is_refused_or_read_as_it_was(data: st.DataObject) -> None:
    file = read_enrolment("people.xlsx", damaged(WORKBOOK, data.draw(damages(len(WORKBOOK)))))
    assert file.has_errors or meaning(file) == meaning(read_enrolment("people.xlsx", WORKBOOK))


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_no_bytes_are_an_exception(content: bytes) -> None:
    for name in ("people.csv", "people.xlsx"):
        file = read_enrolment(name, content)
        assert file.rows or file.has_errors or file.labels


@given(st.text(max_size=200))
@settings(max_examples=200)
def test_no_text_is_an_exception(text: str) -> None:
    assume("\0" not in text)
    file = read_enrolment("people.csv", text.encode("utf-8", "replace"), known_labels=LABELS)
    assert file.rows or file.has_errors or file.labels
