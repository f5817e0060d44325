"""What people set for themselves, kept and forgotten."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.domain import UserId
from bot.languages import load_languages
from bot.services.personal import Personal
from bot.store import PersonalSettings, Store
from bot.turn import Actor, Conversation, ConversationKind, Turn
from tests.store.conftest import HandClock

RITA, MARC = UserId("rita"), UserId("marc")


def turn(who: UserId = RITA, locale: str = "nl-NL") -> Turn:
    here = Conversation("a:1", ConversationKind.PERSONAL, "https://smba.example/")
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Turn(Actor("tenant", who), here, now, "c", locale=locale, time_zone="Europe/Amsterdam")


async def kept(store: Store, who: UserId = RITA) -> PersonalSettings:
    async with store.unit(read_only=True) as unit:
        return await unit.personal.of(who)


async def change(store: Store, who: UserId = RITA, **changes: str) -> PersonalSettings:
    async with store.unit() as unit:
        return await unit.personal.change(who, changes)


async def test_a_setting_is_kept_changed_and_taken_back(store: Store) -> None:
    assert await kept(store) == PersonalSettings()
    assert await change(store, language="de", time_zone="Europe/Berlin") == await kept(store)
    assert await change(store, language="nl") == PersonalSettings(language="nl", time_zone="Europe/Berlin")
    assert await change(store, language="nl") == PersonalSettings(language="nl", time_zone="Europe/Berlin")
    assert await change(store, language="") == PersonalSettings(time_zone="Europe/Berlin")
    assert await kept(store, MARC) == PersonalSettings()


async def test_two_changes_at_once_both_count(store: Store) -> None:
    await asyncio.gather(change(store, language="de"), change(store, time_zone="Europe/Berlin"))
    assert await kept(store) == PersonalSettings(language="de", time_zone="Europe/Berlin")


async def test_a_setting_that_there_is_not_is_refused_and_one_of_a_newer_version_ignored(store: Store) -> None:
    with pytest.raises(ValueError, match="colour"):
        await change(store, colour="red")
    async with store.unit() as unit:
        statement = "INSERT INTO personal_settings VALUES ('rita', 'colour', 'red', '2026-11-24 00:00:00')"
        await unit.personal._session.write(text(statement))
    assert await kept(store) == PersonalSettings()


async def test_settings_are_forgotten_with_the_person(store: Store, clock: HandClock) -> None:
    async with store.unit() as unit:
        for who in (RITA, MARC):
            await unit.people.seen(tenant_id="tenant", object_id=who)
            await unit.personal.change(who, {"language": "de"})
        await unit.people.purge(RITA)
    assert await kept(store) == PersonalSettings()
    assert await kept(store, MARC) == PersonalSettings(language="de")
    async with store.unit() as unit:
        await unit.people.mark_unreachable(MARC)
        assert await unit.people.delete_older_than(clock.move(days=1) + timedelta(seconds=1)) == 2
    assert await kept(store, MARC) == PersonalSettings()


async def test_a_turn_is_settled_by_what_the_person_set(store: Store) -> None:
    personal = Personal(store, load_languages())
    assert (await personal.settle(turn())).words.tag == "nl"
    changed = await personal.change(turn(), language="de", time_zone="Asia/Tokyo")
    assert (changed.words.tag, changed.locale, changed.time_zone) == ("de", "de-NL", "Asia/Tokyo")
    again = await personal.settle(turn())
    assert (again.words.tag, again.locale, again.time_zone) == ("de", "de-NL", "Asia/Tokyo")


async def test_what_another_process_changed_is_known_a_moment_later(store: Store) -> None:
    seconds = 0.0
    here, elsewhere = (Personal(store, load_languages(), monotonic=lambda: seconds) for _ in range(2))
    assert (await here.settle(turn())).words.tag == "nl"
    await elsewhere.change(turn(), language="de")
    assert (await here.settle(turn())).words.tag == "nl"
    seconds = 11.0
    assert (await here.settle(turn())).words.tag == "de"


async def test_taken_back_the_client_decides_again(store: Store) -> None:
    async with store.unit() as unit:
        await unit.people.seen(tenant_id="tenant", object_id=RITA, locale="de-CH", time_zone="Europe/Zurich")
    personal = Personal(store, load_languages())
    own = await personal.change(turn(locale="de-CH"), language="en", time_zone="UTC")
    assert (own.words.tag, own.time_zone) == ("en", "UTC")
    back = await personal.change(own, language="", time_zone="")
    assert (back.words.tag, back.locale, back.time_zone) == ("de", "de-CH", "Europe/Zurich")
