"""What the columns of an enrolment file mean: by its header, or by their order where there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz, process

from bot.files.findings import Findings
from bot.files.lines import Line

NAME, EMAIL, LABEL, PROJECT, ROLE = "name", "email", "package", "project", "role"
START, END, SPONSOR = "start", "end", "sponsor"
ANSWER: Final = "answer:"
TOLD: Final = frozenset({"company", "status"})
"""Columns that an export of Doorman's has for its readers. They mean nothing in a file that is given back."""
OPTIONAL: Final = (START, END, SPONSOR)

_SPELLINGS: Final = {
    NAME: "name,display name,displayname,full name,user,user name,person,member,naam,anzeigename,benutzer",
    EMAIL: "email,e-mail,mail,email address,e-mail address,mail address,upn,user principal name,userprincipalname,"
    "e-mailadres,mailadresse,e-mail-adresse",
    LABEL: "package,access package,accesspackage,label,package name,pakket,toegangspakket,zugriffspaket,paket",
    PROJECT: "project,project name,projekt",
    ROLE: "role,role name,rolle,rol",
    START: "start,start date,startdate,from,valid from,begin,beginn,von,vanaf",
    END: "end,end date,enddate,until,to,valid until,valid to,expires,expiry,expiration,ende,bis,einde,tot",
    SPONSOR: "sponsor,internal sponsor,sponsor email",
}
_BY_SPELLING: Final = {spelling: name for name, all_of in _SPELLINGS.items() for spelling in all_of.split(",")}
_ANSWERS: Final = ("answer:", "answer :", "question:", "answer=")
_CLOSE_ENOUGH: Final = 80


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what, counted from 0; `answers` by the text of their question.

    `unknown` are columns that are not read, `nameless` those of them whose heading is empty.
    """

    places: dict[str, int]
    answers: dict[str, int] = field(default_factory=dict)
    has_header: bool = True
    unknown: frozenset[int] = frozenset()
    nameless: frozenset[int] = frozenset()

    @property
    def width(self) -> int:
        return max([*self.places.values(), *self.answers.values(), *(self.unknown - self.nameless)]) + 1

    @property
    def has_label(self) -> bool:
        return LABEL in self.places or ROLE in self.places


WITHOUT_HEADER: Final = Columns({NAME: 0, EMAIL: 1, LABEL: 2}, has_header=False)
"""The customer's format: `User Z;userz@example.com;Project X | Role Y`."""


def is_header(line: Line) -> bool:
    """Whether the line names columns: that for e-mail addresses, or half of them, and none holds such an address."""
    named = [_meaning(cell) for cell in line.cells]
    filled = sum(1 for cell in line.cells if cell.strip())
    has_at = any("@" in cell for cell, name in zip(line.cells, named, strict=True) if not name.startswith(ANSWER))
    return not has_at and (EMAIL in named or 0 < filled <= 2 * sum(map(bool, named)))


def read_header(line: Line, findings: Findings) -> Columns | None:
    """The columns by their names; None, and the findings, when rows cannot be read by them."""
    places: dict[str, int] = {}
    answers: dict[str, int] = {}
    unknown = set()
    is_usable = True
    for index, cell in enumerate(line.cells):
        name = _meaning(cell)
        if name.startswith(ANSWER):
            target, key = answers, name.removeprefix(ANSWER)
        elif name:
            target, key = places, name
        else:
            is_usable &= _is_harmless(line, index, findings)
            unknown.add(index)
            continue
        if key in target:
            findings.add("header.twice", line.number, line.column(index), column=key)
            is_usable = False
        target[key] = index
    if EMAIL not in places:
        findings.add("header.missing", line.number, column=EMAIL)
        is_usable = False
    nameless = frozenset(index for index in unknown if not line.cells[index].strip())
    columns = Columns(places, answers, unknown=frozenset(unknown), nameless=nameless)
    if not columns.has_label and unknown - nameless:
        findings.add("header.missing", line.number, column=LABEL)  # One of the unknown columns may well be it.
        is_usable = False
    return columns if is_usable else None


def _is_harmless(line: Line, index: int, findings: Findings) -> bool:
    """A column that nobody knows is left out, unless it is almost one that would change what the rows mean."""
    heading = _tidy(line.cells[index])
    if not heading or heading in TOLD:
        return True
    close = process.extractOne(heading, list(_BY_SPELLING), scorer=fuzz.ratio, score_cutoff=_CLOSE_ENOUGH)
    meant = _BY_SPELLING[close[0]] if close else ""
    if meant:
        findings.add("header.misspelt", line.number, line.column(index), meant, value=heading, column=meant)
        return False
    findings.add("header.ignored", line.number, line.column(index), value=heading)
    return True


def _meaning(cell: str) -> str:
    """The column's name, `answer:` and the question, or nothing."""
    heading = _tidy(cell)
    for prefix in _ANSWERS:
        if heading.startswith(prefix):
            question = " ".join(cell.partition(prefix[-1])[2].split())
            return ANSWER + question if question else ""
    return _BY_SPELLING.get(heading, "")


def _tidy(cell: str) -> str:
    return " ".join(cell.replace("\ufeff", "").replace("_", " ").split()).casefold()
