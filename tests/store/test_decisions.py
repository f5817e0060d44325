"""A decision is made once for each approver and stage."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from bot.domain import RequestId, StageId, UserId, Verdict
from bot.store import Decision, Store
from tests.store.conftest import START, HandClock


async def begin(
    store: Store, approver: str = "marc", *, stage: int = 1, verdict: Verdict = Verdict.APPROVE, why: str = "fine"
) -> tuple[Decision, bool]:
    async with store.unit() as unit:
        return await unit.decisions.begin(
            request_id=RequestId("r1"),
            stage_id=StageId(f"stage {stage}"),
            approver_id=UserId(approver),
            stage=stage,
            verdict=verdict,
            justification=why,
        )


async def test_a_decision_comes_back_as_it_was_made(store: Store) -> None:
    made, is_new = await begin(store)
    assert is_new
    assert made == Decision(
        request_id=RequestId("r1"),
        stage_id=StageId("stage 1"),
        approver_id=UserId("marc"),
        stage=1,
        verdict=Verdict.APPROVE,
        justification="fine",
        state="sending",
        decided_at=START,
    )
    async with store.unit(read_only=True) as unit:
        assert await unit.decisions.find(made.request_id, made.stage_id, made.approver_id) == made
        assert await unit.decisions.find(made.request_id, made.stage_id, UserId("sam")) is None


async def test_of_many_presses_one_decides(store: Store) -> None:
    verdicts = [Verdict.APPROVE, Verdict.DENY] * 3
    made = await asyncio.gather(*(begin(store, verdict=verdict) for verdict in verdicts))
    assert sum(is_new for _, is_new in made) == 1
    assert len({decision.verdict for decision, _ in made}) == 1


async def test_two_approvers_and_two_stages_decide_on_their_own(store: Store, clock: HandClock) -> None:
    for approver, stage in (("sam", 1), ("marc", 1), ("sam", 2)):
        assert (await begin(store, approver, stage=stage))[1]
        clock.move(seconds=1)
    async with store.unit(read_only=True) as unit:
        made = await unit.decisions.for_request(RequestId("r1"))
        assert [(one.approver_id, one.stage) for one in made] == [("sam", 1), ("marc", 1), ("sam", 2)]
        assert await unit.decisions.for_request(RequestId("r2")) == []


async def test_a_recorded_decision_stands_and_a_refused_one_may_be_made_again(store: Store) -> None:
    made, _ = await begin(store)
    async with store.unit() as unit:
        await unit.decisions.settle(made.request_id, made.stage_id, made.approver_id, "recorded")
    again, is_new = await begin(store, verdict=Verdict.DENY, why="no")
    assert (again.verdict, again.state, is_new) == (Verdict.APPROVE, "recorded", False)
    async with store.unit() as unit:
        await unit.decisions.settle(made.request_id, made.stage_id, made.approver_id, "refused")
    again, is_new = await begin(store, verdict=Verdict.DENY, why="no")
    assert (again.verdict, again.justification, again.state, is_new) == (Verdict.DENY, "no", "sending", True)


async def test_unfinished_decisions_are_found_and_kept(store: Store, clock: HandClock) -> None:
    await begin(store, "marc")
    clock.move(minutes=1)
    done, _ = await begin(store, "sam")
    async with store.unit() as unit:
        await unit.decisions.settle(done.request_id, done.stage_id, done.approver_id, "recorded")
        assert [one.approver_id for one in await unit.decisions.unfinished(clock.move(minutes=1))] == ["marc"]
        assert await unit.decisions.unfinished(START) == []
        assert await unit.decisions.delete_older_than(START + timedelta(days=1)) == 1
        assert [one.approver_id for one in await unit.decisions.for_request(RequestId("r1"))] == ["marc"]
