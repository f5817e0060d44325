"""Users, groups, service principals and app role assignments as Graph shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sandbox.graph import wire
from sandbox.graph.access import denied
from sandbox.graph.problems import GraphProblem
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType, Getter, many, one
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import AppRegistration, AppRoleAssignment, Group, User

_EXPANDED: Final = 20
"""A directory collection shows no more items than this when it is expanded (long-standing, not documented per set)."""

BASIC_USER: Final = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)
_PUBLIC_USER: Final = frozenset(BASIC_USER) - {"jobTitle", "mobilePhone", "businessPhones"} | {"userType"}
"""What `User.ReadBasic.All` lets through; the rest of the profile reads as null."""

DirectoryObject = User | Group | AppRegistration


def directory_objects(reader: Reader, ids: Iterable[str]) -> list[DirectoryObject]:
    """The objects behind `ids`, in their order; ids of deleted ones are left out."""
    return [found for one_id in ids if (found := find_directory_object(reader, one_id)) is not None]


def direct_groups(reader: Reader, object_id: str) -> list[Group]:
    """The groups that an object is in itself."""
    return [group for group in reader.tenant.groups.values() if object_id in group.member_ids]


def find_directory_object(reader: Reader, object_id: str) -> DirectoryObject | None:
    tenant = reader.tenant
    return tenant.users.get(object_id) or tenant.groups.get(object_id) or tenant.service_principal(object_id)


def _full(name: str, getter: Getter) -> Getter:
    """The getter, answering null to readers that may see basic profiles only."""
    if name in _PUBLIC_USER:
        return getter
    return lambda reader, user: getter(reader, user) if reader.reads_profiles else None


def sign_in_activity(reader: Reader, user: User) -> wire.Json | None:
    """When somebody last signed in; null for nobody ever. Raises 403 without the permission, or without a licence."""
    if not reader.reads_sign_ins:
        raise denied("Calling principal does not have required MSGraph permissions AuditLog.Read.All.")
    if reader.world.options.licence == "none":
        raise GraphProblem(
            403,
            "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
            "Neither tenant is B2C or tenant doesn't have premium license.",
        )
    moments = {
        "lastSignIn": user.last_sign_in_at,
        "lastNonInteractiveSignIn": user.last_non_interactive_sign_in_at,
        "lastSuccessfulSignIn": user.last_successful_sign_in_at,
    }
    if not any(moments.values()):
        return None
    shown: wire.Json = {}
    for name, moment in moments.items():
        shown[f"{name}DateTime"] = wire.moment(moment)
        shown[f"{name}RequestId"] = stable_id(f"sign-in/{user.id}/{moment}") if moment is not None else None
    return shown


def _manager(reader: Reader, user: User) -> User | None:
    return reader.tenant.users.get(user.manager_id) if user.manager_id else None


_USER_PROPERTIES: Final[dict[str, Getter]] = {
    "businessPhones": lambda _, u: [],
    "displayName": lambda _, u: u.display_name,
    "givenName": lambda _, u: u.given_name or None,
    "jobTitle": lambda _, u: u.job_title or None,
    "mail": lambda _, u: u.mail or None,
    "mobilePhone": lambda _, u: u.mobile_phone or None,
    "officeLocation": lambda _, u: u.office_location or None,
    "preferredLanguage": lambda _, u: u.preferred_language or None,
    "surname": lambda _, u: u.surname or None,
    "userPrincipalName": lambda _, u: u.user_principal_name,
    "id": lambda _, u: u.id,
    "accountEnabled": lambda _, u: u.account_enabled,
    "companyName": lambda _, u: u.company_name or None,
    "createdDateTime": lambda _, u: wire.moment(u.created_at),
    "department": lambda _, u: u.department or None,
    "externalUserState": lambda _, u: u.external_user_state,
    "externalUserStateChangeDateTime": lambda _, u: wire.moment(u.external_user_state_at),
    "mailNickname": lambda _, u: u.user_principal_name.partition("@")[0],
    "otherMails": lambda _, u: list(u.other_mails),
    "proxyAddresses": lambda _, u: ([f"SMTP:{u.mail}"] if u.mail else []) + [f"smtp:{m}" for m in u.other_mails],
    "signInActivity": lambda r, u: sign_in_activity(r, u),
    "userType": lambda _, u: u.user_type,
}
_UNMASKED: Final = frozenset({"signInActivity"})
_LISTS: Final = frozenset({"businessPhones", "otherMails", "proxyAddresses"})

USER: Final = EntityType(
    "user",
    {name: getter if name in _LISTS | _UNMASKED else _full(name, getter) for name, getter in _USER_PROPERTIES.items()},
    {
        "manager": one("directoryObject", _manager),
        "directReports": many("directoryObject", lambda r, u: r.tenant.reports_of(u.id), limit=_EXPANDED),
        "sponsors": many("directoryObject", lambda r, u: directory_objects(r, u.sponsor_ids), limit=_EXPANDED),
        "appRoleAssignments": many("appRoleAssignment", lambda r, u: roles_of(r, u.id), limit=_EXPANDED),
        "memberOf": many("directoryObject", lambda r, u: direct_groups(r, u.id), limit=_EXPANDED),
        "transitiveMemberOf": many(
            "directoryObject", lambda r, u: directory_objects(r, r.tenant.groups_of(u.id)), limit=_EXPANDED
        ),
    },
    default=BASIC_USER,
    by_name=frozenset({"signInActivity"}),
)

GROUP: Final = EntityType(
    "group",
    {
        "id": lambda _, g: g.id,
        "deletedDateTime": lambda _, g: None,
        "classification": lambda _, g: None,
        "createdDateTime": lambda _, g: wire.moment(g.created_at),
        "description": lambda _, g: g.description or None,
        "displayName": lambda _, g: g.display_name,
        "groupTypes": lambda _, g: list(g.group_types),
        "isAssignableToRole": lambda _, g: None,
        "mail": lambda _, g: g.mail,
        "mailEnabled": lambda _, g: g.mail is not None,
        "mailNickname": lambda _, g: g.mail_nickname,
        "membershipRule": lambda _, g: None,
        "onPremisesSyncEnabled": lambda _, g: g.on_premises_sync_enabled,
        "proxyAddresses": lambda _, g: [f"SMTP:{g.mail}"] if g.mail else [],
        "resourceProvisioningOptions": lambda _, g: ["Team"] if g.has_team else [],
        "securityEnabled": lambda _, g: g.security_enabled,
        "visibility": lambda _, g: None,
    },
    {
        "members": many("directoryObject", lambda r, g: directory_objects(r, g.member_ids), limit=_EXPANDED),
        "memberOf": many("directoryObject", lambda r, g: direct_groups(r, g.id), limit=_EXPANDED),
        "owners": many("directoryObject", lambda r, g: directory_objects(r, g.owner_ids), limit=_EXPANDED),
        "appRoleAssignments": many("appRoleAssignment", lambda r, g: roles_of(r, g.id), limit=_EXPANDED),
    },
)


def app_role_json(role: Any) -> wire.Json:
    return {
        "allowedMemberTypes": list(role.allowed_member_types),
        "description": role.description or None,
        "displayName": role.display_name,
        "id": role.id,
        "isEnabled": role.is_enabled,
        "origin": "Application",
        "value": role.value or None,
    }


SERVICE_PRINCIPAL: Final = EntityType(
    "servicePrincipal",
    {
        "id": lambda _, a: a.object_id,
        "deletedDateTime": lambda _, a: None,
        "accountEnabled": lambda _, a: a.is_enabled,
        "appDisplayName": lambda _, a: a.display_name,
        "appId": lambda _, a: a.app_id,
        "appOwnerOrganizationId": lambda r, a: r.tenant.id,
        "appRoleAssignmentRequired": lambda _, a: (
            a.is_assignment_required if a.is_assignment_required is not None else bool(a.app_roles)
        ),
        "appRoles": lambda r, a: [app_role_json(role) for role in a.roles_at(r.now)],
        "displayName": lambda _, a: a.display_name,
        "homepage": lambda _, a: a.homepage or None,
        "loginUrl": lambda _, a: a.login_url or None,
        "notes": lambda _, a: a.service_notes or None,
        "servicePrincipalNames": lambda _, a: [name for name in (a.app_id, a.identifier_uri) if name],
        "servicePrincipalType": lambda _, a: "Application",
        "signInAudience": lambda _, a: "AzureADMyOrg",
        "tags": lambda _, a: list(a.tags),
    },
    {
        "owners": many("directoryObject", lambda r, a: directory_objects(r, a.owner_ids), limit=_EXPANDED),
        "appRoleAssignedTo": many("appRoleAssignment", lambda r, a: assigned_to(r, a), limit=_EXPANDED),
    },
)


def assigned_to(reader: Reader, app: AppRegistration) -> list[AppRoleAssignment]:
    """Who holds a role of that application."""
    return [held for held in _listed(reader) if held.resource_id == app.object_id]


def roles_of(reader: Reader, object_id: str) -> list[AppRoleAssignment]:
    """The roles that a user or group holds, directly."""
    return [held for held in _listed(reader) if held.principal_id == object_id]


def _listed(reader: Reader) -> Iterator[AppRoleAssignment]:
    """The app role assignments that lists know of by now: they lag behind writes."""
    newest = reader.now - timedelta(seconds=reader.world.options.directory_lag_s)
    return (held for held in reader.tenant.app_role_assignments.values() if held.created_at <= newest)


def _name_of(reader: Reader, object_id: str) -> str | None:
    found = find_directory_object(reader, object_id)
    return found.display_name if found else None


APP_ROLE_ASSIGNMENT: Final = EntityType(
    "appRoleAssignment",
    {
        "id": lambda _, a: a.id,
        "deletedDateTime": lambda _, a: None,
        "appRoleId": lambda _, a: a.app_role_id,
        "createdDateTime": lambda _, a: wire.moment(a.created_at),
        "principalDisplayName": lambda r, a: _name_of(r, a.principal_id),
        "principalId": lambda _, a: a.principal_id,
        "principalType": lambda _, a: a.principal_type,
        "resourceDisplayName": lambda r, a: _name_of(r, a.resource_id),
        "resourceId": lambda _, a: a.resource_id,
    },
)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation just made; the tenant keeps the guest, not the invitation."""

    id: str
    user: User
    redirect_url: str
    redeem_url: str
    sends_message: bool
    message: wire.Json | None
    resets: bool = False


INVITATION: Final = EntityType(
    "invitation",
    {
        "id": lambda _, i: i.id,
        "inviteRedeemUrl": lambda _, i: i.redeem_url,
        "invitedUserDisplayName": lambda _, i: i.user.display_name,
        "invitedUserType": lambda _, i: i.user.user_type,
        "invitedUserEmailAddress": lambda _, i: i.user.mail,
        "sendInvitationMessage": lambda _, i: i.sends_message,
        "resetRedemption": lambda _, i: i.resets,
        "inviteRedirectUrl": lambda _, i: i.redirect_url,
        "status": lambda _, i: "Completed" if i.user.external_user_state == "Accepted" else "PendingAcceptance",
        "invitedUserMessageInfo": lambda _, i: i.message,
        "invitedUser": lambda _, i: {"id": i.user.id},  # shown without being expanded, but no more than its id
    },
    {
        "invitedUser": one("user", lambda _, i: i.user),
        "invitedUserSponsors": many("directoryObject", lambda r, i: directory_objects(r, i.user.sponsor_ids)),
    },
)
