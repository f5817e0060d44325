"""Graph's JSON about the packages and people of a project, turned into domain values.

The functions raise GraphContractError when the JSON is not what it should be.
"""

from __future__ import annotations

from typing import Final

from bot.graph.odata import Query
from bot.graph.wire import access_package, resource_role
from bot.graph.wire_base import JsonObject, Wire, read
from bot.graph.wire_policy import assignment_policy
from bot.team import PackageSetUp

SET_UP_QUERY: Final[Query] = {
    "$expand": "catalog,assignmentPolicies,resourceRoleScopes($expand=role($expand=resource),scope)"
}


class _SetUp(Wire):
    assignment_policies: tuple[JsonObject, ...] = ()
    resource_role_scopes: tuple[JsonObject, ...] = ()


def package_set_up(data: JsonObject) -> PackageSetUp:
    found = read(_SetUp, data)
    return PackageSetUp(
        package=access_package(data),
        policies=tuple(assignment_policy(each) for each in found.assignment_policies),
        contents=tuple(resource_role(each) for each in found.resource_role_scopes),
    )
