"""A store of each kind for every test that asks for one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.clock import Clock
from bot.identity.sealing import Sealer
from bot.store import Store, open_store
from tests.support.postgres import postgres_server as postgres_server
from tests.support.postgres import postgres_url as postgres_url

START = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


class HandClock(Clock):
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = START
        super().__init__(lambda: self.moment)

    def move(self, **span: float) -> datetime:
        self.moment += timedelta(**span)
        return self.moment


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer([Fernet.generate_key().decode()])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'doorman.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def store(database: str, sealer: Sealer, clock: HandClock) -> AsyncIterator[Store]:
    opened = await open_store(database, sealer, clock)
    yield opened
    await opened.close()
