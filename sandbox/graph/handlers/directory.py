"""Users, groups and service principals: what the directory part of Graph answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.graph.operations import Call, Entities, Entity, Result, Values
from sandbox.graph.problems import GraphProblem, bad_request
from sandbox.graph.types.directory import Invitation, assigned_to, directory_objects
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
    return Entity(_user(call))


def get_manager(call: Call) -> Result:
    user = _user(call)
    manager = call.tenant.users.get(user.manager_id) if user.manager_id else None
    if manager is None:
        raise _missing("manager")
    return Entity(manager)


def list_direct_reports(call: Call) -> Result:
    return Entities(call.tenant.reports_of(_user(call).id))


def list_sponsors(call: Call) -> Result:
    return Entities(directory_objects(call.reader, _user(call).sponsor_ids))


def list_groups_of_user(call: Call) -> Result:
    return Entities(directory_objects(call.reader, call.tenant.groups_of(_user(call).id)))


def check_member_groups(call: Call) -> Result:
    """Those of up to twenty groups that the user is in, directly or not."""
    ids = call.body.get("groupIds")
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise bad_request("'groupIds' must be an array of ids.", "Request_BadRequest")
    if len(ids) > _MAX_GROUP_IDS:
        raise bad_request(f"'groupIds' must not hold more than {_MAX_GROUP_IDS} ids.", "Request_BadRequest")
    held = call.tenant.groups_of(_user(call).id)
    return Values([one for one in dict.fromkeys(ids) if one in held], "Collection(Edm.String)")


def list_groups(call: Call) -> Result:
    return Entities(call.tenant.groups.values())


def get_group(call: Call) -> Result:
    return Entity(_group(call))


def list_members(call: Call) -> Result:
    return Entities(directory_objects(call.reader, _group(call).member_ids))


def list_user_members(call: Call) -> Result:
    return Entities(_users(directory_objects(call.reader, _group(call).member_ids)))


def list_transitive_members(call: Call) -> Result:
    return Entities(_everybody_below(call, _group(call)))


def list_transitive_user_members(call: Call) -> Result:
    return Entities(_users(_everybody_below(call, _group(call))))


def list_owners(call: Call) -> Result:
    return Entities(directory_objects(call.reader, _group(call).owner_ids))


def list_service_principals(call: Call) -> Result:
    return Entities(call.tenant.apps.values())


def get_service_principal(call: Call) -> Result:
    return Entity(_app(call))


def list_role_holders(call: Call) -> Result:
    return Entities(assigned_to(call.reader, _app(call)))


def invite(call: Call) -> Result:
    """Make a guest, or find the one who is there already; no mail is sent by the sandbox."""
    mail, redirect = call.body.get("invitedUserEmailAddress"), call.body.get("inviteRedirectUrl")
    if not isinstance(mail, str) or mail.count("@") != 1 or mail.startswith("@") or mail.endswith("@"):
        raise bad_request("'invitedUserEmailAddress' must be a mail address.")
    if not isinstance(redirect, str) or not redirect.startswith(("https://", "http://")):
        raise bad_request("'inviteRedirectUrl' must be an address.")
    name = call.body.get("invitedUserDisplayName")
    message = call.body.get("invitedUserMessageInfo")
    known = next((user for user in call.tenant.users.values() if user.mail.casefold() == mail.casefold()), None)
    if known is not None and not known.is_guest:
        raise bad_request("The invited user already exists in the directory as a member.")
    user = known or _make_guest(call, mail, name if isinstance(name, str) and name.strip() else mail)
    invitation = Invitation(
        id=str(uuid.uuid4()),
        user=user,
        redirect_url=redirect,
        redeem_url=f"{call.reader.world.base_url}/redeem?user={user.id}",
        sends_message=call.body.get("sendInvitationMessage") is True,
        message=_message(message),
    )
    return Entity(invitation, status=201)


def _message(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, dict):
        return None
    return {
        "messageLanguage": value.get("messageLanguage"),
        "ccRecipients": [],
        "customizedMessageBody": value.get("customizedMessageBody"),
    }


def _make_guest(call: Call, mail: str, name: str) -> User:
    given, _, surname = name.partition(" ")
    guest = User(
        id=call.tenant.new_id("guest"),
        display_name=name,
        given_name=given,
        surname=surname,
        mail=mail,
        user_principal_name=f"{mail.replace('@', '_')}#EXT#@{call.tenant.domain}",
        user_type="Guest",
        sponsor_ids=[call.reader.user_id] if call.reader.user_id is not None else [],
        external_user_state="PendingAcceptance",
        created_at=call.reader.now,
    )
    call.tenant.users[guest.id] = guest
    return guest


def _user(call: Call) -> User:
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


def _group(call: Call) -> Group:
    group = call.tenant.groups.get(call.params["id"])
    if group is None:
        raise _missing(call.params["id"])
    return group


def _app(call: Call) -> AppRegistration:
    if "appId" in call.params:
        app = call.tenant.apps.get(call.params["appId"])
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
