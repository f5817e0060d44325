"""Values that may be a little old."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_KEPT = 5_000

T = TypeVar("T")


class Kept:
    """Values that may be a little old, each for `age_seconds`; the least recently used go first."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._values: OrderedDict[Hashable, tuple[float, Any]] = OrderedDict()

    def get(self, key: Hashable, age_seconds: float) -> Any | None:
        kept = self._values.get(key)
        if kept is None or self._monotonic() - kept[0] > age_seconds:
            return None
        self._values.move_to_end(key)
        return kept[1]

    def put(self, key: Hashable, value: T) -> T:
        self._values[key] = (self._monotonic(), value)
        self._values.move_to_end(key)
        while len(self._values) > _KEPT:
            self._values.popitem(last=False)
        return value
