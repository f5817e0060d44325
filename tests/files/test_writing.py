"""What is written reads back as it was, and is harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.files.defusing import SIGNS, defuse, restore
from bot.files.enrolment import read_enrolment
from bot.files.fields import tidy
from bot.files.rows import EnrolmentRow, Place
from bot.files.tables import write_csv, write_xlsx
from bot.files.writing import write_enrolment

LABEL = "Project X | Role Y"
_PRINTED = st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn"))
texts = st.text(_PRINTED | st.sampled_from("=+-@#';,\"\t |"), max_size=20).map(lambda text: tidy(text)[0])


def row(name: str = "User Z", email: str = "userz@example.com", label: str = LABEL, **rest: str) -> EnrolmentRow:
    answers = {key: value for key, value in rest.items() if key not in ("start", "end", "sponsor")}
    dates = {key: value for key, value in rest.items() if key not in answers}
    return EnrolmentRow(Place(""), name, email, label, **dates, answers=answers)


def test_the_canonical_file_is_sorted_and_the_same_for_the_same_people() -> None:
    rows = [row("B", "b@x.example"), row("A", "a@x.example", "Project W | Role Y"), row("C", "a@x.example")]
    expected = (
        '# The last line is "# end".\n'
        "name;email;package\n"
        "A;a@x.example;Project W | Role Y\n"
        "C;a@x.example;Project X | Role Y\n"
        "B;b@x.example;Project X | Role Y\n"
        "# end\n"
    )
    assert write_enrolment(rows) == write_enrolment(rows[::-1]) == expected.encode()


def test_only_columns_that_somebody_has_are_written() -> None:
    content = write_enrolment([row(end="2030-12-24", Ship="Aurora"), row(email="b@x.example")]).decode()
    assert "\nname;email;package;end;answer:Ship\n" in content
    assert "\nUser Z;b@x.example;Project X | Role Y;;\n" in content


def test_the_customers_format_has_no_header() -> None:
    assert write_enrolment([row()], header=False) == b"User Z;userz@example.com;Project X | Role Y\n"
    with pytest.raises(ValueError, match="need a header"):
        write_enrolment([row(end="2030-12-24")], header=False)


def test_a_file_that_says_what_it_is_about_covers_its_rows() -> None:
    content = write_enrolment([row()], labels=["Project A | Role B"], projects=["Project Q"])
    file = read_enrolment("people.csv", content)
    assert file.labels == ("Project A | Role B", LABEL)
    assert file.projects == ("Project Q",)
    assert not file.has_errors


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5))
def test_whatever_people_are_called_and_answer_reads_back(said: list[tuple[str, str]]) -> None:
    rows = [
        EnrolmentRow(Place(""), name, f"p{number}@x.example", LABEL, answers={"Why?": answer} if answer else {})
        for number, (name, answer) in enumerate(said)
    ]
    file = read_enrolment("people.csv", write_enrolment(rows))
    assert not file.has_errors, file.findings
    assert [(each.display_name, dict(each.answers)) for each in file.rows] == [
        (each.display_name, dict(each.answers)) for each in rows
    ]


@given(st.text(st.sampled_from("=+-@#'\t\r\uff1d") | _PRINTED))
def test_defusing_loses_nothing_and_leaves_no_formula(text: str) -> None:
    assert restore(defuse(text)) == text
    assert defuse(text)[:1] not in set(SIGNS)


@given(st.lists(st.lists(st.text(_PRINTED | st.sampled_from("=+-@\t\r\n")), min_size=2, max_size=2), max_size=5))
def test_no_cell_of_a_table_is_a_formula(cells: list[list[str]]) -> None:
    content = write_csv(("=Who", "What"), cells)
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(read) == len(cells) + 1
    assert not [cell for line in read for cell in line if re.match(r"[=+\-@\t\r\n]", cell)]


@given(st.text(st.sampled_from("=+-@#';,\t\" ") | _PRINTED, max_size=12))
@example("a,=1+1,b")
@example(";@SUM(1)")
@example("a\t+1")
def test_no_spreadsheet_of_any_country_finds_a_formula(text: str) -> None:
    """Where fields are parted at another sign than ours, marks of quotation within a line hold nothing together."""
    label = tidy(f"Project X | {text or 'R'}")[0]
    people = [row(f"User {text}", label=label)]
    for content in (write_csv(("Who", "What"), [("Ann", text)]), write_enrolment(people, labels=[label])):
        lines = content.decode("utf-8-sig").splitlines()
        cells = [cell for line in lines for sign in ";,\t" for cell in line.split(sign)[1:]]
        assert not [cell for cell in cells if re.match(r"[=+\-@]", cell)]


def test_what_a_file_is_about_reads_back_although_it_looks_like_formulas() -> None:
    labels = ["Project X | Role;=HYPERLINK(1)", "=Project Y | Role,'+1"]
    file = read_enrolment("people.csv", write_enrolment([], labels=labels, projects=["Project;@SUM(1)"]))
    assert sorted(file.labels) == sorted(labels)
    assert file.projects == ("Project;@SUM(1)",)


def test_a_workbook_of_a_table_holds_texts_only() -> None:
    content = write_xlsx(
        ("Who", "What"), [("=1+1", '=HYPERLINK("x")'), ("+49", None), ("@SUM", 7)], title="Who/has: what?"
    )
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert sheet.title == "Who has what"
    rows = [[(cell.value, cell.data_type) for cell in line] for line in sheet.iter_rows()]
    assert rows[1] == [("=1+1", "s"), ('=HYPERLINK("x")', "s")]
    assert rows[2][0] == ("+49", "s")
    assert rows[3] == [("@SUM", "s"), ("7", "s")]
    assert sheet["A2"].quotePrefix
    assert sheet.freeze_panes == "A2"


def test_columns_of_a_workbook_are_as_wide_as_their_texts_within_reason() -> None:
    content = write_xlsx(("Who", "What", "Whatever it may be"), [("Ann", "a longer text"), ("=" + "x" * 99, "")])
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [60, 15, 20]
    assert [cell.font.b for cell in sheet[1]] == [True] * 3
    assert [cell.font.b for cell in sheet[2][:2]] == [False] * 2


def test_an_exported_table_of_people_is_an_enrolment_file() -> None:
    # Company and status are for whoever reads it; they mean nothing in a file that is given back.
    row = ("+User Z", "userz@example.com", LABEL, "Example", "No end", "")
    table = (("name", "email", "package", "company", "status", "end"), [row])
    for name, content in (("people.csv", write_csv(*table)), ("people.xlsx", write_xlsx(*table))):
        file = read_enrolment(name, content)
        assert file.findings == ()
        assert file.rows[0].display_name == "+User Z"
