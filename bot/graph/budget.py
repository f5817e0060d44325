"""How long one call to Graph may take, waiting and resending included."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Budget:
    """Times are in seconds.

    `total` bounds the whole call. `attempt` bounds the silence of one attempt and `connect` the wait for its
    connection. A `Retry-After` above `longest_wait`, or beyond what is left of `total`, is not waited for: it is
    told to the caller. `backoff` is the first wait where the service names none; it doubles with each resend.
    `spans_pages` makes `total` bound a whole list instead of each of its pages.
    """

    total: float
    attempt: float
    connect: float
    longest_wait: float
    resends: int
    backoff: float = 0.5
    spans_pages: bool = False


INTERACTIVE: Final = Budget(total=8, attempt=6, connect=2, longest_wait=4, resends=2, spans_pages=True)
"""Inside a turn: somebody waits, and Teams gives up on a turn after a few seconds more."""

BACKGROUND: Final = Budget(total=90, attempt=30, connect=5, longest_wait=60, resends=5)
"""Inside a job, where patience is cheaper than starting over."""
