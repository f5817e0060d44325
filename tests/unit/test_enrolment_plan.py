"""What a plan makes of files and a tenant, rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain import AssignmentState, Question, QuestionId, QuestionKind, RequestType, Subject
from bot.plans.enrolment import (
    Action,
    BrakeReason,
    EnrolmentPlan,
    PlanError,
    PlanRow,
    Reason,
    Warned,
    plan_json,
    read_plan,
)
from bot.plans.enrolment_holders import Checked, check
from bot.plans.enrolment_planning import plan_enrolment, plan_one
from bot.plans.enrolment_report import junit, markdown, reason
from bot.plans.enrolment_state import ManagedBy, PackageState, Problem, TenantState
from bot.plans.enrolment_undo import undo_plan
from bot.plans.journal import Entry, RowState
from tests.support.enrolment import (
    LABEL,
    MANAGED,
    NOW,
    OTHER,
    asking,
    file,
    holding,
    package,
    person,
    planned,
    row,
    rules,
    tenant,
)

ANN, BEN, CAT = person("ann"), person("ben"), person("cat")


def told(plan: EnrolmentPlan) -> list[tuple[str, str, str]]:
    return [(each.action.value, each.email, each.reason.value) for each in plan.rows]


def test_a_plan_adds_who_is_new_and_removes_who_is_gone_and_names_both() -> None:
    state = tenant([package([holding(ANN), holding(BEN)])], [ANN, BEN, CAT])
    plan = planned(state, file(row("ann@example.com"), row("cat@example.com")))
    assert told(plan) == [
        ("unchanged", "ann@example.com", ""),
        ("remove", "ben@example.com", ""),
        ("add", "cat@example.com", ""),
    ]
    removed = plan.of(Action.REMOVE)[0]
    assert (removed.name, removed.person_id, removed.assignment_id) == ("Ben", BEN.id, holding(BEN).id)
    assert plan.warnings == (Warned.REMOVAL_MAIL,)
    assert plan.estimate.writes == 2


def test_only_assignments_under_the_managed_policy_are_removed() -> None:
    state = tenant([package([holding(ANN, OTHER), holding(BEN)])], [ANN, BEN])
    plan = planned(state, file(labels=[LABEL]))
    assert told(plan) == [("unmanaged", "ann@example.com", "other policy"), ("remove", "ben@example.com", "")]


def test_somebody_with_access_through_another_policy_is_not_given_it_twice() -> None:
    plan = planned(tenant([package([holding(ANN, OTHER)])], [ANN]), file(row("ann@example.com")))
    assert told(plan) == [("unmanaged", "ann@example.com", "other policy")]


def test_a_package_that_no_file_is_about_is_left_alone() -> None:
    other = package([holding(BEN)], label="Project Z | Role Y")
    state = tenant([package([holding(ANN)]), other], [ANN, BEN])
    assert planned(state, file(row("ann@example.com"))).changes == ()
    assert planned(state).rows == ()


def test_a_file_with_an_error_removes_nobody() -> None:
    state = tenant([package([holding(ANN), holding(BEN)])], [ANN, BEN, CAT])
    plan = planned(state, file(row("cat@example.com"), is_broken=True))
    assert [each.action for each in plan.rows].count(Action.REMOVE) == 0
    assert [(each.action, each.email) for each in plan.changes] == [(Action.ADD, "cat@example.com")]
    assert Warned.UNREAD in plan.warnings
    assert {each.action for each in plan.rows if each.email in ("ann@example.com", "ben@example.com")} == {Action.KEPT}


def test_an_error_in_one_file_protects_the_packages_it_shares_with_others() -> None:
    state = tenant([package([holding(BEN)])], [ANN, BEN])
    whole = file(row("ann@example.com"), name="a.csv")
    broken = file(row("ann@example.com"), name="b.csv", is_broken=True)
    assert planned(state, whole, broken).of(Action.REMOVE) == ()


def test_guests_of_allowed_domains_are_invited_and_of_no_others() -> None:
    plan = planned(tenant([package()]), file(row("x@partner.example"), row("y@elsewhere.example")))
    assert told(plan) == [("invite", "x@partner.example", ""), ("error", "y@elsewhere.example", "unknown person")]
    assert planned(tenant([package()]), file(row("x@partner.example")), guest_domains=frozenset()).changes == ()


def test_one_address_of_two_people_is_an_error_that_names_both_and_removes_neither() -> None:
    twin = replace(person("twin"), mail="ann@example.com", user_principal_name="twin@example.com")
    state = tenant([package([holding(ANN)])], [ANN, twin])
    plan = planned(state, file(row("ann@example.com")))
    assert told(plan) == [("error", "ann@example.com", "ambiguous person")]
    assert plan.rows[0].facts == tuple(sorted((ANN.id, twin.id)))


def test_the_same_name_with_a_new_address_waits_for_somebody_to_say_so() -> None:
    new = person("ann2", name="Ann")
    state = tenant([package([holding(ANN)])], [ANN, new])
    source = file(row("ann2@example.com", name="ann"))
    plan = planned(state, source)
    assert sorted(told(plan)) == [
        ("kept", "ann@example.com", "address changed"),
        ("moved", "ann2@example.com", "address changed"),
    ]
    assert plan.changes == ()
    accepted = planned(state, source, accepted=frozenset({"ann2@example.com"}))
    assert sorted(each.action for each in accepted.changes) == [Action.ADD, Action.REMOVE]


def test_protected_people_stay_whatever_the_file_says() -> None:
    plan = planned(tenant([package([holding(ANN)])], [ANN]), file(labels=[LABEL]), protected=frozenset({ANN.id}))
    assert told(plan) == [("kept", "ann@example.com", "protected")]


def test_nobody_enrols_themselves() -> None:
    plan = planned(tenant([package()], [ANN]), file(row("ann@example.com")), author_id=ANN.id)
    assert told(plan) == [("error", "ann@example.com", "yourself")]


def test_rows_of_other_projects_are_errors_for_a_lead() -> None:
    state = tenant([package([holding(BEN)])], [ANN, BEN])
    plan = planned(state, file(row("ann@example.com")), allowed=frozenset({"Project Z"}))
    assert {each.reason for each in plan.rows} == {Reason.NOT_YOURS}


def test_disabled_people_are_not_added_and_not_removed() -> None:
    off = person("off", is_enabled=False)
    assert told(planned(tenant([package()], [off]), file(row("off@example.com")))) == [
        ("error", "off@example.com", "disabled")
    ]
    held = planned(tenant([package([holding(off)])], [off]), file(row("off@example.com")))
    assert told(held) == [("unchanged", "off@example.com", "")]


def test_a_request_under_way_is_waited_for_and_not_doubled() -> None:
    state = tenant([package([holding(BEN)], [asking(ANN), asking(BEN, RequestType.ADMIN_REMOVE)])], [ANN, BEN])
    plan = planned(state, file(row("ann@example.com")))
    assert told(plan) == [
        ("waiting", "ann@example.com", "open request"),
        ("waiting", "ben@example.com", "open request"),
    ]


def test_somebody_known_by_address_alone_is_not_invited_again() -> None:
    state = tenant([package([holding("x@partner.example", state=AssignmentState.DELIVERING)])])
    assert told(planned(state, file(row("X@partner.example")))) == [("unchanged", "X@partner.example", "")]
    assert told(planned(state, file(labels=[LABEL]))) == [("waiting", "x@partner.example", "open request")]


def test_nothing_at_all_is_an_empty_plan() -> None:
    plan = planned(tenant([package()]), file(labels=[LABEL]))
    assert (plan.rows, plan.brake.is_on, plan.estimate.minutes) == ((), False, 0)


@pytest.mark.parametrize(
    ("reason", "facts"),
    [(Reason.POLICY_MISSING, ("File managed",)), (Reason.PACKAGE_AMBIGUOUS, ("one", "two"))],
)
def test_a_label_without_a_usable_package_is_an_error(reason: Reason, facts: tuple[str, ...]) -> None:
    broken = PackageState(label=LABEL, project="Project X", problem=Problem(reason, facts))
    plan = planned(tenant([broken], [ANN]), file(row("ann@example.com")))
    assert [(each.action, each.reason, each.facts) for each in plan.rows] == [(Action.ERROR, reason, facts)]
    assert planned(TenantState(), file(row("ann@example.com"))).rows[0].reason is Reason.UNKNOWN_PROJECT


def test_the_brake() -> None:
    people = [person(f"p{number}") for number in range(40)]
    state = tenant([package([holding(each) for each in people])], people)

    def brake(kept: int, **more: object) -> tuple[BrakeReason, ...]:
        return planned(state, file(*(row(each.mail) for each in people[:kept]), labels=[LABEL]), **more).brake.reasons

    assert brake(40) == ()
    assert brake(36, brake_percent=10) == ()
    assert brake(35, brake_percent=10) == (BrakeReason.SHARE,)
    assert brake(25, brake_people=14) == (BrakeReason.PEOPLE,)
    assert brake(19, brake_people=100) == (BrakeReason.MOST,)
    assert BrakeReason.EMPTY in brake(0, brake_people=100)


def test_a_broken_file_among_many_trips_the_brake() -> None:
    crowd = [person(f"p{number}") for number in range(500)]
    few = [person(f"q{number}") for number in range(5)]
    small = package([holding(each) for each in few], label="Project Z | Role Y")
    state = tenant([package([holding(each) for each in crowd]), small], [*crowd, *few])
    plan = planned(state, file(*(row(each.mail) for each in crowd)), file(labels=["Project Z | Role Y"], name="z.csv"))
    assert plan.brake.reasons == (BrakeReason.EMPTY, BrakeReason.MOST)
    assert plan.brake.labels == ("Project Z | Role Y",)


def test_columns_fill_what_the_policy_requires() -> None:
    why = Question(QuestionId("q1"), QuestionKind.TEXT, "Cost centre", is_required=True, regex="[0-9]+")
    state = tenant([package(questions=[why], is_period_allowed=True)], [ANN, BEN])
    good = replace(row("ann@example.com", start="2027-02-01", end="2027-03-01"), answers={"cost  centre": "42"})
    added = planned(state, file(good)).changes[0]
    assert (added.start, added.end, added.answers[0].value) == ("2027-02-01", "2027-03-01", "42")
    wrong = {
        Reason.ANSWER_MISSING: row("ann@example.com"),
        Reason.ANSWER_WRONG: replace(good, answers={"Cost centre": "none"}),
        Reason.UNKNOWN_QUESTION: replace(good, answers={"Cost centre": "42", "Shoe size": "43"}),
        Reason.PERIOD_OVER: replace(good, start="", end="2026-01-01"),
        Reason.PERIOD_WRONG: replace(good, end="2027-01-20"),
        Reason.SPONSOR_UNKNOWN: replace(good, sponsor="nobody@example.com"),
    }
    assert {planned(state, file(each)).rows[0].reason for each in wrong.values()} == set(wrong)
    fixed = tenant([package()], [ANN])
    assert planned(fixed, file(row("ann@example.com", end="2027-03-01"))).rows[0].reason is Reason.PERIOD_NOT_ALLOWED


ENDING = datetime(2027, 4, 1, tzinfo=UTC)  # the whole of the last of March


def another_end(end: str, *, ends_at: datetime | None = ENDING, is_allowed: bool = True, **more: object) -> PlanRow:
    """The row of Ann, who has access until the end of March, when a file says another end."""
    state = tenant([package([holding(ANN, ends_at=ends_at)], is_period_allowed=is_allowed)], [ANN])
    return planned(state, file(row("ann@example.com", end=end)), **more).rows[0]


def test_another_end_is_a_change_of_its_own() -> None:
    for unchanged in ("2027-03-31", ""):
        assert another_end(unchanged).action is Action.UNCHANGED
    later, sooner = another_end("2027-06-30"), another_end("2027-02-01")
    assert (later.action, later.end, later.facts) == (Action.UPDATE, "2027-06-30", ("2027-06-30", "2027-03-31"))
    assert (later.takes_away, sooner.takes_away) == (False, True)
    assert another_end("2027-02-01", ends_at=None).takes_away
    refused = {
        Reason.PERIOD_OVER: another_end("2027-01-10"),
        Reason.PERIOD_NOT_ALLOWED: another_end("2027-06-30", is_allowed=False),
        Reason.YOURSELF: another_end("2027-06-30", author_id=ANN.id),
        Reason.NOT_YOURS: another_end("2027-06-30", allowed=frozenset({"Project W"})),
    }
    assert {reason: each.reason for reason, each in refused.items()} == {reason: reason for reason in refused}
    assert {each.action for each in refused.values()} == {Action.ERROR}
    protected = frozenset({ANN.id})
    assert another_end("2027-02-01", protected=protected).action is Action.KEPT
    assert another_end("2027-06-30", protected=protected).action is Action.UPDATE


def test_an_earlier_end_for_everybody_trips_the_brake_as_a_removal_does() -> None:
    state = tenant([package([holding(ANN), holding(BEN), holding(CAT)], is_period_allowed=True)], [ANN, BEN, CAT])
    rows = [row(f"{key}@example.com", end="2027-01-12") for key in ("ann", "ben", "cat")]
    plan = planned(state, file(*rows), brake_percent=10)
    assert (plan.brake.removals, plan.brake.reasons) == (3, (BrakeReason.SHARE, BrakeReason.MOST))
    assert "| Give another end | 3 |" in markdown(plan)
    assert "Ends on 2027-01-12; before, it had no end." in markdown(plan)


def test_another_end_is_checked_against_the_tenant_and_can_be_taken_back() -> None:
    def packages(ends_at: datetime | None) -> dict[str, PackageState]:
        state = package([holding(ANN, ends_at=ends_at)], is_period_allowed=True)
        return {state.package_id: state}

    before = package([holding(ANN, ends_at=ENDING)], is_period_allowed=True)
    plan = planned(tenant([before], [ANN]), file(row("ann@example.com", end="2027-06-30")))
    people = {"ann@example.com": (ANN,)}
    moved, done = datetime(2027, 5, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)
    assert check(plan.changes, packages(ENDING), people) == Checked((), ())
    assert check(plan.changes, packages(moved), people) == Checked((), plan.changes)
    assert check(plan.changes, packages(done), people) == Checked(plan.changes, ())
    entries = {plan.changes[0].id: Entry(plan.changes[0].id, RowState.DONE)}
    undone = undo_plan(plan, entries, packages(done), NOW)
    assert [(each.action, each.end) for each in undone.rows] == [(Action.UPDATE, "2027-03-31")]
    assert undone.brake.removals == 1, "what is taken back is an end that comes earlier"


def test_taking_back_warns_of_the_mail_that_microsoft_sends_to_whoever_loses_access() -> None:
    plan = planned(tenant([package([])], [ANN]), file(row("ann@example.com")))
    entries = {plan.changes[0].id: Entry(plan.changes[0].id, RowState.DONE, {"person": ANN.id})}
    after = package([holding(ANN)])
    undone = undo_plan(plan, entries, {after.package_id: after}, NOW)
    assert [each.action for each in undone.rows] == [Action.REMOVE]
    assert undone.warnings == (Warned.REMOVAL_MAIL,)


def test_files_do_not_change_packages_that_people_ask_for_themselves() -> None:
    state = tenant([package([holding(BEN)], managed_by=ManagedBy.SELF_SERVICE)], [ANN, BEN])
    assert told(planned(state, file(row("ann@example.com")))) == [
        ("error", "ann@example.com", "self-service"),
        ("unmanaged", "ben@example.com", "self-service"),
    ]


def test_a_file_for_a_project_changes_the_packages_that_files_manage_and_no_other() -> None:
    labels = {source: f"Project X | {source}" for source in ManagedBy}
    own = [package([holding(BEN), holding(CAT, OTHER)], label=labels[each], managed_by=each) for each in ManagedBy]
    state = replace(tenant(own, [ANN, BEN, CAT]), labels={"project x": tuple(labels.values())})
    whole = replace(file(*(row("ann@example.com", each) for each in labels.values())), projects=("Project X",))
    changed = {each: ["add", "remove", "unmanaged"] for each in (ManagedBy.FILE, ManagedBy.BOTH)}
    plan = planned(state, whole)
    assert {
        source: [each.action.value for each in plan.rows if each.label == label] for source, label in labels.items()
    } == {**changed, ManagedBy.SELF_SERVICE: ["error", "unmanaged", "unmanaged"]}
    assert reason(plan.of(Action.ERROR)[0]) == (
        "People ask for this access package themselves; files do not change it."
    )
    assert plan.brake.removals == 2

    for removes, who in ((False, "ann@example.com"), (True, "ben@example.com")):
        single = plan_one(row(who, labels[ManagedBy.SELF_SERVICE]), state, rules(), NOW, removes=removes)
        assert [each.reason for each in single.rows] == [Reason.SELF_SERVICE]
        assert single.changes == ()


def test_a_file_that_says_nobody_about_a_package_that_people_ask_for_stops_nothing() -> None:
    state = tenant([package([holding(BEN)], managed_by=ManagedBy.SELF_SERVICE)], [BEN])
    plan = planned(state, file(labels=[LABEL]))
    assert (told(plan), plan.brake.is_on) == ([("unmanaged", "ben@example.com", "self-service")], False)


def test_two_addresses_of_one_person_are_one_row() -> None:
    ann = replace(ANN, user_principal_name="ann.upn@example.com")
    plan = planned(tenant([package()], [ann]), file(row("ann@example.com"), row("ann.upn@example.com")))
    assert sorted(told(plan)) == [("add", "ann@example.com", ""), ("unchanged", "ann.upn@example.com", "same person")]


def test_one_person_alone_touches_nobody_else() -> None:
    state = tenant([package([holding(BEN), holding(CAT, OTHER)])], [ANN, BEN, CAT])
    added = plan_one(row("ann@example.com"), state, rules(), NOW, removes=False)
    assert told(added) == [("add", "ann@example.com", "")]
    removed = plan_one(row("ben@example.com"), state, rules(), NOW, removes=True)
    assert told(removed) == [("remove", "ben@example.com", "")]
    assert told(plan_one(row("cat@example.com"), state, rules(), NOW, removes=True)) == [
        ("unmanaged", "cat@example.com", "other policy")
    ]
    assert plan_one(row("ann@example.com"), state, rules(), NOW, removes=True).rows[0].reason is Reason.NOTHING_HELD


# Digest, JSON, and what has moved


def test_the_digest_is_of_what_changes_and_not_of_when_or_by_whom() -> None:
    state = tenant([package([holding(BEN)])], [ANN, BEN, CAT])
    source = file(row("ann@example.com"), row("ben@example.com"))
    plan = planned(state, source)
    later = plan_enrolment([source], state, rules(author_id="somebody"), NOW + timedelta(days=1))
    assert plan.digest == later.digest
    assert [each.id for each in plan.rows] == [each.id for each in later.rows]
    assert plan.digest != planned(state, file(row("cat@example.com"), row("ben@example.com"))).digest
    unrelated = tenant([package([holding(BEN, state=AssignmentState.PARTIALLY_DELIVERED)])], [ANN, BEN])
    assert plan.digest == planned(unrelated, source).digest


def test_a_plan_comes_back_from_json_and_a_changed_one_does_not() -> None:
    plan = planned(tenant([package([holding(BEN)])], [ANN, BEN]), file(row("ann@example.com")))
    assert read_plan(plan_json(plan)) == plan
    with pytest.raises(PlanError, match="changed after"):
        read_plan(plan_json(plan).replace(b'"add"', b'"remove"'))
    with pytest.raises(PlanError, match="no enrolment plan"):
        read_plan(b"{}")


def test_rows_that_the_tenant_has_moved_under_are_found_and_done_ones_too() -> None:
    state = tenant([package([holding(BEN)])], [ANN, BEN])
    plan = planned(state, file(row("ann@example.com")))
    people = {"ann@example.com": [ANN]}

    def now(*assignments: object, requests: tuple[object, ...] = ()) -> dict[str, PackageState]:
        return {plan.package_ids[0]: package(assignments, requests)}  # type: ignore[arg-type]  # either kind

    same = check(plan.changes, now(holding(BEN), holding(CAT)), people)
    assert (same.fulfilled, same.moved) == ((), ())
    done = check(plan.changes, now(holding(ANN)), people)
    assert (len(done.fulfilled), done.moved) == (2, ())
    asked = check(plan.changes, now(holding(BEN), requests=(asking(ANN),)), people)
    assert [each.email for each in asked.moved] == ["ann@example.com"]
    changed = check(plan.changes, now(holding(BEN, state=AssignmentState.PARTIALLY_DELIVERED)), people)
    assert [each.email for each in changed.moved] == ["ben@example.com"]
    off = check(plan.changes, now(holding(BEN)), {"ann@example.com": [replace(ANN, is_enabled=False)]})
    assert [each.email for each in off.moved] == ["ann@example.com"]


def test_reports_show_names_and_ids_and_hold_no_markup() -> None:
    state = tenant([package([holding(BEN)])], [ANN, BEN])
    plan = planned(state, file(row("ann@example.com", name="[click](https://x) | <b> @all"), row("no@no.example")))
    text = markdown(plan)
    assert BEN.id in text
    assert plan.digest in text
    assert "[click](" not in text
    assert "<b>" not in text
    assert "@all" not in text
    results = junit(plan).decode()
    assert 'failures="1"' in results
    assert "no@no.example" in results


def test_the_managed_policy_is_that_of_the_name_and_never_the_first() -> None:
    for policies in ((MANAGED, OTHER), (OTHER, MANAGED)):
        state = tenant([package([holding(ANN, policies[0]), holding(BEN, policies[1])])], [ANN, BEN])
        removed = planned(state, file(labels=[LABEL])).of(Action.REMOVE)
        assert [each.policy_id for each in removed] == [MANAGED]


def test_undoing_a_removal_gives_back_no_more_than_was_taken() -> None:
    """Access that was to end is not given back for ever, and none that would be over by now."""
    ends_at = datetime(2027, 2, 1, tzinfo=UTC)
    state = tenant([package([holding(ANN, ends_at=ends_at), holding(BEN)], is_period_allowed=True)], [ANN, BEN])
    plan = planned(state, file(labels=[LABEL]))
    done = {each.id: Entry(each.id, RowState.DONE, {}) for each in plan.changes}
    left = {plan.package_ids[0]: package(is_period_allowed=True)}
    back = undo_plan(plan, done, left, NOW)
    assert [(each.action, each.email, each.end) for each in back.rows] == [
        (Action.ADD, "ann@example.com", "2027-01-31"),
        (Action.ADD, "ben@example.com", ""),
    ]
    assert read_plan(plan_json(plan)) == plan
    later = undo_plan(plan, done, left, NOW + timedelta(days=30))
    assert [each.email for each in later.rows] == ["ben@example.com"]
    # Where the policy alone says how long access lasts, nothing else can be asked for.
    fixed = planned(tenant([package([holding(ANN, ends_at=ends_at)])], [ANN]), file(labels=[LABEL]))
    (row_back,) = undo_plan(
        fixed, {each.id: Entry(each.id, RowState.DONE, {}) for each in fixed.changes}, left, NOW
    ).rows
    assert row_back.end == ""


def test_somebody_without_a_mail_address_can_be_given_access_back() -> None:
    held = replace(holding(ANN), target=Subject(ANN.id, "Ann", ""))
    plan = planned(tenant([package([held])], [ANN]), file(labels=[LABEL]))
    done = {each.id: Entry(each.id, RowState.DONE, {}) for each in plan.changes}
    now = {plan.package_ids[0]: package()}
    back = undo_plan(plan, done, now, NOW)
    assert [(each.action, each.person_id, each.email) for each in back.rows] == [(Action.ADD, ANN.id, "")]
    checked = check(back.changes, now, {})
    assert (checked.fulfilled, checked.moved) == ((), ())
