"""What signing in needs from a database. `bot/store` satisfies these; tests use fakes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class TokenCaches(Protocol):
    """One sealed token cache per person; the text is opaque here and in the database.

    The last `save` wins: Entra accepts an older refresh token as well, so nothing is lost by it.
    """

    async def load(self, tenant_id: str, object_id: str) -> str | None: ...

    async def save(self, tenant_id: str, object_id: str, sealed: str) -> None: ...

    async def delete(self, tenant_id: str, object_id: str) -> None: ...


class Proofs(Protocol):
    """When people last met an authentication context with a sign-in of their own."""

    async def note(self, tenant_id: str, object_id: str, context: str, proved_at: datetime) -> None: ...
