"""Files in 1:1 chats: links that open for a while, consent cards, upload sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.connector.drive import CHUNK
from sandbox.connector.errors import PersonError
from sandbox.connector.state import FILE_CONSENT, FILE_DOWNLOAD, FILE_INFO
from tests.sandbox.connector_support import Json, Stage, stage


@pytest.fixture
async def it() -> AsyncIterator[Stage]:
    async with stage() as ready:
        ready.world.clock.freeze()
        yield ready


async def attached(it: Stage, **more: Any) -> Json:
    """The attachment that the bot got for a file."""
    await it.teams.files.attach(it.person(), "who.csv", b"a;b\n", **more)
    attachment: Json = it.bot.received[-1]["attachments"][0]
    return attachment


async def fetch(it: Stage, url: str, **headers: str) -> tuple[int, bytes]:
    async with it.http.get(url, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.read()


async def test_a_file_comes_as_a_message_with_a_link(it: Stage) -> None:
    attachment = await attached(it)
    assert attachment["contentType"] == FILE_DOWNLOAD
    assert attachment["name"] == "who.csv"
    assert attachment["content"]["fileType"] == "csv"
    assert "text" not in it.bot.received[0]
    assert await fetch(it, attachment["content"]["downloadUrl"]) == (200, b"a;b\n")
    await it.teams.files.attach(it.person(), "who.csv", b"", text="and this")
    second = it.bot.received[-1]
    assert second["text"] == "and this"
    assert [each["contentType"] for each in second["attachments"]] == [FILE_DOWNLOAD, "text/html"]
    assert second["attachments"][0]["name"] == "who 1.csv"  # the first of that name keeps it


async def test_links_need_no_token_take_none_and_end(it: Stage) -> None:
    link = (await attached(it))["content"]["downloadUrl"]
    assert (await fetch(it, link, Authorization="Bearer x"))[0] == 401
    assert (await fetch(it, link.partition("?")[0]))[0] == 401
    assert (await fetch(it, link[:-3] + "AAA"))[0] == 401
    it.world.clock.advance(timedelta(seconds=it.world.chats.behaviour.file_link_s - 1))
    assert (await fetch(it, link))[0] == 200
    it.world.clock.advance(timedelta(seconds=1))
    status, body = await fetch(it, link)
    assert status == 401
    assert b"unauthenticated" in body


async def test_links_can_lead_to_other_hosts_and_elsewhere(it: Stage) -> None:
    assert (
        urlsplit((await attached(it, host="https://evil.example"))["content"]["downloadUrl"]).netloc == "evil.example"
    )
    it.world.chats.behaviour.file_host = it.world.base_url.replace("127.0.0.1", "localhost")
    link = (await attached(it))["content"]["downloadUrl"]
    assert urlsplit(link).hostname == "localhost"
    leads_away = await attached(it, host=it.world.base_url, redirect_to="http://10.0.0.1/secret")
    async with it.http.get(leads_away["content"]["downloadUrl"], allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "http://10.0.0.1/secret")


async def test_files_go_to_the_bot_only_where_teams_hands_them_over(it: Stage) -> None:
    with pytest.raises(PersonError, match="1:1"):
        await it.teams.files.attach(it.person(), "a.csv", b"", chat="channel")
    it.world.chats.app.supports_files = False
    with pytest.raises(PersonError, match="supportsFiles"):
        await it.teams.files.attach(it.person(), "a.csv", b"")


# The bot's files


def consent(**changes: Any) -> Json:
    content = {"description": "The result", "sizeInBytes": 5, "acceptContext": {"id": 1}, "declineContext": {"id": 2}}
    attachment = {"contentType": FILE_CONSENT, "name": "result.csv", "content": content, **changes}
    return {"type": "message", "attachments": [attachment]}


async def session(it: Stage) -> str:
    await it.bot.post(it.personal(), consent())
    it.bot.always(200)
    await it.teams.files.answer_consent(it.person(), "accept")
    url: str = it.bot.received[-1]["value"]["uploadInfo"]["uploadUrl"]
    return url


async def put(it: Stage, url: str, part: bytes, content_range: str | None, **headers: str) -> tuple[int, Json]:
    if content_range is not None:
        headers["Content-Range"] = content_range
    async with it.http.put(url, data=part, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_accepting_opens_an_upload_session(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), consent())
    it.bot.always(200)
    outcome = await it.teams.files.answer_consent(it.person(), "accept")
    [invoke] = it.bot.invokes("fileConsent/invoke")
    value = invoke["value"]
    assert (value["type"], value["action"], value["context"]) == ("fileUpload", "accept", {"id": 1})
    assert set(value["uploadInfo"]) == {"contentUrl", "name", "uploadUrl", "uniqueId", "fileType", "etag"}
    assert (outcome.status, invoke["replyToId"]) == (200, posted)
    status, item = await put(it, value["uploadInfo"]["uploadUrl"], b"hello", "bytes 0-4/5")
    assert (status, item["id"], item["size"]) == (201, value["uploadInfo"]["uniqueId"], 5)
    file, url = it.teams.files.link_to(it.person(), item["id"])
    assert (file.name, await fetch(it, url)) == ("result.csv", (200, b"hello"))
    with pytest.raises(PersonError):
        it.teams.files.link_to(it.person("manager"), item["id"])


async def test_declining_says_so_and_failures_are_shown(it: Stage) -> None:
    posted = await it.bot.post(it.personal(), consent())
    it.bot.always(200)
    await it.teams.files.answer_consent(it.person(), "decline", message_id=posted)
    assert it.bot.received[-1]["value"] == {"type": "fileUpload", "action": "decline", "context": {"id": 2}}
    it.bot.always(500)
    await it.teams.files.answer_consent(it.person(), "accept")  # nothing keeps a card from being answered again
    assert (await it.message(posted))["notes"] == ["Something went wrong"]
    text = await it.bot.post(it.personal(), {"type": "message", "text": "no card"})
    with pytest.raises(PersonError, match="does not ask"):
        await it.teams.files.answer_consent(it.person(), "accept", message_id=text)
    with pytest.raises(PersonError, match="Nothing asks"):
        await it.teams.files.answer_consent(it.person("manager"), "accept")


async def test_parts_are_multiples_of_320_kib_and_come_in_order(it: Stage) -> None:
    url = await session(it)
    total = CHUNK + 10
    assert (await put(it, url, b"x" * 100, f"bytes 0-99/{total}"))[0] == 400
    status, progress = await put(it, url, b"x" * CHUNK, f"bytes 0-{CHUNK - 1}/{total}")
    assert (status, progress["nextExpectedRanges"]) == (202, [f"{CHUNK}-"])
    status, again = await put(it, url, b"x" * CHUNK, f"bytes 0-{CHUNK - 1}/{total}")
    assert (status, again["error"]["code"]) == (416, "invalidRange")
    assert (await put(it, url, b"y" * 10, f"bytes {CHUNK}-{CHUNK + 9}/{total + 1}"))[0] == 400
    async with it.http.get(url) as answer:
        assert (await answer.json())["nextExpectedRanges"] == [f"{CHUNK}-"]
    assert (await put(it, url, b"y" * 10, f"bytes {CHUNK}-{CHUNK + 9}/{total}"))[0] == 201
    assert (await put(it, url, b"y" * 10, f"bytes {CHUNK}-{CHUNK + 9}/{total}"))[0] == 404  # the session is over


@pytest.mark.parametrize("header", [None, "bytes */5", "bytes 4-0/5", "bytes 0-4/4", "bytes 0-3/5", "0-4/5"])
async def test_a_part_has_to_be_what_its_range_says(it: Stage, header: str | None) -> None:
    assert (await put(it, await session(it), b"hello", header))[0] == 400


async def test_sessions_take_no_token_end_and_can_be_cancelled(it: Stage) -> None:
    url = await session(it)
    assert (await put(it, url, b"hello", "bytes 0-4/5", Authorization="Bearer x"))[0] == 401
    async with it.http.delete(url) as answer:
        assert answer.status == 204
    assert (await put(it, url, b"hello", "bytes 0-4/5"))[0] == 404
    late = await session(it)
    it.world.clock.advance(timedelta(minutes=15))
    assert (await put(it, late, b"hello", "bytes 0-4/5"))[0] == 404


@pytest.mark.parametrize(
    "attachment",
    [
        {"contentType": FILE_CONSENT, "name": "a.csv", "content": {"description": "no size"}},
        {"contentType": FILE_CONSENT, "content": {"sizeInBytes": 1}},
        {"contentType": FILE_INFO, "name": "a.csv", "content": {}},
    ],
)
async def test_cards_about_files_have_to_be_whole(it: Stage, attachment: Json) -> None:
    activity = {"type": "message", "attachments": [attachment]}
    status, answer = await it.bot.call("POST", f"/{it.personal()}/activities", activity)
    assert (status, answer["error"]["code"]) == (400, "MissingProperty")
