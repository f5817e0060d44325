"""`$search` on directory objects: quoted clauses joined by AND and OR, each a word-prefix match on one property."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from sandbox.graph.odata.errors import QueryRejected

_CLAUSE: Final = re.compile(r'\s*"(\w+):((?:[^"\\]|\\.)*)"\s*')
_CONNECTIVE: Final = re.compile(r"(AND|OR)(?=\s)")
_WORD: Final = re.compile(r"\w+")
_UNESCAPE: Final = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Search:
    """A compiled `$search`. `test` gets a function from property name to text.

    `groups` say the same as data: one of them has to fit, with all its pairs of property and words.
    """

    test: Callable[[Callable[[str], str]], bool]
    groups: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]


def compile_search(text: str, searchable: Collection[str]) -> Search:
    """What `text` describes.

    AND binds stronger than OR. Raises QueryRejected for unquoted clauses and for properties not in `searchable`.
    """
    groups: list[list[tuple[str, tuple[str, ...]]]] = [[]]
    position = 0
    while True:
        clause = _CLAUSE.match(text, position)
        if clause is None:
            raise QueryRejected(
                f"Syntax error in '$search': '{text}'. Each clause has the form \"property:words\", in double quotes.",
                code="Request_BadRequest",
            )
        name, words = clause.group(1), _UNESCAPE.sub(r"\1", clause.group(2))
        if name not in searchable:
            raise QueryRejected(f"Searching the property '{name}' is not supported.", code="Request_BadRequest")
        groups[-1].append((name, _words(words)))
        position = clause.end()
        if position >= len(text):
            break
        connective = _CONNECTIVE.match(text, position)
        if connective is None:
            raise QueryRejected(f"Syntax error in '$search': '{text}'.", code="Request_BadRequest")
        if connective.group(1) == "OR":
            groups.append([])
        position = connective.end()

    def test(read: Callable[[str], str]) -> bool:
        return any(all(_matches(words, read(name).casefold()) for name, words in group) for group in groups)

    return Search(test, tuple(tuple(group) for group in groups))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(text))


def _matches(wanted: tuple[str, ...], text: str) -> bool:
    """Whether each wanted word begins one of the text's. Most texts lack it anywhere, which is quicker to see."""
    if not wanted or not all(prefix in text for prefix in wanted):
        return False
    present = _words(text)
    return all(any(word.startswith(prefix) for word in present) for prefix in wanted)
