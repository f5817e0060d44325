"""Changing people: their profile, their manager, their sponsors, and their end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sandbox.graph.handlers.directory import find_user
from sandbox.graph.handlers.directory_body import (
    USER_ROLES,
    Read,
    body_reference,
    check_administrator,
    choice,
    flag,
    missing,
    problem,
    read_properties,
    require,
    structure,
    text,
    texts,
)
from sandbox.graph.operations import Call, Empty, Entity, Result
from sandbox.tenant.model import AppRegistration, User

_OWN: Final[Mapping[str, tuple[str, Read]]] = {
    "mobilePhone": ("mobile_phone", text(64)),
    "preferredLanguage": ("preferred_language", text(16)),
}
"""What people may change of themselves, by the attribute that keeps it."""
_PROFILE: Final[Mapping[str, tuple[str, Read]]] = {
    **_OWN,
    "accountEnabled": ("account_enabled", flag),
    "companyName": ("company_name", text(64)),
    "department": ("department", text(64)),
    "displayName": ("display_name", text(256, nullable=False)),
    "givenName": ("given_name", text(64)),
    "jobTitle": ("job_title", text(128)),
    "mail": ("mail", text(113)),
    "officeLocation": ("office_location", text(128)),
    "otherMails": ("other_mails", texts),
    "surname": ("surname", text(64)),
    "userType": ("user_type", choice("Member", "Guest")),
}

_AT_FIRST: Final[Mapping[str, Read]] = {
    "mailNickname": text(64, nullable=False),
    "passwordProfile": structure(
        {"password": text(256), "forceChangePasswordNextSignIn": flag, "forceChangePasswordNextSignInWithMfa": flag}
    ),
    "userPrincipalName": text(113, nullable=False),
}
_NICKNAME: Final = re.compile(r"[A-Za-z0-9!#^~'._-]{1,64}")


def create_user(call: Call) -> Result:
    """A new person. Raises 400 without what the service wants, for an address that is taken, or of another domain."""
    check_administrator(call, USER_ROLES)
    given = read_properties(call.body, {**{name: read for name, (_, read) in _PROFILE.items()}, **_AT_FIRST})
    require(call.body, "accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
    if not given["passwordProfile"].get("password"):
        raise problem("A value is required for property 'password' of resource 'PasswordProfile'.")
    name = given["userPrincipalName"]
    nickname, _, domain = name.rpartition("@")
    if not _NICKNAME.fullmatch(nickname) or not _NICKNAME.fullmatch(given["mailNickname"]):
        raise problem("Property userPrincipalName, or mailNickname, is invalid.")
    if domain.casefold() != call.tenant.domain:
        raise problem(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the "
            "verified domain names in your organization."
        )
    if any(user.user_principal_name.casefold() == name.casefold() for user in call.tenant.users.values()):
        raise problem("Another object with the same value for property userPrincipalName already exists.")
    user = User(call.tenant.new_id("user"), given["displayName"], "", "", "", name, created_at=call.reader.now)
    for property_name in given.keys() & _PROFILE.keys():
        setattr(user, _PROFILE[property_name][0], given[property_name])
    call.tenant.users[user.id] = user
    call.entitlement.automatic.person_changed(user.id, call.reader.now)
    return Entity(user, status=201)


def update_user(call: Call) -> Result:
    """Change the properties that the body holds; of themselves people without a role may change little."""
    user = find_user(call)
    is_own = user.id == call.principal.user_id
    given = read_properties(call.body, {name: read for name, (_, read) in _PROFILE.items()})
    if not (is_own and given.keys() <= _OWN.keys()):
        check_administrator(call, USER_ROLES)
    for name, value in given.items():
        setattr(user, _PROFILE[name][0], value)
    call.entitlement.automatic.person_changed(user.id, call.reader.now)
    return Empty()


def delete_user(call: Call) -> Result:
    user = find_user(call)
    check_administrator(call, USER_ROLES)
    call.tenant.delete_user(user.id, call.reader.now)
    return Empty()


def set_manager(call: Call) -> Result:
    user = find_user(call)
    check_administrator(call, USER_ROLES)
    manager = body_reference(call, "users")
    if not isinstance(manager, User):
        raise problem("A manager must be a user.")
    user.manager_id = manager.id
    return Empty()


def remove_manager(call: Call) -> Result:
    user = find_user(call)
    check_administrator(call, USER_ROLES)
    if user.manager_id is None:
        raise missing("manager")
    user.manager_id = None
    return Empty()


def add_sponsor(call: Call) -> Result:
    user = find_user(call)
    check_administrator(call, USER_ROLES)
    sponsor = body_reference(call, "users", "groups")
    if isinstance(sponsor, AppRegistration):
        raise problem("A sponsor must be a user or a group.")
    if sponsor.id in user.sponsor_ids:
        raise problem(
            "One or more added object references already exist for the following modified properties: 'sponsors'."
        )
    user.sponsor_ids.append(sponsor.id)
    return Empty()


def remove_sponsor(call: Call) -> Result:
    user = find_user(call)
    check_administrator(call, USER_ROLES)
    if call.params["memberId"] not in user.sponsor_ids:
        raise missing(call.params["memberId"])
    user.sponsor_ids.remove(call.params["memberId"])
    return Empty()
