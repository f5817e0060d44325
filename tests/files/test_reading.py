"""Enrolment files in all the ways that people write them."""

from __future__ import annotations

import codecs
import io
import time

import pytest
from openpyxl import load_workbook

from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile, EnrolmentRow, Place, Severity
from bot.files.writing import write_enrolment
from tests.files.workbooks import HEADER, USER_Z, workbook

ARTICLE = "User Z;userz@example.com;Project X | Role Y"
LABEL = "Project X | Role Y"
KNOWN = ("Project X | Role Y", "Project X | Role W", "Key Users")


def read(text: str, name: str = "people.csv", known: tuple[str, ...] = ()) -> EnrolmentFile:
    return read_enrolment(name, text.encode(), known_labels=known)


def pairs(file: EnrolmentFile) -> list[tuple[str, str]]:
    return [(row.email, row.label) for row in file.rows]


def codes(file: EnrolmentFile) -> list[str]:
    return [finding.code for finding in file.findings]


def test_the_customers_line_is_read() -> None:
    file = read(ARTICLE + "\n")
    assert file.findings == ()
    assert file.rows == (EnrolmentRow(Place("people.csv", 1), "User Z", "userz@example.com", LABEL),)
    assert (file.rows[0].project, file.rows[0].role) == ("Project X", "Role Y")
    assert file.labels == (LABEL,)


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_delimiters_line_ends_and_encodings_mean_nothing(
    delimiter: str, line_end: str, mark: bytes, encoding: str
) -> None:
    lines = (delimiter.join((f"Zoë Übel {number}", f"person{number}@example.com", LABEL)) for number in range(3))
    file = read_enrolment("people.csv", mark + "".join(line + line_end for line in lines).encode(encoding))
    assert file.findings == ()
    assert [row.display_name for row in file.rows] == ["Zoë Übel 0", "Zoë Übel 1", "Zoë Übel 2"]


def test_a_header_names_the_columns_in_any_order_and_in_the_words_of_others() -> None:
    file = read(
        "E-Mail;Valid until;Access Package;Display Name;Sponsor;Answer: Which ship?\n"
        f"userz@example.com;24.12.2030;{LABEL};User Z;boss@example.com;Aurora\n"
    )
    row = file.rows[0]
    assert (row.display_name, row.email, row.label) == ("User Z", "userz@example.com", LABEL)
    assert (row.end, row.sponsor, dict(row.answers)) == ("2030-12-24", "boss@example.com", {"Which ship?": "Aurora"})
    assert codes(file) == ["date.format"]


def test_project_and_role_may_have_a_column_each() -> None:
    assert pairs(read("name;email;project;role\nUser Z;userz@example.com;Project X;Role Y\n")) == [
        ("userz@example.com", LABEL)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "Project X - Role Y.csv",
        "in/a/folder/Project X | Role Y.csv",
        "Project X__Role Y.txt",
        "Project X \uff5c Role Y.csv",
    ],
)
def test_a_file_for_one_package_is_named_after_it(name: str) -> None:
    file = read("User Z;userz@example.com\n", name)
    assert pairs(file) == [("userz@example.com", LABEL)]
    assert file.labels == (LABEL,)


def test_a_file_for_one_package_may_be_named_after_one_without_a_role() -> None:
    assert pairs(read("User Z;userz@example.com\n", "Key Users.csv", KNOWN)) == [("userz@example.com", "Key Users")]
    assert codes(read("User Z;userz@example.com\n", "Other.csv", KNOWN)) == ["label.unknown"]


def test_a_file_for_one_package_may_say_so_in_a_comment() -> None:
    file = read(f"# package: {LABEL}\nUser Z;userz@example.com\n")
    assert file.findings == ()
    assert pairs(file) == [("userz@example.com", LABEL)]


def test_a_file_for_one_project_needs_the_roles_alone() -> None:
    file = read("# project: Project X\nUser Z;userz@example.com;Role Y\nUser Y;usery@example.com;Role W\n")
    assert [row.role for row in file.rows] == ["Role Y", "Role W"]
    assert file.projects == ("Project X",)
    assert file.findings == ()


def test_a_file_for_one_project_may_be_named_after_it() -> None:
    file = read("User Z;userz@example.com;role y\nUser Y;usery@example.com;Key Users\n", "Project X.csv", KNOWN)
    assert pairs(file) == [("userz@example.com", LABEL), ("usery@example.com", "Key Users")]
    assert file.projects == ()


@pytest.mark.parametrize("text", ["", "name;email\n", "\n\n", "# nobody\n"])
@pytest.mark.parametrize("name", ["Project X | Role Y.csv", "Project X - Role Y.csv"])
def test_a_name_is_no_proof_that_an_empty_file_is_meant(name: str, text: str) -> None:
    file = read(text, name, KNOWN)
    assert codes(file) == ["file.no_people"]
    assert file.has_errors


def test_a_comment_keeps_a_file_about_packages_that_nobody_is_in() -> None:
    file = read(f"# package: {LABEL}\n# package: Project X | Role W\n{ARTICLE}\n")
    assert file.labels == (LABEL, "Project X | Role W")
    empty = read(f"# package: {LABEL};;\r\n")
    assert (empty.rows, empty.labels, codes(empty)) == ((), (LABEL,), ["file.no_rows"])
    assert not empty.has_errors


def test_labels_are_spelt_as_the_tenant_spells_them() -> None:
    file = read("User Z;userz@example.com;PROJECT X|role y\n", known=KNOWN)
    assert pairs(file) == [("userz@example.com", LABEL)]
    assert all(finding.severity is Severity.NOTE for finding in file.findings)


def test_quotes_comments_blank_lines_and_the_hint_of_excel_are_understood() -> None:
    file = read(
        f'sep=,\n# Everybody in the project\n\n"Z, User ""Zed""",userz@example.com,"{LABEL}"\n,,\n"# quoted comment"\n'
    )
    assert file.findings == ()
    assert file.rows[0].display_name == 'Z, User "Zed"'
    assert file.rows[0].place.line == 4


def test_columns_count_the_characters_of_the_line() -> None:
    file = read(f'"Z; User";userz@example.com;{LABEL}\n"Y; User"; us@@example.com;{LABEL}\n')
    places = {finding.code: (finding.place.line, finding.place.column) for finding in file.findings}
    assert places == {"space.edges": (2, 11), "email.invalid": (2, 11)}


def test_names_of_all_peoples_are_left_alone() -> None:
    names = [
        "Иван Петров",
        "Ng\u0169 Đ\u1ea1t",
        "李 小龍",
        "نا\u200cمزد",
        "O'Neill-Smith Jr.",
        "Иван Smith",
        "山田タロウ",
    ]
    file = read("".join(f"{name};p{number}@example.com;{LABEL}\n" for number, name in enumerate(names)))
    assert file.findings == ()
    assert [row.display_name for row in file.rows] == names


@pytest.mark.parametrize(
    "address",
    [
        "o'neill@example.com",
        "a@b.co",
        "UserZ@EXAMPLE.com",
        "first.last-x_y@sub.domain.example",
        "1@2.example",
        "a@x--y.example",
    ],
)
def test_unusual_addresses_are_addresses(address: str) -> None:
    file = read(f"User Z;{address};{LABEL}\n")
    assert file.findings == ()
    assert file.rows[0].email == address.lower()


def test_projects_and_companies_that_are_numbered_are_not_taken_for_slips() -> None:
    lines = [f"User Z;p{number}@company1.example;Project 1 | Role A\n" for number in range(9)]
    lines += ["User X;x@company2.example;Project 2 | Role A\n", "User W;w@company1.example;Project 1 | Role B\n"]
    assert {"domain.similar", "label.similar"}.isdisjoint(codes(read("".join(lines))))


def test_a_workbook_is_read_as_a_file_with_the_same_cells() -> None:
    file = read_enrolment("people.xlsx", workbook((*HEADER, "end"), (*USER_Z, "2030-12-24"), (), USER_Z))
    assert pairs(file) == [("userz@example.com", LABEL)]
    assert codes(file) == ["row.conflict"]
    assert file.findings[0].place == Place("people.xlsx", 4)


def test_sheets_that_hold_nothing_up_to_their_last_row_take_no_time() -> None:
    book = load_workbook(io.BytesIO(workbook(HEADER, USER_Z)))
    for number in range(6):
        book.create_sheet(f"Tall {number}").cell(1_048_576, 1).number_format = "0.00"
    content = io.BytesIO()
    book.save(content)
    began = time.process_time()
    file = read_enrolment("people.xlsx", content.getvalue())
    assert time.process_time() - began < 2
    assert (len(file.rows), file.findings) == (1, ())


def test_a_workbook_needs_no_header() -> None:
    file = read_enrolment("people.xlsx", workbook(USER_Z))
    assert pairs(file) == [("userz@example.com", LABEL)]


def test_cells_of_text_are_no_formulas_whatever_they_begin_with() -> None:
    book = workbook(HEADER, ("'+User Z", "userz@example.com", LABEL))
    assert read_enrolment("people.xlsx", book).rows[0].display_name == "'+User Z"


def test_the_digest_is_that_of_the_bytes() -> None:
    assert read(ARTICLE).digest != read(ARTICLE + "\n").digest
    assert len(read("").digest) == 64


def test_reading_what_was_written_and_writing_it_again_changes_nothing() -> None:
    content = write_enrolment(read(f"User Y;usery@example.com;{LABEL}\n{ARTICLE}\n").rows)
    assert write_enrolment(read_enrolment("people.csv", content).rows) == content
