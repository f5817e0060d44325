"""Files beside the directory, beside the configuration, and beside each other."""

from __future__ import annotations

from bot.files.checks import KnownPerson, check_people, check_together
from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile

LABEL = "Project X | Role Y"


def read(*lines: str, name: str = "people.csv") -> EnrolmentFile:
    return read_enrolment(name, "".join(f"{line}\n" for line in lines).encode())


def found(file: EnrolmentFile) -> list[tuple[str, int]]:
    return [(finding.code, finding.place.line) for finding in file.findings]


def person(name: str, address: str, /, **rest: object) -> KnownPerson:
    facts = {"id": name, "sign_in_name": address, "mail": address, **rest}
    return KnownPerson(display_name=name, **facts)  # type: ignore[arg-type]  # facts of several types by name


def test_somebody_as_the_directory_knows_them_is_no_finding() -> None:
    file = read(f"User Z;userz@example.com;{LABEL}", f"user y;OTHER@example.com;{LABEL}")
    people = [
        person("User Z", "UserZ@example.com"),
        person("User Y", "y@example.com", other_mails=("other@example.com",)),
    ]
    assert check_people(file, people) == file


def test_what_the_directory_says_otherwise_is_told() -> None:
    file = read(
        f"User A;a@example.com;{LABEL}",
        f"User B;b@example.com;{LABEL}",
        f"User C;c@example.com;{LABEL}",
        f"User D;d.upn@example.com;{LABEL}",
        f"User E;e@example.com;{LABEL}",
        f"User F;f@example.com;{LABEL}",
    )
    checked = check_people(
        file,
        [
            person("User A", "a@example.com", is_enabled=False),
            person("User B", "b@example.com", is_deleted=True),
            person("User C", "c@example.com", id="1"),
            person("Guest C", "c_example.com#EXT#@woodgrove.example", mail="c@example.com", id="2"),
            person("User D", "d@example.com", sign_in_name="d.upn@example.com"),
            person("Erin E", "e@example.com"),
        ],
    )
    assert found(checked) == [
        ("person.disabled", 1),
        ("person.deleted", 2),
        ("person.ambiguous", 3),
        ("person.sign_in_name", 4),
        ("person.name", 5),
        ("person.unknown", 6),
    ]
    assert checked.findings[3].suggestion == "d@example.com"
    assert [row.place.line for row in checked.rows] == [1, 4, 5, 6]


def test_somebody_who_came_back_is_not_deleted() -> None:
    file = read(f"User B;b@example.com;{LABEL}")
    people = [person("User B", "b@example.com", is_deleted=True), person("User B", "b@example.com", id="new")]
    assert check_people(file, people).findings == ()


def test_roles_that_do_not_go_together_are_found_across_files() -> None:
    manager = read("User Z;userz@example.com;Project X | Manager", name="managers.csv")
    approver = read(
        "User Z;UserZ@example.com;project x|approver", "User Y;y@example.com;Project X | Approver", name="a.csv"
    )
    first, second = check_together([manager, approver], [("Project X | Approver", "Project X | Manager")])
    assert first.has_errors
    assert ("roles.conflict", 1) in found(second)
    assert [row.email for row in second.rows] == ["y@example.com"]
    assert check_together([manager, approver]) == (manager, approver)


def test_two_roles_that_do_not_go_together_are_so_within_each_project() -> None:
    file = read(
        "A;a@x.example;P | Manager",
        "A;a@x.example;P | Approver",
        "B;b@x.example;P | Manager",
        "B;b@x.example;Q | Approver",
    )
    (checked,) = check_together([file], [("approver", "Manager")])
    assert found(checked) == [("roles.conflict", 1), ("roles.conflict", 2)]
    assert checked.findings[0].facts == {"email": "a@x.example", "label": "P | Manager", "other": "P | Approver"}


def test_one_access_package_in_two_files_is_told_in_the_second() -> None:
    files = check_together(
        [read(f"A;a@x.example;{LABEL}", name="one.csv"), read(f"B;b@x.example;{LABEL}", name="two.csv")]
    )
    assert [found(file) for file in files] == [[], [("label.two_files", 0)]]
    assert files[1].findings[0].facts == {"label": LABEL, "other": "one.csv"}
