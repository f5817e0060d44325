"""From a reply to what people see: new, in place, views, privately; slow turns, busy and refusing connectors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.domain import Address
from bot.errors import ConnectorRefused, MessageGone, ServiceBusy, Throttled, Unreachable
from bot.teams.pacer import Pacer
from bot.teams.texts import Texts
from bot.teams.turns import Limits
from bot.turn import CardPress, Incoming, Installed, Placement, Reply, SignInPrompt, TextMessage, Turn, Uninstalled
from sandbox.connector.outcomes import Outcome
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.identity import teams_id
from tests.unit.teams_support import MARC, OWN, RITA, QuickTime, Stage, staged

TEXTS = Texts()


def card(title: str, *, verb: str = "x.go", user_ids: list[str] | None = None) -> dict[str, Any]:
    action = {"type": "Action.Execute", "title": "Go", "verb": verb, "data": {"n": "1"}}
    made: dict[str, Any] = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [{"type": "TextBlock", "text": title}],
        "actions": [action],
    }
    if user_ids is not None:
        made["refresh"] = {"action": {**action, "verb": "x.refresh"}, "userIds": user_ids}
    return made


def title(shown: Any) -> str:
    text: str = shown["body"][0]["text"]
    return text


def only(outcome: Outcome) -> dict[str, Any]:
    assert len(outcome.messages) == 1, outcome.messages
    return outcome.messages[0]


def only_or_none(outcome: Outcome) -> dict[str, Any] | None:
    return only(outcome) if outcome.messages else None


def answering(press: Reply, *, first: Reply | None = None) -> Any:
    """Text is answered with `first` (a card with the button Go), a press with `press`."""

    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        if isinstance(incoming, TextMessage):
            return first or Reply.with_card(card("first"), "A card")
        return press if isinstance(incoming, CardPress) else Reply.nothing()

    return handle


async def test_a_text_is_answered_as_written() -> None:
    async with staged(answering(Reply.nothing(), first=Reply.with_text("**not bold** <b>"))) as stage:
        message = only(await stage.teams.say(RITA, "hello"))
    assert (message["text"], message["text_format"]) == ("**not bold** <b>", "plain")


async def test_a_card_comes_alone_with_its_summary() -> None:
    async with staged(answering(Reply.nothing())) as stage:
        message = only(await stage.teams.say(RITA, "hello"))
    assert title(message["card"]) == "first"
    assert (message["text"], message["summary"]) == ("", "A card")


async def test_the_turn_says_who_where_and_how() -> None:
    async with staged() as stage:
        await stage.teams.say(RITA, "hello")
        turn, incoming = stage.script.asked[0]
    assert incoming == TextMessage("hello")
    assert (turn.actor.object_id, turn.actor.name, turn.actor.teams_id) == (RITA, "Rita Requester", teams_id(RITA))
    assert turn.conversation.service_url == stage.service_url
    assert turn.time_zone == "Europe/Amsterdam"
    assert turn.message_id is None


async def test_nothing_is_sent_for_nothing() -> None:
    async with staged(answering(Reply.nothing(), first=Reply.nothing())) as stage:
        outcome = await stage.teams.say(RITA, "hello")
    assert (outcome.status, outcome.messages) == (201, [])


async def test_a_press_in_place_changes_answer_and_message() -> None:
    async with staged(answering(Reply.replace(card("second")))) as stage:
        first = only(await stage.teams.say(RITA, "hello"))
        outcome = await stage.teams.press(RITA, "Go")
        message = only(outcome)
        turn, press = stage.script.asked[-1]
    assert title(outcome.answer["value"]) == "second"
    assert outcome.answer["type"] == "application/vnd.microsoft.card.adaptive"
    assert (message["id"], message["edits"], title(message["card"])) == (first["id"], 1, "second")
    assert turn.message_id == first["id"]
    assert press == CardPress("x.go", {"n": "1"})


async def test_a_view_leaves_the_message_alone() -> None:
    async with staged(answering(Reply.view(card("second")))) as stage:
        await stage.teams.say(RITA, "hello")
        message = only(await stage.teams.press(RITA, "Go"))
    assert (message["edits"], title(message["card"]), title(message["shown"])) == (0, "first", "second")


async def test_a_new_reply_to_a_press_is_a_message_and_a_note() -> None:
    async with staged(answering(Reply.with_text("done it"))) as stage:
        await stage.teams.say(RITA, "hello")
        outcome = await stage.teams.press(RITA, "Go")
    assert outcome.answer == {
        "statusCode": 200,
        "type": "application/vnd.microsoft.activity.message",
        "value": TEXTS.see_message,
    }
    assert "done it" in [message["text"] for message in outcome.messages]


async def test_a_text_as_a_view_is_a_note_alone() -> None:
    async with staged(answering(Reply(text="already decided", placement=Placement.VIEW))) as stage:
        await stage.teams.say(RITA, "hello")
        outcome = await stage.teams.press(RITA, "Go")
    assert outcome.answer["value"] == "already decided"
    assert only(outcome)["notes"] == ["already decided"]


async def test_the_note_under_a_card_is_never_empty() -> None:
    async with staged(answering(Reply.nothing())) as stage:
        await stage.teams.say(RITA, "hello")
        outcome = await stage.teams.press(RITA, "Go")
    assert outcome.answer["value"] == TEXTS.done


async def test_more_replies_follow_the_first() -> None:
    reply = Reply.replace(card("second")).and_also([Reply.with_text("and this")])
    async with staged(answering(reply)) as stage:
        await stage.teams.say(RITA, "hello")
        outcome = await stage.teams.press(RITA, "Go")
    assert title(outcome.answer["value"]) == "second"
    assert "and this" in [message["text"] for message in outcome.messages]


async def test_pressing_twice_asks_twice_and_answers_both() -> None:
    async with staged(answering(Reply.view(card("second")))) as stage:
        await stage.teams.say(RITA, "hello")
        both = await asyncio.gather(stage.teams.press(RITA, "Go", device=2), stage.teams.press(RITA, "Go", device=2))
    assert [title(one.answer["value"]) for one in both] == ["second", "second"]
    assert len(stage.script.presses) == 2


async def test_a_press_that_cannot_be_read() -> None:
    async with staged() as stage:
        activity = stage.activity(type="invoke", name="adaptiveCard/action", value={"action": {}}, locale="en-GB")
        status, body = await stage.call(activity)
    assert (status, body) == (
        200,
        {
            "statusCode": 400,
            "type": "application/vnd.microsoft.error",
            "value": {"code": "BadRequest", "message": TEXTS.unreadable},
        },
    )
    assert stage.script.asked == []


async def test_unknown_invokes_and_events() -> None:
    async with staged() as stage:
        status, body = await stage.call(stage.activity(type="invoke", name="task/fetch", value={}))
        assert (status, body) == (
            501,
            {"error": {"code": "NotImplemented", "message": "this invoke is not supported"}},
        )
        for kind in ("messageReaction", "typing", "messageUpdate", "event", "something new"):
            assert await stage.call(stage.activity(type=kind)) == (201, None)
        anonymous = {"id": "29:x", "name": "Guest"}
        assert await stage.call(stage.activity(**{"from": anonymous})) == (201, None)
        status, body = await stage.call(
            stage.activity(type="invoke", name="adaptiveCard/action", **{"from": anonymous})
        )
        assert status == 200
        assert body is not None
        assert body["statusCode"] == 400
    assert stage.script.asked == []


# Groups and channels


@pytest.mark.parametrize("chat", ["group", "channel"])
async def test_personal_answers_go_to_the_private_chat(chat: str) -> None:
    async with staged(answering(Reply.nothing(), first=Reply.with_card(card("mine")))) as stage:
        outcome = await stage.teams.say(RITA, "my access", chat)
        private = stage.teams.messages(RITA)
        assert stage.script.incoming == [TextMessage("my access")]
    assert title(private[-1]["card"]) == "mine"
    in_chat = [message for message in outcome.messages if message["chat"] == chat]
    assert [(message["text"], message["card"]) for message in in_chat] == [(TEXTS.answered_privately, None)]


async def test_public_answers_stay_where_they_were_asked_for() -> None:
    async with staged(answering(Reply.nothing(), first=Reply.with_text("hi all", is_personal=False))) as stage:
        message = only(await stage.teams.say(RITA, "hello", "channel"))
    assert (message["chat"], message["text"]) == ("channel", "hi all")


async def test_without_the_app_in_private_the_channel_hears_nothing_personal() -> None:
    async with staged(answering(Reply.nothing(), first=Reply.with_text("secret"))) as stage:
        await stage.teams.uninstall(RITA)
        message = only(await stage.teams.say(RITA, "my access", "channel"))
    assert (message["chat"], message["text"]) == ("channel", TEXTS.not_reachable_privately)


async def test_what_is_not_said_to_the_bot_is_ignored() -> None:
    async with staged() as stage:
        here = {"id": "19:x@thread.tacv2", "conversationType": "channel", "isGroup": True}
        assert await stage.call(stage.activity(conversation=here)) == (201, None)
    assert stage.script.asked == []


async def test_a_personal_answer_to_a_press_in_a_channel_is_seen_by_its_person_alone() -> None:
    shown = answering(Reply.replace(card("mine")), first=Reply.with_card(card("all"), is_personal=False))
    async with staged(shown) as stage:
        await stage.teams.say(RITA, "hello", "channel")
        outcome = await stage.teams.press(RITA, "Go")
        rita, marc = stage.teams.messages(RITA, "channel")[-1], stage.teams.messages(MARC, "channel")[-1]
    assert title(outcome.answer["value"]) == "mine"
    assert (title(rita["shown"]), title(rita["card"]), title(marc["shown"])) == ("mine", "all", "all")
    assert rita["edits"] == 0


# Refreshing


async def test_an_automatic_refresh_gets_a_card_and_writes_nothing() -> None:
    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        if isinstance(incoming, CardPress):
            return Reply.replace(card("fresh")).and_also([Reply.with_text("no")])
        return Reply.with_card(card("first", user_ids=[teams_id(RITA)]))

    async with staged(handle) as stage:
        message = only(await stage.teams.say(RITA, "hello"))
        outcome = await stage.teams.refresh(RITA, message["id"])
        assert stage.script.presses == [CardPress("x.refresh", {"n": "1"}, is_automatic=True)]
        now = stage.teams.messages(RITA)
    assert title(outcome.answer["value"]) == "fresh"
    assert (now[-1]["id"], now[-1]["edits"]) == (message["id"], 0)


# Slow turns


def slow(release: asyncio.Event, reply: Reply, first: Reply | None = None) -> Any:
    """Answers when it is released; a first reply at once, where there is one."""
    answered: list[Reply] = []

    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        if first is not None and not answered:
            answered.append(first)
            return first
        await release.wait()
        return reply

    return handle


async def test_a_slow_text_is_acknowledged_by_a_message_that_becomes_the_answer() -> None:
    release = asyncio.Event()
    reply = Reply.with_card(card("at last")).and_also([Reply.with_text("and more")])
    async with staged(slow(release, reply), Limits(working=0.05)) as stage:
        working = only(await stage.teams.say(RITA, "hello"))
        assert working["text"] == "working on it"
        release.set()
        answer = await stage.teams.wait_for(RITA, "at last")
        assert await stage.teams.wait_for(RITA, "and more")
        assert stage.counted("doorman_slow_turns_total") == 1
        bots = [message for message in stage.teams.messages(RITA) if message["from"]["name"] != "Rita Requester"]
    assert answer is not None
    assert (answer["id"], answer["edits"], answer["text"]) == (working["id"], 1, "")
    assert len(bots) == 2


async def test_a_slow_answer_in_a_channel_is_private_and_the_message_there_says_so() -> None:
    release = asyncio.Event()
    async with staged(slow(release, Reply.with_text("mine alone")), Limits(working=0.05)) as stage:
        outcome = await stage.teams.say(RITA, "hello", "channel")
        (working,) = [message for message in outcome.messages if message["text"] == "working on it"]
        release.set()
        said = await stage.teams.wait_for(RITA, TEXTS.answered_privately)
        assert [message["text"] for message in stage.teams.messages(RITA)][-1] == "mine alone"
    assert said is not None
    assert said["id"] == working["id"]


async def test_a_slow_answer_that_needs_a_sign_in_asks_for_it_in_a_new_message() -> None:
    release = asyncio.Event()
    reply = Reply.sign_in_first(SignInPrompt((OWN,)))
    async with staged(slow(release, reply), Limits(working=0.05)) as stage:
        stage.world.tenant.users[RITA].sign_in = "interactive"
        working = only(await stage.teams.say(RITA, "hello"))
        release.set()
        said = await stage.teams.wait_for(RITA, TEXTS.sign_in)
        await stage.edge._background.settle(5)
        assert stage.teams.sign_in_url(RITA)
    assert said is not None
    assert said["id"] == working["id"]


async def test_a_slow_answer_without_anything_to_show_ends_the_waiting() -> None:
    release = asyncio.Event()
    async with staged(slow(release, Reply.nothing()), Limits(working=0.05)) as stage:
        working = only(await stage.teams.say(RITA, "hello"))
        release.set()
        said = await stage.teams.wait_for(RITA, TEXTS.done)
    assert said is not None
    assert said["id"] == working["id"]


async def test_a_command_behind_a_button_becomes_a_message_when_it_is_slow() -> None:
    release = asyncio.Event()
    first = Reply.with_card(card("first", verb="command.run"))
    async with staged(slow(release, Reply.with_text("at last"), first), Limits(working=0.3)) as stage:
        shown = only(await stage.teams.say(RITA, "hello"))
        outcome = await stage.teams.press(RITA, "Go")
        assert outcome.answer["value"] == TEXTS.see_message
        (working,) = [message for message in outcome.messages if message["text"] == "working on it"]
        release.set()
        answer = await stage.teams.wait_for(RITA, "at last")
        unchanged = next(message for message in stage.teams.messages(RITA) if message["id"] == shown["id"])
    assert answer is not None
    assert (answer["id"], unchanged["edits"]) == (working["id"], 0)


async def test_who_waits_is_told_when_the_bot_stops() -> None:
    async with staged(slow(asyncio.Event(), Reply.nothing()), Limits(working=0.05)) as stage:
        working = only(await stage.teams.say(RITA, "hello"))
        await stage.edge._background.settle(0.01)
        said = await stage.teams.wait_for(RITA, TEXTS.interrupted)
    assert said is not None
    assert said["id"] == working["id"]


async def test_an_answer_comes_although_nothing_could_be_said_meanwhile() -> None:
    release, time = asyncio.Event(), QuickTime()
    answer = slow(release, Reply.with_text("at last"))
    async with staged(answer, Limits(working=0.05), time.pacer()) as stage:
        connector_fault(stage, status=429, retry_after=30.0, times=1)
        assert only_or_none(await stage.teams.say(RITA, "hello")) is None
        release.set()
        assert await stage.teams.wait_for(RITA, "at last")
    assert time.waited == 30.0


async def test_a_slow_press_is_acknowledged_and_its_card_changed_later() -> None:
    release = asyncio.Event()

    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        if isinstance(incoming, TextMessage):
            return Reply.with_card(card("first"))
        await release.wait()
        return Reply.replace(card("second"))

    async with staged(handle, Limits(turn=0.3)) as stage:
        first = only(await stage.teams.say(RITA, "hello"))
        outcome = await stage.teams.press(RITA, "Go")
        assert outcome.answer["value"] == TEXTS.slow
        release.set()
        changed = await stage.teams.wait_for(RITA, "second")
    assert changed is not None
    assert (changed["id"], changed["edits"]) == (first["id"], 1)


async def test_what_never_ends_is_given_up_and_said() -> None:
    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    async with staged(handle, Limits(turn=0.05, slow_turn=0.05)) as stage:
        await stage.teams.say(RITA, "hello")
        assert await stage.teams.wait_for(RITA, TEXTS.slow_gave_up[:30])


async def test_a_dispatcher_that_breaks_its_promise_does_not_break_the_edge() -> None:
    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        raise TimeoutError if isinstance(incoming, TextMessage) else ValueError("secret")

    async with staged(handle) as stage:
        assert only(await stage.teams.say(RITA, "hello"))["text"] == TEXTS.not_shown
        value = {"action": {"type": "Action.Execute", "verb": "x", "data": {}}}
        status, body = await stage.call(stage.activity(type="invoke", name="adaptiveCard/action", value=value))
    assert status == 200
    assert body is not None
    assert (body["statusCode"], body["type"]) == (500, "application/vnd.microsoft.error")
    assert "secret" not in str(body)


# A connector that is busy or refuses


def connector_fault(stage: Stage, **changes: Any) -> None:
    stage.world.faults.add(Fault(**{"service": Service.CONNECTOR, "kind": "status", **changes}))


@pytest.mark.parametrize("status", [412, 429, 502, 503, 504])
async def test_passing_failures_are_waited_out(status: int) -> None:
    async with staged() as stage:
        connector_fault(stage, status=status, retry_after=0.01, times=2)
        assert only(await stage.teams.say(RITA, "hello"))["text"].startswith("TextMessage")


async def test_a_long_throttle_moves_the_answer_to_the_background() -> None:
    time = QuickTime()
    async with staged(pacer=time.pacer()) as stage:
        connector_fault(stage, status=429, retry_after=5.0, times=1)
        outcome = await stage.teams.say(RITA, "hello")
        assert (outcome.status, outcome.messages) == (201, [])
        assert await stage.teams.wait_for(RITA, "TextMessage")
    assert time.waited == 5.0


def connector_calls(stage: Stage, operation: str = "") -> list[float]:
    """How many calls there were: a number for each operation and outcome, or for those of one operation."""
    return [
        sample.value
        for metric in stage.metrics.connector_calls.collect()
        for sample in metric.samples
        if sample.name.endswith("_total") and operation in ("", sample.labels["operation"])
    ]


@pytest.mark.parametrize("status", [400, 401, 413, 500])
async def test_other_failures_are_not_tried_again(status: int) -> None:
    async with staged() as stage:
        to = Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
        connector_fault(stage, status=status)
        with pytest.raises((ConnectorRefused, ServiceBusy)):
            await stage.messenger.post(to, text="hello")
    assert connector_calls(stage) == [1.0]


async def test_a_message_that_is_too_large_is_owned_up_to() -> None:
    async with staged() as stage:
        connector_fault(stage, status=413, times=1)
        assert only(await stage.teams.say(RITA, "hello"))["text"] == TEXTS.not_shown


async def test_a_lost_answer_to_a_send_is_not_sent_again() -> None:
    async with staged() as stage:
        await stage.teams.say(RITA, "hello")
        to = Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
        connector_fault(stage, kind="reset", after=True, times=1)
        with pytest.raises(ServiceBusy) as caught:
            await stage.messenger.post(to, text="once")
        assert caught.value.may_have_happened
        assert [message["text"] for message in stage.teams.messages(RITA)].count("once") == 1


async def test_an_edit_whose_answer_got_lost_is_repeated() -> None:
    async with staged() as stage:
        to = Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
        message_id = await stage.messenger.post(to, card=card("one"))
        connector_fault(stage, kind="reset", after=True, times=1)
        await stage.messenger.edit(to, message_id, card("two"))
        assert title(stage.teams.messages(RITA)[-1]["card"]) == "two"


async def test_throttling_beyond_the_budget_says_how_long() -> None:
    async with staged() as stage:
        to = Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
        connector_fault(stage, status=429, retry_after=30)
        with pytest.raises(Throttled) as caught:
            await stage.messenger.post(to, text="hello", budget_seconds=1)
    assert caught.value.wait_seconds == 30


async def test_an_answer_passes_messages_that_wait_for_their_share() -> None:
    async def for_ever(seconds: float) -> None:
        await asyncio.Event().wait()

    async with staged(pacer=Pacer(sleep=for_ever)) as stage:
        to = Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
        cards = [asyncio.create_task(stage.messenger.post(to, text=f"card {number}")) for number in range(9)]
        assert await stage.teams.wait_for(RITA, "card 6")
        assert only(await stage.teams.say(RITA, "hello"))["text"].startswith("TextMessage")
        for waiting in cards:
            waiting.cancel()
        await asyncio.gather(*cards, return_exceptions=True)


async def test_a_call_waits_for_the_one_before_it_no_longer_than_it_has_time() -> None:
    async with staged() as stage:
        to = Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
        connector_fault(stage, kind="timeout", times=1)
        hanging = asyncio.create_task(stage.messenger.post(to, text="first"))
        while stage.world.faults.rules:  # noqa: ASYNC110  the sandbox tells nobody that a fault was used up
            await asyncio.sleep(0.01)
        with pytest.raises(ServiceBusy) as caught:
            async with asyncio.timeout(5):
                await stage.messenger.post(to, text="second", budget_seconds=0.05)
        assert not caught.value.may_have_happened
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


async def test_a_blocked_bot_is_noticed() -> None:
    async with staged() as stage:
        await stage.teams.say(RITA, "hello")
        to = stage.people.addresses[RITA]
        stage.teams.block(RITA, "MessageWritesBlocked")
        with pytest.raises(Unreachable) as caught:
            await stage.messenger.post(to, text="hello")
        assert caught.value.code == "MessageWritesBlocked"
        assert stage.people.unreachable == [(to.conversation_id, "MessageWritesBlocked")]
        assert RITA not in stage.people.addresses
        stage.teams.unblock(RITA)
        await stage.teams.say(RITA, "me again")
        assert stage.people.addresses[RITA] == to


async def test_messages_that_are_gone() -> None:
    async with staged() as stage:
        to = Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
        with pytest.raises(MessageGone):
            await stage.messenger.edit(to, "123", card("x"))
        assert stage.people.unreachable == []


async def test_the_token_never_goes_to_a_host_that_is_not_listed() -> None:
    async with staged() as stage:
        with pytest.raises(ConnectorRefused):
            await stage.messenger.post(Address("a:1", "https://evil.example/"), text="hello")


async def test_a_chat_with_somebody_new() -> None:
    async with staged() as stage:
        await stage.teams.say(RITA, "hello")
        address = await stage.messenger.open_chat(MARC)
        await stage.messenger.post(address, text="good morning")
        assert stage.teams.messages(MARC)[-1]["text"] == "good morning"


async def test_a_chat_is_opened_once_for_many_messages() -> None:
    async with staged() as stage:
        await stage.teams.say(RITA, "hello")
        opened = await asyncio.gather(*(stage.messenger.open_chat(MARC) for _ in range(5)))
        assert len(set(opened)) == 1
        assert connector_calls(stage, "open") == [1.0]
        stage.teams.block(MARC)
        with pytest.raises(Unreachable):
            await stage.messenger.post(opened[0], text="good morning")
        stage.teams.unblock(MARC)
        assert await stage.messenger.open_chat(MARC) == opened[0]
        assert connector_calls(stage, "open") == [2.0], "a chat that was closed is opened anew"


# People and installations


async def test_people_are_noted_once_while_nothing_changes() -> None:
    async with staged() as stage:
        await stage.call(stage.activity())
        await stage.call(stage.activity())
        assert len(stage.people.sightings) == 1
        await stage.call(stage.activity(locale="fr-FR"))
        actor, address, locale, time_zone = stage.people.sightings[-1]
    assert (actor.object_id, locale, time_zone) == (RITA, "fr-FR", "Europe/Berlin")
    assert address == Address(stage.world.chats.personal(RITA).conversation_id, stage.service_url)
    assert len(stage.people.sightings) == 2


async def test_a_group_is_nobodys_address() -> None:
    async with staged() as stage:
        await stage.teams.say(RITA, "hello", "channel")
    assert stage.people.sightings[0][1] is None


async def test_one_installation_is_one_event() -> None:
    async with staged() as stage:
        await stage.teams.uninstall(RITA)
        stage.script.asked.clear()
        await stage.teams.install(RITA)
        assert stage.script.incoming == [Installed()]
        await stage.teams.upgrade(RITA)
        assert stage.script.incoming == [Installed(), Installed(is_upgrade=True)]
        await stage.teams.uninstall(RITA)
        assert stage.script.incoming[2:] == [Uninstalled()]
        await stage.teams.install(RITA)
        assert stage.script.incoming[3:] == [Installed()]


async def test_joining_a_channel_writes_to_nobody_in_private() -> None:
    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        return Reply.with_text("welcome, you").and_also([Reply.with_text("hello all", is_personal=False)])

    async with staged(handle) as stage:
        before = len(stage.teams.messages(RITA))
        await stage.teams.uninstall(RITA, "channel")
        await stage.teams.install(RITA, "channel")
        assert len(stage.teams.messages(RITA)) == before
        assert stage.teams.messages(RITA, "channel")[-1]["text"] == "hello all"
