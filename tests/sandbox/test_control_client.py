"""The control plane's way to search, dialogs, files and the message extension; answers are as its document says."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest

from sandbox.connector.state import ADAPTIVE_CARD, FILE_CONSENT
from tests.sandbox.connector_support import Stage, card, message, stage
from tests.sandbox.test_connector_dialogs import dialog, submit
from tests.sandbox.test_connector_extension import LINK, result, results
from tests.sandbox.test_connector_search import chooser
from tests.sandbox.test_control import ok, refused


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        yield ready


async def test_searching_and_dialogs(it: Stage) -> None:
    opener = submit("Ask", msteams={"type": "task/fetch"})
    people = chooser("graph.microsoft.com/users")
    await it.bot.post(it.personal(), message(card(people, actions=[opener])))
    asked = {"person": "requester", "input": "package", "text": "marc man"}
    assert (await ok(it, "POST", "search", asked))["results"][0]["title"] == "Marc Manager"
    it.bot.always(*dialog(card(people, actions=[submit()])))
    opened = await ok(it, "POST", "press", {"person": "requester", "button": "Ask"})
    assert opened["dialog"]["title"] == "Step"
    assert (await ok(it, "POST", "search", {**asked, "dialog": True}))["results"]
    it.bot.always(200, {"task": {"type": "message", "value": "Done"}})
    sent = {"person": "requester", "button": "Send", "inputs": {"package": it.person("manager")}}
    assert (await ok(it, "POST", "dialog", sent))["told"] == "Done"
    assert (await refused(it, "POST", "dialog", {"person": "requester", "close": True}))[0] == 404
    assert (await refused(it, "POST", "dialog", {"person": "requester"}))[0] == 422


async def test_files_there_and_back(it: Stage) -> None:
    content = base64.b64encode(b"a;b").decode()
    upload = {"person": "requester", "name": "who.csv", "content": content}
    await ok(it, "POST", "upload", upload)
    file_id = it.bot.received[0]["attachments"][0]["content"]["uniqueId"]
    link = await ok(it, "GET", f"file?person=requester&id={file_id}")
    async with it.http.get(link["url"]) as answer:
        assert (await answer.read(), link["size"]) == (b"a;b", 3)
    for wrong in ({"content": "%%"}, {"name": "../x"}, {"host": "evil.example"}):
        assert (await refused(it, "POST", "upload", {**upload, **wrong}))[0] == 422
    assert (await refused(it, "POST", "upload", {**upload, "chat": "group"}))[0] == 409
    await ok(it, "POST", "teams", {"file_host": "https://contoso.example"})
    await ok(it, "POST", "upload", upload)
    assert it.bot.received[-1]["attachments"][0]["contentUrl"].startswith("https://contoso.example/")
    asking = {"contentType": FILE_CONSENT, "name": "r.csv", "content": {"sizeInBytes": 1}}
    await it.bot.post(it.personal(), {"type": "message", "attachments": [asking]})
    await ok(it, "POST", "file-consent", {"person": "requester", "action": "decline"})
    assert it.bot.invokes("fileConsent/invoke")[0]["value"]["action"] == "decline"


async def test_the_compose_box(it: Stage) -> None:
    it.bot.always(*results(result("One")))
    listed = await ok(it, "POST", "extension/query", {"person": "requester", "text": "x"})
    assert listed["results"] == [{"title": "One", "text": "about", "image": None}]
    await ok(it, "POST", "extension/pick", {"person": "requester", "result": 0})
    await ok(it, "POST", "say", {"person": "requester", "text": "", "draft": True})
    assert it.bot.received[-1]["attachments"][0]["contentType"] == ADAPTIVE_CARD
    assert (await ok(it, "POST", "unfurl", {"person": "requester", "url": LINK}))["draft"]
    await ok(it, "POST", "discard-draft", {"person": "requester"})
    assert (await refused(it, "POST", "say", {"person": "requester", "text": "", "draft": True}))[0] == 409
    assert (await refused(it, "POST", "say", {"person": "requester", "text": ""}))[0] == 422


async def test_the_manifest(it: Stage) -> None:
    assert (await ok(it, "GET", "manifest"))["commands"][0]["id"] == "search"
    manifest = {"bots": [{"supportsFiles": True}], "composeExtensions": []}
    assert await ok(it, "POST", "manifest", {"manifest": manifest}) == {
        "supports_files": True,
        "commands": [],
        "link_domains": [],
        "anonymous_links": False,
        "actions": [],
        "has_settings": False,
        "is_configurable": False,
    }
    assert (await refused(it, "POST", "manifest", {"manifest": {"bots": 1}}))[0] == 422
