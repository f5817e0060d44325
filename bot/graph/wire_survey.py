"""Graph's JSON about the tenant as a whole, turned into the values of `bot.survey`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.domain import UserId
from bot.graph.odata import Query
from bot.graph.wire import resource_role
from bot.graph.wire_base import JsonObject, Moment, Typed, Wire, read
from bot.graph.wire_rules import package_rules
from bot.survey import Account, Credential, CredentialKind, Organization, Registered, Subscription, SurveyedPackage

PACKAGES_QUERY: Final[Query] = {
    "$expand": "catalog,assignmentPolicies($expand=questions),incompatibleAccessPackages,incompatibleGroups,"
    "resourceRoleScopes($expand=role($expand=resource),scope)"
}
ACCOUNT_QUERY: Final[Query] = {
    "$select": "id,displayName,mail,userPrincipalName,userType,accountEnabled",
    "$expand": "manager($levels=1;$select=id)",
}


class _Reference(Wire):
    id: str = ""


class _Account(Wire):
    id: str
    display_name: str = ""
    mail: str = ""
    user_principal_name: str = ""
    user_type: str = ""
    account_enabled: bool = True
    manager: _Reference = _Reference()


class _SignIns(Wire):
    last_sign_in_date_time: Moment = None
    last_non_interactive_sign_in_date_time: Moment = None
    last_successful_sign_in_date_time: Moment = None


class _Seen(Wire):
    id: str
    sign_in_activity: _SignIns = _SignIns()


class _Source(Typed):
    domain_name: str = ""
    tenant_id: str = ""


class _Organization(Wire):
    id: str
    display_name: str = ""
    state: str = ""
    identity_sources: tuple[_Source, ...] = ()


class _Plan(Wire):
    service_plan_name: str = ""


class _Units(Wire):
    enabled: int = 0
    warning: int = 0


class _Sku(Wire):
    sku_part_number: str = ""
    capability_status: str = ""
    applies_to: str = "User"
    service_plans: tuple[_Plan, ...] = ()
    prepaid_units: _Units = _Units()


class _Credential(Wire):
    display_name: str = ""
    end_date_time: Moment = None


class _Application(Wire):
    app_id: str
    display_name: str = ""
    password_credentials: tuple[_Credential, ...] = ()
    key_credentials: tuple[_Credential, ...] = ()


class _Consent(Wire):
    consent_type: str = ""
    scope: str = ""


class _Contents(Wire):
    resource_role_scopes: tuple[JsonObject, ...] = ()


def surveyed_package(data: JsonObject) -> SurveyedPackage:
    roles = read(_Contents, data).resource_role_scopes
    return SurveyedPackage(package_rules(data, "en"), tuple(resource_role(role) for role in roles))


def account(data: JsonObject) -> Account:
    found = read(_Account, data)
    return Account(
        UserId(found.id),
        found.display_name,
        found.user_principal_name,
        found.mail,
        is_guest=found.user_type.casefold() == "guest",
        is_enabled=found.account_enabled,
        manager_id=UserId(found.manager.id) if found.manager.id else None,
    )


def last_seen(data: JsonObject) -> tuple[UserId, datetime | None]:
    """The newest sign-in of any kind."""
    found = read(_Seen, data)
    signs = found.sign_in_activity
    moments = (
        signs.last_sign_in_date_time,
        signs.last_non_interactive_sign_in_date_time,
        signs.last_successful_sign_in_date_time,
    )
    return UserId(found.id), max((moment for moment in moments if moment is not None), default=None)


def organization(data: JsonObject) -> Organization:
    found = read(_Organization, data)
    return Organization(
        found.id,
        found.display_name,
        found.state.casefold() == "configured",
        frozenset(source.domain_name.casefold() for source in found.identity_sources if source.domain_name),
        frozenset(source.tenant_id for source in found.identity_sources if source.tenant_id),
    )


def subscription(data: JsonObject) -> Subscription | None:
    """None for a product that is not in force, or that is for the company instead of for people."""
    found = read(_Sku, data)
    if found.capability_status.casefold() not in ("enabled", "warning", "") or found.applies_to.casefold() != "user":
        return None
    plans = frozenset(plan.service_plan_name for plan in found.service_plans)
    return Subscription(found.sku_part_number, plans, found.prepaid_units.enabled + found.prepaid_units.warning)


def registered(data: JsonObject) -> Registered:
    found = read(_Application, data)
    kinds = (
        (CredentialKind.SECRET, found.password_credentials),
        (CredentialKind.CERTIFICATE, found.key_credentials),
    )
    return Registered(
        found.app_id,
        found.display_name,
        tuple(
            Credential(kind, each.display_name, each.end_date_time)
            for kind, credentials in kinds
            for each in credentials
            if each.end_date_time is not None
        ),
    )


def consents(grants: Iterable[JsonObject]) -> frozenset[str]:
    """The scopes that are allowed for everybody."""
    found = [read(_Consent, grant) for grant in grants]
    return frozenset(
        scope for grant in found if grant.consent_type.casefold() == "allprincipals" for scope in grant.scope.split()
    )
