"""What can be said about files once it is known who is in the directory and which roles do not go together.

Everything here is given what it compares with, and gives back the files with more findings; a row with an error leaves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.files.findings import finding
from bot.files.labels import BAR, label_key
from bot.files.rows import EnrolmentFile, EnrolmentRow, Finding, Place, Severity


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody who is in the directory, or was: as much as a file can be compared with."""

    id: str
    display_name: str
    sign_in_name: str
    mail: str = ""
    other_mails: tuple[str, ...] = ()
    is_enabled: bool = True
    is_deleted: bool = False

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(address.casefold() for address in (self.sign_in_name, self.mail, *self.other_mails) if address)


def check_people(file: EnrolmentFile, people: Iterable[KnownPerson]) -> EnrolmentFile:
    """Compares every row with the directory: several people, nobody, deleted, disabled, sign-in name, other name."""
    by_address: dict[str, list[KnownPerson]] = defaultdict(list)
    for person in people:
        for address in person.addresses:
            by_address[address].append(person)
    return _with(file, [said for row in file.rows for said in _about_person(row, by_address.get(row.email, []))])


def _about_person(row: EnrolmentRow, found: Sequence[KnownPerson]) -> list[Finding]:
    alive = [person for person in found if not person.is_deleted]
    if not found:
        return [finding("person.unknown", row.place, email=row.email)]
    if not alive:
        return [finding("person.deleted", row.place, name=found[0].display_name)]
    if len(alive) > 1:
        people = ", ".join(f"{person.display_name} ({person.id})" for person in alive)
        return [finding("person.ambiguous", row.place, email=row.email, people=people)]
    person, said = alive[0], []
    if not person.is_enabled:
        said.append(finding("person.disabled", row.place, name=person.display_name))
    if person.mail and row.email == person.sign_in_name.casefold() != person.mail.casefold():
        facts = {"value": row.email, "name": person.display_name, "mail": person.mail.lower()}
        said.append(finding("person.sign_in_name", row.place, person.mail.lower(), **facts))
    if row.display_name and row.display_name.casefold() != person.display_name.casefold():
        facts = {"email": row.email, "name": person.display_name, "value": row.display_name}
        said.append(finding("person.name", row.place, person.display_name, **facts))
    return said


def check_together(
    files: Sequence[EnrolmentFile], conflicts: Iterable[tuple[str, str]] = ()
) -> tuple[EnrolmentFile, ...]:
    """Compares files with each other.

    `conflicts` are pairs that one person must not have both, in any order: two labels, or two roles of one project.
    """
    apart: dict[str, set[str]] = defaultdict(set)
    for one, other in conflicts:
        apart[label_key(one)].add(label_key(other))
        apart[label_key(other)].add(label_key(one))
    found: dict[int, list[Finding]] = defaultdict(list)
    _conflicts(files, apart, found)
    _shared_labels(files, found)
    return tuple(_with(file, found[number]) for number, file in enumerate(files))


def _conflicts(files: Sequence[EnrolmentFile], apart: dict[str, set[str]], found: dict[int, list[Finding]]) -> None:
    if not apart:
        return
    had: dict[str, dict[str, str]] = defaultdict(dict)
    for file in files:
        for row in file.rows:
            had[row.email][label_key(row.label)] = row.label
    for number, file in enumerate(files):
        for row in file.rows:
            for other in sorted(_apart_from(row, apart) & had[row.email].keys()):
                facts = {"email": row.email, "label": row.label, "other": had[row.email][other]}
                found[number].append(finding("roles.conflict", row.place, **facts))


def _apart_from(row: EnrolmentRow, apart: dict[str, set[str]]) -> set[str]:
    """The keys of what nobody may have beside this."""
    roles = apart.get(label_key(row.role), set()) if row.role else set()
    return apart.get(label_key(row.label), set()) | {label_key(f"{row.project} {BAR} {role}") for role in roles}


def _shared_labels(files: Sequence[EnrolmentFile], found: dict[int, list[Finding]]) -> None:
    """Two files about one access package: whoever leaves one of them may still be in the other."""
    first: dict[str, EnrolmentFile] = {}
    for number, file in enumerate(files):
        for label in file.labels:
            other = first.setdefault(label_key(label), file)
            if other is not file:
                found[number].append(finding("label.two_files", Place(file.name), label=label, other=other.name))


def _with(file: EnrolmentFile, found: Sequence[Finding]) -> EnrolmentFile:
    wrong = {said.place.line for said in found if said.severity is Severity.ERROR}
    rows = tuple(row for row in file.rows if row.place.line not in wrong)
    new = [said for said in found if said not in file.findings]
    findings = sorted((*file.findings, *new), key=lambda said: (said.place.line, said.place.column))
    return replace(file, rows=rows, findings=tuple(findings))
