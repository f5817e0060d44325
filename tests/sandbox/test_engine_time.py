"""However the clock gets there, the same things have happened at the same moments."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sandbox.graph.problems import GraphProblem
from sandbox.tenant.model import AccessPackage
from sandbox.tenant.settings import group_members, manager, policy_settings, single_user, stage
from tests.sandbox.entitlement_support import Scene


def scene_with_everything() -> tuple[Scene, list[AccessPackage]]:
    """Packages with none to three stages, escalation, periods, troubles, conflicts; and the people to use them."""
    scene = Scene()
    sam = single_user(scene.tenant.users[scene.sam])
    group = scene.build.group("Deciders", [scene.petra, scene.sam])
    everybody = scene.build.group("Everybody")
    escalating = stage([manager()], fallback=[sam], denial="P5D", escalation="P1D", alternates=[group_members(group)])
    common = [(everybody, "Member")]
    packages = [
        scene.package("Plain", policy_settings(days=3), groups=["A"], extra=common),
        scene.package("One", policy_settings(days=9, stages=[escalating]), groups=["B"], extra=common),
        scene.package("Two", policy_settings(stages=[escalating, stage([sam], denial="P2D")]), groups=["C"]),
        scene.package(
            "Three",
            policy_settings(days=1, stages=[escalating, stage([sam]), escalating], update_approval=True),
            groups=["D"],
        ),
        scene.package("Partial", policy_settings(days=2), groups=["E", "F"], extra=common, delivery="partial"),
        scene.package("Failed", policy_settings(), delivery="failed"),
        scene.package("Timed", policy_settings(days=20, custom_schedule=True), groups=["G"]),
    ]
    packages[0].incompatible_package_ids[packages[4].id] = None
    return scene, packages


def act(scene: Scene, packages: list[AccessPackage], what: str, which: int) -> None:
    """One thing that somebody who looks at the tenant does; what the rules refuse does not happen."""
    scene.engine.settle()
    people = (scene.rita, scene.marc, scene.bob)
    requests = list(scene.tenant.requests.values())
    try:
        if what == "ask":
            scene.ask(packages[which % len(packages)], people[which % len(people)], schedule=_schedule(scene, which))
        elif what in ("Approve", "Deny") and requests:
            request = requests[which % len(requests)]
            if request.current_stage is not None:
                deciders = scene.engine.resolve_approvers(request, request.current_stage)
                scene.approve(deciders[which % len(deciders)] if deciders else scene.bob, request, what)
        elif what == "cancel" and requests:
            scene.engine.cancel(scene.adam, requests[which % len(requests)].id)
        elif what == "reprocess" and requests:
            scene.engine.reprocess(requests[which % len(requests)].id)
        elif what == "remove" and scene.tenant.assignments:
            held = list(scene.tenant.assignments)[which % len(scene.tenant.assignments)]
            scene.engine.create_request(scene.adam, {"requestType": "adminRemove", "assignment": {"id": held}})
    except GraphProblem:
        pass


def _schedule(scene: Scene, which: int) -> dict[str, Any] | None:
    if which % 7 != 6:
        return None
    return {"startDateTime": (scene.now + timedelta(days=2)).isoformat(), "expiration": {"type": "notSpecified"}}


ACTS = st.tuples(
    st.sampled_from(["ask", "ask", "Approve", "Approve", "Deny", "cancel", "remove", "reprocess"]),
    st.integers(0, 30),
    st.sampled_from([0, 1, 5, 11, 3_600, 86_400, 200_000, 600_000]),
)


@hypothesis_settings(max_examples=60, deadline=None, derandomize=True)
@given(acts=st.lists(ACTS, min_size=3, max_size=14), pieces=st.integers(2, 9))
def test_one_jump_equals_many_small_steps(acts: list[tuple[str, int, int]], pieces: int) -> None:
    jumping, packages = scene_with_everything()
    stepping, others = scene_with_everything()
    for what, which, seconds in [*acts, ("nothing", 0, 40 * 86_400)]:
        act(jumping, packages, what, which)
        act(stepping, others, what, which)
        jumping.world.clock.advance(timedelta(seconds=seconds))
        for _ in range(pieces):
            stepping.after(seconds=seconds / pieces)
        stepping.world.clock.set(jumping.now)
    jumping.engine.settle()
    stepping.engine.settle()
    assert jumping.tenant == stepping.tenant
    assert jumping.world.events.published == stepping.world.events.published


@hypothesis_settings(max_examples=40, deadline=None, derandomize=True)
@given(acts=st.lists(ACTS, min_size=3, max_size=14))
def test_what_always_holds(acts: list[tuple[str, int, int]]) -> None:
    scene, packages = scene_with_everything()
    for what, which, seconds in acts:
        act(scene, packages, what, which)
        scene.after(seconds=seconds)
        tenant = scene.tenant
        assert set(tenant.open_requests) == {key for key, request in tenant.requests.items() if request.is_open}
        for request in tenant.requests.values():
            moments = [step.at for step in request.history]
            assert moments == sorted(moments)
            assert (request.completed_at is None) is request.is_open
            assert sum(stage.status == "InProgress" for stage in request.stages) <= 1
        live = [(a.target_id, a.package_id) for a in tenant.assignments.values() if a.is_live]
        assert len(live) == len(set(live))
        for letter, package in zip("ABCD", packages, strict=False):
            holders = {
                tenant.subjects[a.target_id].object_id for a in tenant.holders_of(package.id) if a.is_live and a.granted
            }
            assert scene.members(letter) == holders


def test_a_restored_snapshot_goes_on_as_if_nothing_had_happened() -> None:
    scene, packages = scene_with_everything()
    scene.ask(packages[1])
    scene.after(hours=1)
    kept, at = copy.deepcopy(scene.tenant), scene.now
    scene.after(days=30)
    first = copy.deepcopy(scene.tenant)
    scene.world.tenant = kept
    scene.world.clock.set(at)
    scene.after(days=30)
    assert scene.tenant == first
