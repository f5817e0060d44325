"""Stages, who may decide them, and what happens when several people press."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from sandbox.graph.engine import StageView
from sandbox.graph.engine.portal import Portal
from sandbox.graph.engine.roles import CATALOG_READER
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import AssignmentRequest, ConnectedOrganization, Json, RoleAssignment
from sandbox.tenant.settings import (
    TYPE,
    group_members,
    manager,
    policy_settings,
    single_user,
    sponsors,
    stage,
    target_manager,
)
from tests.sandbox.entitlement_support import Scene, refused


@pytest.fixture
def scene() -> Scene:
    return Scene()


def named(scene: Scene, *people: str) -> list[Json]:
    return [single_user(scene.tenant.users[key]) for key in people]


def pending(scene: Scene, *stages: Json, who: str | None = None, **body: Any) -> AssignmentRequest:
    """A request of Rita (or `who`) that waits in its first stage."""
    package = scene.package("Tools", policy_settings(scope="allDirectoryUsers", stages=stages), groups=["Users"])
    request = scene.ask(package, who, **body)
    scene.after(seconds=1)
    return request


def approvers(scene: Scene, request: AssignmentRequest) -> list[str]:
    current = request.current_stage
    assert current is not None
    return scene.engine.resolve_approvers(request, current)


def seen(scene: Scene, request: AssignmentRequest, who: str) -> list[StageView]:
    return scene.engine.stages(request.id, who)


def test_without_stages_nobody_is_asked(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools"))
    scene.after(seconds=1)
    assert (request.state, request.stages) == ("delivering", [])
    assert refused(lambda: seen(scene, request, scene.adam)).status == 404
    assert refused(lambda: scene.engine.decide(scene.marc, request.id, "x", "Approve")).status == 404


def test_one_stage_then_delivery(scene: Scene) -> None:
    request = pending(scene, stage([manager()]))
    assert (request.state, request.status) == ("pendingApproval", "PendingApproval")
    assert scene.engine.approvals_waiting_for(scene.marc) == [request]
    scene.approve(scene.marc, request)
    assert request.state == "delivering"
    assert scene.engine.approvals_waiting_for(scene.marc) == []
    view = seen(scene, request, scene.marc)[0]
    assert (view.status, view.review_result, view.reviewed_by) == ("Completed", "Approved", scene.marc)
    assert view.reviewed_at == scene.now


def test_two_stages_in_order(scene: Scene) -> None:
    request = pending(scene, stage([manager()]), stage(named(scene, scene.sam)))
    assert scene.engine.approvals_waiting_for(scene.sam) == []
    assert [view.status for view in seen(scene, request, scene.marc)] == ["InProgress", "Initializing"]
    assert [view.assigned_to_me for view in seen(scene, request, scene.marc)] == [True, False]
    scene.after(hours=2)
    scene.approve(scene.marc, request)
    assert (request.state, request.status) == ("pendingApproval", "PendingApproval")
    assert scene.engine.approvals_waiting_for(scene.marc) == []
    assert scene.engine.approvals_waiting_for(scene.sam) == [request]
    scene.approve(scene.sam, request)
    scene.after(seconds=10)
    assert request.state == "delivered"
    assert scene.members("Users") == {scene.rita}


def test_three_stages_and_a_denial_in_the_second_ends_it(scene: Scene) -> None:
    stages = [stage(named(scene, key)) for key in (scene.marc, scene.sam, scene.petra)]
    request = pending(scene, *stages)
    scene.approve(scene.marc, request)
    scene.approve(scene.sam, request, "Deny", "No")
    assert (request.state, request.status) == ("denied", "Denied")
    assert request.completed_at == scene.now
    assert [view.status for view in seen(scene, request, scene.sam)] == ["Completed", "Completed", "Initializing"]
    assert [view.review_result for view in seen(scene, request, scene.sam)] == ["Approved", "Denied", "NotReviewed"]
    assert scene.engine.approvals_waiting_for(scene.petra) == []
    scene.after(days=30)
    assert request.assignment_id not in scene.tenant.assignments
    third = request.stages[2].id
    assert refused(lambda: scene.engine.decide(scene.petra, request.id, third, "Approve")).status == 409


def test_three_approvals_deliver(scene: Scene) -> None:
    people = (scene.marc, scene.sam, scene.petra)
    request = pending(scene, *[stage(named(scene, key)) for key in people])
    for person in people:
        scene.approve(person, request)
    assert request.state == "delivering"


def test_a_later_stage_is_hidden_where_the_option_says_so(scene: Scene) -> None:
    scene.world.options.later_stages_visible = False
    request = pending(scene, stage([manager()]), stage(named(scene, scene.sam)))
    assert [view.status for view in seen(scene, request, scene.marc)] == ["InProgress"]
    later = request.stages[1].id
    assert refused(lambda: scene.engine.decide(scene.sam, request.id, later, "Approve")).status == 404
    scene.world.options.later_stages_visible = True
    assert refused(lambda: scene.engine.decide(scene.sam, request.id, later, "Approve")).status == 400


def test_the_second_of_two_approvers_hears_that_it_is_decided(scene: Scene) -> None:
    request = pending(scene, stage(named(scene, scene.sam, scene.petra)))
    stage_id = request.stages[0].id
    scene.engine.decide(scene.sam, request.id, stage_id, "approve")
    for late in (scene.petra, scene.sam):
        assert refused(partial(scene.engine.decide, late, request.id, stage_id, "Deny")).status == 409
    assert request.stages[0].reviewed_by == scene.sam
    assert refused(lambda: scene.engine.decide(scene.bob, request.id, stage_id, "Deny")).status == 403


def test_cancellation_and_decision_race(scene: Scene) -> None:
    request = pending(scene, stage([manager()]))
    stage_id = request.stages[0].id
    scene.engine.cancel(scene.rita, request.id)
    assert refused(lambda: scene.engine.decide(scene.marc, request.id, stage_id, "Approve")).status == 409
    assert (request.state, request.status) == ("canceled", "Canceled")


def test_nobody_decides_for_themselves_even_if_nobody_else_can(scene: Scene) -> None:
    request = pending(scene, stage(named(scene, scene.rita)))
    assert approvers(scene, request) == []
    assert scene.engine.approvals_waiting_for(scene.rita) == []
    assert refused(lambda: scene.approve(scene.rita, request)).status == 403


def test_neither_requestor_nor_target_decide_a_request_for_a_report(scene: Scene) -> None:
    group = scene.build.group("Deciders", [scene.rita, scene.marc, scene.sam])
    settings = policy_settings(stages=[stage([group_members(group)])], on_behalf=[target_manager()])
    request = scene.ask(scene.package("Laptop", settings), scene.marc, assignment={"targetId": scene.rita})
    scene.after(seconds=1)
    assert approvers(scene, request) == [scene.sam]
    for involved in (scene.rita, scene.marc):
        current = request.stages[0].id
        problem = refused(partial(scene.engine.decide, involved, request.id, current, "Approve"))
        assert problem.status == 403


@pytest.mark.parametrize("word", ["Approved", "Denied", "NotReviewed", "", "yes"])
def test_results_are_written_otherwise_than_read(scene: Scene, word: str) -> None:
    request = pending(scene, stage([manager()]))
    assert refused(lambda: scene.approve(scene.marc, request, word)).status == 400
    assert request.is_open


@pytest.mark.parametrize("word", ["approve", "APPROVE", "deny", "Deny"])
def test_any_letter_case_of_a_result_is_read(scene: Scene, word: str) -> None:
    request = pending(scene, stage([manager()]))
    scene.approve(scene.marc, request, word)
    assert request.stages[0].review_result == ("Approved" if word.casefold() == "approve" else "Denied")


@pytest.mark.parametrize("given", [None, "", "   "])
def test_a_required_reason_cannot_be_left_out(scene: Scene, given: str | None) -> None:
    request = pending(scene, stage([manager()], justification=True))
    for verdict in ("Approve", "Deny"):
        problem = refused(partial(scene.approve, scene.marc, request, verdict, given))
        assert (problem.status, problem.code) == (400, "JustificationRequired")
    scene.approve(scene.marc, request, "Approve", "Fine")
    assert request.stages[0].justification == "Fine"


def test_unknown_requests_and_stages_are_not_found(scene: Scene) -> None:
    request = pending(scene, stage([manager()]))
    assert refused(lambda: scene.engine.decide(scene.marc, request.id, "x", "Approve")).status == 404
    assert refused(lambda: scene.engine.decide(scene.marc, "x", request.stages[0].id, "Approve")).status == 404
    assert refused(lambda: seen(scene, request, scene.bob)).status == 403
    assert refused(lambda: seen(scene, request, scene.rita)).status == 403


def test_readers_of_the_catalog_see_the_stages_without_being_asked(scene: Scene) -> None:
    request = pending(scene, stage([manager()]))
    scope = "/AccessPackageCatalog/" + scene.catalog.id
    scene.tenant.role_assignments["1"] = RoleAssignment("1", scene.bob, CATALOG_READER, scope)
    assert [view.assigned_to_me for view in seen(scene, request, scene.bob)] == [False]


def test_managers_up_to_two_levels(scene: Scene) -> None:
    assert approvers(scene, pending(scene, stage([manager()]))) == [scene.marc]
    second = scene.package("Second", policy_settings(stages=[stage([manager(2)])]))
    third = scene.package("Third", policy_settings(stages=[stage([manager(2)])]))
    request, short = scene.ask(second), scene.ask(third, scene.marc)
    scene.after(seconds=1)
    assert approvers(scene, request) == [scene.dora]
    assert approvers(scene, short) == []


def test_fallback_counts_only_where_the_primary_set_is_empty(scene: Scene) -> None:
    settings = policy_settings(stages=[stage([manager()], fallback=named(scene, scene.sam))])
    package = scene.package("Tools", settings)
    with_manager, without = scene.ask(package), scene.ask(package, scene.bob)
    scene.after(seconds=1)
    assert approvers(scene, with_manager) == [scene.marc]
    assert approvers(scene, without) == [scene.sam]


def test_a_manager_who_left_is_nobody(scene: Scene) -> None:
    request = pending(scene, stage([manager()], fallback=named(scene, scene.sam)))
    scene.tenant.delete_user(scene.marc, scene.now)
    assert approvers(scene, request) == [scene.sam]


def test_a_loop_of_managers_never_makes_somebody_their_own_approver(scene: Scene) -> None:
    scene.tenant.users[scene.marc].manager_id = scene.rita
    scene.tenant.users[scene.bob].manager_id = scene.bob
    package = scene.package("Tools", policy_settings(stages=[stage([manager(2)], fallback=named(scene, scene.sam))]))
    alone = scene.package("Alone", policy_settings(stages=[stage([manager()])]))
    first, second = scene.ask(package), scene.ask(alone, scene.bob)
    scene.after(seconds=1)
    assert approvers(scene, first) == []
    assert approvers(scene, second) == []


def test_groups_are_resolved_through_nested_ones_with_guests(scene: Scene) -> None:
    inner = scene.build.group("Inner", [scene.gina, scene.sam])
    outer = scene.build.group("Outer", [scene.sam, inner.id])
    inner.member_ids[outer.id] = None
    request = pending(scene, stage([group_members(outer)]))
    assert set(approvers(scene, request)) == {scene.sam, scene.gina}
    scene.approve(scene.gina, request)
    assert request.state == "delivering"


@pytest.mark.parametrize(("kind", "expected"), [("internalSponsors", "sam"), ("externalSponsors", "petra")])
def test_sponsors_of_the_requestors_organization(scene: Scene, kind: str, expected: str) -> None:
    group = scene.build.group("Sponsors", [scene.petra])
    source = {"@odata.type": TYPE + "domainIdentitySource", "domainName": "partner.example"}
    made = ConnectedOrganization(stable_id("o"), "Partner", scene.now, scene.now, identity_sources=[source])
    made.internal_sponsor_ids[scene.sam] = made.external_sponsor_ids[group.id] = None
    scene.tenant.connected_organizations[made.id] = made
    request = pending(scene, stage([sponsors(kind)], fallback=named(scene, scene.dora)), who=scene.gina)
    assert approvers(scene, request) == [getattr(scene, expected)]
    member = scene.ask(scene.tenant.packages[request.package_id], scene.bob)
    scene.after(seconds=1)
    assert approvers(scene, member) == [scene.dora]


def test_sponsors_of_the_person_themselves(scene: Scene) -> None:
    scene.tenant.users[scene.gina].sponsor_ids = [scene.sam]
    request = pending(scene, stage([sponsors("targetUserSponsors")]), who=scene.gina)
    assert approvers(scene, request) == [scene.sam]


def escalating(scene: Scene, **more: Any) -> Json:
    return stage([manager()], denial="P6D", escalation="P2D", alternates=named(scene, scene.sam), **more)


def test_escalation_adds_the_alternates_and_the_primaries_keep_their_right(scene: Scene) -> None:
    request = pending(scene, escalating(scene))
    scene.after(days=1, hours=23, minutes=59)
    assert approvers(scene, request) == [scene.marc]
    assert refused(lambda: scene.approve(scene.sam, request)).status == 403
    scene.after(minutes=1)
    assert request.status == "PendingApprovalEscalated"
    assert approvers(scene, request) == [scene.marc, scene.sam]
    assert request.stages[0].escalated_at == request.posted_at + timedelta(days=2)
    scene.approve(scene.sam, request)
    assert request.state == "delivering"


def test_the_second_stage_escalates_by_its_own_time(scene: Scene) -> None:
    request = pending(scene, stage([manager()]), escalating(scene))
    scene.after(days=5)
    scene.approve(scene.marc, request)
    began = scene.now
    assert request.status == "PendingApproval"
    scene.after(days=2)
    assert request.status == "PendingApprovalEscalated"
    assert request.stages[1].escalated_at == began + timedelta(days=2)


@pytest.mark.parametrize("status", ["Denied", "Expired"])
def test_nobody_deciding_in_time_closes_the_request(scene: Scene, status: str) -> None:
    scene.world.options.closed_by_time_status = status
    request = pending(scene, escalating(scene))
    scene.after(days=6)
    assert (request.state, request.status) == ("denied", status)
    assert request.completed_at == request.posted_at + timedelta(days=6)
    view = seen(scene, request, scene.marc)[0]
    assert (view.status, view.review_result, view.reviewed_by) == ("Expired", "NotReviewed", None)
    assert refused(lambda: scene.engine.decide(scene.marc, request.id, view.id, "Approve")).status == 409


def test_the_time_of_a_decided_stage_does_not_close_the_next(scene: Scene) -> None:
    request = pending(scene, stage([manager()], denial="P4D"), stage(named(scene, scene.sam), denial="P9D"))
    scene.after(days=3)
    scene.approve(scene.marc, request)
    scene.after(days=8)
    assert request.status == "PendingApproval"
    scene.after(days=1)
    assert request.state == "denied"


def test_a_changed_policy_does_not_change_a_request_under_way(scene: Scene) -> None:
    request = pending(scene, stage([manager()]))
    scene.tenant.policies[request.policy_id].settings["requestApprovalSettings"] = {"stages": []}
    assert approvers(scene, request) == [scene.marc]


def test_updates_and_renewals_ask_by_their_own_switch(scene: Scene) -> None:
    free = scene.package("Free", policy_settings(days=30, stages=[stage([manager()])]))
    asked = scene.package("Asked", policy_settings(days=30, stages=[stage([manager()])], update_approval=True))
    for package in (free, asked):
        request = scene.ask(package)
        scene.after(seconds=1)
        scene.approve(scene.marc, request)
    scene.after(seconds=30)
    renewal, waiting = scene.ask(free), scene.ask(asked)
    scene.after(seconds=1)
    assert (renewal.state, waiting.state) == ("delivering", "pendingApproval")


def test_a_direct_assignment_asks_nobody_unless_it_says_so(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(stages=[stage(named(scene, scene.sam))]))
    direct = scene.assign(package, scene.rita)
    asking = scene.assign(package, scene.bob, parameters={"bypassApproval": False})
    scene.after(seconds=1)
    assert (direct.state, asking.state) == ("delivering", "pendingApproval")
    assert approvers(scene, asking) == [scene.sam]


def test_who_sees_which_requests(scene: Scene) -> None:
    package = scene.package(
        "Laptop", policy_settings(stages=[stage(named(scene, scene.sam))], on_behalf=[target_manager()])
    )
    request = scene.ask(package, scene.marc, assignment={"targetId": scene.rita})
    own = scene.ask(package, scene.marc)
    scene.after(seconds=1)

    def visible(who: str, on: str) -> list[AssignmentRequest]:
        return scene.engine.requests_visible_to(who, on)

    assert visible(scene.rita, "target") == [request]
    assert visible(scene.rita, "createdBy") == []
    assert visible(scene.marc, "createdBy") == [request, own]
    assert visible(scene.marc, "target") == [own]
    assert visible(scene.marc, "requestForOthers") == [request]
    assert visible(scene.marc, "TARGETMANAGER") == [request]
    assert visible(scene.rita, "targetOrRequestor") == [request]
    assert visible(scene.marc, "targetOrRequestor") == [own, request]
    assert visible(scene.sam, "approver") == [request, own]
    assert visible(scene.sam, "targetAgentIdentitySponsorOrOwner") == []
    assert refused(lambda: visible(scene.sam, "everybody")).status == 400


def test_a_person_in_the_portal_decides_asks_and_cancels_by_the_same_rules(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(stages=[stage([manager()])], justification=True))
    portal = Portal(scene.engine)
    assert refused(lambda: portal.request(scene.rita, package.id)).code == "JustificationRequired"
    request = portal.request(scene.rita, package.id, justification="Work")
    assert refused(lambda: portal.decide(scene.marc, request.id, approve=True)).status == 404
    scene.after(seconds=1)
    assert refused(lambda: portal.decide(scene.sam, request.id, approve=True)).status == 403
    portal.decide(scene.marc, request.id, approve=False, justification="No")
    assert refused(lambda: portal.decide(scene.marc, request.id, approve=True)).status == 409
    again = portal.request(scene.rita, package.id, scene.policy_id(package), justification="Please")
    portal.cancel(scene.rita, again.id)
    assert (request.state, again.state) == ("denied", "canceled")
