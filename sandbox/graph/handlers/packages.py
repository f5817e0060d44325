"""Catalogs, access packages, policies, connected organizations, settings: what there is to request, and by whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.graph.handlers.policies import get_own_policy
from sandbox.graph.operations import Call, Entities, Entity, Result, Values
from sandbox.graph.problems import not_found
from sandbox.graph.types import packages as types
from sandbox.graph.types import policy as policies
from sandbox.graph.types.directory import directory_objects
from sandbox.graph.types.settings import ROLE_DEFINITIONS, settings_of
from sandbox.tenant.model import AccessPackage, Catalog, ConnectedOrganization


def list_catalogs(call: Call) -> Result:
    return Entities(catalog for catalog in call.tenant.catalogs.values() if call.scope.covers(catalog.id))


def get_catalog(call: Call) -> Result:
    return Entity(_catalog(call))


def list_resources(call: Call) -> Result:
    catalog = _catalog(call)
    return Entities(found for found in call.tenant.resources.values() if found.catalog_id == catalog.id)


def list_resource_roles(call: Call) -> Result:
    catalog = _catalog(call)
    resources = [found for found in call.tenant.resources.values() if found.catalog_id == catalog.id]
    return Entities(role for resource in resources for role in types.visible_roles(call.reader, resource))


def list_packages(call: Call) -> Result:
    return Entities(package for package in call.tenant.packages.values() if call.scope.covers(package.catalog_id))


def get_package(call: Call) -> Result:
    return Entity(_package(call))


def list_requestable(call: Call) -> Result:
    call.choice("on", "allowedRequestor")
    return Entities(call.entitlement.requestable_packages(call.user_id))


def get_requirements(call: Call) -> Result:
    offered = call.entitlement.requirements(call.user_id, call.params["id"])
    return Values(
        [policies.requirements(call.reader, policy) for policy in offered],
        "Collection(microsoft.graph.accessPackageAssignmentRequestRequirements)",
    )


def list_contents(call: Call) -> Result:
    return Entities(_package(call).role_scopes)


def list_available_contents(call: Call) -> Result:
    """What a package grants, for people who may request it, hold it, asked for it or are asked about it."""
    package = call.entitlement.package(call.params["id"])
    if call.reader.user_id is not None and not _may_know(call, package):
        raise not_found(f"There is no access package '{package.id}'.")
    return Entities(package.role_scopes)


def _may_know(call: Call, package: AccessPackage) -> bool:
    user_id = call.user_id
    if call.entitlement.roles().may(user_id, "read", package.catalog_id):
        return True
    if call.entitlement.requirements(user_id, package.id):
        return True
    about = [*call.entitlement.requests_visible_to(user_id, "targetOrRequestor"), *_waiting(call)]
    held = call.entitlement.assignments_visible_to(user_id, "target")
    return package.id in {found.package_id for found in (*about, *held)}


def _waiting(call: Call) -> Iterable[Any]:
    return call.entitlement.approvals_waiting_for(call.user_id)


def list_incompatible_packages(call: Call) -> Result:
    return Entities(types.PACKAGE.navigation["incompatibleAccessPackages"].load(call.reader, _package(call)))


def list_incompatible_with(call: Call) -> Result:
    return Entities(types.PACKAGE.navigation["accessPackagesIncompatibleWith"].load(call.reader, _package(call)))


def list_incompatible_groups(call: Call) -> Result:
    return Entities(types.PACKAGE.navigation["incompatibleGroups"].load(call.reader, _package(call)))


def list_policies(call: Call) -> Result:
    tenant = call.tenant
    return Entities(
        policy
        for policy in tenant.policies.values()
        if call.scope.covers(tenant.packages[policy.package_id].catalog_id)
    )


def get_policy(call: Call) -> Result:
    return Entity(get_own_policy(call))


def list_organizations(call: Call) -> Result:
    return Entities(call.tenant.connected_organizations.values())


def get_organization(call: Call) -> Result:
    return Entity(_organization(call))


def list_internal_sponsors(call: Call) -> Result:
    return Entities(directory_objects(call.reader, _organization(call).internal_sponsor_ids))


def list_external_sponsors(call: Call) -> Result:
    return Entities(directory_objects(call.reader, _organization(call).external_sponsor_ids))


def get_settings(call: Call) -> Result:
    return Entity(settings_of(call.reader))


def list_control_configurations(call: Call) -> Result:
    return Entities([settings_of(call.reader)])


def get_end_user_settings(call: Call) -> Result:
    return Entity(settings_of(call.reader))


def list_role_definitions(call: Call) -> Result:
    return Entities(ROLE_DEFINITIONS.values())


def _catalog(call: Call) -> Catalog:
    catalog = call.tenant.catalogs.get(call.params["id"])
    if catalog is None:
        raise not_found(f"There is no catalog '{call.params['id']}'.")
    call.scope.require(catalog.id)
    return catalog


def _package(call: Call) -> AccessPackage:
    package = call.entitlement.package(call.params["id"])
    call.scope.require(package.catalog_id)
    return package


def _organization(call: Call) -> ConnectedOrganization:
    organization = call.tenant.connected_organizations.get(call.params["id"])
    if organization is None:
        raise not_found(f"There is no connected organization '{call.params['id']}'.")
    return organization
