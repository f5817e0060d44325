"""What was asked of Graph, by whom, and with which permission: the list beside the page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

TokenKind = Literal["delegated", "application", "none"]

_KEPT = 20_000


class Publisher(Protocol):
    """The one thing the log needs of the sandbox's events."""

    def publish(self, kind: str, **data: Any) -> object: ...


@dataclass(frozen=True, slots=True)
class GraphCall:
    """One call, answered. `identity` is a person's or an app's display name; `batch` numbers the `$batch` around it."""

    number: int
    at: datetime
    method: str
    path: str
    query: str
    status: int
    duration_ms: float
    identity: str
    identity_id: str
    app_name: str
    token_kind: TokenKind
    permissions: tuple[str, ...]
    used_permission: str | None
    correlation_id: str
    batch: int | None = None

    def as_json(self) -> dict[str, Any]:
        """JSON values only; `at` as ISO 8601."""
        return {**asdict(self), "at": self.at.isoformat(), "permissions": list(self.permissions)}


class GraphLog:
    """The calls since the start or the last `clear`, oldest first; only the last 20,000 are kept."""

    def __init__(self, events: Publisher | None = None) -> None:
        self._events = events
        self._last = 0
        self._batches = 0
        self.entries: list[GraphCall] = []

    def add(
        self,
        *,
        at: datetime,
        method: str,
        path: str,
        query: str,
        status: int,
        duration_ms: float,
        identity: str,
        identity_id: str,
        app_name: str,
        token_kind: TokenKind,
        permissions: tuple[str, ...],
        used_permission: str | None,
        correlation_id: str,
        batch: int | None = None,
    ) -> GraphCall:
        """Number the call, keep it, and tell whoever watches (event "graph")."""
        self._last += 1
        call = GraphCall(
            number=self._last,
            at=at,
            method=method,
            path=path,
            query=query,
            status=status,
            duration_ms=duration_ms,
            identity=identity,
            identity_id=identity_id,
            app_name=app_name,
            token_kind=token_kind,
            permissions=permissions,
            used_permission=used_permission,
            correlation_id=correlation_id,
            batch=batch,
        )
        self.entries.append(call)
        if len(self.entries) > _KEPT:
            del self.entries[: len(self.entries) - _KEPT]
        if self._events is not None:
            self._events.publish("graph", **call.as_json())
        return call

    def next_batch(self) -> int:
        """The number that the calls of one `$batch` share."""
        self._batches += 1
        return self._batches

    def since(self, number: int) -> list[GraphCall]:
        """The calls after the one with that number."""
        return [call for call in self.entries if call.number > number]

    def clear(self) -> None:
        """Forget the calls; numbering goes on, so a reader's `since` stays valid."""
        self.entries.clear()
