"""Doorman's own memory, for commands that tell more where it is at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bot.cli.session import Session
from bot.identity.sealing import Sealer
from bot.store import Store, open_store


@asynccontextmanager
async def store_at_hand(session: Session, env: Mapping[str, str]) -> AsyncIterator[Store | None]:
    """The bot's store where DATABASE_URL and DOORMAN_SECRET_KEYS are set; None elsewhere."""
    address, secrets = env.get("DATABASE_URL", ""), env.get("DOORMAN_SECRET_KEYS", "")
    if not address or not secrets:
        yield None
        return
    sealer = Sealer([key.strip() for key in secrets.split(",") if key.strip()])
    store = await open_store(address, sealer, session.clock)
    try:
        yield store
    finally:
        await store.close()
