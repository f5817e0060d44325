"""What an approver sees before and after deciding, and decisions that may be taken back for a while."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.clock import Clock
from bot.config import ApproverFacts, Config
from bot.domain import RequestId
from bot.store.records import AuditRecord
from bot.wiring import WATCH
from sandbox.faults import Fault
from sandbox.services import Service
from tests.support.story import LENA, MARC, NORA, RITA, SAM, Story, read, story, told


@asynccontextmanager
async def chosen(folder: Path, **keys: object) -> AsyncIterator[Story]:
    """A story in which an administrator has chosen something."""
    async with story(folder, start=False) as here:
        here.config = Config.model_validate({"support_contact": "it@woodgrove.example", **keys})
        await here.start_bot()
        yield here


async def fill_in(here: Story, package: str, who: str = RITA, **typed: str) -> None:
    await here.says(who, f"request {package}")

    async def is_open() -> bool:
        return here.chat(who)[-1].endswith("| Request")

    await here.until(is_open, f"the form for {package}")
    await here.presses(who, "Request", **typed)


async def asked(here: Story, package: str = "Sales data", who: str = RITA, approver: str = MARC, **typed: str) -> str:
    """The card of the approver, in words."""
    await fill_in(here, package, who, **typed)
    return read(await here.sees(approver, f"{who} asks for {package}"))


async def test_the_card_tells_who_asks_and_what_they_hold_and_why_you(here: Story) -> None:
    await fill_in(here, "office map")
    await here.sees(RITA, "Your access to Office map works now.")
    card = await asked(here, justification="Q3 forecast")
    for words in (
        "Account manager · Sales · Woodgrove",
        "Manager | Marc Manager",
        "Has already | Office map",
        "Sales Readers: Member",
        "Sales Portal: Viewer",
        "You are the manager of Rita Requester",
        "Decide by",
        "Read from Entra",
        "Pick a reason",
    ):
        assert words in card, words
    assert "people have it" not in card
    assert "Denied before" not in card


async def test_conflicts_are_told_with_what_causes_them(here: Story) -> None:
    """A rule that was made after the access was given stops nobody by itself."""
    await fill_in(here, "office map")
    await here.sees(RITA, "Your access to Office map works now.")
    tenant = here.world.tenant
    package = tenant.packages[here.package_id("Sales data")]
    here.portal.request(here.user(RITA).id, package.id, justification="From the portal")
    package.incompatible_package_ids[here.package_id("Office map")] = None
    group = next(one for one in tenant.groups.values() if one.display_name == "Office map Users")
    package.incompatible_group_ids[group.id] = None
    await here.poll()
    card = read(await here.sees(MARC, "Rita Requester asks for Sales data"))
    assert "Conflicts with what they have already" in card
    assert "• Office map |" in card
    assert "• Office map Users" in card


async def test_facts_about_people_are_told_where_the_administrator_says_so(tmp_path: Path) -> None:
    facts = ApproverFacts(department_share=True, earlier_denials=True).model_dump()
    async with chosen(tmp_path, approver_facts=facts) as here:
        await asked(here, justification="Q3 forecast")
        await here.presses(MARC, "Deny", justification="Ask again in May")
        await here.sees(RITA, "was denied")
        here.portal.request(here.user(RITA).id, here.package_id("Sales data"), justification="It is May")
        await here.poll()

        async def is_told() -> bool:
            return here.count(MARC, "Denied before | Once") == 1

        await here.until(is_told, "the earlier denial is told")
        assert here.count(MARC, "In Sales | 0 of ") == 1


async def test_a_fact_that_cannot_be_read_keeps_no_card_waiting(here: Story) -> None:
    here.forget_other_requests()
    await here.says(RITA, "help")
    here.portal.request(here.user(RITA).id, here.package_id("Sales data"), justification="From the portal")
    here.world.faults.add(Fault(Service.GRAPH, "status", status=403, method="GET", path="incompatibleAccessPackages"))
    await here.poll()
    card = read(await here.sees(MARC, "Rita Requester asks for Sales data"))
    assert "Not everything could be read" in card


async def test_a_ready_made_reason_is_as_good_as_a_typed_one(tmp_path: Path) -> None:
    async with chosen(tmp_path, canned_reasons=["Budget is spent."]) as here:
        await asked(here, justification="Q3 forecast")
        denied = await here.presses(MARC, "Deny", canned="Budget is spent.", justification="Try in May")
        assert "You denied this. “Budget is spent. Try in May”" in told(denied)
        await here.sees(RITA, "was denied. “Budget is spent. Try in May”")


async def test_the_second_approver_reads_who_decided_before(here: Story) -> None:
    await asked(here, "Finance reports", justification="Year end")
    await here.presses(MARC, "Approve", justification="She needs it")
    card = read(await here.sees(SAM, "Rita Requester asks for Finance reports"))
    assert "Approval | 2 of 2" in card
    assert "Approval 1 | Marc Manager approved it: “She needs it”" in card


async def test_after_the_decision_the_card_says_who_and_when(here: Story) -> None:
    await asked(here, justification="Q3 forecast")
    card = told(await here.presses(MARC, "Approve"))
    assert "You approved this." in card
    assert "Decided | " in card
    assert "Has already" not in card


async def test_a_decision_can_be_undone_until_its_time_has_come(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=600) as here:
        await asked(here, justification="Q3 forecast")
        held = told(await here.presses(MARC, "Approve", justification="Fine"))
        assert "You will approve this in 10 minutes. Until then you can undo it." in held
        again = await here.presses(MARC, "Undo")
        assert "You will approve" not in told(again)
        assert "'value': 'Fine'" in str(again.messages[-1]["card"]), "what was typed is still there"
        await pass_time(here, timedelta(minutes=11))
        assert patches(here) == []
        await here.presses(MARC, "Deny", justification="Not this year")
        await pass_time(here, timedelta(minutes=11))
        await here.sees(RITA, "was denied. “Not this year”")
        assert patches(here) == [204]
        events = [event for _, event, _ in await audited(here, here.requests_of(RITA)[0].id)]
        assert events == ["decision.held", "decision.undone", "decision.held", "decision.recorded"]
        late = await here.teams.press(
            here.user(MARC).id, verb="approval.undo", data={"request_id": here.requests_of(RITA)[0].id}
        )
        assert "You denied this" in told(late)


async def test_a_held_decision_outlives_the_bot_and_is_sent_once(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=600) as here:
        await asked(here, justification="Q3 forecast")
        await here.presses(MARC, "Approve")
        await here.stop_bot()
        here.clock = Clock(lambda: here.world.clock.now() + timedelta(days=5))  # what the machine says
        await here.start_bot()
        await here.app[WATCH].sweep()
        assert patches(here) == [], "its time has not come by Graph's clock"
        await pass_time(here, timedelta(minutes=11))
        await here.poll()
        await here.sees(RITA, "Your access to Sales data works now.")
        await here.sees(MARC, "You approved this.")
        assert patches(here) == [204]


async def test_a_held_decision_is_sent_by_itself(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=1) as here:
        await asked(here, justification="Q3 forecast")
        await here.presses(MARC, "Approve")
        await here.sees(RITA, "Your access to Sales data works now.")
        assert patches(here) == [204]


async def test_somebody_who_was_faster_than_a_held_decision_is_told_in_a_new_message(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=600) as here:
        await asked(here, "Design tools", approver=SAM)
        await here.presses(SAM, "Deny", justification="No licence left")
        (request,) = here.requests_of(RITA)
        here.portal.decide(here.user(LENA).id, request.id, approve=True, justification="Go")
        await pass_time(here, timedelta(minutes=11))
        await here.sees(SAM, "was not recorded")
        assert here.requests_of(RITA)[0].state == "delivered"
        assert patches(here) == []


async def test_somebody_who_stopped_being_an_approver_meanwhile_is_told_as_well(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=600) as here:
        await asked(here, "Design tools", approver=SAM)
        await here.presses(SAM, "Approve", justification="Fine")
        leave_group(here, SAM, "Design Approvers")
        await pass_time(here, timedelta(minutes=11))
        await here.sees(SAM, "you are no longer an approver of it")
        assert here.requests_of(RITA)[0].state == "pendingApproval"
        assert patches(here) == []


async def test_what_changes_while_a_decision_is_held_is_not_decided(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=600) as here:
        here.forget_other_requests()
        await asked(here, justification="Q3 forecast")
        await here.presses(MARC, "Approve", justification="Fine")
        package = here.world.tenant.packages[here.package_id("Sales data")]
        package.role_scopes.extend(here.world.tenant.packages[here.package_id("Office map")].role_scopes)
        await pass_time(here, timedelta(minutes=11))
        await here.sees(MARC, "was not recorded: the request or the package changed meanwhile.")
        assert patches(here) == []
        await here.sees(MARC, "Office map Users: Member")
        await here.presses(MARC, "Approve", justification="All of it")
        await pass_time(here, timedelta(minutes=11))
        await here.sees(RITA, "Your access to Sales data works now.")


async def test_what_is_held_of_one_stage_keeps_nobody_from_deciding_the_next(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=3_600) as here:
        here.forget_other_requests()
        (policy,) = here.world.tenant.policies_of(here.package_id("Finance reports"))
        first, second = policy.settings["requestApprovalSettings"]["stages"]
        first["primaryApprovers"].extend(second["primaryApprovers"])
        await asked(here, "Finance reports", approver=SAM, justification="Year end")
        await here.presses(SAM, "Approve", justification="Fine")
        here.portal.decide(here.user(MARC).id, here.requests_of(RITA)[0].id, approve=True)
        await pass_time(here, timedelta(minutes=31))
        card = read(await here.sees(SAM, "2 of 2"))
        assert "You will approve this" not in card
        assert "| Approve |" in card


async def test_nothing_is_held_when_the_stage_would_lapse_meanwhile(tmp_path: Path) -> None:
    async with chosen(tmp_path, undo_seconds=3600) as here:
        await asked(here, justification="Q3 forecast")
        here.world.clock.advance(timedelta(days=13, hours=23, minutes=30))
        await here.says(MARC, "approvals")
        await here.presses(MARC, "Approve")
        await here.sees(MARC, "You approved this.")


async def test_every_decision_leaves_a_line_for_whoever_has_to_account_for_it(here: Story) -> None:
    await asked(here, justification="Q3 forecast")
    (request,) = here.requests_of(RITA)
    with structlog.testing.capture_logs() as lines:
        await here.says(LENA, "help")
        await here.teams.press(here.user(LENA).id, verb="approval.approve", data={"request_id": request.id})
        await here.presses(MARC, "Approve", justification="secret reason")
    told_lines = [line for line in lines if line["event"] == "decision"]
    assert [(line["approver_id"], line["outcome"]) for line in told_lines] == [
        (here.user(LENA).id, "NotYourDecision"),
        (here.user(MARC).id, "recorded"),
    ]
    assert "secret reason" not in str(told_lines)
    assert await audited(here, request.id) == [
        (LENA, "decision.refused", "not your decision"),
        (MARC, "decision.recorded", ""),
    ]
    chats = {line.actor_id: line.chat for line in await lines_about(here, request.id)}
    assert len(set(chats.values())) == 2
    assert all(chats.values())


async def test_what_was_tried_in_vain_leaves_a_line_as_well(here: Story) -> None:
    await asked(here, justification="Q3 forecast")
    (request,) = here.requests_of(RITA)
    code = await code_of(here)
    await here.presses(MARC, "Deny", justification="x" * 2_500)
    await here.presses(MARC, "Deny", justification=" ")
    await here.says(RITA, f"approve {code}")
    await here.says(LENA, f"deny {code} because")
    for forged in ("", "00000000-0000-4000-8000-000000000000"):
        await here.teams.press(here.user(MARC).id, verb="approval.approve", data={"request_id": forged})
        assert len(await lines_about(here, forged)) == 1
    await here.says(MARC, "approve Z9Z9")
    assert [line.actor_name for line in await lines_about(here, "Z9Z9")] == [MARC]
    here.portal.cancel(here.user(RITA).id, request.id)
    await here.presses(MARC, "Approve")
    assert await audited(here, request.id) == [
        (MARC, "decision.refused", "invalid answer"),
        (MARC, "decision.refused", "invalid answer"),
        (RITA, "decision.refused", "not your decision"),
        (LENA, "decision.refused", "not your decision"),
        (MARC, "decision.refused", "too late"),
    ]


async def lines_about(here: Story, about: str) -> Sequence[AuditRecord]:
    async with here.store.unit(read_only=True) as unit:
        return await unit.audit.about(about)


async def audited(here: Story, about: str) -> list[tuple[str, str, str]]:
    """Who tried what, and what kept it from being done, the earliest first."""
    return [(line.actor_name, line.event, line.detail.get("why", "")) for line in await lines_about(here, about)]


async def code_of(here: Story) -> str:
    async with here.store.unit(read_only=True) as unit:
        records = await unit.requests.find_many([RequestId(request.id) for request in here.requests_of(RITA)])
    return next(iter(records.values())).code


@dataclass
class Stopwatch:
    """When each call of Graph came and went, by what it was part of."""

    calls: list[tuple[str, str, str, float, float]] = field(default_factory=list)

    @web.middleware
    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.monotonic()
        try:
            return await handler(request)
        finally:
            part_of = request.headers.get("client-request-id", "")
            self.calls.append((part_of, request.method, request.path, began, time.monotonic()))


async def test_deciding_takes_two_round_trips(tmp_path: Path) -> None:
    """One of reads, side by side, then the decision."""
    watch = Stopwatch()
    async with story(tmp_path, watching=[watch.__call__]) as here:
        await asked(here, "Sales data", NORA, SAM, justification="New here")
        await here.says(SAM, "sign in")
        await here.sees(SAM, "You are signed in")
        here.world.faults.add(Fault(Service.GRAPH, "slow", delay_ms=1_000))
        decided = await here.presses(SAM, "Approve")
        assert "You approved this" in told(decided)
        here.world.faults.clear()
    turn, *_, written_at, _ = next(call for call in watch.calls if call[1] == "PATCH")
    reads = [call for call in watch.calls if call[0] == turn and call[1] == "GET" and call[3] < written_at]
    assert {path.rpartition("/")[2] for _, _, path, _, _ in reads} >= {"stages", "resourceRoleScopes"}
    arrivals = [began for *_, began, _ in reads]
    assert max(arrivals) - min(arrivals) < 0.9, "each call takes a second, so they run side by side"


async def pass_time(here: Story, span: timedelta) -> None:
    here.world.clock.advance(span)
    await here.poll()


def patches(here: Story) -> list[int]:
    return [call.status for call in here.graph_calls() if call.method == "PATCH"]


def leave_group(here: Story, name: str, group_name: str) -> None:
    group = next(one for one in here.world.tenant.groups.values() if one.display_name == group_name)
    group.member_ids.pop(here.user(name).id)
