"""Everything that waits for somebody, several decided together, and what became of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from cards.rendering import MOST_BYTES
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.tenant.model import AssignmentRequest
from tests.features.test_approver_card import asked, audited, chosen, pass_time, patches
from tests.support.story import LENA, MARC, NORA, RITA, SAM, Story, read, told


def crowd(here: Story, package: str, count: int) -> list[AssignmentRequest]:
    """Requests of so many people, made in the portal one after the other."""
    members = [user for user in here.world.tenant.users.values() if user.id in _plain_members(here)][:count]
    package_id = here.package_id(package)
    made = []
    for user in members:
        made.append(here.portal.request(user.id, package_id, justification=f"{user.display_name} needs it"))
        here.world.clock.advance(timedelta(minutes=1))
    return made


def _plain_members(here: Story) -> set[str]:
    return {user.id for user in here.world.tenant.users.values() if user.company_name == "Woodgrove Labs"}


def choices(here: Story, name: str) -> list[dict[str, str]]:
    """The tick boxes that this person sees last."""
    for message in reversed(here.teams.messages(here.user(name).id)):
        for part in (message.get("shown") or message.get("card") or {}).get("body", ()):
            if part.get("id") == "chosen":
                return list(part["choices"])
    return []


async def test_what_waits_is_sorted_by_deadline_narrowed_by_words_and_paged(here: Story) -> None:
    here.forget_other_requests()
    crowd(here, "Design tools", 11)
    here.portal.request(here.user(RITA).id, here.package_id("Audit archive"), justification="Audit")
    tenant = here.world.tenant
    policy = tenant.policies_of(here.package_id("Audit archive"))[0]
    stage = policy.settings["requestApprovalSettings"]["stages"][0]
    stage["durationBeforeAutomaticDenial"] = "P2D"
    await here.poll()
    first = told(await here.says(SAM, "approvals"))
    page = read(await here.sees(SAM, "Waiting for you: 12 requests"))
    assert page.index("Rita Requester · Audit archive") < page.index("Design tools"), first
    assert "due in 2 days" in page
    assert "1 to 8 of 12" in page
    second = told(await here.presses(SAM, "Next page"))
    assert "9 to 12 of 12" in second
    assert "First page" in second
    await here.says(SAM, "approvals audit RITA")
    found = read(await here.sees(SAM, "Waiting for you: 1 request"))
    assert "Design tools" not in found
    await here.says(SAM, "approvals zzz")
    await here.sees(SAM, "Nothing that waits for you matches “zzz”")
    for message in here.teams.messages(here.user(SAM).id):
        assert len(json.dumps(message.get("card") or {})) <= MOST_BYTES


async def test_several_are_decided_together_and_each_has_its_own_result(here: Story) -> None:
    here.forget_other_requests()
    requests = crowd(here, "Design tools", 5)
    await here.poll()
    await here.says(SAM, "approvals")
    await here.sees(SAM, "Waiting for you: 5 requests")
    await here.presses(SAM, "Decide several")
    ticks = choices(here, SAM)
    assert len(ticks) == 5
    nothing = told(await here.presses(SAM, "Approve", justification="All fine", chosen=""))
    assert "Please tick at least one" in nothing
    unreasoned = told(await here.presses(SAM, "Deny", chosen=ticks[0]["value"], justification=""))
    assert "Please answer “Your reason”" in unreasoned
    assert await audited(here, ticks[0]["value"].partition("|")[0]) == [(SAM, "decision.refused", "invalid answer")]
    assert patches(here) == []
    here.portal.decide(here.user(LENA).id, requests[0].id, approve=False, justification="No licence")
    here.portal.cancel(_object_id(here, requests[1]), requests[1].id)
    forged = "00000000-0000-4000-8000-000000000000|#x"
    picked = ",".join([*(one["value"] for one in ticks), forged])
    result = told(await here.presses(SAM, "Approve", chosen=picked, justification="All fine"))
    assert "3 of 6 decided" in result
    assert "Lena Lead had denied it before." in result
    assert "The request is over" in result
    assert result.count("Approved") == 3
    assert "could not find" in result or "not an approver" in result
    assert patches(here) == [204, 204, 204]
    payload = {"chosen": picked, "justification": "All fine"}
    again = told(await here.teams.press(here.user(SAM).id, verb="approvals.approve", data=payload))
    assert again.count("Approved") == 3, "pressed twice it says the same"
    assert patches(here) == [204, 204, 204]


def _object_id(here: Story, request: AssignmentRequest) -> str:
    return here.world.tenant.subjects[request.requestor_id].object_id or ""


async def test_one_that_changed_is_left_out_and_one_that_fails_stops_no_other(here: Story) -> None:
    here.forget_other_requests()
    requests = crowd(here, "Design tools", 3)
    await here.poll()
    await here.says(SAM, "approvals")
    await here.sees(SAM, "Waiting for you: 3 requests")
    await here.presses(SAM, "Decide several")
    picked = ",".join(one["value"] for one in choices(here, SAM))
    requests[0].justification = "Something else entirely"
    here.world.faults.add(Fault(Service.GRAPH, "status", status=503, method="PATCH", path=requests[1].id))
    result = told(await here.presses(SAM, "Approve", chosen=picked, justification="Fine"))
    assert "It has changed since it was listed" in result
    assert "1 of 3 decided" in result or "2 of 3 decided" in result
    assert here.world.tenant.requests[requests[2].id].state != "pendingApproval"
    assert here.world.tenant.requests[requests[0].id].state == "pendingApproval"


async def test_what_ended_otherwise_is_not_called_decided(here: Story) -> None:
    here.forget_other_requests()
    (own,) = crowd(here, "Design tools", 1)
    await here.poll()
    await asked(here, "Finance reports", justification="Year end")
    await here.presses(MARC, "Approve")
    await here.sees(SAM, "Rita Requester asks for Finance reports")
    (twice,) = here.requests_of(RITA)
    await here.says(SAM, "approvals")
    await here.sees(SAM, "Waiting for you: 2 requests")
    await here.presses(SAM, "Decide several")
    picked = ",".join(one["value"] for one in choices(here, SAM))
    here.portal.decide(here.user(SAM).id, own.id, approve=True, justification="On the way home")
    here.portal.cancel(here.user(RITA).id, twice.id)
    result = told(await here.presses(SAM, "Deny", chosen=picked, justification="No budget"))
    assert "You had approved it before." in result
    assert "The request is over" in result
    assert "0 of 2 decided" in result
    single = told(await here.teams.press(here.user(SAM).id, verb="approval.approve", data={"request_id": twice.id}))
    assert "The request was cancelled." in single
    assert "Marc Manager approved this" not in single
    assert patches(here) == [204], "that of the first stage"


async def test_decisions_are_listed_and_access_is_taken_back_once(here: Story) -> None:
    await asked(here, justification="Q3 forecast")
    await here.presses(MARC, "Approve", justification="Fine")
    await here.sees(RITA, "Your access to Sales data works now.")
    await here.says(NORA, "decisions")
    await here.sees(NORA, "You have not decided anything yet")

    async def is_listed() -> bool:
        return "The access was set up." in told(await here.says(MARC, "decisions"))

    await here.until(is_listed, "the decision is listed with what became of it")
    await here.presses(MARC, "Take access back")
    await here.sees(MARC, "Take Sales data back from Rita Requester?")
    await here.presses_altered(MARC, "Take access back", {"request_id": here.requests_of(RITA)[0].id})
    await here.sees(MARC, "Please answer")
    done = told(await take_back(here, MARC, "She moved on"))
    assert "The access ends now" in done
    await take_back(here, MARC, "She moved on")
    removals = [one for one in here.world.tenant.requests.values() if one.request_type == "approverRemove"]
    mine = [one for one in removals if one.justification == "She moved on"]
    assert len(mine) == 1
    await here.sees(RITA, "Your access to Sales data was taken back")
    assert (await audited(here, here.requests_of(RITA)[0].id))[-1] == ("", "revocation.sent", "")
    assert "You took it back later" in told(await here.says(MARC, "decisions"))


async def take_back(here: Story, name: str, reason: str) -> Any:
    request = here.requests_of(RITA)[0]
    data = {"request_id": request.id, "justification": reason}
    return await here.teams.press(here.user(name).id, verb="decision.take-back", data=data)


async def test_without_the_licence_or_the_right_nothing_is_taken_back(here: Story) -> None:
    await asked(here, justification="Q3 forecast")
    await here.presses(MARC, "Approve")
    await here.sees(RITA, "Your access to Sales data works now.")
    await here.says(SAM, "sign in")
    assert "cannot be taken back here" in told(await take_back(here, SAM, "Not mine"))
    here.world.options.licence = "P2"
    assert "cannot be taken back here" in told(await take_back(here, MARC, "No licence"))
    peek = await here.teams.press(
        here.user(SAM).id, verb="decision.ask-take-back", data={"request_id": here.requests_of(RITA)[0].id}
    )
    assert "Rita" not in told(peek)
    assert not [one for one in here.requests_of(RITA) if one.request_type == "approverRemove"]


async def test_what_is_held_can_be_undone_from_the_list_of_decisions(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=600) as here:
        await asked(here, "Design tools", approver=SAM)
        await here.presses(SAM, "Approve", justification="Fine")
        listed = told(await here.says(SAM, "decisions"))
        assert "Not sent yet. You can still undo it." in listed
        await here.presses(SAM, "Undo")
        await pass_time(here, timedelta(minutes=11))
        assert patches(here) == []


async def test_what_is_held_waits_for_nobody_and_is_not_decided_twice(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=3_600) as here:
        here.forget_other_requests()
        requests = crowd(here, "Design tools", 3)
        await here.poll()
        await here.says(SAM, "approvals")
        await here.presses(SAM, "Decide several")
        ticks = choices(here, SAM)
        await here.presses(SAM, "Approve", chosen=ticks[0]["value"], justification="Fine")
        assert "Waiting for you: 2 requests" in told(await here.says(SAM, "approvals"))
        both = {"chosen": ",".join(one["value"] for one in ticks[:2]), "justification": "No"}
        result = told(await here.teams.press(here.user(SAM).id, verb="approvals.deny", data=both))
        assert "1 of 2 decided" in result
        assert "You will approve it. Its card lets you undo that." in result
        assert told(await here.says(SAM, "decisions")).count("You can still undo it.") == 2
        here.portal.cancel(_object_id(here, requests[0]), requests[0].id)
        here.portal.decide(here.user(LENA).id, requests[1].id, approve=True, justification="Go")
        await pass_time(here, timedelta(minutes=31))
        assert "You can still undo it." not in told(await here.says(SAM, "decisions"))
        await pass_time(here, timedelta(minutes=31))
        await here.until(lambda: _is_told_twice(here), "both decisions were too late")
        assert patches(here) == []


async def _is_told_twice(here: Story) -> bool:
    return here.count(SAM, "was not recorded") == 2
