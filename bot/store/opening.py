"""Opening the store on whatever `DATABASE_URL` names."""

from __future__ import annotations

from bot.clock import Clock
from bot.store.engine import create_engine, database_url
from bot.store.migrate import upgrade
from bot.store.ports import Sealer
from bot.store.store import WAIT_SECONDS, Store


async def open_store(
    address: str, sealer: Sealer, clock: Clock | None = None, *, wait_seconds: float = WAIT_SECONDS
) -> Store:
    """The store in the database at `address`, brought up to date first. Close it in the end.

    Raises: UnusableDatabaseError, with one line for the operator.
    """
    url = database_url(address)
    await upgrade(url)
    return Store(create_engine(url, wait_seconds=wait_seconds), sealer, clock, wait_seconds=wait_seconds)
