"""What holds for every file and every tenant."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import Assignment, AssignmentState, Person
from bot.files.rows import EnrolmentFile
from bot.plans.enrolment import Action, plan_json, read_plan
from bot.plans.enrolment_state import PackageState, TenantState
from tests.support.enrolment import LABEL, MANAGED, OTHER, file, holding, package, person, planned, row, tenant

LABELS = (LABEL, "Project X | Role Z", "Project W | Role Y")
PEOPLE = tuple(person(f"p{number}", name=f"Person {number % 6}") for number in range(9))
STATES = (AssignmentState.DELIVERED, AssignmentState.DELIVERING, AssignmentState.PARTIALLY_DELIVERED)

holdings = st.lists(
    st.builds(
        lambda who, policy, state: holding(who, policy, state),
        st.sampled_from(PEOPLE),
        st.sampled_from((MANAGED, OTHER)),
        st.sampled_from(STATES),
    ),
    max_size=8,
    unique_by=lambda each: each.target.object_id if each.target else "",
)
addresses = st.sampled_from(
    [*(each.mail for each in PEOPLE), "g@partner.example", "h@elsewhere.example", "P1@EXAMPLE.com"]
)
rows = st.builds(
    lambda email, label, number: row(email, label, f"Person {number}"),
    addresses,
    st.sampled_from(LABELS),
    st.integers(0, 8),
)
files = st.builds(
    lambda found, labels, broken, number: file(*found, labels=labels, is_broken=broken, name=f"{number}.csv"),
    st.lists(rows, max_size=8),
    st.lists(st.sampled_from(LABELS), max_size=2),
    st.booleans(),
    st.integers(0, 3),
)


def states(found: list[list[Assignment]], known: list[Person]) -> TenantState:
    packages = [package(assignments, label=label) for label, assignments in zip(LABELS, found, strict=True)]
    return tenant(packages, known)


tenants = st.builds(states, st.lists(holdings, min_size=3, max_size=3), st.lists(st.sampled_from(PEOPLE), unique=True))


@settings(max_examples=80, deadline=None)
@given(tenants, st.lists(files, max_size=3, unique_by=lambda each: each.name))
def test_a_plan_never_removes_what_no_file_means(state: TenantState, found: list[EnrolmentFile]) -> None:
    plan = planned(state, *found)
    unread = {label for each in found if each.has_errors for label in state.labels_of(each)}
    listed = {(each.label, each.email.casefold()) for one in found for each in one.rows}
    about = {label for each in found for label in state.labels_of(each)}
    for each in plan.of(Action.REMOVE):
        assert each.policy_id == MANAGED
        assert each.label in about - unread
        assert (each.label, each.email.casefold()) not in listed
    assert len({each.id for each in plan.rows}) == len(plan.rows)
    assert read_plan(plan_json(plan)) == plan


@settings(max_examples=80, deadline=None)
@given(tenants, st.lists(files, max_size=3, unique_by=lambda each: each.name))
def test_a_plan_that_was_carried_out_leaves_nothing_to_do(state: TenantState, found: list[EnrolmentFile]) -> None:
    plan = planned(state, *found)
    packages: dict[str, PackageState] = dict(state.packages)
    people = dict(state.people)
    for each in plan.changes:
        key = next(key for key, one in packages.items() if one.package_id == each.package_id)
        own = packages[key]
        if each.action is Action.REMOVE:
            left = tuple(one for one in own.assignments if one.id != each.assignment_id)
        else:
            known = people.setdefault(each.email.casefold(), (replace(person("new"), mail=each.email),))
            left = (*own.assignments, holding(known[0]))
        packages[key] = replace(own, assignments=left)
    assert planned(TenantState(packages, people), *found).changes == ()


@settings(max_examples=50, deadline=None)
@given(tenants)
def test_what_is_exported_changes_nothing(state: TenantState) -> None:
    exported = [
        file(
            *(row(each.target.mail, one.label, each.target.name) for each in one.assignments if each.target),
            labels=[one.label],
            name=f"{number}.csv",
        )
        for number, one in enumerate(state.packages.values())
    ]
    assert planned(state, *exported).changes == ()
