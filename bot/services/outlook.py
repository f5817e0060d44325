"""How long a request for a package usually takes, from Doorman's own history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from statistics import median, quantiles
from typing import Final

from bot.domain import AccessPackageId, PolicyId
from bot.rules import Spread
from bot.store import Store

ENOUGH: Final = 10
"""Fewer cases than this say little, and might say too much about somebody."""
_LATEST: Final = 200


class History:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def usual(self, package_id: AccessPackageId, policy_id: PolicyId) -> Spread | None:
        """From asking to working access, in the latest cases under this policy; None where there are too few."""
        async with self._store.unit(read_only=True) as unit:
            spans = await unit.requests.spans(package_id, policy_id, _LATEST)
        return spread(spans)


def spread(spans: Sequence[timedelta]) -> Spread | None:
    if len(spans) < ENOUGH:
        return None
    seconds = sorted(span.total_seconds() for span in spans)
    nine_of_ten = quantiles(seconds, n=10, method="inclusive")[-1]
    return Spread(
        len(seconds), timedelta(seconds=median(seconds)), timedelta(seconds=seconds[0]), timedelta(seconds=nine_of_ten)
    )
