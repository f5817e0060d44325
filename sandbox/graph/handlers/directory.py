"""Users, groups and service principals: what the directory part of Graph answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.graph.operations import Call, Entities, Entity, Result, Values
from sandbox.graph.problems import GraphProblem, bad_request
from sandbox.graph.types.directory import assigned_to, directory_objects
from sandbox.tenant.model import AppRegistration, Group, User

_MAX_GROUP_IDS: Final = 20


def list_users(call: Call) -> Result:
    return Entities(_candidates(call))


_TEXTS: Final[Mapping[str, Callable[[User], str]]] = {
    "id": lambda user: user.id,
    "displayName": lambda user: user.display_name,
    "mail": lambda user: user.mail,
    "userPrincipalName": lambda user: user.user_principal_name,
}


def _candidates(call: Call) -> list[User]:
    """Everybody, or those with the names that the filter keeps to: one look at each, without making JSON of them."""
    users = list(call.tenant.users.values())
    if call.filter is None:
        return users
    for name, text in _TEXTS.items():
        if name in call.filter.pins:
            wanted = call.filter.pins[name]
            users = [user for user in users if text(user).casefold() == wanted]
        if name in call.filter.prefixes:
            beginning = call.filter.prefixes[name]
            users = [user for user in users if text(user).casefold().startswith(beginning)]
    return users


def get_user(call: Call) -> Result:
    return Entity(find_user(call))


def get_manager(call: Call) -> Result:
    user = find_user(call)
    manager = call.tenant.users.get(user.manager_id) if user.manager_id else None
    if manager is None:
        raise _missing("manager")
    return Entity(manager)


def list_direct_reports(call: Call) -> Result:
    return Entities(call.tenant.reports_of(find_user(call).id))


def list_sponsors(call: Call) -> Result:
    return Entities(directory_objects(call.reader, find_user(call).sponsor_ids))


def list_groups_of_user(call: Call) -> Result:
    return Entities(directory_objects(call.reader, call.tenant.groups_of(find_user(call).id)))


def check_member_groups(call: Call) -> Result:
    """Those of up to twenty groups that the user is in, directly or not."""
    ids = call.body.get("groupIds")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise bad_request("'groupIds' must be an array of ids.", "Request_BadRequest")
    if len(ids) > _MAX_GROUP_IDS:
        raise bad_request(f"'groupIds' must not hold more than {_MAX_GROUP_IDS} ids.", "Request_BadRequest")
    held = call.tenant.groups_of(find_user(call).id)
    return Values([one for one in dict.fromkeys(ids) if one in held], "Collection(Edm.String)")


def list_groups(call: Call) -> Result:
    return Entities(call.tenant.groups.values())


def get_group(call: Call) -> Result:
    return Entity(find_group(call))


def list_members(call: Call) -> Result:
    return Entities(directory_objects(call.reader, find_group(call).member_ids))


def list_user_members(call: Call) -> Result:
    return Entities(_users(directory_objects(call.reader, find_group(call).member_ids)))


def list_transitive_members(call: Call) -> Result:
    return Entities(_everybody_below(call, find_group(call)))


def list_transitive_user_members(call: Call) -> Result:
    return Entities(_users(_everybody_below(call, find_group(call))))


def list_owners(call: Call) -> Result:
    return Entities(directory_objects(call.reader, find_group(call).owner_ids))


def list_service_principals(call: Call) -> Result:
    return Entities(app for app in call.tenant.apps.values() if app.has_service_principal)


def get_service_principal(call: Call) -> Result:
    return Entity(find_service_principal(call))


def list_role_holders(call: Call) -> Result:
    return Entities(assigned_to(call.reader, find_service_principal(call)))


def find_user(call: Call) -> User:
    """The user in the path, by object id or user principal name; `/me` is the caller. Raises 404."""
    key = call.params.get("id", call.reader.user_id or "")
    users = call.tenant.users
    if key in users:
        return users[key]
    wanted = key.casefold()
    for user in users.values():
        if user.user_principal_name.casefold() == wanted:
            return user
    raise _missing(key)


def find_group(call: Call) -> Group:
    group = call.tenant.groups.get(call.params["id"])
    if group is None:
        raise _missing(call.params["id"])
    return group


def find_service_principal(call: Call) -> AppRegistration:
    if "appId" in call.params:
        app = call.tenant.apps.get(call.params["appId"])
        app = app if app is not None and app.has_service_principal else None
        key = call.params["appId"]
    else:
        key = call.params["id"]
        app = call.tenant.service_principal(key)
    if app is None:
        raise _missing(key)
    return app


def _missing(key: str) -> GraphProblem:
    return GraphProblem(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def _users(objects: list[Any]) -> list[User]:
    return [found for found in objects if isinstance(found, User)]


def _everybody_below(call: Call, group: Group) -> list[Any]:
    """Direct and nested members, groups included; a group that contains itself does no harm."""
    found: dict[str, None] = {}
    waiting = list(group.member_ids)
    while waiting:
        current = waiting.pop(0)
        if current in found:
            continue
        found[current] = None
        nested = call.tenant.groups.get(current)
        if nested is not None:
            waiting.extend(nested.member_ids)
    return directory_objects(call.reader, found)
