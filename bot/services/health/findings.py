"""What a check has found. Findings carry facts; the sentences for them are in `words`."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain import RequestId


class Severity(StrEnum):
    """How much a finding matters; in the order in which people read them."""

    PROBLEM = "problem"
    """Something does not work, or is open to people it should not be open to."""
    WARNING = "warning"
    """It works, and will not for ever, or not for everybody."""
    UNKNOWN = "unknown"
    """It could not be looked at."""
    NOTE = "note"
    """Nothing is wrong with it; it is good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `code` says which sentence tells it, `values`, `names` and `count` what stands in it.

    `about` is the id of what it is about, so that two findings of one code can be told apart. `names` are access
    packages or people, all of them. `place` is an address below the Entra admin center, "" for its start page.
    """

    code: str
    severity: Severity
    about: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    count: int = 0
    place: str = ""
    check: str = ""
    """The name of the check that found it."""
    request_id: RequestId | None = None
    """The request whose delivery can be tried again."""

    @property
    def key(self) -> str:
        """A short name that stays the same for as long as the finding does."""
        return f"{self.code}/{hashlib.sha256(self.about.encode()).hexdigest()[:10]}"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found at one moment, what matters most first."""

    at: datetime
    findings: tuple[Finding, ...]
    checks: tuple[str, ...] = ()
    """The names of the checks that were made."""

    def count(self, severity: Severity) -> int:
        return Counter(finding.severity for finding in self.findings)[severity]

    def find(self, key: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.key == key), None)


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """By severity, then by check and name."""
    ranks = {severity: rank for rank, severity in enumerate(Severity)}
    return tuple(sorted(findings, key=lambda each: (ranks[each.severity], each.code, each.about)))
