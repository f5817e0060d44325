"""Faults that can be switched on: what goes wrong, for whom, how often.

A rule speaks of one service; the first rule that fits a request decides. Rules act before the handler, so that nothing
has happened yet; `truncate`, and every rule with `after`, act after it, so that everything has.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from sandbox.services import Service

Kind = Literal["status", "timeout", "reset", "slow", "truncate"]
SERVICES = (Service.GRAPH, Service.ENTRA, Service.CONNECTOR)


@dataclass
class Fault:
    """One rule. None means "any"; `path` is a regular expression searched in the path with its query.

    `who` is an identity's display name, a person's id, name or mail-like name, or an app's id. `skip` lets requests go
    well first and counts down. `times` counts down and takes the rule away at zero; None lasts until it is removed.
    Several rules with `skip` and `times` make a sequence. `percent` is the share of fitting requests it hits.
    """

    service: Service
    kind: Kind
    method: str | None = None
    path: str | None = None
    who: str | None = None
    status: int = 503
    body: Any = None  # sent as it is (JSON, or text when it is a string) instead of the service's own wording
    retry_after: float | None = None  # seconds
    delay_ms: int = 0  # slow: before the handler. timeout: gives up after this; 0 holds on until the caller leaves
    skip: int = 0  # how many fitting requests go well first
    times: int | None = None
    percent: float = 100.0
    after: bool = False
    id: str = ""
    hits: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        self.service = Service(self.service)
        if self.service not in SERVICES:
            raise ValueError(f"service must be one of {', '.join(SERVICES)}")
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}")
        if not 200 <= self.status <= 599:
            raise ValueError("status must be between 200 and 599")
        if self.delay_ms < 0 or (self.retry_after is not None and self.retry_after < 0):
            raise ValueError("delay_ms and retry_after must not be negative")
        if self.skip < 0:
            raise ValueError("skip must not be negative")
        if self.times is not None and self.times < 1:
            raise ValueError("times must be at least 1")
        if not 0 < self.percent <= 100:
            raise ValueError("percent must be above 0 and at most 100")
        if self.path is not None:
            try:
                re.compile(self.path)
            except re.error as error:
                raise ValueError(f"path is not a regular expression: {error}") from error

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Fault:
        """Read a rule. Raises ValueError for unknown members, missing ones and wrong kinds of values."""
        known = {entry.name for entry in fields(cls)} - {"id", "hits"}
        if unknown := sorted(set(body) - known):
            raise ValueError(f"unknown member: {', '.join(unknown)}")
        for name in ("service", "kind"):
            if name not in body:
                raise ValueError(f"{name} is missing")
        for name, kinds in _JSON_KINDS.items():
            value = body.get(name)
            if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool)):
                raise ValueError(f"{name} has the wrong kind of value")
        return cls(**{name: value for name, value in body.items() if value is not None or name in _NULLABLE})

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "service": self.service.value}

    def fits(self, service: Service, method: str, path: str, who: frozenset[str]) -> bool:
        return (
            self.service is service
            and (self.method is None or self.method.upper() == method.upper())
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.who is None or self.who.casefold() in who)
        )


_WIDEST_SPREAD = 2.0
_LONGEST_TAIL_MS = 60_000.0
_JSON_KINDS: dict[str, type | tuple[type, ...]] = {
    "service": str,
    "kind": str,
    "method": str,
    "path": str,
    "who": str,
    "status": int,
    "retry_after": (int, float),
    "delay_ms": int,
    "skip": int,
    "times": int,
    "percent": (int, float),
    "after": bool,
}
_NULLABLE = {"method", "path", "who", "body", "retry_after", "times"}


class Faults:
    """The rules in force, and how slow each service is besides.

    `latency_ms` is the median. With `latency_spread` 0 every request takes as long; above, times are distributed as
    networks have them (log-normal with that sigma): half are quicker, and a few take very long.
    """

    def __init__(self, *, seed: int = 1) -> None:
        self.rules: list[Fault] = []
        self.latency_ms: dict[Service, int] = {}
        self.latency_spread = 0.0
        self._given = 0
        self._times = random.Random(seed)  # noqa: S311 - how long requests take, repeatably
        self._random = random.Random(seed)  # noqa: S311 - decides which requests fail, repeatably

    def add(self, fault: Fault) -> Fault:
        """Put the rule in force, after those already there, and give it its id."""
        self._given += 1
        fault.id = f"fault-{self._given}"
        self.rules.append(fault)
        return fault

    def remove(self, fault_id: str) -> bool:
        """Take one rule away; False when there is none of that id."""
        before = len(self.rules)
        self.rules = [rule for rule in self.rules if rule.id != fault_id]
        return len(self.rules) < before

    def clear(self) -> None:
        self.rules.clear()

    def reset(self, *, seed: int) -> None:
        self.clear()
        self.latency_ms.clear()
        self.latency_spread = 0.0
        self._random.seed(seed)
        self._times.seed(seed)

    def set_latency(self, service: Service, milliseconds: int) -> None:
        """Every request to `service` waits this long first. Raises ValueError when negative."""
        if milliseconds < 0:
            raise ValueError("latency must not be negative")
        self.latency_ms[service] = milliseconds

    def set_spread(self, sigma: float) -> None:
        """How far times lie apart. Raises ValueError outside of 0 to 2."""
        if not 0 <= sigma <= _WIDEST_SPREAD:
            raise ValueError(f"spread must be between 0 and {_WIDEST_SPREAD:g}")
        self.latency_spread = sigma

    def next_latency_s(self, service: Service) -> float:
        """How long the next request to `service` waits, in seconds; at most a minute longer than the median."""
        median_ms = self.latency_ms.get(service, 0)
        if not median_ms or not self.latency_spread:
            return median_ms / 1000
        drawn_ms = median_ms * math.exp(self._times.gauss(0, self.latency_spread))
        return min(drawn_ms, median_ms + _LONGEST_TAIL_MS) / 1000

    def pick(self, service: Service, method: str, path: str, who: frozenset[str]) -> Fault | None:
        """The rule that this request meets, counted as used. `who` holds casefolded names and ids of the caller."""
        for rule in self.rules:
            if rule.fits(service, method, path, who):
                if rule.skip > 0:
                    rule.skip -= 1
                    continue
                if rule.percent < 100 and self._random.uniform(0, 100) >= rule.percent:
                    continue
                self._count(rule)
                return rule
        return None

    def _count(self, rule: Fault) -> None:
        rule.hits += 1
        if rule.times is not None:
            rule.times -= 1
            if rule.times == 0:
                self.remove(rule.id)
