"""What only shows when rows are read together: repetitions, other spellings, addresses that are almost alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from rapidfuzz.distance import OSA

from bot.files.findings import Findings
from bot.files.labels import label_key
from bot.files.rows import EnrolmentRow

_MOST_COMPARED: Final = 300
_FREQUENT: Final = 3
"""How many times as often the right spelling has to be there."""
_SHORTEST_COMPARED: Final = 7


def once_each(rows: Iterable[EnrolmentRow], findings: Findings) -> list[EnrolmentRow]:
    """The rows without repetitions of the same person in the same access package."""
    kept: dict[tuple[str, str], EnrolmentRow] = {}
    for row in rows:
        key = (row.email, label_key(row.label))
        first = kept.setdefault(key, row)
        if first is not row:
            code = "row.duplicate" if _details(first) == _details(row) else "row.conflict"
            findings.add(code, row.place.line, email=row.email, label=row.label, line=first.place.line)
    return list(kept.values())


def _details(row: EnrolmentRow) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
    return row.start, row.end, row.sponsor, tuple(sorted(row.answers.items()))


def compare(rows: Sequence[EnrolmentRow], findings: Findings) -> None:
    """Other names for one address, other addresses for one name, and what is written almost like its neighbours."""
    by_email: dict[str, EnrolmentRow] = {}
    by_name: dict[str, EnrolmentRow] = {}
    for row in rows:
        known = by_email.setdefault(row.email, row)
        name = row.display_name.casefold()
        if name and known.display_name and name != known.display_name.casefold():
            findings.add(
                "name.spelling",
                row.place.line,
                0,
                known.display_name,
                email=row.email,
                name=row.display_name,
                other=known.display_name,
                line=known.place.line,
            )
        elif name and known is row and (other := by_name.setdefault(name, row)) is not row:
            findings.add(
                "name.two_addresses", row.place.line, name=row.display_name, line=other.place.line, other=other.email
            )
    _almost(rows, lambda row: row.email.rpartition("@")[2], "domain.similar", findings)
    _almost(rows, lambda row: row.label, "label.similar", findings)


def _almost(rows: Sequence[EnrolmentRow], said: Callable[[EnrolmentRow], str], code: str, findings: Findings) -> None:
    """Finds what differs in one letter from something that is much more frequent."""
    counts = Counter(map(said, rows))
    if len(counts) > _MOST_COMPARED:
        return
    meant = {
        rare: frequent
        for rare in counts
        for frequent in counts
        if counts[rare] * _FREQUENT <= counts[frequent] and _is_slip(rare, frequent)
    }
    for row in rows if meant else ():
        if other := meant.get(said(row)):
            findings.add(code, row.place.line, 0, other, value=said(row), other=other)


def _is_slip(rare: str, frequent: str) -> bool:
    """One letter more, less, changed or swapped; a digit or the last letter alone is how names are numbered."""
    if min(len(rare), len(frequent)) < _SHORTEST_COMPARED or OSA.distance(rare, frequent, score_cutoff=1) != 1:
        return False
    return not _numbered(rare, frequent)


def _numbered(one: str, other: str) -> bool:
    if len(one) != len(other):
        return False
    at = next(index for index, (left, right) in enumerate(zip(one, other, strict=True)) if left != right)
    is_swap = one[at : at + 2] == other[at : at + 2][::-1]
    is_apart = at == 0 or not one[at - 1].isalnum()
    ends = at + 1 == len(one) or not one[at + 1].isalnum()
    return not is_swap and ((one[at].isdigit() and other[at].isdigit()) or (is_apart and ends))
