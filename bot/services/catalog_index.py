"""Searching access packages in a person's own words: names, what they grant, descriptions, projects and catalogs.

A `Doc` is one package made searchable. Docs are shared between the people who see the same; who sees which is decided
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from weakref import WeakValueDictionary

from rapidfuzz import fuzz, process

from bot.domain import AccessPackage, AccessPackageId, ResourceRole
from bot.services.catalog_words import Synonyms, folded, tokens, wanted_tokens

PROJECT_MARK: Final = "|"
"""What stands between project and role in the name of a project's package: `Project Alder | Contributor`."""

_TYPO_CUTOFF: Final = 76.0  # of 100, by rapidfuzz's ratio: "salse" is close to "sale", "data" is not close to "date"
_SHORTEST_WITH_TYPOS: Final = 4
_SHORTEST_INSIDE: Final = 4  # letters that may stand in the middle of a word: "force" in "salesforce"
_NEAREST: Final = 3
_MOST_WORDS: Final = 30  # every one is compared with every word of the catalog, while everybody else waits
_LONGEST_COMPARED: Final = 200
_EXACT, _BEGINS, _INSIDE, _SYNONYM, _TYPO = 1.0, 0.92, 0.8, 0.85, 0.75


class Why(StrEnum):
    """Where what was searched for was found, the plainest place first."""

    NAME = "name"
    SPELLING = "spelling"  # in the name, but not quite as typed
    CONTENTS = "contents"
    SYNONYM = "synonym"
    DESCRIPTION = "description"
    GROUP = "group"  # its project or catalog
    NEAR = "near"  # it does not fit, but nothing comes closer


_WEIGHTS: Final = {Why.NAME: 1.0, Why.CONTENTS: 0.8, Why.DESCRIPTION: 0.6, Why.GROUP: 0.5}


@dataclass(frozen=True, slots=True)
class Match:
    """`detail` is the resource that it contains, or the word that was understood for the one typed."""

    package: AccessPackage
    why: Why
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, best first; `is_sure` when the first is plainly the one meant. Without matches, what comes closest."""

    matches: tuple[Match, ...] = ()
    is_sure: bool = False
    nearest: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Doc:
    package: AccessPackage
    contents: tuple[ResourceRole, ...] | None  # None while they are not known
    project: str  # empty for packages of no project
    role: str  # the package's name within its project; its name where there is none
    folded_name: str
    name: tuple[str, ...]
    places: Mapping[str, tuple[float, Why, str]] = field(repr=False)
    """Every word of the package, with the weightiest place where it stands, and the resource if it is that."""

    @classmethod
    def of(cls, package: AccessPackage, contents: tuple[ResourceRole, ...] | None) -> Doc:
        project, mark, role = package.name.partition(PROJECT_MARK)
        is_project = bool(mark and project.strip() and role.strip())
        name = tokens(package.name)
        places: dict[str, tuple[float, Why, str]] = {}
        resources = dict.fromkeys(each.resource_name for each in contents or () if each.resource_name)
        found = (
            (Why.NAME, "", name),
            *((Why.CONTENTS, resource, tokens(_spaced(resource))) for resource in resources),
            (Why.DESCRIPTION, "", tokens(package.description)),
            (Why.GROUP, "", tokens(package.catalog_name)),
        )
        for why, detail, words in found:
            for word in words:
                places.setdefault(word, (_WEIGHTS[why], why, detail))
        return cls(
            package,
            contents,
            project.strip() if is_project else "",
            role.strip() if is_project else package.name,
            " ".join(folded(package.name).split()),
            name,
            places,
        )


class Library:
    """Docs for everybody: one for each package with the same contents, for as long as somebody has it."""

    def __init__(self) -> None:
        self._docs: WeakValueDictionary[tuple[AccessPackage, tuple[ResourceRole, ...] | None], Doc] = (
            WeakValueDictionary()
        )

    def doc(self, package: AccessPackage, contents: Sequence[ResourceRole] | None = None) -> Doc:
        key = (package, None if contents is None else tuple(contents))
        doc = self._docs.get(key)
        if doc is None:
            doc = self._docs[key] = Doc.of(*key)
        return doc

    def __len__(self) -> int:
        return len(self._docs)


@dataclass(frozen=True, slots=True)
class _Slot:
    """One wanted word: the words of the catalog that it may stand for, and how well each fits."""

    word: str
    fits: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Alternative:
    """Other words for some of the wanted ones."""

    start: int
    end: int
    words: frozenset[str]
    spelling: str


def search(docs: Sequence[Doc], words: str, synonyms: Synonyms) -> Found:
    """What fits `words` among `docs`; every word, of a text the first ones, must be found in a package."""
    wanted = wanted_tokens(words)[:_MOST_WORDS]
    if not wanted:
        return Found(nearest=_nearest(docs, words))
    vocabulary = frozenset().union(*(doc.places for doc in docs))
    slots = [_Slot(word, _fits(word, vocabulary)) for word in wanted]
    others = [
        _Alternative(start, start + length, frozenset(other), spelling)
        for start, found in synonyms.of(wanted).items()
        for length, other, spelling in found
        if vocabulary.issuperset(other)
    ]
    exact = " ".join(folded(words).split())
    scored: list[tuple[float, str, Match]] = []
    for doc in docs:
        found = _scored(doc, slots, others)
        if found is not None:
            scored.append((found[0], doc.folded_name, found[1]))
    scored.sort(key=lambda entry: (-entry[0], entry[1]))
    matches = tuple(match for _, _, match in scored)
    if not matches:
        return Found(nearest=_nearest(docs, words))
    named = [doc for doc in docs if doc.folded_name == exact or sorted(doc.name) == sorted(wanted)]
    if len(named) == 1:
        first = Match(named[0].package, Why.NAME)
        return Found((first, *(match for match in matches if match.package is not first.package)), is_sure=True)
    return Found(matches, is_sure=len(matches) == 1 and matches[0].why is Why.NAME)


def _fits(word: str, vocabulary: Iterable[str]) -> dict[str, float]:
    fits: dict[str, float] = {}
    can_be_inside = len(word) >= _SHORTEST_INSIDE
    for known in vocabulary:
        if known.startswith(word):
            fits[known] = _EXACT if known == word else _BEGINS
        elif can_be_inside and word in known:
            fits[known] = _INSIDE
    if len(word) >= _SHORTEST_WITH_TYPOS:
        close = process.extract(word, vocabulary, scorer=fuzz.ratio, score_cutoff=_TYPO_CUTOFF, limit=None)
        for known, score, _ in close:
            if known[0] == word[0] or score >= 85:
                fits.setdefault(known, _TYPO * score / 100)
    return fits


def _scored(doc: Doc, slots: Sequence[_Slot], others: Sequence[_Alternative]) -> tuple[float, Match] | None:
    """How well the package fits and why; None when one of the wanted words is nowhere in it."""
    best = [_best(doc, slot.fits) for slot in slots]
    for other in others:
        if not doc.places.keys() >= other.words:
            continue
        score = _SYNONYM * min(doc.places[word][0] for word in other.words)
        for place in range(other.start, other.end):
            if best[place][0] < score:
                best[place] = (score, Why.SYNONYM, other.spelling)
    # The weakest word says why, for that is the one that needs an explanation.
    weakest, why, detail = min(best, key=lambda entry: entry[0])
    if not weakest:
        return None
    total = sum(score for score, _, _ in best) / len(best)
    brevity = 0.05 * len(slots) / max(len(doc.name), len(slots))  # of two that fit alike, the shorter name
    return total + brevity, Match(doc.package, why, detail)


def _best(doc: Doc, fits: Mapping[str, float]) -> tuple[float, Why, str]:
    best, why, detail = 0.0, Why.NEAR, ""
    for word in fits.keys() & doc.places.keys():
        weight, place, resource = doc.places[word]
        if (score := fits[word] * weight) > best:
            best, why, detail = score, place, resource
            if why is Why.NAME and fits[word] < _INSIDE:
                why = Why.SPELLING
    return best, why, detail


def _nearest(docs: Sequence[Doc], words: str) -> tuple[Match, ...]:
    """The three packages whose names come closest, however far away that is."""
    wanted = (" ".join(tokens(words)) or folded(words))[:_LONGEST_COMPARED]
    names = [" ".join(doc.name) for doc in docs]
    close = process.extract(wanted, names, scorer=fuzz.WRatio, limit=_NEAREST)
    return tuple(Match(docs[place].package, Why.NEAR) for _, _, place in close)


def _spaced(resource: str) -> str:
    """`ProjectAlder_Contributor` and `salesPortal` are several words to people."""
    return "".join(
        f" {char}" if char.isupper() and place and resource[place - 1].islower() else char
        for place, char in enumerate(resource.replace("_", " "))
    )


def ids(matches: Iterable[Match]) -> tuple[AccessPackageId, ...]:
    return tuple(match.package.id for match in matches)
