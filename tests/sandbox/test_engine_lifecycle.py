"""How requests and assignments move through time, and what access really results."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from sandbox.graph.engine.administration import Administration
from sandbox.graph.engine.times import moment_text, parse_duration, parse_moment
from sandbox.tenant.identity import EMPTY_GUID, stable_id
from sandbox.tenant.model import Assignment, AssignmentRequest, CustomExtension, Json
from sandbox.tenant.settings import administrators_only, manager, policy_settings, stage
from tests.sandbox.entitlement_support import START, Scene, refused


@pytest.fixture
def scene() -> Scene:
    return Scene()


def steps(request: AssignmentRequest) -> list[tuple[float, str, str]]:
    """Seconds since the start, state and status of each step."""
    return [((step.at - START).total_seconds(), step.state, step.status) for step in request.history]


def held(scene: Scene, request: AssignmentRequest) -> Assignment:
    return scene.tenant.assignments[request.assignment_id]


def remove(scene: Scene, who: str, assignment_id: str, kind: str = "userRemove") -> AssignmentRequest:
    return scene.engine.create_request(who, {"requestType": kind, "assignment": {"id": assignment_id}})


def test_each_step_of_a_plain_request_at_its_moment(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", groups=["Users"]))
    scene.after(days=3)
    assert steps(request) == [
        (0, "submitted", "Accepted"),
        (1, "delivering", "Delivering"),
        (11, "delivered", "Fulfilled"),
        (16, "delivered", "FulfilledNotificationTriggered"),
    ]
    assert request.created_at == START
    assert request.completed_at == START + timedelta(seconds=11)


def test_states_are_visible_in_between(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", groups=["Users"]))
    assert scene.engine.assignment_of(request).state is None
    assert scene.engine.assignments() == []
    scene.after(seconds=1)
    assert (held(scene, request).state, held(scene, request).status) == ("delivering", "Delivering")
    assert scene.members("Users") == set()
    scene.after(seconds=10)
    assert (held(scene, request).state, held(scene, request).status) == ("delivered", "Delivered")
    assert scene.members("Users") == {scene.rita}
    assert scene.engine.assignment_of(request) is held(scene, request)


def test_reading_alone_lets_time_pass(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools"))
    scene.world.clock.advance(timedelta(minutes=1))
    assert scene.engine.request(request.id).state == "delivered"
    assert scene.engine.assignments_visible_to(scene.rita, "target")[0].state == "delivered"


def test_a_clock_put_back_undoes_nothing(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools"))
    scene.after(seconds=11)
    scene.world.clock.set(START - timedelta(days=1))
    assert scene.engine.request(request.id).status == "Fulfilled"


def test_access_by_app_role_owner_and_site(scene: Scene) -> None:
    portal, bare = scene.build.app("Portal", [("Viewer", "Portal.Viewer")]), scene.build.app("Bare")
    team = scene.build.group("Team")
    extra = [
        (portal, "Viewer"),
        (bare, "Default Access"),
        (team, "Owner"),
        ("https://small.example/s/plans", "Readers"),
    ]
    package = scene.package("Tools", extra=extra)
    request = scene.ask(package)
    scene.after(seconds=20)
    roles = {(a.principal_id, a.resource_id, a.app_role_id) for a in scene.tenant.app_role_assignments.values()}
    assert roles == {
        (scene.rita, portal.object_id, portal.app_roles[0].id),
        (scene.rita, bare.object_id, EMPTY_GUID),
    }
    assert (list(team.owner_ids), list(team.member_ids)) == ([scene.rita], [])
    assert len(held(scene, request).granted) == 4
    remove(scene, scene.rita, request.assignment_id)
    scene.after(seconds=20)
    assert (scene.tenant.app_role_assignments, team.owner_ids, held(scene, request).granted) == ({}, {}, [])


def test_the_end_of_a_period_files_a_removal_by_the_service(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", policy_settings(days=30), groups=["Users"]))
    scene.after(days=29, seconds=10)
    assert held(scene, request).status == "Delivered"
    scene.after(seconds=1)
    assert held(scene, request).status == "NearExpiry1DayNotificationTriggered"
    scene.after(days=60)
    ended = next(r for r in scene.tenant.requests.values() if r.request_type == "systemRemove")
    day = 30 * 86400.0
    assert steps(ended) == [
        (day + 11, "submitted", "Accepted"),
        (day + 12, "delivering", "Delivering"),
        (day + 22, "delivered", "Fulfilled"),
        (day + 27, "delivered", "FulfilledNotificationTriggered"),
    ]
    assert (held(scene, request).state, held(scene, request).status) == ("expired", "ExpiredNotificationTriggered")
    assert held(scene, request).expired_at == START + timedelta(days=30, seconds=22)
    assert scene.members("Users") == set()
    assert ended not in scene.engine.requests_visible_to(scene.rita, "createdBy")
    assert ended in scene.engine.requests_visible_to(scene.rita, "target")


def test_a_policy_may_end_on_a_date(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", policy_settings(ends_at="2026-05-01T00:00:00Z")))
    scene.after(seconds=20)
    assert held(scene, request).schedule["expiration"]["endDateTime"] == "2026-05-01T00:00:00Z"
    scene.after(days=90)
    assert held(scene, request).state == "expired"


def test_giving_back_ends_it_and_the_period_does_nothing_more(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", policy_settings(days=30), groups=["Users"]))
    scene.after(seconds=20)
    remove(scene, scene.rita, request.assignment_id)
    scene.after(seconds=12)
    assert held(scene, request).state == "expired"
    assert scene.members("Users") == set()
    scene.after(days=60)
    assert [r.request_type for r in scene.tenant.requests.values()] == ["userAdd", "userRemove"]


def test_what_another_package_grants_stays(scene: Scene) -> None:
    everybody = scene.build.group("Everybody")
    first = scene.package("First", groups=["One"], extra=[(everybody, "Member")])
    second = scene.package("Second", groups=["Two"], extra=[(everybody, "Member")])
    one, two = scene.ask(first), scene.ask(second)
    scene.after(seconds=20)
    remove(scene, scene.rita, one.assignment_id)
    scene.after(seconds=20)
    assert (scene.members("One"), scene.members("Two"), scene.members("Everybody")) == (
        set(),
        {scene.rita},
        {scene.rita},
    )
    remove(scene, scene.rita, two.assignment_id)
    scene.after(seconds=20)
    assert scene.members("Everybody") == set()


def test_a_start_in_the_future_is_waited_for(scene: Scene) -> None:
    start = START + timedelta(days=10)
    schedule = {
        "startDateTime": moment_text(start),
        "expiration": {"type": "afterDuration", "duration": "P5D"},
    }
    package = scene.package("Tools", policy_settings(custom_schedule=True, days=30), groups=["Users"])
    request = scene.ask(package, schedule=schedule)
    scene.after(days=9)
    assert (request.state, request.status, request.completed_at) == ("scheduled", "PendingNotBefore", None)
    assert scene.engine.assignments() == []
    scene.after(days=1, seconds=10)
    assert request.state == "delivered"
    assert held(scene, request).schedule["startDateTime"] == moment_text(start)
    assert held(scene, request).ends_at == start + timedelta(days=5)
    assert (10 * 86400.0, "delivering", "Delivering") in steps(request)


def test_a_scheduled_request_can_be_canceled_and_then_never_starts(scene: Scene) -> None:
    schedule = {"startDateTime": moment_text(START + timedelta(days=10))}
    request = scene.ask(scene.package("Tools", policy_settings(custom_schedule=True)), schedule=schedule)
    scene.after(days=1)
    scene.engine.cancel(scene.rita, request.id)
    scene.after(days=30)
    assert request.state == "canceled"
    assert scene.tenant.assignments == {}


def test_a_start_in_the_past_means_now(scene: Scene) -> None:
    schedule = {"startDateTime": moment_text(START - timedelta(days=10))}
    request = scene.ask(scene.package("Tools", policy_settings(custom_schedule=True, days=5)), schedule=schedule)
    scene.after(seconds=20)
    assert held(scene, request).schedule["startDateTime"] == moment_text(START)


def test_cancel_is_for_those_involved_and_only_while_it_is_open(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(stages=[stage([manager()])]))
    request = scene.ask(package)
    assert refused(lambda: scene.engine.cancel(scene.bob, request.id)).status == 403
    assert refused(lambda: scene.engine.cancel(scene.rita, "nothing")).status == 404
    scene.engine.cancel(scene.rita, request.id)
    assert request.completed_at == scene.now
    assert refused(lambda: scene.engine.cancel(scene.rita, request.id)).status == 400
    other = scene.ask(package)
    scene.after(seconds=1)
    scene.engine.cancel(scene.adam, other.id)
    assert other.state == "canceled"
    delivering = scene.ask(scene.package("Plain"))
    scene.after(seconds=1)
    assert refused(lambda: scene.engine.cancel(scene.rita, delivering.id)).status == 400


def test_an_escalated_request_can_be_canceled(scene: Scene) -> None:
    escalating = stage([manager()], denial="P6D", escalation="P1D", alternates=[manager(2)])
    request = scene.ask(scene.package("Tools", policy_settings(stages=[escalating])))
    scene.after(days=2)
    scene.engine.cancel(scene.rita, request.id)
    scene.after(days=30)
    assert [step[1] for step in steps(request)] == ["submitted", "pendingApproval", "pendingApproval", "canceled"]


@pytest.mark.parametrize(
    ("delivery", "state", "members"),
    [("partial", "partiallyDelivered", {"First"}), ("failed", "deliveryFailed", set[str]())],
)
def test_troubled_deliveries_and_their_second_try(scene: Scene, delivery: Any, state: str, members: set[str]) -> None:
    package = scene.package("Tools", policy_settings(days=30), groups=["First", "Last"], delivery=delivery)
    request = scene.ask(package)
    scene.after(seconds=20)
    assert (request.state, held(scene, request).state) == (state, state)
    assert request.completed_at == START + timedelta(seconds=11)
    assert {name for name in ("First", "Last") if scene.members(name)} == members
    scene.after(days=1)
    scene.engine.reprocess(request.id)
    assert request.is_open
    assert request.completed_at is None
    scene.after(seconds=20)
    assert (request.state, held(scene, request).state) == ("delivered", "delivered")
    assert scene.members("Last") == {scene.rita}
    assert refused(lambda: scene.engine.reprocess(request.id)).status == 400
    assert refused(lambda: scene.engine.reprocess("nothing")).status == 404


def test_reprocessing_keeps_the_period_and_may_fail_again(scene: Scene) -> None:
    package = scene.package(
        "Tools", policy_settings(days=30), groups=["First", "Last"], delivery="partial", troubled_attempts=None
    )
    request = scene.ask(package)
    scene.after(seconds=20)
    ends_at = held(scene, request).ends_at
    scene.after(days=2)
    scene.engine.reprocess(request.id)
    scene.after(seconds=20)
    assert (request.state, held(scene, request).ends_at) == ("partiallyDelivered", ends_at)
    scene.after(days=15)
    assert refused(lambda: scene.engine.reprocess(request.id)).status == 400


def test_a_stuck_delivery_stays_and_blocks_another_request(scene: Scene) -> None:
    package = scene.package("Tools", groups=["Users"], delivery="stuck")
    request = scene.ask(package)
    scene.after(days=20)
    assert (request.state, held(scene, request).state) == ("delivering", "delivering")
    assert refused(lambda: scene.ask(package)).code == "ExistingOpenRequest"


def test_somebody_deleted_meanwhile_cannot_be_given_anything(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", groups=["Users"]))
    scene.after(seconds=1)
    scene.tenant.delete_user(scene.rita, scene.now)
    scene.after(seconds=20)
    assert request.state == "deliveryFailed"
    assert scene.members("Users") == set()


def test_deleting_somebody_keeps_their_assignment_and_takes_their_groups(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", policy_settings(days=30), groups=["Users"]))
    scene.after(seconds=20)
    scene.tenant.delete_user(scene.rita, scene.now)
    assert held(scene, request).state == "delivered"
    assert scene.members("Users") == set()
    scene.after(days=40)
    assert held(scene, request).state == "expired"


def test_a_renewal_moves_the_end(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(days=30), groups=["Users"])
    first = scene.ask(package)
    scene.after(days=20)
    began = held(scene, first).schedule["startDateTime"]
    again = scene.ask(package)
    scene.after(seconds=11)
    assert held(scene, again).ends_at == START + timedelta(days=50, seconds=11)
    assert held(scene, again).schedule["startDateTime"] == began
    scene.after(days=15)
    assert held(scene, first).state == "delivered"
    scene.after(days=20)
    assert held(scene, first).state == "expired"
    assert len(scene.tenant.assignments) == 1


def test_a_renewal_that_comes_too_late_gives_a_new_assignment(scene: Scene) -> None:
    settings = policy_settings(days=5, stages=[stage([manager()])], update_approval=True)
    package = scene.package("Tools", settings, groups=["Users"])
    first = scene.ask(package)
    scene.after(seconds=1)
    scene.approve(scene.marc, first)
    scene.after(days=4)
    again = scene.ask(package)
    scene.after(days=3)
    assert held(scene, first).state == "expired"
    assert again.is_open
    scene.approve(scene.marc, again)
    scene.after(seconds=20)
    assert again.assignment_id != first.assignment_id
    assert held(scene, again).state == "delivered"
    assert scene.members("Users") == {scene.rita}


def test_an_update_changes_answers_and_end(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(days=30, custom_schedule=True))
    first = scene.ask(package)
    scene.after(seconds=20)
    ends_at = held(scene, first).ends_at
    wanted = {"requestType": "userUpdate", "assignment": {"id": first.assignment_id}}
    scene.engine.create_request(scene.rita, wanted)
    scene.after(seconds=20)
    assert held(scene, first).ends_at == ends_at
    shorter = {"expiration": {"type": "afterDateTime", "endDateTime": "2026-03-10T00:00:00Z"}}
    scene.engine.create_request(scene.rita, {**wanted, "schedule": shorter})
    scene.after(seconds=20)
    assert held(scene, first).ends_at == parse_moment("2026-03-10T00:00:00Z")
    scene.after(days=10)
    assert held(scene, first).state == "expired"


def test_an_update_of_what_has_ended_meanwhile_fails(scene: Scene) -> None:
    settings = policy_settings(days=5, stages=[stage([manager()])], update_approval=True)
    package = scene.package("Tools", settings)
    first = scene.ask(package)
    scene.after(seconds=1)
    scene.approve(scene.marc, first)
    scene.after(days=4)
    body = {"requestType": "userUpdate", "assignment": {"id": first.assignment_id}, "justification": "More"}
    update = scene.engine.create_request(scene.rita, body)
    scene.after(days=3)
    scene.approve(scene.marc, update)
    scene.after(seconds=20)
    assert (update.state, held(scene, first).state) == ("deliveryFailed", "expired")


def test_an_assignment_can_be_applied_again(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools", groups=["Users"]))
    assert refused(lambda: scene.engine.reprocess_assignment("nothing")).status == 404
    scene.after(seconds=1)
    assert refused(lambda: scene.engine.reprocess_assignment(request.assignment_id)).status == 400
    scene.after(seconds=20)
    scene.tenant.groups[stable_id("group/Users")].member_ids.clear()
    scene.engine.reprocess_assignment(request.assignment_id)
    assert scene.members("Users") == {scene.rita}


def test_only_finished_requests_without_an_assignment_are_deleted(scene: Scene) -> None:
    package = scene.package("Tools", policy_settings(stages=[stage([manager()])]))
    request = scene.ask(package)
    scene.after(seconds=1)
    assert refused(lambda: scene.engine.delete(request.id)).status == 400
    scene.approve(scene.marc, request, "Deny")
    other = scene.given(scene.package("Plain"))
    assert refused(lambda: scene.engine.delete(other.id)).status == 400
    scene.engine.delete(request.id)
    assert refused(lambda: scene.engine.request(request.id)).status == 404
    assert scene.engine.requests_visible_to(scene.rita, "createdBy") == []


def test_a_guest_brought_in_leaves_with_their_last_assignment(scene: Scene) -> None:
    package = scene.package("Tools", administrators_only(), groups=["Users"])
    request = scene.assign(package, "", assignment={"targetId": None, "target": {"email": "new@partner.example"}})
    scene.after(seconds=20)
    guest_id = scene.tenant.subjects[request.target_id].object_id
    assert guest_id is not None
    remove(scene, scene.adam, request.assignment_id, "adminRemove")
    scene.after(seconds=20)
    assert not scene.tenant.users[guest_id].account_enabled
    scene.after(days=31)
    assert guest_id in scene.tenant.deleted_users


@pytest.mark.parametrize(("action", "enabled"), [("none", True), ("blockSignIn", False)])
def test_guests_stay_as_the_settings_say(scene: Scene, action: str, enabled: bool) -> None:
    scene.tenant.settings["externalUserLifecycleAction"] = action
    package = scene.package("Tools", administrators_only())
    request = scene.assign(package, "", assignment={"targetId": None, "target": {"email": "new@partner.example"}})
    scene.after(seconds=20)
    remove(scene, scene.adam, request.assignment_id, "adminRemove")
    scene.after(days=60)
    guest = scene.tenant.users[scene.tenant.subjects[request.target_id].object_id or ""]
    assert guest.account_enabled is enabled


def hung(scene: Scene, *, waits: bool) -> AssignmentRequest:
    """A request under a policy with an extension at its creation."""
    callback = {"timeoutDuration": "PT1H"} if waits else None
    scene.tenant.custom_extensions["e"] = CustomExtension("e", scene.catalog.id, {"callbackConfiguration": callback})
    settings: Json = policy_settings()
    settings["customExtensionStageSettings"] = [{"stage": "assignmentRequestCreated", "customExtension": {"id": "e"}}]
    request = scene.ask(scene.package("Tools", settings))
    scene.after(seconds=1)
    return request


def test_an_extension_that_nobody_waits_for_is_told_and_no_more(scene: Scene) -> None:
    request = hung(scene, waits=False)
    assert request.state == "delivering"
    told = [data for kind, data in scene.world.events.published if kind == "callout"]
    assert [(data["request"], data["stage"]) for data in told] == [(request.id, "assignmentRequestCreated")]
    assert [callout["status"] for callout in request.callouts] == ["calloutSent"]


def test_an_extension_that_is_waited_for_lets_it_go_on_or_times_out(scene: Scene) -> None:
    request = hung(scene, waits=True)
    assert (request.state, request.status) == ("submitted", "WaitingForCallback")
    assert refused(lambda: scene.engine.cancel(scene.rita, request.id)).status == 400
    callout = request.callouts[0]["id"]
    wrong = {"data": {"customExtensionStageInstanceId": "other"}}
    assert refused(lambda: scene.engine.resume(request.id, wrong)).status == 400
    scene.engine.resume(
        request.id,
        {"data": {"customExtensionStageInstanceId": callout, "customExtensionStageInstanceDetail": "Checked"}},
    )
    assert request.state == "delivering"
    assert request.callouts[0]["detail"] == "Checked"
    assert refused(lambda: scene.engine.resume(request.id, {})).status == 400


def test_an_extension_may_say_no(scene: Scene) -> None:
    request = hung(scene, waits=True)
    scene.engine.resume(request.id, {"data": {"state": "Denied"}})
    assert (request.state, request.status) == ("denied", "Denied")


def test_an_extension_that_says_nothing_is_passed_over(scene: Scene) -> None:
    request = hung(scene, waits=True)
    scene.after(hours=1)
    assert request.state == "delivering"
    assert request.callouts[0]["status"] == "callbackTimedOut"


def test_every_change_is_published(scene: Scene) -> None:
    request = scene.ask(scene.package("Tools"))
    scene.after(seconds=20)
    told = [data for kind, data in scene.world.events.published if kind == "entitlement"]
    assert [(data["what"], data["id"], data["state"], data["at"]) for data in told] == [
        ("request", request.id, step.state, moment_text(step.at)) for step in request.history
    ]


def test_holders_of_two_packages_are_found(scene: Scene) -> None:
    first, second = scene.package("First"), scene.package("Second")
    both = scene.given(first)
    scene.given(second)
    scene.given(first, scene.bob)
    found = scene.engine.additional_access(first.id, second.id)
    assert [assignment.id for assignment in found] == [both.assignment_id]
    assert refused(lambda: scene.engine.additional_access(first.id, first.id)).status == 400
    assert refused(lambda: scene.engine.additional_access(first.id, "nothing")).status == 404


def test_whose_assignments_somebody_sees(scene: Scene) -> None:
    package = scene.package("Tools")
    request = scene.given(package)

    def visible(who: str, on: str) -> list[str]:
        return [assignment.id for assignment in scene.engine.assignments_visible_to(who, on)]

    assert visible(scene.rita, "target") == [request.assignment_id]
    assert visible(scene.rita, "createdBy") == []
    assert visible(scene.marc, "targetManager") == [request.assignment_id]
    assert visible(scene.marc, "targetAgentIdentitySponsorOrOwner") == []
    assert refused(partial(visible, scene.rita, "approver")).status == 400


def test_a_role_added_to_a_package_reaches_its_holders_and_leaves_them_again(scene: Scene) -> None:
    first, second = scene.package("First", groups=["One"]), scene.package("Second", groups=["Two"])
    scene.given(first)
    administration = Administration(scene.world)
    group = scene.build.group("Late")
    resource_id = administration.add_resource(scene.catalog.id, "AadGroup", group.id).resource_id
    role_id = scene.tenant.resources[resource_id].roles[0].id
    add = partial(administration.add_role_scope, first.id, resource_id, role_id)
    assert refused(add).status == 404
    scene.after(seconds=5)
    made = add()
    assert scene.members("Late") == {scene.rita}
    assert refused(add).status == 400
    administration.add_role_scope(second.id, resource_id, role_id)
    scene.given(second)
    administration.remove_role_scope(first.id, made.id)
    assert scene.members("Late") == {scene.rita}
    administration.remove_role_scope(second.id, made.id)
    assert scene.members("Late") == set()
    assert refused(lambda: administration.remove_role_scope(second.id, made.id)).status == 404


def test_resources_must_exist_fit_and_be_new(scene: Scene) -> None:
    administration = Administration(scene.world)
    dynamic = scene.build.group("Dynamic", group_types=["DynamicMembership"])
    known = scene.package("Tools", groups=["Users"]).role_scopes[0].resource_id
    for system, origin, status in (
        ("AadGroup", dynamic.id, 400),
        ("AadGroup", "nothing", 404),
        ("AadApplication", "nothing", 404),
        ("AadGroup", scene.tenant.resources[known].origin_id, 400),
    ):
        add = partial(administration.add_resource, scene.catalog.id, system, origin)  # type: ignore[arg-type] # the literal is lost in the tuple
        assert refused(add).status == status
    assert refused(lambda: administration.add_resource("nothing", "AadGroup", dynamic.id)).status == 404
    assert refused(lambda: administration.remove_resource(known)).status == 400
    site = administration.add_resource(scene.catalog.id, "SharePointOnline", "https://small.example/s/x").resource_id
    administration.remove_resource(site)
    assert site not in scene.tenant.resources


def test_what_is_in_use_cannot_be_deleted(scene: Scene) -> None:
    administration = Administration(scene.world)
    package = scene.package("Tools", groups=["Users"])
    request = scene.ask(package)
    assert refused(lambda: administration.delete_package(package.id)).status == 409
    assert refused(lambda: administration.delete_policy(request.policy_id)).status == 409
    assert refused(lambda: administration.delete_catalog(scene.catalog.id)).status == 409
    scene.after(seconds=20)
    scene.tenant.delete_user(scene.rita, scene.now)
    assert refused(lambda: administration.delete_package(package.id)).status == 409
    assert refused(lambda: administration.delete_policy(request.policy_id)).status == 409
    remove(scene, scene.adam, request.assignment_id, "adminRemove")
    scene.after(seconds=20)
    administration.delete_package(package.id)
    administration.delete_catalog(scene.catalog.id)
    kept = (scene.tenant.packages, scene.tenant.policies, scene.tenant.resources)
    assert [len(each) for each in kept] == [0, 0, 0]
    assert (scene.tenant.requests, scene.tenant.assignments) == ({}, {})
    for call in (administration.delete_package, administration.delete_policy, administration.delete_catalog):
        assert refused(partial(call, "nothing")).status == 404


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("P14D", 14 * 86400),
        ("PT1H", 3600),
        ("PT0S", 0),
        ("P1Y", 365 * 86400),
        ("P1M", 30 * 86400),
        ("P2W", 14 * 86400),
        ("P1DT2H3M4.5S", 86400 + 7384.5),
        ("-P1D", -86400),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "1D", "P1", "P-1D", "P1.5D"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("2026-03-02T09:00:00.1234567Z", "2026-03-02T09:00:00.123456Z"),
        ("2026-03-02T09:00:00.5Z", "2026-03-02T09:00:00.500000Z"),
        ("2026-03-02T10:00:00+01:00", "2026-03-02T09:00:00Z"),
        ("2026-03-02", "2026-03-02T00:00:00Z"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    assert moment_text(parse_moment(text)) == expected
