"""Addresses and filters as OData wants them. Everything that goes into one is escaped here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import quote, urlencode

from bot.errors import NotFound

Query: TypeAlias = Mapping[str, str]
"""Query options by name ("$select"), not yet percent-encoded."""


@dataclass(frozen=True, slots=True)
class GraphPath:
    """`text` is ready to send. `template` is the same without anybody's id, for logs and metrics."""

    template: str
    text: str


def path(template: str, **segments: str) -> GraphPath:
    """The path that `template` becomes with `segments` put in, each as exactly one segment.

    Ids come from cards and files as well, so an id that would change the address is an id that nothing has.
    Raises: NotFound, for an empty segment and for "." and "..", which address something else.
    """
    for name, value in segments.items():
        if value.strip() in ("", ".", ".."):
            raise NotFound(name)
    return GraphPath(template, template.format(**{name: quote(value, safe="") for name, value in segments.items()}))


def query_string(query: Query) -> str:
    """The query options in the form an address carries them; spaces as %20, because "+" is not a space everywhere."""
    return urlencode(query, safe="$,()'/:", quote_via=quote)


def literal(text: str) -> str:
    """`text` as a string literal of a filter."""
    return "'" + text.replace("'", "''") + "'"


def contains(name: str, text: str) -> str:
    """The condition that the property of this name contains `text` in any letter case.

    `tolower` leaves a "ß" as it is; `casefold` would look for "ss", which is not there.
    """
    return f"contains(tolower({name}),{literal(text.lower())})"


def moment(at: datetime) -> str:
    """An aware moment as Graph writes it, in UTC. Raises: ValueError when `at` has no zone."""
    if at.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
