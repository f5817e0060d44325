"""Another end for many at once: who gets it, who cannot, and what stops it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.domain import AssignmentState
from bot.plans.enrolment import Action, BrakeReason, EnrolmentPlan, PlanRow, Reason, plan_json, read_plan
from bot.plans.enrolment_planning import plan_ends
from bot.plans.enrolment_state import ManagedBy, PackageState, TenantState
from tests.support.enrolment import LABEL, NOW, OTHER, asking, holding, package, person, rules, tenant

ANN, BEN, CAT, DAN, EVE = (person(key) for key in ("ann", "ben", "cat", "dan", "eve"))
MARCH = datetime(2027, 4, 1, tzinfo=UTC)
JUNE = "2027-06-30"


def ends(state: TenantState, *addresses: str, end: str = JUNE, label: str = LABEL, **more: object) -> EnrolmentPlan:
    return plan_ends([label], date.fromisoformat(end), addresses, state, rules(**more), NOW)


def told(plan: EnrolmentPlan) -> list[tuple[str, str, str]]:
    return [(each.action.value, each.email, each.reason.value) for each in plan.rows]


def test_everybody_under_the_managed_policy_gets_the_end_and_nobody_comes_or_goes() -> None:
    held = [
        holding(ANN, ends_at=MARCH),
        holding(BEN, ends_at=datetime(2027, 7, 1, tzinfo=UTC)),
        holding(CAT, OTHER),
        holding(DAN, state=AssignmentState.DELIVERING),
        holding(EVE, ends_at=MARCH),
        holding("guest@partner.example", ends_at=MARCH),
    ]
    plan = ends(tenant([package(held, [asking(EVE)], is_period_allowed=True)]))
    assert told(plan) == [
        ("update", "ann@example.com", "new end"),
        ("unchanged", "ben@example.com", ""),
        ("unmanaged", "cat@example.com", "other policy"),
        ("waiting", "dan@example.com", "open request"),
        ("waiting", "eve@example.com", "open request"),
        ("update", "guest@partner.example", "new end"),
    ]
    assert [(row.end, row.facts, row.takes_away) for row in plan.changes] == [(JUNE, (JUNE, "2027-03-31"), False)] * 2
    assert (plan.files, plan.brake.is_on, read_plan(plan_json(plan)).digest) == ({}, False, plan.digest)


def test_those_who_are_named_are_looked_for_and_nobody_else_is_touched() -> None:
    two_bens = replace(BEN, id=CAT.id)
    held = [holding(ANN, ends_at=MARCH), holding(BEN, ends_at=MARCH), holding(CAT, OTHER)]
    state = tenant([package(held, [asking(EVE)], is_period_allowed=True)], [ANN, BEN, two_bens, CAT, DAN, EVE])
    wanted = ["Ann@example.com", "ann@example.com", *(f"{key}@example.com" for key in ("ben", "cat", "dan", "eve"))]
    assert told(ends(state, *wanted, "nobody@partner.example")) == [
        ("error", "ben@example.com", "ambiguous person"),
        ("error", "nobody@partner.example", "nothing held"),
        ("update", "ann@example.com", "new end"),
        ("unmanaged", "cat@example.com", "other policy"),
        ("error", "dan@example.com", "nothing held"),
        ("waiting", "eve@example.com", "open request"),
    ]
    double = replace(ANN, user_principal_name="ann.upn@example.com")
    plan = ends(tenant([package(held, is_period_allowed=True)], [double]), "ann@example.com", "ann.upn@example.com")
    assert told(plan) == [("update", "ann@example.com", "new end")]


def test_an_earlier_end_counts_for_the_brake_and_never_for_protected_people() -> None:
    held = [holding(each, ends_at=MARCH) for each in (ANN, BEN, CAT)]
    state = tenant([package(held, is_period_allowed=True)], [ANN, BEN, CAT])
    sooner = ends(state, end="2027-02-01", brake_percent=10)
    assert (sooner.brake.removals, sooner.brake.reasons) == (3, (BrakeReason.SHARE, BrakeReason.MOST))
    kept = ends(state, end="2027-02-01", protected=frozenset({BEN.id}))
    assert [row.email for row in kept.of(Action.KEPT)] == ["ben@example.com"]
    assert len(ends(state, protected=frozenset({BEN.id})).changes) == 3


def test_what_cannot_be_given_another_end_says_why() -> None:
    held = [holding(ANN, ends_at=MARCH)]

    def one(state: PackageState | None, end: str = JUNE, author_id: str = "") -> PlanRow:
        (row,) = ends(tenant([state] if state else [], [ANN]), end=end, author_id=author_id).rows
        assert row.action is Action.ERROR
        return row

    assert one(None).reason is Reason.UNKNOWN_PROJECT
    assert one(package(held, managed_by=ManagedBy.SELF_SERVICE)).reason is Reason.SELF_SERVICE
    assert one(package(held)).reason is Reason.PERIOD_NOT_ALLOWED
    assert one(package(held, is_period_allowed=True), end="2027-01-10").reason is Reason.PERIOD_OVER
    assert one(package(held, is_period_allowed=True), author_id=ANN.id).reason is Reason.YOURSELF
