"""Short codes: every decision in text, with the same rules as on the card, and nothing told about others' requests."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.services.codes import split_code
from tests.features.test_approver_card import chosen, pass_time, patches
from tests.support.requests import asked, code_of
from tests.support.story import LENA, MARC, NORA, RITA, SAM, Story, told


@pytest.mark.parametrize(
    ("words", "code", "rest"),
    [
        ("K7Q2", "K7Q2", ""),
        ("k7q2 because  I say so", "K7Q2", "because  I say so"),
        ("“K7Q2”: fine", "K7Q2", "fine"),
        ("#K7Q2, fine", "K7Q2", "fine"),
        ("sales data", "", "sales data"),
        ("everything", "", "everything"),
        ("", "", ""),
    ],
)
def test_what_is_taken_for_a_code(words: str, code: str, rest: str) -> None:
    assert split_code(words) == (code, rest)


async def test_a_request_is_approved_by_its_code(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    assert code in str((await here.sees(MARC, "Or type: approve"))["card"])
    decided = told(await here.says(MARC, f"APPROVE {code.lower()} Enjoy it"))
    assert "You approved this. “Enjoy it”" in decided
    assert "Rita Requester asks for Sales data" in decided
    await here.sees(RITA, "access to Sales data works now")
    assert "You approved this." in told(await here.says(MARC, f"approve {code}"))
    decided_calls = [call for call in here.graph_calls() if call.method == "PATCH"]
    assert [(call.identity, call.status) for call in decided_calls] == [(MARC, 204)]


async def test_a_denial_needs_a_reason_in_text_too(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    assert "Please answer “Your reason”." in told(await here.says(MARC, f"deny {code}"))
    assert "You denied this. “Not needed”" in told(await here.says(MARC, f"deny {code} Not needed"))
    await here.sees(RITA, "was denied. “Not needed”")


async def test_what_changed_is_shown_before_a_decision_by_code(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    await here.stop_bot()
    package = here.world.tenant.packages[here.package_id("Sales data")]
    package.role_scopes.append(here.world.tenant.packages[here.package_id("Office map")].role_scopes[0])
    await here.start_bot()
    shown = told(await here.says(MARC, f"approve {code}"))
    assert "This changed while the card was open." in shown
    assert "Office map Users" in shown
    assert here.requests_of(RITA)[0].state == "pendingApproval"
    assert "You approved this." in told(await here.says(MARC, f"approve {code}"))


async def test_a_foreign_code_and_one_that_nothing_has_sound_the_same(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    await here.says(NORA, "hello")
    for command in (
        "approve {} Yes",
        "deny {} No",
        "ask {} Why?",
        "status {}",
        "cancel {}",
        "note {} x",
        "answer {} x",
    ):
        foreign = told(await here.says(NORA, command.format(code))).strip()
        unknown = told(await here.says(NORA, command.format("X9X9"))).strip()
        assert f"There is no request {code} that I could show you." in foreign, command
        assert foreign.replace(code, "X9X9") == unknown, command
    assert here.requests_of(RITA)[0].state == "pendingApproval"


async def test_nobody_decides_their_own_request_by_code(here: Story) -> None:
    await asked(here)
    code = await code_of(here, RITA)
    assert "You cannot decide your own request." in told(await here.says(RITA, f"approve {code}"))


async def test_without_a_code_what_waits_is_listed(here: Story) -> None:
    await asked(here)
    listed = told(await here.says(MARC, "approve"))
    assert "Please add the code that is on the card" in listed
    assert "Sales data" in listed


async def test_status_by_code_for_each_side(here: Story) -> None:
    await asked(here, "design tools", SAM)
    code = await code_of(here, RITA)
    assert "Waiting for approval" in told(await here.says(RITA, f"status {code}"))
    assert "Rita Requester asks for Design tools" in told(await here.says(LENA, f"status {code}"))
    assert "Design tools" in told(await here.says(RITA, "status"))


async def test_a_held_decision_is_undone_and_access_taken_back_by_code(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=600) as here:
        await asked(here)
        code = await code_of(here, RITA)
        assert "Until then you can undo it" in told(await here.says(MARC, f"approve {code} Fine"))
        assert "There is no request" in told(await here.says(SAM, f"undo {code}"))
        assert "Approve" in told(await here.says(MARC, f"undo {code}"))
        assert "add the code" in told(await here.says(MARC, "undo"))
        await pass_time(here, timedelta(minutes=11))
        assert patches(here) == []
        await here.says(MARC, f"approve {code} Fine after all")
        await pass_time(here, timedelta(minutes=11))
        await here.sees(RITA, "access to Sales data works now")

        assert "There is no request" in told(await here.says(SAM, f"take back {code} mine"))
        assert "There is no request" in told(await here.says(MARC, "take back K7Q2 mine"))
        assert "Take Sales data back from Rita Requester?" in told(await here.says(MARC, f"take back {code}"))
        assert "The access ends now" in told(await here.says(MARC, f"take back {code} She moved on"))
        await here.says(MARC, f"take back {code} She moved on")
        removals = [one for one in here.world.tenant.requests.values() if one.request_type == "approverRemove"]
        assert [one.justification for one in removals].count("She moved on") == 1
