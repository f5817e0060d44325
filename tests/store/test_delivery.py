"""Bringing a message into a chat: once, however long it takes, and counted where that cannot be known."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.delivery.desk import Content, DeliveryDesk
from bot.domain import Address, RequestId, UserId
from bot.errors import ServiceBusy
from bot.jobs import JobSettings
from bot.languages import load_languages
from bot.services.nudge_plan import NudgePlan
from bot.store import MessageRecord, Store
from bot.turn import Card
from bot.views.words import Reader
from tests.store.conftest import HandClock

RITA = UserId("rita")
CHAT = Address("a:rita", "https://smba.example/emea/")


class Chat:
    """Takes messages when it is let, or loses the answer to one."""

    def __init__(self) -> None:
        self.posts = 0
        self.began, self.may_end = asyncio.Event(), asyncio.Event()
        self.loses_answers = False

    async def post(self, to: Address, *, card: Card | None = None, text: str | None = None, summary: str = "") -> str:
        self.posts += 1
        self.began.set()
        await self.may_end.wait()
        if self.loses_answers:
            raise ServiceBusy("connector", may_have_happened=True)
        return f"m{self.posts}"

    async def edit(self, to: Address, message_id: str, card: Card) -> None: ...

    async def open_chat(self, person: UserId) -> Address:
        return CHAT

    async def place(self, conversation_id: str) -> Address:
        return CHAT


async def greeting(message: MessageRecord, reader: Reader) -> Content:
    return Content(text="Hello")


@pytest.fixture
async def wanted(store: Store) -> Store:
    async with store.unit() as unit:
        await unit.people.seen(tenant_id="t", object_id=RITA, conversation_id="a:rita", service_url="s", locale="en")
        await unit.messages.want("k", kind="suggestion", request_id=RequestId(""), person_id=RITA, address=CHAT)
    return store


def desk(store: Store, chat: Chat, clock: HandClock, repeats: list[str]) -> DeliveryDesk:
    nothing: Any = None  # what a message of another kind is made of
    return DeliveryDesk(
        store,
        nothing,
        nothing,
        nothing,
        nothing,
        chat,
        clock,
        load_languages(),
        NudgePlan(()),
        portal_url=lambda _: "",
        admin_url="",
        new_owner=lambda: "owner",
        on_repeat=lambda: repeats.append("again"),
        others={"suggestion": greeting},
    )


async def test_a_slow_post_is_not_done_a_second_time_beside_it(wanted: Store, clock: HandClock) -> None:
    chat, repeats = Chat(), list[str]()
    delivery = desk(wanted, chat, clock, repeats)
    slow = asyncio.create_task(delivery.deliver("k"))
    await chat.began.wait()
    longest = JobSettings(database_url="", process_id="").step_seconds
    clock.move(seconds=longest - 1)
    assert not await delivery.deliver("k")
    chat.may_end.set()
    assert await slow
    assert (chat.posts, repeats) == (1, [])


async def test_a_lost_answer_is_a_possible_repetition_and_is_counted(wanted: Store, clock: HandClock) -> None:
    chat, repeats = Chat(), list[str]()
    chat.may_end.set()
    chat.loses_answers = True
    delivery = desk(wanted, chat, clock, repeats)
    with pytest.raises(ServiceBusy):
        await delivery.deliver("k")
    chat.loses_answers = False
    assert await delivery.deliver("k")
    async with wanted.unit(read_only=True) as unit:
        found = await unit.messages.find("k")
    assert found is not None
    assert (found.message_id, found.state) == ("m2", "posted")
    assert repeats == ["again"]
