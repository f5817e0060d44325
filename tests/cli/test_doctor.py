"""`doorman doctor`, as an administrator or a pipeline runs it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.tenant.identity import BOT_APP_ID, BOT_APP_SECRET, CLI_APP_ID, WRITER_APP_ID, WRITER_APP_SECRET
from tests.support.pipeline import Pipeline

OTHERS = {
    "MicrosoftAppId": BOT_APP_ID,
    "MicrosoftAppPassword": BOT_APP_SECRET,
    "WRITER_APP_ID": WRITER_APP_ID,
    "WRITER_APP_PASSWORD": WRITER_APP_SECRET,
}


@dataclass
class BesideTheBot(Pipeline):
    """Runs where the settings of the bot and of the writer are at hand."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), **OTHERS}


async def test_the_doctor_tells_what_is_wrong_and_fails(pipeline: Pipeline) -> None:
    ended = await pipeline.run("doctor")
    assert ended.code == 1, ended.errors
    assert "Setting up Kiln for Luca Laurel failed." in ended.text
    assert "What the bot may do cannot be checked from here" in " ".join(ended.text.split())
    assert "12 checks: 2 to be mended" in ended.text

    everything = json.loads((await pipeline.run("doctor", "--json")).text)
    assert everything["counts"]["problem"] == 2
    assert {finding["check"] for finding in everything["findings"]} <= set(everything["checks"])
    assert all(finding["sentence"] and finding["nextStep"] for finding in everything["findings"])
    links = {finding["link"] for finding in everything["findings"]} - {""}
    assert links
    assert all(link.startswith("https://entra.microsoft.com/#view/") for link in links)

    assert (await pipeline.run("doctor", "--only", "outsiders")).code == 0
    assert (await pipeline.run("doctor", "--only", "outsiders", "--strict")).code == 1
    wrong = await pipeline.run("doctor", "--only", "heartbeat")
    assert (wrong.code, "there is no check 'heartbeat'; there are permissions" in wrong.errors) == (1, True)
    written = [call for call in pipeline.world.graph_log.entries if call.method not in ("GET", "POST")]
    assert written == []


async def test_permissions_are_listed_for_every_feature(pipeline: Pipeline) -> None:
    beside = BesideTheBot(pipeline.world, pipeline.folder)
    ended = await beside.run("doctor", "permissions")
    assert ended.code == 0, ended.text
    assert "approvers who are named as a group" in " ".join(ended.text.split())
    pipeline.world.tenant.apps[WRITER_APP_ID].application_permissions.discard("EntitlementManagement.ReadWrite.All")
    pipeline.world.tenant.apps[CLI_APP_ID].application_permissions.discard("Directory.Read.All")
    beside_again = await beside.run("doctor", "permissions", "--json")
    assert beside_again.code == 1
    rows = json.loads(beside_again.text)["permissions"]
    writer = {row["permission"]: row["granted"] for row in rows if row["identity"] == "writer"}
    assert writer == {"EntitlementManagement.ReadWrite.All": False, "User.Invite.All": True}
    assert {row["granted"] for row in rows if row["kind"] == "delegated"} == {None}


async def test_wrong_settings_are_one_line(pipeline: Pipeline) -> None:
    pipeline.config = pipeline.folder / "none.yaml"
    ended = await pipeline.run("doctor")
    assert ended.code == 1
    assert ended.errors.startswith("doorman: ")
    assert len(ended.errors.strip().splitlines()) == 1
