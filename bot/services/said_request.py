"""A request in one sentence, taken apart: `sales data for Rita because quarterly report; 1: Europe; until 24 December`.

Parts stand behind a word that says what they are, or between semicolons. Whatever nothing says the kind of belongs to
what came before it, so that nothing typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from bot.services.period import Wish, read_period

_PIECES: Final = re.compile(r"\s*;\s*|\s+(?=\d{1,2}\s?[:=]\s)")
_ANSWER: Final = re.compile(r"(\d{1,2})\s?[:=]\s*(.*)", re.DOTALL)
_UNTIL: Final = frozenset(("until", "till", "til", "bis", "tot"))
_SPAN: Final = re.compile(
    r"(?:^|(?<=\s))(for|für|voor|until|till|til|bis|tot|from|starting|ab|vom|von|vanaf|van)(?=\s)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words behind which a reason, a person or a policy stands, in the languages of whoever types."""

    because: Sequence[str]
    for_whom: Sequence[str]
    policy: Sequence[str]


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of a request. `answers` are keyed by the number of their question.

    `long_reason` is the reason as it was typed, where its end was taken for a period. `loose` is what nothing says the
    kind of.
    """

    name: str = ""
    person: str = ""
    reason: str = ""
    long_reason: str = ""
    period: str = ""
    policy: str = ""
    answers: Mapping[int, str] = field(default_factory=dict)
    loose: str = ""

    @property
    def is_more_than_a_search(self) -> bool:
        return bool(self.reason or self.period or self.policy or self.answers)


class SentenceReader:
    def __init__(self, vocabulary: Vocabulary, today: date, locale: str) -> None:
        self._because = _alternatives(vocabulary.because)
        self._for_whom = _alternatives(vocabulary.for_whom)
        self._policy = _alternatives(vocabulary.policy)
        self._today = today
        self._locale = locale

    def request(self, words: str) -> Said:
        """What stands first is the name of an access package."""
        head, *rest = _PIECES.split(words.strip())
        before, reason = self._split_reason(head)
        if not before:  # a package may be called like that; a reason alone asks for nothing
            before, reason = head, ""
        before, period = self._split_period(before)
        name, person = self._split_person(before)
        said = (
            self._reasoned(Said(name=name, person=person, period=period), reason)
            if reason
            else Said(name=name, person=person, period=period)
        )
        return self._with(said, rest)

    def filling(self, words: str) -> Said:
        """Only parts, of a request whose package is known."""
        return self._with(Said(), [piece for piece in _PIECES.split(words.strip()) if piece])

    def _with(self, said: Said, pieces: Sequence[str]) -> Said:
        last = "reason" if said.reason else "loose"
        for piece in pieces:
            said, last = self._piece(said, piece, last)
        return said

    def _piece(self, said: Said, piece: str, last: str) -> tuple[Said, str]:
        if answer := _ANSWER.fullmatch(piece):
            number = int(answer[1])
            return replace(said, answers={**said.answers, number: answer[2].strip()}), str(number)
        before, reason = self._split_reason(piece)
        if reason and not before:
            return self._reasoned(said, reason), "reason"
        if policy := re.fullmatch(rf"(?:{self._policy})\b[\s:=]*(.+)", piece, re.IGNORECASE):
            return replace(said, policy=policy[1].strip()), "policy"
        rest, period = self._split_period(before if reason else piece)
        name, person = self._split_person(f"x {rest}") if rest else ("x", "")
        if (period or person) and name == "x":
            said = replace(said, period=period or said.period, person=person or said.person)
            return (self._reasoned(said, reason), "reason") if reason else (said, "loose")
        return self._appended(said, piece, last), last

    def _appended(self, said: Said, piece: str, last: str) -> Said:
        if last == "reason":
            return replace(said, reason=f"{said.reason}; {piece}", long_reason="")
        if last.isdigit():
            number = int(last)
            return replace(said, answers={**said.answers, number: f"{said.answers[number]}; {piece}"})
        return replace(said, loose=f"{said.loose}; {piece}" if said.loose else piece)

    def _reasoned(self, said: Said, reason: str) -> Said:
        """With this reason, whose end may say for how long."""
        for mark in _SPAN.finditer(reason):
            tail = reason[mark.start() :]
            wish = self._period(tail)
            if wish is None or wish.first_day or not reason[: mark.start()].strip():
                continue
            if mark[1].casefold() in _UNTIL or wish.span:
                return replace(
                    said, reason=reason[: mark.start()].strip(" ,"), period=said.period or tail, long_reason=reason
                )
        return replace(said, reason=reason)

    def _split_reason(self, text: str) -> tuple[str, str]:
        found = re.search(rf"(?:^|[\s,])(?:{self._because})\b[\s:]*(?=\S)", text, re.IGNORECASE)
        return (text[: found.start()].strip(" ,"), text[found.end() :].strip()) if found else (text, "")

    def _split_period(self, text: str) -> tuple[str, str]:
        for mark in _SPAN.finditer(text):
            if self._period(text[mark.start() :]) is not None:
                return text[: mark.start()].strip(" ,"), text[mark.start() :].strip()
        return text, ""

    def _split_person(self, text: str) -> tuple[str, str]:
        found = list(re.finditer(rf"\s(?:{self._for_whom})\s+(?=\S)", text, re.IGNORECASE))
        return (text[: found[-1].start()].strip(" ,"), text[found[-1].end() :].strip()) if found else (text, "")

    def _period(self, text: str) -> Wish | None:
        wish = read_period(text, self._today, self._locale)
        return None if wish == Wish() else wish


def _alternatives(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
