"""Changing groups: making them, their members and owners, and their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.graph.handlers.directory import find_group
from sandbox.graph.handlers.directory_body import (
    GROUP_ROLES,
    Read,
    add_reference,
    body_reference,
    check_administrator,
    choice,
    flag,
    missing,
    problem,
    read_properties,
    reference,
    remove_reference,
    require,
    text,
    texts,
)
from sandbox.graph.operations import Call, Empty, Entity, Result
from sandbox.graph.types.directory import DirectoryObject
from sandbox.graph.wire import Json
from sandbox.tenant.model import AppRegistration, Group, User

_MOST_BOUND: Final = 20
_CHANGEABLE: Final[Mapping[str, Read]] = {
    "description": text(1024),
    "displayName": text(256, nullable=False),
    "mailNickname": text(64, nullable=False),
    "securityEnabled": flag,
    "visibility": choice("Private", "Public", "HiddenMembership"),
}
_MEMBERS: Final = "members@odata.bind"
_OWNERS: Final = "owners@odata.bind"


def create_group(call: Call) -> Result:
    """A new group; the person who makes it owns it."""
    given = read_properties(
        call.body,
        {**_CHANGEABLE, "groupTypes": texts, "mailEnabled": flag, _MEMBERS: texts, _OWNERS: texts},
    )
    require(call.body, "displayName", "mailEnabled", "mailNickname", "securityEnabled")
    kinds = given.get("groupTypes", [])
    if unknown := [kind for kind in kinds if kind not in ("Unified", "DynamicMembership")]:
        raise problem(f"Invalid value '{unknown[0]}' specified for property 'groupTypes'.")
    if "DynamicMembership" in kinds:
        raise problem("Groups with dynamic membership cannot be made here.")
    if given["mailEnabled"] != ("Unified" in kinds):
        raise problem("Invalid value specified for property 'mailEnabled': only Microsoft 365 groups have a mailbox.")
    nickname = given["mailNickname"]
    if not nickname.isascii() or any(letter in nickname for letter in '@()\\[]";:<>, '):
        raise problem("Invalid value specified for property 'mailNickname'.")
    group = Group(
        id=call.tenant.new_id("group"),
        display_name=given["displayName"],
        description=given.get("description", ""),
        mail=f"{nickname}@{call.tenant.domain}" if given["mailEnabled"] else None,
        mail_nickname=nickname,
        security_enabled=given["securityEnabled"],
        group_types=kinds,
        created_at=call.reader.now,
    )
    _bind(call, group, given)
    if call.reader.user_id is not None:
        group.owner_ids.setdefault(call.reader.user_id, None)
    call.tenant.groups[group.id] = group
    return Entity(group, status=201)


def update_group(call: Call) -> Result:
    group = _writable(call)
    given = read_properties(call.body, {**_CHANGEABLE, _MEMBERS: texts})
    _bind(call, group, given)
    for name, attribute in (
        ("description", "description"),
        ("displayName", "display_name"),
        ("mailNickname", "mail_nickname"),
        ("securityEnabled", "security_enabled"),
    ):
        if name in given:
            setattr(group, attribute, given[name])
    return Empty()


def delete_group(call: Call) -> Result:
    """Delete a group, and with it every role and membership that it had."""
    group = _writable(call)
    tenant = call.tenant
    del tenant.groups[group.id]
    for other in tenant.groups.values():
        other.member_ids.pop(group.id, None)
    for held in [*tenant.app_role_assignments.values()]:
        if held.principal_id == group.id:
            del tenant.app_role_assignments[held.id]
    return Empty()


def add_member(call: Call) -> Result:
    group = _writable(call)
    member = body_reference(call, "users", "groups", "servicePrincipals")
    if member is group:
        raise problem("A group cannot be a member of itself.")
    add_reference(group.member_ids, _id_of(member), "members")
    return Empty()


def remove_member(call: Call) -> Result:
    group = _writable(call)
    remove_reference(group.member_ids, call.params["memberId"])
    return Empty()


def add_owner(call: Call) -> Result:
    group = _writable(call)
    add_reference(group.owner_ids, _id_of(_owner(body_reference(call, "users", "servicePrincipals"))), "owners")
    return Empty()


def remove_owner(call: Call) -> Result:
    """Take an owner away; the last one of a Microsoft 365 group stays."""
    group = _writable(call)
    if call.params["memberId"] not in group.owner_ids:
        raise missing(call.params["memberId"])
    if len(group.owner_ids) == 1 and "Unified" in group.group_types:
        raise problem("The group must have at least one owner, hence this owner cannot be removed.")
    remove_reference(group.owner_ids, call.params["memberId"])
    return Empty()


def _writable(call: Call) -> Group:
    """The group in the path, for whoever may change it. Raises 404, 403, and 400 for one that is kept elsewhere."""
    group = find_group(call)
    check_administrator(call, GROUP_ROLES, group.owner_ids)
    if group.on_premises_sync_enabled:
        raise problem(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
            "currently undergoing migration."
        )
    return group


def _bind(call: Call, group: Group, given: Json) -> None:
    """Put in the members and owners that a body binds: all of them, or, with an error, none."""
    members = _bound(call, given.get(_MEMBERS, []), "users", "groups", "servicePrincipals")
    owners = [_owner(one) for one in _bound(call, given.get(_OWNERS, []), "users", "servicePrincipals")]
    for name, ids, found in (("members", group.member_ids, members), ("owners", group.owner_ids, owners)):
        added = dict(ids)
        for one in found:
            add_reference(added, _id_of(one), name)
        ids.update(added)


def _bound(call: Call, addresses: list[Any], *sets: str) -> list[DirectoryObject]:
    if len(addresses) > _MOST_BOUND:
        raise problem(f"No more than {_MOST_BOUND} references can be bound in one request.")
    return [reference(call, address, *sets) for address in addresses]


def _owner(found: DirectoryObject) -> User | AppRegistration:
    if isinstance(found, Group):
        raise problem("An owner must be a user or a service principal.")
    return found


def _id_of(found: DirectoryObject) -> str:
    return found.object_id if isinstance(found, AppRegistration) else found.id
