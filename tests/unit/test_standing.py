"""What there is to know before asking, worked out from facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import (
    AccessPackageId,
    Answer,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    AssignmentState,
    Choice,
    Question,
    QuestionId,
    QuestionKind,
    RequestId,
    RequestState,
    RequestType,
    ResourceRole,
)
from bot.services.outlook import ENOUGH, spread
from bot.services.standing import accepted_answers, already_through, fitted_answer, key, smaller

PACKAGE = AccessPackageId("wanted")


def role(name: str) -> ResourceRole:
    return ResourceRole("Member", name, "AadGroup", name)


def has(package: str, state: AssignmentState = AssignmentState.DELIVERED) -> Assignment:
    return Assignment(AssignmentId(package), state, AccessPackageId(package), package.title())


def test_a_package_that_gives_everything_already_is_named_alone() -> None:
    wanted = [role("a"), role("b")]
    contents = {AccessPackageId("big"): (role("a"), role("b"), role("c")), AccessPackageId("small"): (role("a"),)}
    (through,) = already_through(wanted, [has("small"), has("big")], contents)
    assert (through.package_name, through.is_all, through.roles) == ("Big", True, (role("a"), role("b")))
    assert already_through(wanted, [has("big", AssignmentState.EXPIRED)], contents) == ()


names = st.sampled_from("abcdef")
packages = st.dictionaries(
    st.sampled_from(["p", "q", "r", "s"]).map(AccessPackageId), st.frozensets(names, min_size=1).map(sorted), max_size=4
)


@given(st.frozensets(names, min_size=1).map(sorted), st.data(), packages)
def test_a_smaller_package_covers_what_is_missing_with_the_fewest_roles(
    wanted: list[str], data: st.DataObject, others: dict[AccessPackageId, list[str]]
) -> None:
    missing = data.draw(st.lists(st.sampled_from(wanted), min_size=1, unique=True))
    contents = {other: tuple(map(role, roles)) for other, roles in others.items()}
    found = smaller(PACKAGE, list(map(role, wanted)), list(map(role, missing)), contents, dict.fromkeys(others, "n"))
    fitting = [roles for roles in others.values() if set(missing) <= set(roles) and len(roles) < len(wanted)]
    if found is None:
        assert not fitting
        return
    granted = set(map(key, contents[found.package_id]))
    assert len(granted) == min(map(len, fitting))
    assert {each.resource_name for each in found.spared} == set(wanted) - set(others[found.package_id])


def asked(state: RequestState, answer: str, day: int, package: AccessPackageId = PACKAGE) -> AssignmentRequest:
    return AssignmentRequest(
        RequestId(f"{state}{day}"),
        RequestType.USER_ADD,
        state,
        created_at=datetime(2026, 11, day, tzinfo=UTC),
        answers=(Answer(QuestionId("q"), "", answer, (answer,)),),
        package_id=package,
    )


def test_only_answers_that_were_accepted_count() -> None:
    requests = [
        asked(RequestState.DELIVERED, "first", 1),
        asked(RequestState.DELIVERED, "second", 2),
        asked(RequestState.DENIED, "never", 3),
        asked(RequestState.DELIVERED, "elsewhere", 4, AccessPackageId("other")),
    ]
    assert accepted_answers(PACKAGE, requests)[QuestionId("q")].display_value == "second"
    assert accepted_answers(PACKAGE, requests[2:]) == {}


@pytest.mark.parametrize(
    ("values", "fitted"), [(("a,b",), ("a", "b")), (("a",), ("a",)), (("x,y",), ("x,y",)), (("a", "b"), ("a", "b"))]
)
def test_several_choices_come_back_in_parts(values: tuple[str, ...], fitted: tuple[str, ...]) -> None:
    choices = tuple(Choice(value, value) for value in ("a", "b", "x,y"))
    question = Question(QuestionId("q"), QuestionKind.MULTIPLE_CHOICE, "Which?", choices=choices)
    assert fitted_answer(question, Answer(QuestionId("q"), "", "", values)).values == fitted


def test_the_usual_time_has_known_quantiles_and_needs_enough_cases() -> None:
    hours = [timedelta(hours=number) for number in range(1, 42)]
    usual = spread(hours)
    assert usual is not None
    assert (usual.count, usual.median, usual.shortest) == (41, timedelta(hours=21), timedelta(hours=1))
    assert usual.longest == timedelta(hours=37)
    assert spread(hours[: ENOUGH - 1]) is None
    assert spread(hours[:ENOUGH]) is not None
