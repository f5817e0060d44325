"""Changing people: their profile, their manager, their sponsors, and their end."""

from __future__ import annotations

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
    text,
    texts,
)
from sandbox.graph.operations import Call, Empty, Result
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


def update_user(call: Call) -> Result:
    """Change the properties that the body holds; of themselves people without a role may change little."""
    user = find_user(call)
    is_own = user.id == call.principal.user_id
    given = read_properties(call.body, {name: read for name, (_, read) in _PROFILE.items()})
    if not (is_own and given.keys() <= _OWN.keys()):
        check_administrator(call, USER_ROLES)
    for name, value in given.items():
        setattr(user, _PROFILE[name][0], value)
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
