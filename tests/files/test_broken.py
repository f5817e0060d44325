"""Broken files: each has its finding, at its place, and nothing that can be in a file is an exception."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.files.codes import RULES
from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile
from tests.files.corpus import BROKEN, KNOWN, Expected
from tests.files.workbooks import GENERATED

FOLDER = Path(__file__).parent / "broken"
TODAY = date(2026, 11, 22)
NEEDS_MORE_THAN_A_FILE = {code for code in RULES if code.startswith(("person.", "roles."))} | {"label.two_files"}


def found_in(file: EnrolmentFile) -> Expected:
    return len(file.rows), [(each.code, each.place.line, each.place.column) for each in file.findings]


def test_every_broken_file_is_in_the_table() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(BROKEN)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_has_its_findings(name: str) -> None:
    known = KNOWN if name.startswith("known-") else ()
    file = read_enrolment(name, (FOLDER / name).read_bytes(), known_labels=known, today=TODAY)
    assert found_in(file) == BROKEN[name]
    assert BROKEN[name][1]


@pytest.mark.parametrize("name", GENERATED)
def test_a_broken_workbook_has_its_findings(name: str) -> None:
    make, expected = GENERATED[name]
    assert found_in(read_enrolment(name, make(), today=TODAY)) == expected


def test_every_code_is_found_in_some_file() -> None:
    tables = [*BROKEN.values(), *(expected for _, expected in GENERATED.values())]
    codes = {code for _, found in tables for code, _, _ in found}
    assert set(RULES) - NEEDS_MORE_THAN_A_FILE - {"findings.more"} == codes


def test_what_a_file_should_say_instead_is_suggested() -> None:
    def suggestions(name: str) -> list[str]:
        known = KNOWN if name.startswith("known-") else ()
        file = read_enrolment(name, (FOLDER / name).read_bytes(), known_labels=known, today=TODAY)
        return [finding.suggestion for finding in file.findings]

    assert suggestions("known-project-unknown.csv") == ["Project X | Role Y"]
    assert suggestions("known-role-unknown.csv") == ["Project X | Role Y"]
    assert suggestions("known-package-unknown.csv") == ["Key Users"]
    assert suggestions("address-comma.csv") == ["userz@example.com"]
    assert suggestions("address-brackets.csv") == ["userz@example.com"]
    assert suggestions("address-guest-sign-in-name.csv") == ["userz@example.com"]
    assert suggestions("domain-mixed.csv") == ["userz@example.com"]
    assert suggestions("domain-punycode-disguised.csv") == ["userz@example.com"]
    assert suggestions("domain-slip.csv") == ["example.com"]
    assert suggestions("date-german.csv") == ["2030-12-24"]
    assert suggestions("saved-twice.csv") == ["Zoë Übel"]
    assert suggestions("formula-plus.csv") == ["'+User Z"]


def test_the_word_that_all_projects_begin_with_makes_none_of_them_closer() -> None:
    known = [f"Project {name} | Manager" for name in ("Alder", "Birch", "Fir")]

    def suggestion(label: str) -> str:
        file = read_enrolment("some.csv", f"User Z;userz@example.com;{label}\n".encode(), known_labels=known)
        return file.findings[0].suggestion

    assert suggestion("Project X | Manager") == ""
    assert suggestion("Projcet Aldr | Manager") == "Project Alder | Manager"
    assert suggestion("Aldr | Manger") == "Project Alder | Manager"


def test_of_a_thousand_errors_of_one_kind_some_are_shown_and_the_others_counted() -> None:
    file = read_enrolment("many.csv", b"User Z;nobody;Project X | Role Y\n" * 1_000)
    assert len(file.findings) == 201
    assert file.has_errors
    assert file.findings[-1].facts == {"count": "800", "code": "email.invalid"}


def test_a_finding_is_one_line_however_odd_the_field() -> None:
    field = "\u202e\x07" + "x" * 500
    file = read_enrolment("odd.csv", f"User Z;{field};Project X | Role Y\n".encode())
    for finding in file.findings:
        assert finding.message.isprintable()
        assert len(finding.message) < 250


def test_every_sentence_is_filled_by_its_facts() -> None:
    for name in BROKEN:
        for finding in read_enrolment(name, (FOLDER / name).read_bytes(), today=TODAY).findings:
            assert RULES[finding.code].sentence.format(**finding.facts) == finding.message
            assert finding.severity is RULES[finding.code].severity
