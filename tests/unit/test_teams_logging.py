"""No token, code, ticket or message text appears in a log line."""

from __future__ import annotations

import io
import json
import logging

import jwt
import pytest
import structlog

from bot.errors import SignInNeeded
from bot.logging import configure_logging, hide_secrets
from bot.turn import Incoming, Reply, SignInPrompt, Turn
from tests.unit.teams_support import OWN, RITA, Stage, staged

TOKEN = jwt.encode({"a": "b"}, "x" * 32, algorithm="HS256")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("token", "abc"),
        ("Authorization", "Basic abc"),
        ("code", "12345678"),
        ("text", "my salary"),
        ("error", f"refused {TOKEN} there"),
        ("url", "https://bot.example/auth/end?code=0.ABC&state=xyz"),
        ("url", "https://bot.example/auth/start?ticket=abc"),
        ("row", "gAAAAABmX0123456789012345678901234567890=="),
        ("detail", {"nested": TOKEN}),
    ],
)
def test_secrets_are_replaced(key: str, value: object) -> None:
    shown = str(hide_secrets(None, "info", {key: value})[key])
    assert "[hidden]" in shown
    for secret in (TOKEN, "abc", "12345678", "salary", "0.ABC", "xyz", "gAAAA"):
        assert secret not in shown


def test_plain_facts_stay() -> None:
    facts = {"event": "turn", "milliseconds": 1.5, "ok": True, "none": None, "state": "delivered", "id": "a-b"}
    assert hide_secrets(None, "info", dict(facts)) == facts


def test_every_logger_writes_json_without_secrets() -> None:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    try:
        configure_logging("INFO", stream)
        structlog.get_logger("ours").info("turn", token=TOKEN, kind="text", correlation_id="c-1")
        structlog.get_logger("ours").debug("hidden by its level")
        logging.getLogger("theirs").warning("failed with %s", TOKEN)
        try:
            raise ValueError(TOKEN)
        except ValueError:
            structlog.get_logger("ours").exception("broken")
    finally:
        structlog.reset_defaults()
        root.handlers[:] = before
        root.setLevel(level)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["turn", "failed with [hidden]", "broken"]
    assert lines[0]["correlation_id"] == "c-1"
    assert [line["level"] for line in lines] == ["info", "warning", "error"]
    assert "ValueError" in lines[2]["exception"]
    assert TOKEN not in stream.getvalue()


async def test_a_whole_sign_in_leaves_no_secret_in_the_log() -> None:
    stages: list[Stage] = []
    tokens: list[str] = []

    async def handle(turn: Turn, incoming: Incoming) -> Reply:
        try:
            tokens.append(await stages[0].identity.people.token(turn.actor, (OWN,)))
        except SignInNeeded as error:
            return Reply.sign_in_first(SignInPrompt(error.scopes, error.claims))
        return Reply.with_text("done it")

    with structlog.testing.capture_logs() as events:
        async with staged(handle) as stage:
            stages.append(stage)
            stage.world.tenant.users[RITA].sign_in = "interactive"
            await stage.teams.say(RITA, "something private")
            page, _ = await stage.teams.complete_sign_in(RITA)
            assert await stage.teams.wait_for(RITA, "done it")
            tickets = list(stage.tickets.rows)
    written = repr(events)
    assert any(event["event"] == "turn" for event in events)
    for secret in ("something private", page.code or "no code", tokens[0], *tickets):
        assert secret not in written
