"""Resource requests, custom extensions and suggestions as Graph shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.graph import wire
from sandbox.graph.engine.suggestions import Suggestion
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType, Getter, one
from sandbox.graph.wire import Json
from sandbox.tenant.identity import stable_id
from sandbox.tenant.model import AssignmentPolicy, CustomExtension

RESOURCE_REQUEST: Final = EntityType(
    "accessPackageResourceRequest",
    {
        "id": lambda _, q: q.id,
        "requestType": lambda _, q: q.request_type,
        "state": lambda _, q: q.state,
        "createdDateTime": lambda _, q: wire.moment(q.created_at),
    },
    {
        "catalog": one("accessPackageCatalog", lambda r, q: r.tenant.catalogs.get(q.catalog_id)),
        "resource": one("accessPackageResource", lambda r, q: r.tenant.resources.get(q.resource_id)),
    },
)

CALLOUT_EXTENSION: Final = "customCalloutExtension"
"""The abstract type that custom extensions are declared by; what one really is it says itself."""


def _setting(name: str) -> Getter:
    return lambda _, extension: extension.settings.get(name)


_COMMON: Final[Mapping[str, Getter]] = {
    "id": lambda _, extension: extension.id,
    **{
        name: _setting(name)
        for name in (
            "displayName",
            "description",
            "authenticationConfiguration",
            "clientConfiguration",
            "endpointConfiguration",
        )
    },
}
_OWN: Final[Mapping[str, Getter]] = {
    name: _setting(name)
    for name in ("callbackConfiguration", "createdBy", "createdDateTime", "lastModifiedBy", "lastModifiedDateTime")
}
EXTENSION_BASE: Final = EntityType(CALLOUT_EXTENSION, _COMMON)
REQUEST_EXTENSION: Final = EntityType(
    "accessPackageAssignmentRequestWorkflowExtension", {**_COMMON, **_OWN}, is_stated=True
)
ASSIGNMENT_EXTENSION: Final = EntityType(
    "accessPackageAssignmentWorkflowExtension", {**_COMMON, **_OWN}, is_stated=True
)


@dataclass(frozen=True, slots=True)
class HungExtension:
    """An extension on one stage of a policy. `id` is the setting's own."""

    id: str
    stage: str
    extension: CustomExtension | None


def extensions_of(reader: Reader, policy: AssignmentPolicy) -> list[HungExtension]:
    """The stages of a policy at which something is called."""
    known = reader.tenant.custom_extensions
    return [
        HungExtension(
            id=str(hung.get("id") or stable_id(f"extension-stage/{policy.id}/{number}")),
            stage=str(hung["stage"]),
            extension=known.get(str((hung.get("customExtension") or {}).get("id"))),
        )
        for number, hung in enumerate(policy.settings.get("customExtensionStageSettings") or ())
    ]


EXTENSION_STAGE: Final = EntityType(
    "customExtensionStageSetting",
    {"id": lambda _, hung: hung.id, "stage": lambda _, hung: hung.stage},
    {"customExtension": one(CALLOUT_EXTENSION, lambda _, hung: hung.extension)},
)


def _reasons(reader: Reader, found: Suggestion) -> list[Json]:
    reasons: list[Json] = []
    if found.holders:
        tells_names = reader.tenant.settings.get("relatedPeopleInsightLevel") == "countAndNames"
        people: list[Any] = [{"id": user.id, "displayName": user.display_name} for user in found.holders]
        related: Json = {
            "relatedPeopleAssignmentCount": len(found.holders),
            "relatedPeople": people if tells_names else [],
        }
        reasons.append(wire.typed("accessPackageSuggestionRelatedPeopleBased", related))
    if found.past_count:
        past: Json = {
            "pastAssignmentCount": found.past_count,
            "lastAssignmentDateTime": wire.moment(found.last_at),
        }
        reasons.append(wire.typed("accessPackageSuggestionSelfAssignmentHistoryBased", past))
    return reasons


SUGGESTION: Final = EntityType(
    "accessPackageSuggestion",
    {"id": lambda _, found: found.package.id, "reasons": _reasons},
    {"accessPackage": one("availableAccessPackage", lambda _, found: found.package)},
)
