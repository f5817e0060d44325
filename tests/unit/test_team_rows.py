"""The table of a team without a tenant: who stands how, what fits a filter, what goes into a file."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    AssignmentState,
    GroupId,
    Person,
    RequestId,
    RequestState,
    RequestType,
    ResourceRole,
    Subject,
    UserId,
)
from bot.services.hours import NO_QUIET, Hours
from bot.services.lead_digest import monday_morning
from bot.services.project_packages import RolePackage
from bot.services.team_export import MEMBERS, OTHERS, export_table
from bot.services.team_rows import Filter, Standing, Team, extras_of, rows_of
from bot.team import Lists, Member, PackageSetUp

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PACKAGE = AccessPackageId("p1")
GROUP = GroupId("g1")
ROLE = RolePackage(
    "Project Oak",
    "Manager",
    PackageSetUp(
        AccessPackage(PACKAGE, "Project Oak | Manager"),
        contents=(ResourceRole("Member", "Oak managers", "AadGroup", GROUP),),
    ),
    "File managed",
)


def who(name: str) -> Subject:
    return Subject(UserId(name), name.title(), f"{name}@oak.example")


def has(name: str, state: AssignmentState, ends_in_days: int | None = None) -> Assignment:
    end_at = None if ends_in_days is None else NOW + timedelta(days=ends_in_days)
    return Assignment(AssignmentId(f"a-{name}"), state, PACKAGE, "", who(name), end_at)


def asks(name: str, kind: RequestType, state: RequestState) -> AssignmentRequest:
    return AssignmentRequest(RequestId(f"r-{name}"), kind, state, target=who(name))


def member(name: str, has_redeemed: bool | None = None) -> Member:
    return Member(Person(UserId(name), name.title(), f"{name}@oak.example", company="Oak & Co"), has_redeemed)


def team() -> Team:
    lists = Lists(
        assignments={
            PACKAGE: (
                has("ann", AssignmentState.DELIVERED, 5),
                has("bob", AssignmentState.DELIVERY_FAILED),
                has("bob", AssignmentState.DELIVERED),
                has("cem", AssignmentState.DELIVERED),
                has("dan", AssignmentState.DELIVERY_FAILED),
                has("gone", AssignmentState.DELIVERED),
            )
        },
        requests={
            PACKAGE: (
                asks("ann", RequestType.USER_UPDATE, RequestState.PENDING_APPROVAL),
                asks("cem", RequestType.ADMIN_REMOVE, RequestState.DELIVERING),
                asks("eva", RequestType.USER_ADD, RequestState.PENDING_APPROVAL),
                asks("fay", RequestType.USER_REMOVE, RequestState.SUBMITTED),
            )
        },
        members={GROUP: (member("ann"), member("zoe"), member("eva"))},
    )
    known = {
        UserId(name): member(name, has_redeemed=False if name == "dan" else None)
        for name in ("ann", "bob", "cem", "dan", "eva")
    }
    rows = rows_of(ROLE, lists, known)
    rows += extras_of([ROLE], {GROUP: "Oak managers"}, lists, rows)
    return Team("Project Oak", tuple(rows), ("Manager",), NOW)


def test_everybody_stands_in_one_line_by_what_they_have() -> None:
    found = {(row.person.id, row.standing) for row in team().rows}
    assert found == {
        ("ann", Standing.ACTIVE),
        ("bob", Standing.ACTIVE),
        ("cem", Standing.LEAVING),
        ("dan", Standing.FAILED),
        ("gone", Standing.ACTIVE),
        ("eva", Standing.WAITING),
        ("eva", Standing.EXTRA),
        ("zoe", Standing.EXTRA),
    }
    gone = next(row for row in team().rows if row.person.id == "gone")
    assert (gone.is_in_directory, gone.person.name) == (False, "Gone")


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (Filter.PENDING, {"eva"}),
        (Filter.EXPIRING, {"ann"}),
        (Filter.FAILED, {"dan"}),
        (Filter.UNREDEEMED, {"dan"}),
        (Filter.EXTRA, {"eva", "zoe"}),
    ],
)
def test_a_filter_shows_what_it_counts(wanted: Filter, names: set[str]) -> None:
    shown = team().only(state=wanted.value)
    assert {row.person.id for row in shown} == names
    assert team().count(wanted) == len(shown)


def test_filters_go_together_and_unknown_values_fit_nobody() -> None:
    assert [row.person.id for row in team().only(role="manager", company="oak & co", words="ANN@")] == ["ann"]
    assert team().only(state="no such state") == ()
    assert team().only(company="elsewhere") == ()
    assert team().members("Manager") == 5


def test_only_people_in_roles_come_in_the_columns_of_an_enrolment_file() -> None:
    headers, rows = export_table(team().rows, lambda row: row.standing.value)
    assert headers == MEMBERS
    assert {row[0] for row in rows} == {"Ann", "Bob", "Cem", "Dan"}
    assert ("Ann", "ann@oak.example", "Project Oak | Manager", "Oak & Co", "active", "2026-11-30") in rows
    headers, rows = export_table(team().only(state="extra"), lambda row: row.standing.value)
    assert headers == OTHERS
    assert "package" not in headers
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("hours", "zone", "begins"),
    [
        (Hours(), "Europe/Berlin", datetime(2026, 11, 23, 7, tzinfo=UTC)),
        (Hours(quiet_until=time(10)), "Europe/Berlin", datetime(2026, 11, 23, 9, tzinfo=UTC)),
        (Hours(working_days=frozenset({1, 2, 3})), "UTC", datetime(2026, 11, 24, 8, tzinfo=UTC)),
        (Hours().chosen(NO_QUIET), "America/New_York", datetime(2026, 11, 23, 13, tzinfo=UTC)),
    ],
)
def test_monday_morning_is_the_persons_own(hours: Hours, zone: str, begins: datetime) -> None:
    assert monday_morning(NOW, zone, hours) == begins
