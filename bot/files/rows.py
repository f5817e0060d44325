"""What an enrolment file says, whatever it was written in: rows, and what was found wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps a row out of the plan; a file with an error removes nobody."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: `line` and `column` count from 1, 0 where the whole file or line is meant.

    `column` counts characters in a text file, and columns in a workbook.
    """

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the linter found. `code` is stable ("email.invalid"), `message` one sentence for people.

    `suggestion` is what the field should probably hold, empty when that cannot be known. `facts` are what the code's
    sentence (`bot.files.codes`) has in braces, for those who say it in another language.
    """

    severity: Severity
    code: str
    place: Place
    message: str
    suggestion: str = ""
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)


def as_facts(facts: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in facts.items()}


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """One person in one role, as a file says it, trimmed and tidied.

    `start` and `end` are ISO dates (YYYY-MM-DD), empty where the file says nothing; `answers` are keyed by the text of
    the question as in the header.
    """

    place: Place
    display_name: str
    email: str
    label: str
    """What the access package is called: "<project> | <role>", or its whole name."""
    start: str = ""
    end: str = ""
    sponsor: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def project(self) -> str:
        """The part of the label before the bar; all of it where there is none."""
        return self.label.partition("|")[0].strip()

    @property
    def role(self) -> str:
        return self.label.partition("|")[2].strip()


@dataclass(frozen=True, slots=True)
class EnrolmentFile:
    """A file that was read. `digest` is the SHA-256 of its bytes, as 64 hexadecimal digits.

    `labels` are the access packages that the file is about: those of its rows, and those that a header line or the
    file's name says it is complete for, so that a file without rows is still about something. `projects` are those
    that a header line says it is complete for, whatever roles they have.
    """

    name: str
    rows: tuple[EnrolmentRow, ...]
    findings: tuple[Finding, ...]
    digest: str
    labels: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()

    @property
    def has_errors(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)
