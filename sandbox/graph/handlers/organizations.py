"""Connected organizations, their sponsors, and the settings of the whole tenant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from sandbox.graph.engine.times import parse_duration
from sandbox.graph.handlers.body import (
    Place,
    duration,
    enum,
    flag,
    guid,
    list_of,
    name_text,
    object_of,
    one_of,
    require,
    text,
)
from sandbox.graph.handlers.writing import keep_within, linked_id, read_shape
from sandbox.graph.operations import Call, Empty, Entity, Result
from sandbox.graph.problems import bad_request, conflict, not_found
from sandbox.graph.wire import Json
from sandbox.tenant.model import ConnectedOrganization, Tenant


def _domain(at: Place, value: Any) -> str:
    name = text(at, value).strip().casefold()
    labels = name.split(".")
    if len(labels) < 2 or not all(label.replace("-", "").isalnum() for label in labels):
        raise bad_request(f"'{at.name}' must be a domain name.")
    return name


_SOURCES: Final = list_of(
    one_of(
        {
            "azureActiveDirectoryTenant": {"tenantId": guid, "displayName": text},
            "crossCloudAzureActiveDirectoryTenant": {
                "tenantId": guid,
                "cloudInstance": name_text,
                "displayName": text,
            },
            "domainIdentitySource": {"domainName": _domain, "displayName": text},
            "externalDomainFederation": {"issuerUri": name_text, "domainName": _domain, "displayName": text},
            "socialIdentitySource": {"socialIdentitySourceType": enum("facebook"), "displayName": text},
        }
    )
)
_IDENTIFYING: Final = {
    "azureActiveDirectoryTenant": ("tenantId",),
    "crossCloudAzureActiveDirectoryTenant": ("tenantId", "cloudInstance"),
    "domainIdentitySource": ("domainName",),
    "externalDomainFederation": ("issuerUri",),
    "socialIdentitySource": ("socialIdentitySourceType",),
}
_READ_ONLY: Final = ("id", "createdDateTime", "modifiedDateTime")
_TEXTS: Final = {"displayName": name_text, "description": text, "state": enum("configured", "proposed")}
_NEW: Final = object_of({**_TEXTS, "identitySources": _SOURCES}, ignored=_READ_ONLY)
_CHANGED: Final = object_of(_TEXTS, ignored=_READ_ONLY)
_SETTINGS: Final = object_of(
    {
        "externalUserLifecycleAction": enum("none", "blockSignIn", "blockSignInAndDelete"),
        "durationUntilExternalUserDeletedAfterBlocked": duration,
    },
    ignored=("id",),
)
_END_USER: Final = object_of(
    {"relatedPeopleInsightLevel": enum("disabled", "count", "countAndNames"), "showApproverDetailsToMembers": flag},
    ignored=("id", "isEnabled", "createdBy", "createdDateTime", "modifiedBy", "modifiedDateTime"),
)


def create_organization(call: Call) -> Result:
    """A new organization, with exactly one identity source; people who belong to it are linked to it."""
    body = read_shape(call, _NEW)
    require(body, "displayName", "identitySources")
    sources = body["identitySources"]
    if len(sources) != 1:
        raise bad_request("'identitySources' must hold exactly one source.", "InvalidIdentitySources")
    key = _identity(sources[0])
    known = call.tenant.connected_organizations.values()
    if any(_identity(source) == key for organization in known for source in organization.identity_sources):
        raise conflict("A connected organization with this identity source exists.", "OrganizationExists")
    keep_within(call, "max_organizations", len(call.tenant.connected_organizations))
    now = call.reader.now
    made = ConnectedOrganization(call.tenant.new_id("organization"), body["displayName"], now, now)
    _fill(made, body)
    made.identity_sources = sources
    call.tenant.connected_organizations[made.id] = made
    _link_people(call.tenant)
    shows_sources = call.reader.world.options.sources_in_created_organization
    return Entity(made if shows_sources else replace(made, identity_sources=[]), status=201)


def update_organization(call: Call) -> Result:
    organization = _organization(call)
    _fill(organization, read_shape(call, _CHANGED))
    organization.modified_at = call.reader.now
    return Empty()


def delete_organization(call: Call) -> Result:
    """Raises 409 while somebody in the directory belongs to it, or a policy names it."""
    organization = _organization(call)
    subjects = [s for s in call.tenant.subjects.values() if s.connected_organization_id == organization.id]
    if any(subject.object_id in call.tenant.users for subject in subjects):
        raise conflict("People of the connected organization are in the directory.", "OrganizationHasUsers")
    for policy in call.tenant.policies.values():
        targets = policy.settings.get("specificAllowedTargets") or ()
        if any(target.get("connectedOrganizationId") == organization.id for target in targets):
            raise conflict(f"'{policy.display_name}' names the connected organization.", "OrganizationInUse")
    for subject in subjects:
        subject.connected_organization_id = None
    del call.tenant.connected_organizations[organization.id]
    return Empty()


def add_internal_sponsor(call: Call) -> Result:
    return _add_sponsor(call, _organization(call).internal_sponsor_ids)


def add_external_sponsor(call: Call) -> Result:
    return _add_sponsor(call, _organization(call).external_sponsor_ids)


def remove_internal_sponsor(call: Call) -> Result:
    return _remove_sponsor(call, _organization(call).internal_sponsor_ids)


def remove_external_sponsor(call: Call) -> Result:
    return _remove_sponsor(call, _organization(call).external_sponsor_ids)


def update_settings(call: Call) -> Result:
    body = read_shape(call, _SETTINGS)
    span = body.get("durationUntilExternalUserDeletedAfterBlocked")
    if span is not None and parse_duration(span).total_seconds() < 0:
        raise bad_request("'durationUntilExternalUserDeletedAfterBlocked' must not be negative.")
    call.tenant.settings.update(body)
    return Empty()


def update_end_user_settings(call: Call) -> Result:
    call.tenant.settings.update(read_shape(call, _END_USER))
    return Empty()


def _organization(call: Call) -> ConnectedOrganization:
    organization = call.tenant.connected_organizations.get(call.params["id"])
    if organization is None:
        raise not_found(f"There is no connected organization '{call.params['id']}'.")
    return organization


def _fill(organization: ConnectedOrganization, body: Json) -> None:
    organization.display_name = body.get("displayName", organization.display_name)
    organization.description = body.get("description", organization.description)
    organization.state = body.get("state", organization.state)


def _identity(source: Json) -> tuple[str, ...]:
    """What makes two sources the same. Raises GraphProblem 400 where it is missing."""
    kind = str(source.get("@odata.type", "")).rpartition(".")[2]
    names: Iterable[str] = _IDENTIFYING.get(kind, ())
    for name in names:
        if name not in source:
            raise bad_request(f"'identitySources/{name}' is required.", "InvalidIdentitySources")
    return kind, *(str(source[name]).casefold() for name in names)


def _link_people(tenant: Tenant) -> None:
    """Let those who are known already, and belong to no organization, belong to the one that fits now."""
    for subject in tenant.subjects.values():
        user = tenant.users.get(subject.object_id or "")
        if subject.connected_organization_id is not None or (user is not None and not user.is_guest):
            continue
        found = tenant.organization_of(subject.email, user.home_tenant_id if user is not None else None)
        subject.connected_organization_id = found.id if found is not None else None


def _add_sponsor(call: Call, sponsors: dict[str, None]) -> Result:
    wanted = linked_id(call.body, "users", "groups", "directoryObjects")
    if wanted not in call.tenant.users and wanted not in call.tenant.groups:
        raise not_found(f"There is no user or group '{wanted}'.")
    if wanted in sponsors:
        raise bad_request("The reference exists already.", "ReferenceExists")
    sponsors[wanted] = None
    return Empty()


def _remove_sponsor(call: Call, sponsors: dict[str, None]) -> Result:
    wanted = call.params["sponsorId"]
    if wanted not in sponsors:
        raise not_found(f"There is no sponsor '{wanted}'.")
    del sponsors[wanted]
    return Empty()
