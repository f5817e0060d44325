"""Graph's JSON about the packages and people of a project, turned into domain values.

The functions raise GraphContractError when the JSON is not what it should be.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from bot.domain import UserId
from bot.graph.odata import Query
from bot.graph.wire import PERSON_QUERY, access_package, person, resource_role
from bot.graph.wire_base import JsonObject, Moment, Wire, read
from bot.graph.wire_policy import assignment_policy
from bot.team import Member, PackageSetUp

SET_UP_QUERY: Final[Query] = {
    "$expand": "catalog,assignmentPolicies,resourceRoleScopes($expand=role($expand=resource),scope)"
}
MEMBER_QUERY: Final[Query] = {
    "$select": f"{PERSON_QUERY['$select']},externalUserState,externalUserStateChangeDateTime,createdDateTime"
}
SIGN_IN_QUERY: Final[Query] = {"$select": "id,signInActivity"}


class _SetUp(Wire):
    assignment_policies: tuple[JsonObject, ...] = ()
    resource_role_scopes: tuple[JsonObject, ...] = ()


class _Member(Wire):
    external_user_state: str = ""
    external_user_state_change_date_time: Moment = None
    created_date_time: Moment = None


class _Activity(Wire):
    last_successful_sign_in_date_time: Moment = None
    last_sign_in_date_time: Moment = None


class _SignIn(Wire):
    id: str
    sign_in_activity: _Activity = _Activity()


def package_set_up(data: JsonObject) -> PackageSetUp:
    found = read(_SetUp, data)
    return PackageSetUp(
        package=access_package(data),
        policies=tuple(assignment_policy(each) for each in found.assignment_policies),
        contents=tuple(resource_role(each) for each in found.resource_role_scopes),
    )


def member(data: JsonObject) -> Member:
    found = read(_Member, data)
    state = found.external_user_state.casefold()
    return Member(
        person=person(data),
        has_redeemed={"accepted": True, "pendingacceptance": False}.get(state),
        created_at=found.created_date_time,
        state_changed_at=found.external_user_state_change_date_time,
    )


def last_sign_in(data: JsonObject) -> tuple[UserId, datetime | None]:
    found = read(_SignIn, data)
    activity = found.sign_in_activity
    return UserId(found.id), activity.last_successful_sign_in_date_time or activity.last_sign_in_date_time
