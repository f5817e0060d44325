"""The whole life of one request, from its beginning to its end: who is told what and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.settings import CliSettings, load_cli_settings
from bot.config import Config
from rehearsal.course import Choice, Course, RehearsalError
from rehearsal.run import Wanted, played
from rehearsal.words import as_text
from sandbox.app import serving
from sandbox.tenant.identity import BOT_APP_ID, BOT_APP_SECRET, TENANT_ID
from sandbox.world import World
from tests.features.timeline_files import CONFIG, FOLDER, FRIDAY, TALES, path_of
from tests.support.moments import story_clock

ROOT = Path(__file__).resolve().parents[2]
READS = ("/$batch", "/checkMemberGroups")


def settings_of(url: str) -> CliSettings:
    return load_cli_settings(
        {
            "AZURE_TENANT_ID": TENANT_ID,
            "AZURE_CLIENT_ID": BOT_APP_ID,
            "AZURE_CLIENT_SECRET": BOT_APP_SECRET,
            "GRAPH_URL": f"{url}/v1.0",
            "LOGIN_URL": url,
        }
    )


@pytest.mark.parametrize("name", TALES)
async def test_who_is_told_what_and_when(name: str) -> None:
    told = as_text(await TALES[name].play())
    assert told == path_of(name).read_text("utf-8"), "python -m tests.features.timeline_files --write, and review it"


def test_every_golden_timeline_is_played() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(TALES)


def test_the_documentation_shows_one_as_it_is_played() -> None:
    told = path_of("quiet-hours-and-weekend").read_text("utf-8").strip().splitlines()
    page = (ROOT / "docs" / "notifications.md").read_text("utf-8")
    assert "\n".join(f"    {line}".rstrip() for line in told) in page


async def test_the_policy_of_a_tenant_is_copied_and_nothing_happens_there() -> None:
    tenant = World(clock=story_clock())
    wanted = Wanted("server room", "rita.requester@woodgrove.example", "", Course(Choice.NOBODY), FRIDAY)
    async with serving(tenant) as url:
        writes, changes = tenant.writes, tenant.chats.change_count
        copied = await played(wanted, CONFIG, settings_of(url))
        with pytest.raises(RehearsalError, match="nobody called 'Rita Nobody'"):
            await played(Wanted("server room", "Rita Nobody", "", Course(), FRIDAY), Config(), settings_of(url))
    assert as_text(copied) == path_of("quiet-hours-and-weekend").read_text("utf-8")
    calls = list(tenant.graph_log.entries)
    assert len(calls) > 5
    assert [call for call in calls if call.method != "GET" and not call.path.endswith(READS)] == []
    assert (tenant.writes, tenant.chats.change_count) == (writes, changes)


async def test_who_may_not_ask_is_played_as_if_and_says_so() -> None:
    tenant = World(clock=story_clock())
    wanted = Wanted("Board papers", "Rita Requester", "", Course(), FRIDAY)
    async with serving(tenant) as url:
        copied = await played(wanted, CONFIG, settings_of(url))
    assert copied.remarks == ("In the tenant this policy is not open to Rita Requester; it is played as if it were.",)
    assert any("works now" in entry.what for entry in copied.entries)
