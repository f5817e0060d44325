"""What is to be played, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal


class RehearsalError(ValueError):
    """What was asked for cannot be played; the text is one sentence for whoever asked."""


class Choice(StrEnum):
    """What approvers do with the request."""

    APPROVE = "approve"
    DENY = "deny"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Course:
    """Each stage is decided `after` it began, on the card or `in_portal`. `mutes` are approvers who muted the package.

    With `extends`, the person extends the access the first time they hear that it ends.
    """

    decide: Choice = Choice.APPROVE
    after: timedelta = timedelta(hours=2)
    in_portal: bool = False
    extends: bool = False
    mutes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: somebody does something, somebody is told something, or Entra does something by itself."""

    at: datetime
    kind: Literal["does", "told", "entra"]
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """`zone` is the one in which its moments are shown; `remarks` are what the reader has to know beside it."""

    package: str
    policy: str
    person: str
    course: Course
    zone: str
    entries: tuple[Entry, ...]
    remarks: tuple[str, ...] = ()
