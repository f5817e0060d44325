"""How much a caller may ask for: resource units per application, refilled as time passes.

The published prices, headers and limits are used. Where no figure is published, as for entitlement management, there is
no limit (0) unless one is set. Real time counts, since callers wait in real time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.graph.odata.options import QueryOptions
from sandbox.graph.operations import Operation
from sandbox.graph.problems import GraphProblem

WINDOW_S: Final = 10.0
WRITES_WINDOW_S: Final = 150.0
"""Writes to the directory are counted besides, over a longer time."""
_WARNING_AT: Final = 0.8


@dataclass(slots=True)
class _Bucket:
    spent: float
    at: float


class Throttle:
    """`now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def spend(self, app_id: str, scope: str, units: int, limit: int, *, window_s: float = WINDOW_S) -> dict[str, str]:
        """Take `units` of the `limit` units that an application has in a window of time, or raise 429.

        Gives back the headers that tell how close the caller has come. A limit of 0 is none.
        """
        if limit <= 0:
            return {}
        now = self._now()
        bucket = self._buckets.setdefault((app_id, scope), _Bucket(0.0, now))
        rate = limit / window_s
        bucket.spent = max(0.0, bucket.spent - (now - bucket.at) * rate)
        bucket.at = now
        if bucket.spent + units > max(limit, units):
            wait = (bucket.spent + units - max(limit, units)) / rate
            raise _too_many(scope, math.ceil(wait * 1000) / 1000)
        bucket.spent += units
        share = bucket.spent / limit
        return {"x-ms-throttle-limit-percentage": f"{share:.2f}"} if share >= _WARNING_AT else {}


def price(operation: Operation, options: QueryOptions) -> int:
    """Resource units of one call: `$select` and a small `$top` make it cheaper, `$expand` dearer, never below one."""
    units = operation.units
    units -= "$select" in options.given
    units += "$expand" in options.given
    units -= options.top is not None and options.top < 20
    return max(1, units)


def _too_many(scope: str, wait_s: float) -> GraphProblem:
    return GraphProblem(
        429,
        "TooManyRequests",
        "Please retry again later.",
        {
            "Retry-After": f"{wait_s:g}",
            "x-ms-throttle-scope": f"Tenant_Application/{scope}",
            "x-ms-throttle-information": "ResourceUnitLimitExceeded",
        },
        inner_code="429",
    )
