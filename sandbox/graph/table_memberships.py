"""The operations on memberships, and on directory objects of any kind."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph import permissions as may
from sandbox.graph.handlers import memberships as ms
from sandbox.graph.operations import Handler, Operation, Query

_OBJECTS: Final = Query(select=True, top=True, advanced=True, max_top=999)
_DIRECTORY: Final = ("Directory.Read.All",)
_OWN_GROUPS: Final = (*may.OWN, "GroupMember.Read.All", "Directory.Read.All")
_LICENCES: Final = ("LicenseAssignment.Read.All", "User.Read.All", "Directory.Read.All")
_NO_ME: Final = "the map names the action on /users/{id} only; for oneself User.Read suffices"
_NO_OBJECTS: Final = "the map has no entry; it takes what the action on groups takes"


def _get(
    path: str, handler: Handler, answers: str, delegated: tuple[str, ...], application: tuple[str, ...], **more: Any
) -> Operation:
    more = {"query": _OBJECTS, "units": 2, **more}
    return Operation("GET", path, handler, answers, delegated, application, service="directory", **more)


def _ask(
    path: str, handler: Handler, delegated: tuple[str, ...], application: tuple[str, ...], **more: Any
) -> Operation:
    more = {"units": 4, "body": "required", **more}
    return Operation("POST", path, handler, "", delegated, application, service="directory", **more)


def _lists(
    path: str, handler: Handler, delegated: tuple[str, ...], application: tuple[str, ...], **more: Any
) -> tuple[Operation, ...]:
    """The list, and the same list of groups alone."""
    return (
        _get(path, handler, "directoryObject", delegated, application, **more),
        _get(f"{path}/graph.group", handler, "group", delegated, application, **more),
    )


def _questions(path: str, *, unpublished: str = "", own: bool = False) -> tuple[Operation, ...]:
    """What can be asked about the groups of one object."""
    delegated = (*may.OWN, *may.MEMBERSHIP) if own else may.MEMBERSHIP
    application = may.NOT_SUPPORTED if own else may.MEMBERSHIP
    return (
        _ask(f"{path}/getMemberGroups", ms.get_groups, delegated, application, unpublished=unpublished),
        _ask(f"{path}/getMemberObjects", ms.get_groups, delegated, application, unpublished=unpublished or _NO_OBJECTS),
        _ask(
            f"{path}/checkMemberObjects",
            ms.check_objects,
            delegated,
            application,
            unpublished=unpublished or _NO_OBJECTS,
        ),
    )


_OWN_ONLY: Final = frozenset(may.OWN)

MEMBERSHIPS: Final[tuple[Operation, ...]] = (
    *_lists("/users/{id}/memberOf", ms.list_direct_groups, _OWN_GROUPS, _DIRECTORY, own_only=_OWN_ONLY),
    *_lists("/me/memberOf", ms.list_direct_groups, _OWN_GROUPS, may.NOT_SUPPORTED),
    *_lists("/groups/{id}/memberOf", ms.list_direct_groups, may.MEMBERSHIP, may.MEMBERSHIP),
    *_lists("/groups/{id}/transitiveMemberOf", ms.list_all_groups, may.MEMBERSHIP, _DIRECTORY),
    *_questions("/users/{id}"),
    *_questions("/me", unpublished=_NO_ME, own=True),
    *_questions("/groups/{id}"),
    _ask("/groups/{id}/checkMemberGroups", ms.check_groups, may.MEMBERSHIP, may.MEMBERSHIP),
    *_questions("/directoryObjects/{id}"),
    _ask("/directoryObjects/{id}/checkMemberGroups", ms.check_groups, may.MEMBERSHIP, may.MEMBERSHIP),
    _get(
        "/directoryObjects/{id}",
        ms.get_object,
        "directoryObject",
        _DIRECTORY,
        _DIRECTORY,
        query=Query(select=True),
        units=1,
    ),
    Operation(
        "POST",
        "/directoryObjects/getByIds",
        ms.get_by_ids,
        "directoryObject",
        _DIRECTORY,
        _DIRECTORY,
        service="directory",
        body="required",
        units=3,
    ),
    _get(
        "/users/{id}/licenseDetails",
        ms.list_licences,
        "licenseDetails",
        (*may.OWN, *_LICENCES),
        _LICENCES,
        query=Query(select=True),
        own_only=_OWN_ONLY,
        units=1,
    ),
    _get(
        "/me/licenseDetails",
        ms.list_licences,
        "licenseDetails",
        (*may.OWN, *_LICENCES),
        may.NOT_SUPPORTED,
        query=Query(select=True),
        units=1,
    ),
)
