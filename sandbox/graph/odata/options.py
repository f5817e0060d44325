"""The query options of one request, parsed: `$select`, `$expand` with its nested options, `$top` and the others.

odata-query parses `$filter` only, so the small grammar of lists and nested parentheses is taken apart here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sandbox.graph.odata.errors import QueryRejected

KNOWN: Final = frozenset(
    {"$filter", "$select", "$expand", "$top", "$skip", "$orderby", "$count", "$search", "$skiptoken"}
)
_NESTED: Final = frozenset({"$select", "$expand", "$levels"})
_MAX_DEPTH: Final = 5


@dataclass(frozen=True, slots=True)
class Expansion:
    """One expanded navigation property; `levels` (1 to 1000) is how far a chain of managers is followed."""

    name: str
    select: tuple[str, ...] = ()
    expand: tuple[Expansion, ...] = ()
    levels: int | None = None


@dataclass(frozen=True, slots=True)
class QueryOptions:
    filter: str | None = None
    select: tuple[str, ...] = ()
    expand: tuple[Expansion, ...] = ()
    top: int | None = None
    skip: int = 0
    orderby: tuple[tuple[str, bool], ...] = ()
    """(property, is descending), most significant first."""
    count: bool = False
    search: str | None = None
    skiptoken: str | None = None
    given: frozenset[str] = field(default_factory=frozenset)
    """The names of all options that were present."""


def parse_options(pairs: Iterable[tuple[str, str]]) -> QueryOptions:
    """The options of a query string. Raises QueryRejected for unknown, repeated and malformed ones, by name."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in KNOWN:
            raise QueryRejected(f"The query option '{name}' is not supported.")
        if name in found:
            raise QueryRejected(f"The query option '{name}' must not be given more than once.")
        found[name] = value
    return QueryOptions(
        filter=found.get("$filter"),
        select=_names("$select", found["$select"]) if "$select" in found else (),
        expand=parse_expand(found["$expand"]) if "$expand" in found else (),
        top=_top(found["$top"]) if "$top" in found else None,
        skip=_skip(found["$skip"]) if "$skip" in found else 0,
        orderby=_orderby(found["$orderby"]) if "$orderby" in found else (),
        count=_flag("$count", found["$count"]) if "$count" in found else False,
        search=found.get("$search"),
        skiptoken=found.get("$skiptoken"),
        given=frozenset(found),
    )


def parse_expand(text: str, depth: int = 0) -> tuple[Expansion, ...]:
    """`assignment($expand=target,assignmentPolicy),requestor($select=id)` as a tuple of expansions."""
    if depth >= _MAX_DEPTH:
        raise QueryRejected(f"The query option '$expand' must not be nested deeper than {_MAX_DEPTH} levels.")
    parts = [_expansion(part.strip(), depth) for part in _split(text, ",")]
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        raise QueryRejected(f"The query option '$expand' names a property more than once: '{text}'.")
    return tuple(parts)


def _expansion(text: str, depth: int) -> Expansion:
    name, bracket, rest = text.partition("(")
    name = name.strip()
    if not name or (bracket and not rest.endswith(")")):
        raise QueryRejected(f"Invalid '$expand' item '{text}'.")
    if not bracket:
        return Expansion(name)
    nested: dict[str, str] = {}
    for option in _split(rest[:-1], ";"):
        key, equals, value = (part.strip() for part in option.partition("="))
        if not equals or key not in _NESTED or key in nested:
            raise QueryRejected(f"The option '{key}' is not supported within '$expand={name}(...)'.")
        nested[key] = value
    return Expansion(
        name,
        select=_names("$select", nested["$select"]) if "$select" in nested else (),
        expand=parse_expand(nested["$expand"], depth + 1) if "$expand" in nested else (),
        levels=_levels(nested["$levels"]) if "$levels" in nested else None,
    )


def _split(text: str, separator: str) -> Sequence[str]:
    """`text` cut at `separator` outside of parentheses."""
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0:
            break
        if character == separator and not depth:
            parts.append(text[start:index])
            start = index + 1
    if depth:
        raise QueryRejected(f"Unbalanced parentheses in '{text}'.")
    return [*parts, text[start:]]


def _names(option: str, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise QueryRejected(f"The query option '{option}' has an empty item: '{text}'.")
    return tuple(dict.fromkeys(names))


def _top(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
        raise QueryRejected(f"Invalid value '{text}' for the query option '$top': a positive whole number is needed.")
    return int(text)


def _skip(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise QueryRejected(f"Invalid value '{text}' for the query option '$skip': a whole number is needed.")
    return int(text)


def _levels(text: str) -> int:
    if text == "max":
        return 1000
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= 1000:
        raise QueryRejected(f"Invalid value '{text}' for the option '$levels': 1 to 1000 or 'max' is needed.")
    return int(text)


def _flag(option: str, text: str) -> bool:
    if text not in ("true", "false"):
        raise QueryRejected(f"Invalid value '{text}' for the query option '{option}': 'true' or 'false' is needed.")
    return text == "true"


def _orderby(text: str) -> tuple[tuple[str, bool], ...]:
    keys = []
    for item in text.split(","):
        words = item.split()
        if not 1 <= len(words) <= 2 or (len(words) == 2 and words[1] not in ("asc", "desc")):
            raise QueryRejected(f"Invalid '$orderby' item '{item.strip()}'.")
        keys.append((words[0], words[-1] == "desc" and len(words) == 2))
    return tuple(keys)
