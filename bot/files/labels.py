"""What an access package is called in files: "<project> | <role>", or a whole name of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Final

from rapidfuzz import fuzz, utils

BAR: Final = "|"

_OTHER_BARS: Final = re.compile("[\uff5c\u00a6\u2502\u2503\u2223\u01c0\u23d0]")
_AROUND_BAR: Final = re.compile(r"\s*\|\s*")
_IN_NAMES: Final = re.compile(r"\s*[|\uff5c\u00a6\u2502]\s*|\s+[-\u2013\u2014]\s+|\s*__\s*")
_CLOSE_ENOUGH: Final = 70


def tidy_label(label: str) -> str:
    """With the plain bar, and one space on each side of it."""
    return _AROUND_BAR.sub(f" {BAR} ", plain_bar(label)).strip()


def plain_bar(label: str) -> str:
    return _OTHER_BARS.sub(BAR, label)


def label_key(label: str) -> str:
    """Equal for labels that mean the same: letter case, spaces and the kind of bar do not count."""
    return " ".join(tidy_label(unicodedata.normalize("NFKC", label)).split()).casefold()


def by_key(labels: Sequence[str]) -> dict[str, str]:
    return {label_key(label): label for label in labels}


def label_in_name(name: str) -> str:
    """The label that a file's name spells: `Project X - Role Y.csv` and `Project X__Role Y.csv` do so too.

    The bar itself is not allowed in names on every system. Without anything between project and role, the whole name.
    """
    stem = name.replace("\\", "/").rpartition("/")[2]
    stem = re.sub(r"\.(csv|xlsx|txt|tsv)$", "", stem, flags=re.IGNORECASE)
    return tidy_label(_IN_NAMES.sub(f" {BAR} ", " ".join(stem.split()), count=1))


def has_bar(name: str) -> bool:
    """Whether a file's name spells a label with the bar itself, which cannot mean anything else."""
    return BAR in plain_bar(name.replace("\\", "/").rpartition("/")[2])


def closest(value: str, known: Sequence[str]) -> str:
    """The one that was probably meant; empty when none is close.

    Words that all known names begin with ("Project") make none of them closer, and may be left out.
    """
    return _closest(value, tuple(known))


@lru_cache(maxsize=1024)  # A mistake is often in every line of a file.
def _closest(value: str, known: tuple[str, ...]) -> str:
    shared = _shared_words(known)
    best, meant = 0.0, ""
    for name in known:
        own = _without(name, shared)
        score = _likeness(value, own)
        if _likeness(value, name) >= _CLOSE_ENOUGH:
            score = max(score, _likeness(_without(value, shared), own))
        if score > best:
            best, meant = score, name
    return meant if best >= _CLOSE_ENOUGH else ""


def _likeness(one: str, other: str) -> float:
    return float(fuzz.ratio(one, other, processor=utils.default_process))


def _shared_words(names: Sequence[str]) -> int:
    """With how many words all of these names begin, without the last of each."""
    words = [name.casefold().split()[:-1] for name in names]
    alike = takewhile(lambda each: len(set(each)) == 1, zip(*words, strict=False))
    return sum(1 for _ in alike) if len(words) > 1 else 0


def _without(name: str, first: int) -> str:
    """The name without its first words, unless it has no others."""
    return " ".join(name.split()[first:]) or name


def projects_of(known: Mapping[str, str]) -> dict[str, str]:
    """The projects of these labels, by their keys."""
    names = (label.partition(BAR)[0].strip() for label in known.values() if BAR in label)
    return {label_key(name): name for name in names}
