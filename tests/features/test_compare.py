"""`compare <person>`: what a teammate has that I have not, among people of one team and for what I may request."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.config import Config
from sandbox.tenant.settings import administrators_only
from tests.support.giving import give, policy_of
from tests.support.rounds import Rounds, has_read_contents, slow_graph
from tests.support.story import GINA, NORA, RITA, SAM, Story, story, told

ASA = "Asa Assigner"


async def test_a_teammates_access_leads_to_the_request_form(tmp_path: Path) -> None:
    rounds = Rounds()
    async with story(tmp_path, watching=[rounds.middleware]) as here:
        for package in ("Office map", "Sales data", "Hidden vault", "Auditor desk"):
            give(here, ASA, package)
        give(here, RITA, "Sales data")
        policy_of(here, "Auditor desk").settings = {**administrators_only(), "displayName": "Given by hand"}
        await here.says(RITA, "packages")  # signs her in, and the list of packages is kept
        await here.until(lambda: has_read_contents(rounds), "what packages contain is read")
        with slow_graph(here, rounds):
            answer = told(await here.says(RITA, "compare asa"))
        assert rounds.in_sequence() <= 3, rounds.spans
        assert "What Asa Assigner has and you do not" in answer.replace("\u2068", "").replace("\u2069", "")
        assert "Office map" in answer
        assert not any(each in answer for each in ("Sales data", "Hidden vault", "Auditor desk"))
        await here.presses(RITA, "Request Office map")
        await here.presses(RITA, "Request")
        await here.sees(RITA, "Your access works")
        assert "nothing that you could ask for" in told(await here.says(RITA, f"compare with {ASA}?"))
        await here.says(RITA, "my access")
        whom = told(await here.presses(RITA, "Compare with my team"))
        assert "Asa Assigner" in whom
        assert "nothing that you could ask for" in told(await here.presses(RITA, f"Compare with {ASA}"))


async def test_only_the_same_team_is_told_and_no_guests(here: Story) -> None:
    give(here, SAM, "Office map")
    answer = told(await here.says(RITA, "compare Sam Second"))
    assert "Nobody in your team is called “Sam Second”" in answer
    assert "Office map" not in answer
    strangers = {told(await here.says(RITA, f"compare {name}")).replace(name, "…") for name in (SAM, "No Body")}
    assert len(strangers) == 1, "whether somebody exists is not told"
    await here.says(RITA, "compare")
    altered = await here.presses_altered(RITA, f"Compare with {ASA}", {"person_id": here.user(SAM).id})
    assert "not in your team any more" in told(altered)
    assert "knows no manager of yours" in told(await here.says(NORA, "compare Rita Requester"))
    assert "cannot compare your access" in told(await here.says(GINA, "compare Rita Requester"))
    for name, is_offered in ((RITA, True), (GINA, False), (NORA, False)):
        card = (await here.says(name, "my access")).messages[-1]["card"]
        assert ("Compare with my team" in str(card)) == is_offered


async def test_the_organization_can_switch_it_off(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(compare_with_team=False)
        await here.start_bot()
        assert "cannot compare your access" in told(await here.says(RITA, f"compare {ASA}"))
        assert "Compare with my team" not in str((await here.says(RITA, "my access")).messages[-1]["card"])


async def test_administrators_read_what_is_searched_in_vain_and_nobody_else(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(administrators=[here.user(SAM).user_principal_name])
        await here.start_bot()
        assert "You do not have the right" in told(await here.says(RITA, "searches"))
        assert "nothing to tell yet" in told(await here.says(SAM, "searches"))
        for words in ("request quantum submarine", "packages quantum submarine", "request quantum submarine because x"):
            await here.says(RITA, words)
            here.world.clock.advance(timedelta(days=1))
            await here.says(RITA, "my access")  # Graph tells what day it is
        answer = told(await here.says(SAM, "searches"))
        assert "quantum submarine" in answer
        assert "3 times on 3 days" in answer
        assert "Rita" not in answer
