"""Signing in comes when it is needed, and what was asked goes on by itself afterwards."""

from __future__ import annotations

import time

from sandbox.tenant.identity import BOT_APP_ID
from tests.support.story import MARC, RITA, SAM, Story, told

DECIDING = "EntitlementManagement.ReadWrite.All"
ASKING = "EntitlementMgmt-SubjectAccess.ReadWrite"


def withdraw(here: Story, permission: str) -> None:
    here.world.tenant.consents = {c for c in here.world.tenant.consents if c.permission != permission}


async def asked_for_sales_data(here: Story) -> None:
    await here.says(RITA, "request sales data")
    await here.presses(RITA, "Request", justification="Q3 forecast")
    await here.sees(MARC, "Rita Requester asks for Sales data")


async def test_the_first_command_signs_in_silently_and_is_answered(here: Story) -> None:
    await here.says(RITA, "request sales data")
    await here.sees(RITA, "Why do you need it?")


async def test_an_approver_whose_first_act_is_approve_is_signed_in_within_the_press(here: Story) -> None:
    await asked_for_sales_data(here)
    decided = await here.presses(MARC, "Approve")
    assert "You approved this" in told(decided)


async def test_without_silent_sign_in_the_press_goes_on_after_the_page(here: Story) -> None:
    await asked_for_sales_data(here)
    here.user(MARC).sign_in = "interactive"
    stopped = await here.presses(MARC, "Approve", justification="Fine")
    assert stopped.login_required is not None
    _, decided = await here.teams.complete_sign_in(here.user(MARC).id)
    assert "You approved this. “Fine”" in told(decided)


async def test_without_silent_sign_in_a_pasted_code_is_as_good(here: Story) -> None:
    await asked_for_sales_data(here)
    here.user(MARC).sign_in = "interactive"
    await here.presses(MARC, "Approve")
    await here.teams.complete_sign_in(here.user(MARC).id, then="paste")
    await here.sees(MARC, "You approved this")
    assert here.requests_of(RITA)[0].state != "pendingApproval"


async def test_a_text_command_goes_on_after_a_pasted_code(here: Story) -> None:
    here.user(RITA).sign_in = "interactive"
    await here.says(RITA, "request sales data")
    page, _ = await here.teams.complete_sign_in(here.user(RITA).id, then="paste")
    assert page.code
    await here.sees(RITA, "Why do you need it?")


async def test_consent_that_is_missing_is_given_on_the_page(here: Story) -> None:
    withdraw(here, ASKING)
    await here.says(RITA, "request sales data")
    await here.teams.complete_sign_in(here.user(RITA).id)
    await here.sees(RITA, "Why do you need it?")
    assert any(c.permission == ASKING and c.app_id == BOT_APP_ID for c in here.world.tenant.consents)


async def test_consent_that_only_an_administrator_can_give_is_explained(here: Story) -> None:
    await asked_for_sales_data(here)
    withdraw(here, DECIDING)
    stopped = await here.presses(MARC, "Approve")
    assert stopped.login_required is not None
    page, _ = await here.teams.complete_sign_in(here.user(MARC).id)
    assert page.code is None
    assert "administrator" in page.text
    assert here.requests_of(RITA)[0].state == "pendingApproval"


async def test_more_proof_is_asked_for_and_the_press_goes_on(here: Story) -> None:
    await asked_for_sales_data(here)
    here.user(MARC).mfa_required = True
    stopped = await here.presses(MARC, "Approve")
    assert stopped.login_required is not None
    _, decided = await here.teams.complete_sign_in(here.user(MARC).id)
    assert "You approved this" in told(decided)


async def test_a_claims_challenge_of_graph_is_answered_and_the_press_goes_on(here: Story) -> None:
    await asked_for_sales_data(here)
    await here.says(MARC, "approvals")
    await here.sees(MARC, "Waiting for you")
    here.world.options.cae_users[here.user(MARC).id] = time.time() + 1
    stopped = await here.presses(MARC, "Approve")
    assert stopped.login_required is not None
    assert here.requests_of(RITA)[0].state == "pendingApproval"
    here.world.options.cae_users.clear()
    _, decided = await here.teams.complete_sign_in(here.user(MARC).id)
    assert "You approved this" in told(decided)


async def test_somebody_elses_link_signs_nobody_in(here: Story) -> None:
    here.user(RITA).sign_in = "interactive"
    await here.says(RITA, "request sales data")
    page, _ = await here.teams.complete_sign_in(here.user(RITA).id, as_person=here.user(SAM).id)
    assert page.code is None
    assert not any("Why do you need it?" in line for line in here.chat(RITA))


async def test_a_wrong_code_is_not_taken(here: Story) -> None:
    here.user(RITA).sign_in = "interactive"
    await here.says(RITA, "request sales data")
    page, _ = await here.teams.complete_sign_in(here.user(RITA).id, then="nothing")
    assert page.code
    wrong = page.code[:-1] + ("2" if page.code[-1] != "2" else "3")
    await here.says(RITA, wrong)
    assert here.count(RITA, "Why do you need it?") == 0
    stolen = await here.says(SAM, page.code)
    assert "Why do you need it?" not in told(stolen)


async def test_sign_out_forgets_and_sign_in_says_who(here: Story) -> None:
    await here.says(RITA, "sign in")
    await here.sees(RITA, "You are signed in as Rita Requester.")
    async with here.store.unit() as unit:
        assert await unit.token_caches.find(here.world.tenant.id, here.user(RITA).id)
    await here.says(RITA, "Sign out!")
    await here.sees(RITA, "You are signed out.")
    async with here.store.unit() as unit:
        assert await unit.token_caches.find(here.world.tenant.id, here.user(RITA).id) is None


async def test_tokens_are_unreadable_in_the_database(here: Story) -> None:
    await here.says(RITA, "sign in")
    await here.sees(RITA, "You are signed in")
    content = b"".join(path.read_bytes() for path in here.folder.iterdir() if path.is_file())
    assert b"gAAAA" in content
    assert b"eyJ" not in content
    assert b"refresh_token" not in content.lower()
