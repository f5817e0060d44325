"""What an entity type is to this service: its properties, what a plain read shows, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.graph.reader import Reader

Getter = Callable[[Reader, Any], Any]
"""One property's JSON value, read from the tenant's own object for whoever asks."""


@dataclass(frozen=True, slots=True)
class Navigation:
    """A navigation property. `load` gives the tenant's object (or None), or an iterable of them for a collection.

    `target` names the declared type; "directoryObject" stands for whatever the object turns out to be. An expanded
    collection shows at most `limit` items.
    """

    target: str
    load: Callable[[Reader, Any], Any]
    is_collection: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class EntityType:
    """`default` are the properties that a read without `$select` shows; None means all.

    `is_stated` marks a type that is declared by its abstract base, so that answers have to say which one it is.
    `by_name` are properties that only a `$select` naming them shows, not `$select=*`.
    """

    name: str
    properties: Mapping[str, Getter]
    navigation: Mapping[str, Navigation] = field(default_factory=dict)
    default: tuple[str, ...] | None = None
    is_stated: bool = False
    by_name: frozenset[str] = frozenset()

    @property
    def shown(self) -> tuple[str, ...]:
        return self.everything if self.default is None else self.default

    @property
    def everything(self) -> tuple[str, ...]:
        """What `$select=*` shows."""
        return tuple(name for name in self.properties if name not in self.by_name)


def one(target: str, load: Callable[[Reader, Any], Any]) -> Navigation:
    return Navigation(target, load)


def many(target: str, load: Callable[[Reader, Any], Iterable[Any]], *, limit: int | None = None) -> Navigation:
    return Navigation(target, load, is_collection=True, limit=limit)
