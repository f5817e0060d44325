"""Pages of a collection, and the opaque tokens that lead from one to the next.

A token remembers the last item that was seen rather than how many, so that items added or gone meanwhile neither repeat
nor hide others. It only fits the query that it was made for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.graph.odata.errors import QueryRejected


@dataclass(frozen=True, slots=True)
class Page:
    """`next_token` is None on the last page."""

    items: list[Any]
    next_token: str | None


def take_page(
    items: Sequence[Any],
    *,
    size: int,
    query: str,
    token: str | None,
    key: Callable[[Any], str],
    fits: Callable[[Any], bool],
) -> Page:
    """Up to `size` of the `items` that fit, after the place that `token` names. `query` is what the token is bound to.

    The items are tested one by one, so a page of a large set costs no more than it shows.
    """
    start = _place(items, token, query, key) if token is not None else 0
    page: list[Any] = []
    last = -1
    for index in range(start, len(items)):
        if not fits(items[index]):
            continue
        if len(page) == size:
            return Page(page, _token(query, key(items[last]), last))
        page.append(items[index])
        last = index
    return Page(page, None)


def _token(query: str, item: str, index: int) -> str:
    text = json.dumps({"q": _digest(query), "k": item, "i": index})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(items: Sequence[Any], token: str, query: str, key: Callable[[Any], str]) -> int:
    """The index behind the item that the token names; where that item is gone, the index it had."""
    try:
        found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        digest, item, index = str(found["q"]), str(found["k"]), int(found["i"])
    except (binascii.Error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise QueryRejected("The value of '$skiptoken' is not one that this service has given.") from error
    if digest != _digest(query):
        raise QueryRejected("The value of '$skiptoken' belongs to another query.")
    if 0 <= index < len(items) and key(items[index]) == item:
        return index + 1
    for position, candidate in enumerate(items):
        if key(candidate) == item:
            return position + 1
    return max(0, min(index, len(items)))


def _digest(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:16]
