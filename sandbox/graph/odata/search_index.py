"""Finding text in many objects at once: all their texts of one property in one string, quick to look through."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

MOST_HITS = 5_000


class TextIndex:
    """Texts by row. What it finds has to be looked at again: a word may be found in the middle of another one."""

    def __init__(self, texts: Iterable[str]) -> None:
        lines = [text.casefold().replace("\n", " ") for text in texts]
        self._text = "\n".join(lines)
        self._starts = [0, *accumulate(len(line) + 1 for line in lines)]

    def rows_with(self, part: str) -> list[int] | None:
        """The rows in which `part` (in lower case) occurs, in order; None for a part that occurs too often."""
        rows: list[int] = []
        position = self._text.find(part)
        while position >= 0:
            row = bisect_right(self._starts, position) - 1
            rows.append(row)
            if len(rows) > MOST_HITS:
                return None
            position = self._text.find(part, self._starts[row + 1])
        return rows


def rows_of(groups: Sequence[Sequence[tuple[str, tuple[str, ...]]]], indexes: dict[str, TextIndex]) -> list[int] | None:
    """The rows that may fit a search: one group of clauses is enough, each clause narrows its group.

    None where the search does not narrow anything down.
    """
    found: set[int] = set()
    for group in groups:
        name, words = max(group, key=lambda clause: max(map(len, clause[1]), default=0))
        longest = max(words, key=len, default="")
        rows = indexes[name].rows_with(longest) if longest else []
        if rows is None:
            return None
        found.update(rows)
    return sorted(found)
