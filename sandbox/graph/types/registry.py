"""All entity types by name, and which of them an object of the tenant is."""

from __future__ import annotations

from typing import Any, Final

from sandbox.graph.types import (
    administration,
    applications,
    directory,
    packages,
    reports,
    requests,
    reviews,
    settings,
    teams,
)
from sandbox.graph.types.base import EntityType
from sandbox.tenant.model import AppRegistration, Group, User

DIRECTORY_OBJECT: Final = "directoryObject"

TYPES: Final[dict[str, EntityType]] = {
    entity_type.name: entity_type
    for entity_type in (
        directory.USER,
        directory.GROUP,
        directory.SERVICE_PRINCIPAL,
        directory.APP_ROLE_ASSIGNMENT,
        directory.INVITATION,
        applications.APPLICATION,
        applications.PERMISSION_GRANT,
        applications.FEDERATED_CREDENTIAL,
        reviews.SERIES,
        reviews.INSTANCE,
        reviews.STAGE,
        reviews.REVIEWER,
        reviews.DECISION,
        reports.SUBSCRIBED_SKU,
        reports.LICENCE_DETAILS,
        reports.DIRECTORY_AUDIT,
        teams.TEAMS_APP,
        teams.TEAMS_APP_DEFINITION,
        teams.INSTALLATION,
        teams.CHAT,
        packages.CATALOG,
        packages.PACKAGE,
        packages.AVAILABLE_PACKAGE,
        packages.POLICY,
        packages.QUESTION,
        administration.EXTENSION_STAGE,
        administration.EXTENSION_BASE,
        administration.REQUEST_EXTENSION,
        administration.ASSIGNMENT_EXTENSION,
        administration.RESOURCE_REQUEST,
        administration.SUGGESTION,
        packages.RESOURCE,
        packages.ENVIRONMENT,
        packages.ROLE,
        packages.SCOPE,
        packages.ROLE_SCOPE,
        requests.REQUEST,
        requests.ASSIGNMENT,
        requests.SUBJECT,
        requests.ORGANIZATION,
        requests.APPROVAL,
        requests.STAGE,
        settings.ENTITLEMENT_SETTINGS,
        settings.END_USER_SETTINGS,
        settings.ROLE_ASSIGNMENT,
        settings.ROLE_DEFINITION,
    )
}

_DIRECTORY_TYPES: Final = (
    (User, directory.USER),
    (Group, directory.GROUP),
    (AppRegistration, directory.SERVICE_PRINCIPAL),
)


def type_of(declared: str, value: Any) -> EntityType:
    """The type to show `value` as; where an abstract type is declared, that depends on what it is."""
    if declared == administration.CALLOUT_EXTENSION:
        return TYPES[value.kind]
    if declared != DIRECTORY_OBJECT:
        return TYPES[declared]
    return next(entity_type for kind, entity_type in _DIRECTORY_TYPES if isinstance(value, kind))


def possible_types(declared: str) -> tuple[EntityType, ...]:
    """The types that a value declared so may turn out to be."""
    if declared == administration.CALLOUT_EXTENSION:
        return administration.REQUEST_EXTENSION, administration.ASSIGNMENT_EXTENSION
    if declared == DIRECTORY_OBJECT:
        return tuple(entity_type for _, entity_type in _DIRECTORY_TYPES)
    return (TYPES[declared],)
