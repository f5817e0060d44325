"""Collects what is found in one file, so that a hundred thousand findings of one kind are as readable as ten."""

from __future__ import annotations

from collections import Counter
from typing import Final

from bot.files.codes import RULES
from bot.files.rows import Finding, Place

SHOWN_PER_CODE: Final = 200
"""The rest of the same code is counted. Codes have one severity each, so nothing graver hides in what is counted."""

_LONGEST_FACT: Final = 120


class Findings:
    """The findings of the file of this name, in the order of their places."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._found: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, code: str, line: int = 0, column: int = 0, suggestion: str = "", /, **facts: object) -> None:
        """Raises KeyError for a code that has no rule, or a fact that its sentence lacks."""
        self._counts[code] += 1
        if self._counts[code] > SHOWN_PER_CODE:
            return
        self._found.append(finding(code, Place(self._name, line, column), suggestion, **facts))

    def all(self) -> tuple[Finding, ...]:
        found = sorted(self._found, key=lambda each: (each.place.line, each.place.column))
        more = [(code, count - SHOWN_PER_CODE) for code, count in self._counts.items() if count > SHOWN_PER_CODE]
        return (*found, *(finding("findings.more", Place(self._name), count=count, code=code) for code, count in more))


def finding(code: str, place: Place, suggestion: str = "", /, **facts: object) -> Finding:
    rule = RULES[code]
    said = {key: _short(str(value)) for key, value in facts.items()}
    return Finding(rule.severity, code, place, rule.sentence.format(**said), suggestion, said)


def _short(value: str) -> str:
    """Data in a sentence: one line without control characters, however long and odd the field was."""
    shown = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in value[: _LONGEST_FACT + 1])
    return shown if len(shown) <= _LONGEST_FACT else shown[: _LONGEST_FACT - 1] + "…"
