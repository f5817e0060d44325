"""Enrolment in chat when something is wrong: with the file, with the tenant, with Graph, or with two at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.config import load_config
from sandbox.faults import Fault
from sandbox.services import Service
from tests.cli.test_evidence import BesideTheBot
from tests.features.test_enrol import ALDER, RITA_S_LINE, attaches, file_of, holders, runs, ticked
from tests.files.workbooks import bomb, workbook
from tests.support.pipeline import Pipeline
from tests.support.story import LENA, ROOT, SAM, Story, story, told


@asynccontextmanager
async def enrolling(folder: Path, *, leads: tuple[str, ...] = (), **enrolment: Any) -> AsyncIterator[Story]:
    """A story with the sandbox's projects, with other leads or rules where these are given."""
    async with story(folder, start=False) as here:
        here.forget_other_requests()
        config = load_config(ROOT / "sandbox" / "doorman.yaml")
        if leads:
            addresses = [here.user(name).mail for name in leads]
            projects = [each.model_copy(update={"leads": addresses}) for each in config.projects]
            config = config.model_copy(update={"projects": projects})
        here.config = config.model_copy(update={"enrolment": config.enrolment.model_copy(update=enrolment)})
        await here.start_bot()
        for name in (LENA, SAM):
            await here.says(name, "help")
        yield here


def filed(here: Story) -> list[str]:
    """For whom the bot filed requests."""
    tenant = here.world.tenant
    ours = [each for each in tenant.requests.values() if (each.justification or "").startswith("Enrolment plan")]
    return sorted(tenant.users[str(tenant.subjects[each.target_id].object_id)].mail for each in ours)


async def proposed(here: Story, name: str, content: str, second: str) -> None:
    """Attached, read, and handed to the second person, who has the card now."""
    await attaches(here, name, content)
    card = await here.sees(name, "Please read this before you hand it")
    await here.presses(name, "Ask for agreement", kept=",".join(ticked(card)))
    await here.sees(second, f"{name} asks for your agreement")


async def test_files_that_mean_harm_or_cannot_be_meant_are_told_in_words(tmp_path: Path) -> None:
    conflicts = [["Contributor", "Manager"]]
    async with enrolling(tmp_path, conflicts=conflicts) as here:
        formula = workbook(("name", "e-mail", "package"), ("Nina", "=CONCAT(A1,A2)", ALDER))
        for name, content, said in (
            ("bomb.xlsx", await asyncio.to_thread(bomb), "larger than"),
            ("formula.xlsx", formula, "formula"),
            ("people.xlsx", b"PK\x03\x04 and nothing else", "damaged"),
            ("people.pdf", b"%PDF-1.7", "I found mistakes"),
        ):
            answer = told(await attaches(here, LENA, content, file=name))
            assert "I found mistakes" in answer, name
            assert said in answer, (name, answer)
        manager = "Project Alder | Manager"
        both = told(await attaches(here, LENA, file_of(here, RITA_S_LINE, RITA_S_LINE.replace(ALDER, manager))))
        assert f"rita.requester@woodgrove.example cannot have both {ALDER} and {manager}." in both
        assert await runs(here, LENA) == [], "nothing was planned from any of them"


async def test_a_tenant_that_moves_before_somebody_agrees_is_said_in_words(tmp_path: Path) -> None:
    async with enrolling(tmp_path) as here:
        leaving = sorted(holders(here))[0]
        await proposed(here, LENA, file_of(here, without=leaving), SAM)
        tenant = here.world.tenant
        held = next(
            each
            for each in tenant.holders_of(here.package_id(ALDER))
            if tenant.users[str(tenant.subjects[each.target_id].object_id)].mail == leaving
        )
        held.state = "partiallyDelivered"
        refused = told(await here.presses(SAM, "Agree"))
        assert (
            f"The directory has changed for {leaving} since the plan was made. Please attach the file again." in refused
        )
        assert filed(here) == []
        held.state = "delivered"
        await here.presses(SAM, "Agree")
        await here.sees(LENA, "1 of 1 done")


async def test_two_leads_at_once_under_a_busy_graph_do_everything_once(tmp_path: Path) -> None:
    """The same file from both; five in a hundred of all calls are turned away."""
    async with enrolling(tmp_path, leads=(LENA, SAM)) as here:
        leaving = sorted(holders(here))[0]
        content = file_of(here, RITA_S_LINE, without=leaving)
        await proposed(here, LENA, content, SAM)
        await proposed(here, SAM, content, LENA)
        here.world.faults.add(Fault(Service.GRAPH, "status", status=429, retry_after=0.05, percent=5.0))
        await asyncio.gather(here.presses(SAM, "Agree"), here.presses(LENA, "Agree"))

        async def are_over() -> bool:
            async with here.store.unit(read_only=True) as unit:
                found = [await unit.enrolments.find(each) for name in (LENA, SAM) for each in await runs(here, name)]
            return all(each is not None and each.state not in ("waiting", "applying") for each in found)

        await here.until(are_over, "both runs end")
        assert filed(here) == sorted([leaving, "rita.requester@woodgrove.example"])
        now = holders(here)
        assert "rita.requester@woodgrove.example" in now
        assert leaving not in now


async def test_the_migration_report_tells_what_was_searched_for_in_vain(tmp_path: Path) -> None:
    async with enrolling(tmp_path) as here:
        async with here.store.unit() as unit:
            for day in (2, 1, 0):
                moment = here.world.clock.now() - timedelta(days=day)
                await unit.missed_searches.count("travel", "travel booking", moment)
        await here.stop_bot()
        beside = BesideTheBot(here.world, tmp_path, told=here)
        report = await beside.run("enrol", "migration", "--project", "Project Oak")
        assert report.code == 0, report.errors
        assert "### Searched for in vain" in report.text
        assert "- travel booking (3)" in report.text
        alone = await Pipeline(here.world, tmp_path).run("enrol", "migration", "--project", "Project Oak")
        assert "Searched for in vain" not in alone.text
