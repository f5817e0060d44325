"""The sandbox's clock, key rings and live events."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import jwt
import pytest

from sandbox.clock import SandboxClock
from sandbox.events import Event, Events
from sandbox.keys import KeyRing

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


class Machine:
    def __init__(self) -> None:
        self.moment = START

    def __call__(self) -> datetime:
        return self.moment


def test_the_clock_follows_the_machine_and_keeps_its_lead() -> None:
    machine = Machine()
    clock = SandboxClock(machine)
    assert clock.now() == START
    clock.advance(DAY)
    machine.moment += timedelta(seconds=5)
    assert clock.now() == START + DAY + timedelta(seconds=5)
    clock.set(START - DAY)
    assert clock.now() == START - DAY
    clock.reset()
    assert clock.now() == machine.moment


def test_a_held_clock_moves_only_when_it_is_moved() -> None:
    machine = Machine()
    clock = SandboxClock(machine)
    clock.freeze()
    assert clock.is_frozen
    machine.moment += timedelta(hours=1)
    assert clock.now() == START
    clock.advance(DAY)
    assert clock.now() == START + DAY
    clock.set(START + 3 * DAY)
    clock.resume()
    assert not clock.is_frozen
    assert clock.now() == START + 3 * DAY
    machine.moment += timedelta(seconds=1)
    assert clock.now() == START + 3 * DAY + timedelta(seconds=1)


def test_the_clock_speaks_utc_and_refuses_what_it_cannot_know() -> None:
    clock = SandboxClock(Machine())
    clock.set(datetime(2026, 11, 2, 12, 0, tzinfo=timezone(timedelta(hours=2))))
    assert clock.now() == datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError, match="time zone"):
        clock.set(datetime(2026, 11, 2))  # noqa: DTZ001 - the moment without a zone is the point
    with pytest.raises(ValueError, match="only advances"):
        clock.advance(-DAY)


def test_the_newest_key_signs_and_the_old_ones_stay_published() -> None:
    ring = KeyRing("test")
    old = ring.sign({"n": 1})
    old_kid = jwt.get_unverified_header(old)["kid"]
    new_kid = ring.rotate()
    assert new_kid != old_kid
    header = jwt.get_unverified_header(ring.sign({"n": 2}))
    assert (header["kid"], header["x5t"], header["alg"]) == (new_kid, new_kid, "RS256")
    published = {key["kid"]: key for key in ring.jwks()["keys"]}
    assert list(published) == [new_kid, old_kid]
    assert jwt.decode(old, jwt.PyJWK(published[old_kid]), algorithms=["RS256"]) == {"n": 1}
    assert jwt.get_unverified_header(ring.sign({}, kid=old_kid))["kid"] == old_kid
    ring.rotate(drop_old=True)
    for kid in (old_kid, new_kid):
        with pytest.raises(KeyError):
            ring.public_key(kid)
    assert len(ring.jwks()["keys"]) == 1


def test_only_a_channels_ring_names_endorsements() -> None:
    ring = KeyRing("test")
    assert "endorsements" not in ring.jwks()["keys"][0]
    assert ring.jwks(["msteams"])["keys"][0]["endorsements"] == ["msteams"]
    other = ring.key_endorsed_for(["webchat"])
    assert ring.key_endorsed_for(["webchat"]) is other
    endorsements = {key["kid"]: key["endorsements"] for key in ring.jwks(["msteams"])["keys"]}
    assert endorsements == {ring.signing_key.kid: ["msteams"], other.kid: ["webchat"]}
    assert ring.unpublished_key().kid not in endorsements


async def test_every_reader_gets_every_event_from_when_it_came() -> None:
    events = Events()
    events.publish("missed")
    async with events.subscribe() as first, events.subscribe() as second:
        events.publish("chat", text="hello")
        assert await anext(first) == await anext(second) == Event("chat", {"text": "hello"}, 2)
        waiting = asyncio.ensure_future(anext(first))
        events.publish("graph")
        assert (await waiting).number == 3


async def test_a_slow_reader_is_dropped_and_holds_up_nobody() -> None:
    events = Events(queue_size=2)
    async with events.subscribe() as slow, events.subscribe() as quick:
        for number in range(1, 5):
            events.publish("tick")
            assert (await anext(quick)).number == number
        assert [event.number async for event in slow] == [1, 2]


async def test_iterations_end_when_the_server_stops() -> None:
    events = Events()
    async with events.subscribe() as reader:
        events.publish("last")
        events.close()
        assert [event.kind async for event in reader] == ["last"]
