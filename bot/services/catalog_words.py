"""Words made comparable: capitals, umlauts and accents, plurals, and words that mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+")
_LETTERS: Final = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_UMLAUT: Final = re.compile(r"([aou])e")  # "ue" and "ü" are the same letter to the people who type them
_ENDINGS: Final = re.compile(r"(?<=[a-z]{2})(?:ies|ie|y)$|(?<=[sxz])es$|(?<=[a-z]{3})en$|(?<=[a-z]{2}[^su])s$")

_FILLERS: Final = frozenset(
    word
    for line in (
        "a an and any can could for from get give i in is it me my need of on or please some that the this to want",
        "we with would you access request package",
        "an auf bitte brauche das den der des die ein eine einen fur ich im in ist mir mochte und von zu zum zur",
        "zugang zugriff",
        "aan de een en graag het ik is mij naar nodig of om op te toegang tot van voor wil zou",
    )
    for word in line.split(" ")
)
"""Words that people put around what they mean, in the languages that Doorman speaks."""


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """Without capitals and accents; `Müller`, `Mueller` and `MULLER` come out the same."""
    plain = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return _UMLAUT.sub(r"\1", "".join(char for char in plain if not unicodedata.combining(char)))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A folded word without the ending that makes it a plural (English, German, Dutch), where it is long enough."""
    return _ENDINGS.sub("", word) if len(word) > 3 else word


@lru_cache(maxsize=20_000)
def tokens(text: str) -> tuple[str, ...]:
    """The words of a text, folded and without endings, in their order."""
    return tuple(stem(word) for word in _WORD.findall(folded(text)))


def wanted_tokens(words: str) -> tuple[str, ...]:
    """The words that somebody searches for, without the small ones around them unless there are no others."""
    found = _WORD.findall(folded(words))
    meant = [word for word in found if word not in _FILLERS and len(word) > 1] or found
    return tuple(dict.fromkeys(stem(word) for word in meant))


class Synonyms:
    """Groups of words that mean the same. A group may hold several words for one thing: `sales force`, `crm`."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        self._others: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]] = {}
        for group in groups:
            known = [(tokens(word), word) for word in group]
            for spelling, _ in known:
                others = [(other, word) for other, word in known if other != spelling and other]
                if spelling:
                    self._others.setdefault(spelling, []).extend(others)
        self._longest = max((len(spelling) for spelling in self._others), default=0)

    def of(self, wanted: Sequence[str]) -> Mapping[int, list[tuple[int, tuple[str, ...], str]]]:
        """Where in `wanted` something begins that has other words: its length, their tokens, their spelling."""
        found: dict[int, list[tuple[int, tuple[str, ...], str]]] = {}
        for start in range(len(wanted)):
            for length in range(1, min(self._longest, len(wanted) - start) + 1):
                for other, spelling in self._others.get(tuple(wanted[start : start + length]), ()):
                    found.setdefault(start, []).append((length, other, spelling))
        return found
