"""What was searched for in vain: counted by words and days, without people."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from bot.domain import UserId
from bot.services.missed_searches import MissedSearches
from bot.store import Store
from bot.turn import Actor
from tests.store.conftest import HandClock

RITA, MARC = Actor("tenant", UserId("rita"), "Rita Requester"), Actor("tenant", UserId("marc"), "Marc Manager")


async def test_searches_are_grouped_counted_and_told_from_the_third_day(store: Store, clock: HandClock) -> None:
    searches = MissedSearches(store, clock)
    await searches.note(RITA, "Payroll access please")
    await searches.note(RITA, "payroll")
    await searches.note(MARC, "the PAYROLL, 4711")
    assert await searches.report() == []
    clock.move(days=1)
    await searches.note(RITA, "payrolls")
    assert await searches.report() == []
    clock.move(days=1)
    await MissedSearches(store, clock).note(RITA, "payroll")
    (found,) = await searches.report()
    assert (found.words, found.count, found.days) == ("payroll access please", 4, 3)
    assert (found.last_day_at - found.first_day_at).days == 2
    assert await searches.report(since=clock.move(days=2)) == []


async def test_nobody_and_no_hour_is_written_down(store: Store, clock: HandClock) -> None:
    await MissedSearches(store, clock).note(RITA, "Rita payroll for r.requester@woodgrove.example 4711")
    async with store.unit(read_only=True) as unit:
        (row,) = await unit.missed_searches._session.rows(text("select * from missed_searches"))
    assert row["words"] == "payroll for"
    assert not any("rita" in str(value).casefold() for value in row.values())
    assert "12:00" in str(row["first_day_at"])
    await MissedSearches(store, clock).note(RITA, "4711 Rita")
    async with store.unit(read_only=True) as unit:
        assert len(await unit.missed_searches._session.rows(text("select 1 from missed_searches"))) == 1


async def test_they_are_forgotten_and_rare_ones_sooner(store: Store, clock: HandClock) -> None:
    searches = MissedSearches(store, clock)
    await searches.note(RITA, "rare thing")
    for _ in range(3):
        await searches.note(RITA, "payroll")
        clock.move(days=1)
    async with store.unit() as unit:
        assert await unit.missed_searches.delete_rare(clock.moment, 3) == 1
        assert await unit.missed_searches.delete_older_than(clock.moment - timedelta(days=2)) == 0
        assert await unit.missed_searches.delete_older_than(clock.moment) == 1
    assert await searches.report() == []
