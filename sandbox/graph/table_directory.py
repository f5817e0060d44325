"""The operations on users, groups, service principals and invitations."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import directory as do
from sandbox.graph.odata.filters import FilterRules, by
from sandbox.graph.operations import PROJECTION, Handler, Operation, Query

_CONNECTIVES: Final = frozenset({"and", "or", "not"})
_ID: Final = by("id", "eq in", advanced="ne")
_NAME: Final = by("text", "eq in startswith", advanced="ne endswith")

_USERS: Final = Query(
    select=True,
    expand=True,
    top=True,
    filter=FilterRules(
        {
            "id": _ID,
            "accountEnabled": by("flag", "eq", advanced="ne"),
            "department": by("text", "eq in startswith", advanced="ne"),
            "displayName": _NAME,
            "givenName": by("text", "eq in startswith", advanced="ne"),
            "jobTitle": by("text", "eq in startswith", advanced="ne"),
            "mail": _NAME,
            "otherMails": by("texts", "any"),
            "proxyAddresses": by("texts", "any"),
            "surname": by("text", "eq in startswith", advanced="ne"),
            "userPrincipalName": _NAME,
            "userType": by("text", "eq in", advanced="ne"),
            "externalUserState": by("text", "eq in"),
            "signInActivity/lastSignInDateTime": by("time", "le ge lt gt"),
            "signInActivity/lastSuccessfulSignInDateTime": by("time", "le ge lt gt"),
        },
        _CONNECTIVES,
    ),
    orderby=frozenset({"displayName", "userPrincipalName"}),
    search=frozenset({"displayName", "mail", "userPrincipalName", "givenName", "surname"}),
    advanced=True,
    max_top=999,
)
_GROUPS: Final = Query(
    select=True,
    expand=True,
    top=True,
    filter=FilterRules(
        {
            "id": _ID,
            "displayName": by("text", "eq in startswith", advanced="ne"),
            "mail": by("text", "eq in startswith", advanced="ne endswith"),
            "mailEnabled": by("flag", "eq", advanced="ne"),
            "securityEnabled": by("flag", "eq", advanced="ne"),
        },
        _CONNECTIVES,
    ),
    orderby=frozenset({"displayName"}),
    search=frozenset({"displayName", "description"}),
    advanced=True,
    max_top=999,
)
_APPS: Final = Query(
    select=True,
    expand=True,
    top=True,
    filter=FilterRules(
        {
            "id": _ID,
            "appId": by("id", "eq in"),
            "displayName": by("text", "eq in startswith", advanced="ne endswith"),
        },
        _CONNECTIVES,
    ),
    search=frozenset({"displayName"}),
    advanced=True,
    max_top=999,
)
_OBJECTS: Final = Query(select=True, top=True, advanced=True, max_top=999)


def _get(
    path: str,
    handler: Handler,
    answers: str,
    delegated: tuple[str, ...],
    application: tuple[str, ...],
    query: Query = _OBJECTS,
    **more: Any,
) -> Operation:
    return Operation("GET", path, handler, answers, delegated, application, query, service="directory", **more)


def _of_user(
    below: str,
    handler: Handler,
    answers: str,
    delegated: tuple[str, ...],
    application: tuple[str, ...],
    query: Query = _OBJECTS,
    **more: Any,
) -> tuple[Operation, Operation]:
    """The same operation on anybody, and on the signed-in person, where no application can be."""
    own_only = frozenset(may.OWN) & frozenset(delegated)
    return (
        _get("/users/{id}" + below, handler, answers, delegated, application, query, own_only=own_only, **more),
        _get("/me" + below, handler, answers, delegated, may.NOT_SUPPORTED, query, **more),
    )


_CHECK_GROUPS: Final = ("User.Read.All", *may.MEMBERSHIP)

DIRECTORY: Final[tuple[Operation, ...]] = (
    _get("/users", do.list_users, "user", may.USER_BASIC, may.USER_BASIC, _USERS, units=2),
    *_of_user("", do.get_user, "user", (*may.OWN, *may.USER_BASIC), may.USER_BASIC, PROJECTION),
    *_of_user("/manager", do.get_manager, "directoryObject", may.USER_READ, may.USER_READ, Query(select=True)),
    *_of_user("/directReports", do.list_direct_reports, "directoryObject", (*may.OWN, *may.USER_READ), may.USER_READ),
    *_of_user("/sponsors", do.list_sponsors, "directoryObject", (*may.OWN, *may.SPONSOR_READ), may.SPONSOR_READ),
    *_of_user(
        "/transitiveMemberOf",
        do.list_groups_of_user,
        "directoryObject",
        (*may.OWN, *may.MEMBERSHIP),
        may.MEMBERSHIP,
        units=2,
    ),
    *_of_user(
        "/transitiveMemberOf/graph.group",
        do.list_groups_of_user,
        "group",
        (*may.OWN, *may.MEMBERSHIP),
        may.MEMBERSHIP,
        units=2,
    ),
    Operation(
        "POST",
        "/users/{id}/checkMemberGroups",
        do.check_member_groups,
        "",
        _CHECK_GROUPS,
        _CHECK_GROUPS,
        service="directory",
        body="required",
        units=4,
    ),
    Operation(
        "POST",
        "/me/checkMemberGroups",
        do.check_member_groups,
        "",
        (*may.OWN, *_CHECK_GROUPS),
        may.NOT_SUPPORTED,
        service="directory",
        body="required",
        units=4,
        unpublished="the map names the action on /users/{id} only; for oneself User.Read suffices",
    ),
    _get("/groups", do.list_groups, "group", may.GROUP_READ, may.GROUP_READ, _GROUPS),
    _get("/groups/{id}", do.get_group, "group", may.GROUP_READ, may.GROUP_READ, PROJECTION),
    _get("/groups/{id}/members", do.list_members, "directoryObject", may.MEMBERSHIP, may.MEMBERSHIP, units=3),
    _get("/groups/{id}/members/graph.user", do.list_user_members, "user", may.MEMBERSHIP, may.MEMBERSHIP, units=3),
    _get(
        "/groups/{id}/transitiveMembers",
        do.list_transitive_members,
        "directoryObject",
        may.MEMBERSHIP,
        may.MEMBERSHIP,
        units=5,
    ),
    _get(
        "/groups/{id}/transitiveMembers/graph.user",
        do.list_transitive_user_members,
        "user",
        may.MEMBERSHIP,
        may.MEMBERSHIP,
        units=5,
    ),
    _get("/groups/{id}/owners", do.list_owners, "directoryObject", may.GROUP_OWNERS, may.GROUP_OWNERS),
    _get(
        "/servicePrincipals",
        do.list_service_principals,
        "servicePrincipal",
        may.APPLICATION_READ,
        may.APPLICATION_READ,
        _APPS,
    ),
    _get(
        "/servicePrincipals/{id}",
        do.get_service_principal,
        "servicePrincipal",
        may.APPLICATION_READ,
        may.APPLICATION_READ,
        PROJECTION,
    ),
    _get(
        "/servicePrincipals(appId={appId})",
        do.get_service_principal,
        "servicePrincipal",
        may.APPLICATION_READ,
        may.APPLICATION_READ,
        PROJECTION,
    ),
    _get(
        "/servicePrincipals/{id}/appRoleAssignedTo",
        do.list_role_holders,
        "appRoleAssignment",
        may.APPLICATION_READ,
        may.APPLICATION_READ,
    ),
    _get(
        "/servicePrincipals(appId={appId})/appRoleAssignedTo",
        do.list_role_holders,
        "appRoleAssignment",
        may.APPLICATION_READ,
        may.APPLICATION_READ,
    ),
)
