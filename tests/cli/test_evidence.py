"""`doorman evidence`: what is proved about an assignment that somebody asked for and somebody approved in chat."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.tenant.identity import CLI_APP_ID
from tests.support.pipeline import Pipeline
from tests.support.story import MARC, RITA, Story, story


@dataclass
class BesideTheBot(Pipeline):
    """Runs where the bot's database and keys are at hand."""

    told: Story | None = None

    def environment(self) -> dict[str, str]:
        assert self.told is not None
        bot = self.told.environment()
        more = {name: bot[name] for name in ("DATABASE_URL", "DOORMAN_SECRET_KEYS")}
        return {**super().environment(), **more}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


async def test_an_assignment_is_proved_from_the_request_to_the_delivery(folder: Path) -> None:
    pack, keys = folder / "pack.json", folder / "keys.json"
    async with story(folder) as here:
        here.world.tenant.apps[CLI_APP_ID].application_permissions |= {"AuditLog.Read.All"}
        here.world.options.audit_delay_s = 0.0
        await here.says(MARC, "help")
        await here.says(RITA, "request sales data")
        await here.presses(RITA, "Request", justification="For the Q3 forecast")
        await here.sees(MARC, "For the Q3 forecast")
        await here.presses(MARC, "Approve", justification="She needs it")
        await here.sees(RITA, "Your access to Sales data works now.")
        request = here.requests_of(RITA)[0]
        pipeline = BesideTheBot(here.world, folder, told=here)
        exported = await pipeline.run(
            "evidence", "export", str(request.assignment_id), "--out", str(pack), "--keys", str(keys)
        )
        assert exported.code == 0, exported.errors
        missing = await pipeline.run("evidence", "export", "nothing", "--out", str(pack), "--keys", str(keys))
        assert missing.code == 1
    seal = exported.text.rsplit(maxsplit=1)[-1]

    # From here on there is no tenant and no bot any more.
    assert (await pipeline.run("evidence", "verify", str(pack), "--seal", seal)).code == 0
    shown = (await pipeline.run("evidence", "verify", str(pack), "--keys", str(keys))).text
    for line in ("justification: For the Q3 forecast", "justification: She needs it", "name: Marc Manager"):
        assert line in shown, shown
    kinds = [record["kind"] for record in json.loads(pack.read_bytes())["records"]]
    assert kinds[:3] == ["assignment", "request", "policy"]
    assert {"audit-log", "doorman", "decision"} <= set(kinds)
    assert kinds[-1] == "delivery"
    assert '"held": "yes"' in pack.read_text()

    assert (await pipeline.run("evidence", "erase", request.requestor_id, "--keys", str(keys))).code == 1
    rita, before = here.user(RITA).id, keys.read_bytes()
    looked = await pipeline.run("evidence", "erase", rita, "--keys", str(keys), "--dry-run", "--json")
    assert (looked.code, json.loads(looked.text)["erased"], keys.read_bytes() == before) == (2, False, True)
    gone = await pipeline.run("evidence", "erase", rita, "--keys", str(keys), "--json")
    assert (gone.code, json.loads(gone.text)) == (0, {"person": rita, "keys": str(keys), "erased": True})
    erased = (await pipeline.run("evidence", "verify", str(pack), "--keys", str(keys), "--seal", seal)).text
    assert "justification: (erased)" in erased
    assert "name: Marc Manager" in erased
    assert "For the Q3 forecast" not in erased

    pack.write_bytes(pack.read_bytes().replace(b"Approve", b"Deny"))
    tampered = await pipeline.run("evidence", "verify", str(pack))
    assert (tampered.code, "is not what was written" in tampered.errors) == (1, True)
    assert (await pipeline.run("evidence", "verify", str(folder / "none.json"))).code == 1
