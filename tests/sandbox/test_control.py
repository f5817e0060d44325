"""The control plane: being a person over HTTP, and moving the world."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from pydantic import BaseModel

from sandbox.control.routes import operations
from sandbox.tenant.identity import BOT_APP_ID
from tests.sandbox.connector_support import Json, Stage, card, card_answer, execute, message, refresh, stage, text


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


async def ok(it: Stage, method: str, path: str, body: Json | None = None) -> Any:
    """A call that succeeds, and whose answer is what the OpenAPI document says."""
    status, answer = await it.control(method, path, body)
    assert status == 200, answer
    address = "/control/" + path.partition("?")[0]
    answer_model = next(each.answer for each in operations() if (each.method, each.path) == (method, address))
    assert issubclass(answer_model, BaseModel)
    answer_model.model_validate(answer)
    return answer


async def refused(it: Stage, method: str, path: str, body: Any = None) -> tuple[int, str]:
    status, answer = await it.control(method, path, body)
    return status, answer["error"]["message"]


# People in Teams


async def test_a_conversation_over_http(it: Stage) -> None:
    async def think(activity: Json) -> tuple[int, Any]:
        if activity["type"] == "invoke":
            return card_answer(card(text("Approved")))
        asked = card(text("Approve it?"), actions=[execute("Approve", "approve")])
        await it.bot.post(activity["conversation"]["id"], message(asked, summary="A card"))
        return 201, None

    it.bot.think = think
    said = await ok(it, "POST", "say", {"person": "Marc Manager", "text": "approvals"})
    assert (said["status"], said["messages"][0]["summary"]) == (201, "A card")
    pressed = await ok(it, "POST", "press", {"person": "manager", "button": "Approve"})
    assert pressed["answer"]["value"]["body"] == [text("Approved")]
    assert pressed["messages"][0]["shown"] == pressed["answer"]["value"] != pressed["messages"][0]["card"]
    whole = await ok(it, "GET", "transcript?person=manager")
    assert [each["from"]["is_bot"] for each in whole["messages"]] == [False, True]
    later = await ok(it, "GET", f"transcript?person=manager&since={whole['changes']}")
    assert later["messages"] == []


async def test_people_go_by_key_name_address_and_id(it: Stage) -> None:
    rita = it.world.tenant.persona("requester")
    for name in ("requester", "Rita Requester", rita.user_principal_name.upper(), rita.id):
        assert (await ok(it, "POST", "say", {"person": name, "text": "hi"}))["status"] == 201
    assert {each["from"]["aadObjectId"] for each in it.bot.received} == {rita.id}
    status, sentence = await refused(it, "POST", "say", {"person": "Nobody", "text": "hi"})
    assert status == 404
    assert "'requester'" in sentence


async def test_waiting(it: Stage) -> None:
    waiting = asyncio.create_task(ok(it, "POST", "wait", {"person": "requester", "text": "READY", "seconds": 10}))
    await it.bot.post(it.personal(), {"type": "message", "text": "It is ready."})
    found = await waiting
    assert found["message"]["text"] == "It is ready."
    vain = {"person": "requester", "text": "ready", "seconds": 0.01, "since": found["changes"]}
    assert (await ok(it, "POST", "wait", vain))["message"] is None


async def test_say_can_wait_and_press_can_check(it: Stage) -> None:
    later: list[asyncio.Task[str]] = []

    async def think(activity: Json) -> tuple[int, Any]:
        form = card(
            {"type": "Input.Text", "id": "why", "isRequired": True}, actions=[execute("Send", "send")], speak="form"
        )
        later.append(asyncio.create_task(it.bot.post(activity["conversation"]["id"], message(form))))
        return 201, None

    it.bot.think = think
    said = await ok(
        it, "POST", "say", {"person": "requester", "text": "form", "wait_for": {"text": "Send", "seconds": 10}}
    )
    assert said["messages"][0]["id"] == await later[0]
    status, sentence = await refused(it, "POST", "press", {"person": "requester", "button": "Send", "validate": True})
    assert (status, "why" in sentence) == (422, True)
    assert len(it.bot.received) == 1


async def test_looking_installing_blocking(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), message(card(refresh=refresh("look", it.teams_id()))))
    it.bot.always(*card_answer(card(text("view"))))
    looked = await ok(it, "POST", "refresh", {"person": "requester", "message": posted})
    assert looked["messages"][0]["shown"]["body"] == [text("view")]
    assert (await ok(it, "POST", "refresh", {"person": "requester"}))["reason"] == "no card was due"
    it.bot.always(201)
    for act in ("uninstall", "install", "upgrade"):
        assert (await ok(it, "POST", act, {"person": "requester"}))["status"] == 201
    for act in ("leave", "join"):
        assert (await ok(it, "POST", act, {"person": "requester", "chat": "channel"}))["status"] == 201
    await ok(it, "POST", "block", {"person": "requester"})
    assert (await refused(it, "POST", "say", {"person": "requester", "text": "hi"}))[0] == 409
    await ok(it, "POST", "unblock", {"person": "requester"})
    assert (await ok(it, "POST", "say", {"person": "requester", "text": "hi"}))["status"] == 201


# Requests that are not right


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("say", {"person": "requester"}, 422, "text: Field required"),
        ("say", {"person": "requester", "text": "hi", "txt": 1}, 422, "txt: is not known"),
        ("say", {"person": "requester", "text": ""}, 422, "text"),
        ("say", {"person": "requester", "text": "hi", "chat": "mail"}, 422, "chat"),
        ("say", [], 422, "It takes: person, text"),
        ("press", {"person": "requester"}, 422, "title, id or verb"),
        ("press", {"person": "requester", "button": "None"}, 404, "There is no button"),
        ("press", {"person": "requester", "button": "x", "message": "1"}, 404, "There is no message"),
        ("refresh", {"person": "requester", "message": "1"}, 404, "There is no message"),
        ("clock", {"advance": "a while"}, 422, "ISO 8601"),
        ("clock", {"advance": -5}, 422, "only advances"),
        ("clock", {"advance": 1e300}, 422, "clock"),
        ("clock", {"set": "2026-01-01T00:00:00"}, 422, "timezone"),
        ("clock", {"freeze": True, "resume": True}, 422, "exclude"),
        ("faults", {"service": "graph", "kind": "status", "path": "("}, 422, "regular expression"),
        ("restore", {"id": "snapshot-9"}, 404, "snapshot"),
        ("person", {"person": "requester", "time_zone": "Mars/Base"}, 422, "time zone"),
        ("consent", {"permission": "Fly.All"}, 404, "Fly.All"),
        ("options", {"options": {"speed": 1}}, 404, "page_size"),
        ("options", {"options": {"page_size": "many"}}, 422, "page_size"),
        ("portal/decide", {"person": "manager", "request": "x", "decision": "approve"}, 404, "There is no request"),
        ("portal/request", {"person": "requester", "package": "x"}, 404, "Office map"),
        ("sign-in", {"person": "requester"}, 404, "No sign-in button"),
        ("channel-token", {"claims": {"audience": "x"}}, 422, "audience"),
    ],
)
async def test_sentences_that_say_what_is_wrong(it: Stage, path: str, body: Any, status: int, word: str) -> None:
    got, sentence = await refused(it, "POST", path, body)
    assert got == status, sentence
    assert word in sentence


async def test_only_json_and_only_from_here(it: Stage) -> None:
    url = f"{it.world.base_url}/control/reset"
    for headers, status in (
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/json", "Origin": "https://evil.example"}, 403),
        ({"Content-Type": "application/json", "Origin": "http://127.0.0.1:1"}, 403),
        ({"Content-Type": "application/json", "Origin": it.world.base_url}, 200),
    ):
        async with it.http.post(url, data=b"{}", headers=headers) as answer:
            assert answer.status == status
    async with it.http.post(url, data=b"{", headers={"Content-Type": "application/json"}) as answer:
        assert answer.status == 400
    assert (await it.control("DELETE", "faults", Origin="http://127.0.0.1:1"))[0] == 403


# The world


async def test_the_clock(it: Stage) -> None:
    frozen = await ok(it, "POST", "clock", {"set": "2027-01-01T08:00:00+01:00", "freeze": True})
    assert frozen == {"now": "2027-01-01T07:00:00+00:00", "frozen": True}
    assert (await ok(it, "POST", "clock", {"advance": "P1DT1H"}))["now"] == "2027-01-02T08:00:00+00:00"
    assert (await ok(it, "POST", "clock", {"advance": 60}))["now"] == "2027-01-02T08:01:00+00:00"
    assert (await ok(it, "POST", "clock", {"resume": True}))["frozen"] is False
    assert (await ok(it, "GET", "clock"))["now"].startswith("2027-01-02T08:01:0")


async def test_faults_latency_licence_and_options(it: Stage) -> None:
    rule = {"service": "connector", "kind": "status", "status": 503, "times": 1, "retry_after": 2}
    added = await ok(it, "POST", "faults", rule)
    assert added["faults"][0]["times"] == 1
    status, _ = await it.bot.call("POST", f"/{it.personal()}/activities", {"type": "message", "text": "a"})
    assert status == 503
    assert (await ok(it, "GET", "faults"))["faults"] == []
    one = (await ok(it, "POST", "faults", rule))["faults"][0]["id"]
    assert (await ok(it, "DELETE", f"faults?id={one}"))["faults"] == []
    assert (await refused(it, "DELETE", "faults?id=none"))[0] == 404
    await ok(it, "POST", "faults", rule)
    assert (await ok(it, "DELETE", "faults"))["faults"] == []
    await ok(it, "POST", "latency", {"graph_ms": 5})
    assert await ok(it, "GET", "latency") == {"graph_ms": 5, "entra_ms": 0, "connector_ms": 0, "spread": 0.0}
    assert (await ok(it, "POST", "latency", {"spread": 0.4}))["spread"] == 0.4
    assert (await refused(it, "POST", "latency", {"spread": 9}))[0] == 422
    await ok(it, "POST", "licence", {"licence": "P2"})
    assert (await ok(it, "GET", "licence")) == {"licence": "P2"}
    await ok(it, "POST", "options", {"options": {"page_size": 7}})
    options = await ok(it, "GET", "options")
    assert (options["page_size"], options["licence"], it.world.options.page_size) == (7, "P2", 7)
    await ok(it, "POST", "teams", {"devices": 2})
    assert (await ok(it, "GET", "teams"))["devices"] == it.world.chats.behaviour.devices == 2


async def test_people_and_what_can_be_changed_about_them(it: Stage) -> None:
    people = (await ok(it, "GET", "people"))["people"]
    assert [each["key"] for each in people][:2] == ["requester", "manager"]
    assert people[0]["manager"] == "Marc Manager"
    assert len((await ok(it, "GET", "people?all=true"))["people"]) == len(it.world.tenant.users)
    changes = {"mfa_required": True, "sign_in": "interactive", "locale": "de-DE", "time_zone": "Europe/Berlin"}
    changed = await ok(it, "POST", "person", {"person": "requester", "manager": "lead", **changes})
    assert (changed["manager"], changed["locale"], changed["sign_in"]) == ("Lena Lead", "de-DE", "interactive")
    assert (await ok(it, "POST", "person", {"person": "requester", "account_enabled": False}))["manager"] == "Lena Lead"
    assert (await ok(it, "POST", "person", {"person": "requester", "manager": None}))["manager"] is None


async def test_consents_and_sessions(it: Stage) -> None:
    mine = {"permission": "User.Read", "person": "requester"}
    given = await ok(it, "POST", "consent", mine)
    entry = {"app": BOT_APP_ID, "person": "Rita Requester", "permission": "User.Read"}
    assert entry in given["consents"]
    assert entry not in (await ok(it, "POST", "consent", {**mine, "granted": False}))["consents"]
    assert (await ok(it, "GET", "consent"))["consents"]
    await ok(it, "POST", "sessions/end", {"person": "requester"})


async def test_a_snapshot_brings_everything_back(it: Stage) -> None:
    await it.teams.say(it.person(), "before")
    await ok(it, "POST", "clock", {"freeze": True})
    snapshot = (await ok(it, "POST", "snapshot", {}))["id"]
    then = await ok(it, "GET", "clock")
    await it.teams.say(it.person(), "after")
    await ok(it, "POST", "person", {"person": "requester", "manager": None})
    await ok(it, "POST", "clock", {"advance": "P1D", "resume": True})
    for _ in range(2):
        await ok(it, "POST", "restore", {"id": snapshot})
        assert [each["text"] for each in (await ok(it, "GET", "transcript?person=requester"))["messages"]] == ["before"]
        assert await ok(it, "GET", "clock") == then
        assert it.world.tenant.persona("requester").manager_id == it.person("manager")
        await it.teams.say(it.person(), "again")


async def test_reset(it: Stage) -> None:
    await it.teams.say(it.person(), "hi")
    await ok(it, "POST", "clock", {"advance": "P9D"})
    await ok(it, "POST", "reset", {})
    assert (await ok(it, "GET", "transcript?person=requester"))["messages"] == []


async def test_chance_has_a_seed(it: Stage) -> None:
    async def drawn(seed: int) -> list[float]:
        await ok(it, "POST", "reset", {"seed": seed})
        return [it.world.random.random() for _ in range(3)]

    first = await drawn(7)
    assert await drawn(8) != first
    assert await drawn(7) == first


async def test_keys_and_snapshots_are_listed(it: Stage) -> None:
    before = await ok(it, "GET", "keys")
    rotated = await ok(it, "POST", "keys/rotate", {"ring": "channel"})
    after = await ok(it, "GET", "keys")
    assert after["entra"] == before["entra"]
    assert rotated["kid"] in after["channel"]
    assert len(after["channel"]) == len(before["channel"]) + 1
    assert await ok(it, "GET", "snapshot") == {"ids": []}
    taken = [(await ok(it, "POST", "snapshot", {}))["id"] for _ in range(2)]
    assert await ok(it, "GET", "snapshot") == {"ids": taken}


async def test_tokens_with_defects(it: Stage) -> None:
    good = (await ok(it, "POST", "channel-token", {}))["token"]
    claims = jwt.decode(good, options={"verify_signature": False})
    assert (claims["serviceurl"], claims["aud"]) == (f"{it.world.base_url}/connector/", BOT_APP_ID)
    odd = {"service_url": None, "lifetime_s": -600, "audience": "x", "claims": {"nbf": None, "ver": "1.0"}}
    claims = jwt.decode(
        (await ok(it, "POST", "channel-token", odd))["token"], options={"verify_signature": False, "verify_exp": False}
    )
    assert "serviceurl" not in claims
    assert (claims["aud"], claims["ver"], claims["exp"] < claims.get("iat", 10**12)) == ("x", "1.0", True)
    mine = (await ok(it, "POST", "user-token", {"person": "requester", "claims": {"tid": "foreign"}}))["token"]
    assert jwt.decode(mine, options={"verify_signature": False})["tid"] == "foreign"


async def test_keys_rotate(it: Stage) -> None:
    before = jwt.get_unverified_header((await ok(it, "POST", "channel-token", {}))["token"])["kid"]
    after = (await ok(it, "POST", "keys/rotate", {"ring": "channel", "drop_old": True}))["kid"]
    assert before != after
    assert [each["kid"] for each in it.world.channel_keys.jwks()["keys"]] == [after]


# The portal


async def test_a_request_is_made_decided_and_cancelled_in_the_portal(it: Stage) -> None:
    asked = {"person": "requester", "package": "sales data", "justification": "Q3"}
    request = await ok(it, "POST", "portal/request", asked)
    await ok(it, "POST", "clock", {"advance": 60})
    [waiting] = (await ok(it, "GET", "portal/requests?person=requester&open=true"))["requests"]
    assert (waiting["id"], waiting["approvers"], waiting["stage"]) == (request["id"], ["Marc Manager"], 1)
    status, _ = await refused(
        it, "POST", "portal/decide", {"person": "lead", "request": request["id"], "decision": "approve"}
    )
    assert status == 403
    decided = await ok(
        it,
        "POST",
        "portal/decide",
        {"person": "manager", "request": "Sales data", "decision": "deny", "justification": "no"},
    )
    assert decided["state"] == "denied"
    again = {"person": "manager", "request": request["id"], "decision": "approve"}
    assert (await refused(it, "POST", "portal/decide", again))[0] == 409
    await ok(it, "POST", "portal/request", asked)
    await ok(it, "POST", "clock", {"advance": 60})
    cancelled = await ok(it, "POST", "portal/cancel", {"person": "requester", "request": "Sales data"})
    assert cancelled["state"] == "canceled"


async def test_the_portal_takes_policies_answers_and_refuses_as_graph_does(it: Stage) -> None:
    status, sentence = await refused(it, "POST", "portal/request", {"person": "requester", "package": "Sales data"})
    assert (status, "ustification" in sentence) == (400, True)
    two = {"person": "requester", "package": "Partner portal"}
    assert (await refused(it, "POST", "portal/request", two))[0] == 400
    assert (await refused(it, "POST", "portal/request", {**two, "policy": "x"}))[1].count("Short visit") == 1
    assert (await ok(it, "POST", "portal/request", {**two, "policy": "Short visit"}))["state"] == "submitted"
    wrong = {"person": "requester", "package": "Travel booking", "answers": {"Nobody asks?": "x"}}
    assert (await refused(it, "POST", "portal/request", wrong))[0] == 404


# Live view and description


async def test_the_event_stream(it: Stage) -> None:
    url = f"{it.world.base_url}/control/events?kinds=chat,clock"
    async with it.http.get(url) as stream:
        assert stream.content_type == "text/event-stream"
        assert await stream.content.readline() == b": connected\n"
        await stream.content.readline()
        it.world.events.publish("graph", path="/me")
        posted = await it.bot.post(it.personal(), {"type": "message", "text": "hello"})
        number, kind, data, end = [(await stream.content.readline()).decode().rstrip("\n") for _ in range(4)]
    assert (number.startswith("id: "), kind, end) == (True, "event: chat", "")
    assert json.loads(data.removeprefix("data: ")) == {
        "person": it.person(),
        "chat": "personal",
        "message_id": posted,
    }


async def test_a_stream_is_kept_alive_and_ends_with_the_sandbox(it: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.control.stream.KEEP_ALIVE_S", 0.01)
    async with it.http.get(f"{it.world.base_url}/control/events") as stream:
        lines = [await stream.content.readline() for _ in range(4)]
        assert lines[2] == b": still here\n"
        it.world.events.close()
        await asyncio.wait_for(stream.content.read(), 60)


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*map(references, node.values())) if node else own


async def test_the_openapi_document_describes_every_operation(it: Stage) -> None:
    _, document = await it.control("GET", "openapi.json")
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": it.world.base_url}]
    described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert described == {(each.method, each.path) for each in operations()} | {("GET", "/control/events")}
    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    names = [item["operationId"] for path in document["paths"].values() for item in path.values()]
    assert len(names) == len(set(names))
    assert all(item["summary"] for path in document["paths"].values() for item in path.values())
    schemas = document["components"]["schemas"]
    assert schemas["Say"]["required"] == ["person", "text"]
    assert set(schemas["Message"]["properties"]) >= {"id", "from", "shown", "notes", "edits"}
