"""Approvers as nobody plans them: guests, accounts that are switched off, managers in a circle, five hundred people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from bot.config import Config
from bot.domain import RequestId
from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.model import Json
from sandbox.tenant.settings import group_members, manager, single_user, stage
from tests.support.giving import policy_of
from tests.support.story import GINA, LENA, MARC, RITA, SAM, Story, story, told

MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
PACKAGE = "Sales data"
CROWD = 500


def approved_by(here: Story, package: str, approvers: Iterable[Json]) -> None:
    settings = policy_of(here, package).settings["requestApprovalSettings"]
    settings.update(stages=[stage(approvers)], isApprovalRequiredForAdd=True)


async def asks(here: Story, package: str) -> None:
    await here.says(RITA, f"request {package}")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.poll()


async def test_each_of_them_is_dealt_with_in_clear_words(tmp_path: Path) -> None:
    async with story(tmp_path, start=False) as here:
        here.config = Config(administrators=[here.user(LENA).id])
        await here.start_bot()
        here.world.clock.set(MONDAY)
        here.forget_other_requests()
        for person in (LENA, GINA, SAM):
            await here.says(person, "help")

        approved_by(here, "Finance reports", [single_user(here.user(GINA))])
        await asks(here, "Finance reports")
        await here.sees(GINA, "Rita Requester asks for Finance reports")
        await here.presses(GINA, "Approve", justification="Agreed with the company")
        await here.teams.complete_sign_in(here.user(GINA).id)
        await here.sees(RITA, "Your access to Finance reports works now.")

        here.user(MARC).manager_id = here.user(RITA).id
        approved_by(here, "Design tools", [manager(2)])
        await asks(here, "Design tools")
        await here.sees(LENA, "Design tools")
        assert here.count(RITA, "Rita Requester asks for") == 0, "nobody decides their own request"

        here.user(MARC).account_enabled = False
        await asks(here, PACKAGE)
        await here.sees(LENA, PACKAGE)
        assert here.count(MARC, f"Rita Requester asks for {PACKAGE}") == 0

        here.user(RITA).manager_id = None
        approved_by(here, "Vault keys", [manager()])
        await asks(here, "Vault keys")
        await here.sees(LENA, "names nobody who exists (an empty group, no manager, no sponsor)")

        build = TenantBuilder(here.world.tenant, here.world.clock.now())
        crowd = build.group("Crowd")
        people = [build.user(f"crowd-{number}", f"Crowd {number:03}") for number in range(CROWD)]
        crowd.member_ids.update(dict.fromkeys(one.id for one in [*people, here.user(SAM)]))
        approved_by(here, "Audit archive", [group_members(crowd)])
        before = len(here.graph_calls())
        await asks(here, "Audit archive")
        request_id = RequestId(here.requests_of(RITA)[-1].id)

        async def are_asked() -> bool:
            async with here.store.unit(read_only=True) as unit:
                return len(await unit.nudges.for_request(request_id)) == CROWD + 1

        await here.until(are_asked, "everybody in the group is asked")
        reads = [call for call in here.graph_calls()[before:] if "/transitiveMembers" in call.path]
        assert len(reads) <= -(-CROWD // 100) + 1
        assert here.count(SAM, "asks for Audit archive") == 0, "a summary comes in the morning"
        async with here.store.unit(read_only=True) as unit:
            known = await unit.requests.find(request_id)
        assert known is not None
        await here.says(SAM, f"approve {known.code}")
        await here.sees(SAM, "Rita Requester asks for Audit archive")
        assert "You approved this" in told(await here.presses(SAM, "Approve"))
        await here.sees(RITA, "Your access to Audit archive works now.")
