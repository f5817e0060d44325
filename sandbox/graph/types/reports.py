"""The tenant's licences and its audit log. Shapes: docs/sandbox.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.graph import wire
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType
from sandbox.tenant.audits import AuditRecord, AuditTarget

_PREPAID: Final = 500


@dataclass(frozen=True, slots=True)
class Sku:
    """A product that the tenant has a subscription for. `plans` are pairs of service plan id and name."""

    sku_id: str
    part_number: str
    plans: tuple[tuple[str, str], ...]


PREMIUM: Final = Sku(
    "84a661c4-e949-4bd2-a560-ed7766fcaf2b",
    "AAD_PREMIUM_P2",
    (
        ("41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM"),
        ("eec0eb4f-6444-4f95-aba0-50c24d67f998", "AAD_PREMIUM_P2"),
    ),
)
GOVERNANCE: Final = Sku(
    "cf6b0d46-4093-4546-a0ab-0b1546dcc10e",
    "Microsoft_Entra_ID_Governance",
    (("e866a266-3cff-43a3-acca-0c90a7e00c8b", "Entra_Identity_Governance"),),
)
SKUS: Final[dict[str, tuple[Sku, ...]]] = {"none": (), "P2": (PREMIUM,), "governance": (PREMIUM, GOVERNANCE)}
"""What the tenant has subscribed to, by the licence that the sandbox is set to."""


def _consumed(reader: Reader, _: Sku) -> int:
    """Everybody who works here, up to what was paid for."""
    return min(_PREPAID, sum(1 for user in reader.tenant.users.values() if not user.is_guest))


def _plans(sku: Sku) -> list[wire.Json]:
    return [
        {
            "servicePlanId": plan_id,
            "servicePlanName": name,
            "provisioningStatus": "Success",
            "appliesTo": "User",
        }
        for plan_id, name in sku.plans
    ]


LICENCE_DETAILS: Final = EntityType(
    "licenseDetails",
    {
        "id": lambda _, s: s.sku_id,
        "servicePlans": lambda _, s: _plans(s),
        "skuId": lambda _, s: s.sku_id,
        "skuPartNumber": lambda _, s: s.part_number,
    },
)
SUBSCRIBED_SKU: Final = EntityType(
    "subscribedSku",
    {
        "accountId": lambda r, s: r.tenant.id,
        "accountName": lambda r, s: r.tenant.display_name,
        "appliesTo": lambda _, s: "User",
        "capabilityStatus": lambda _, s: "Enabled",
        "consumedUnits": _consumed,
        "id": lambda r, s: f"{r.tenant.id}_{s.sku_id}",
        "prepaidUnits": lambda _, s: {"enabled": _PREPAID, "lockedOut": 0, "suspended": 0, "warning": 0},
        "servicePlans": lambda _, s: _plans(s),
        "skuId": lambda _, s: s.sku_id,
        "skuPartNumber": lambda _, s: s.part_number,
        "subscriptionIds": lambda _, s: [s.sku_id],
    },
)


def _initiator(reader: Reader, record: AuditRecord) -> wire.Json:
    """The person or the application behind an activity; the service itself shows as an application without an id."""
    tenant = reader.tenant
    user = tenant.users.get(record.actor_id or "") or tenant.deleted_users.get(record.actor_id or "")
    if user is not None:
        return {
            "app": None,
            "user": {
                "id": user.id,
                "displayName": user.display_name,
                "userPrincipalName": user.user_principal_name,
                "ipAddress": None,
                "userType": user.user_type,
                "homeTenantId": user.home_tenant_id or tenant.id,
                "homeTenantName": None,
            },
        }
    app = tenant.apps.get(record.actor_id or "")
    return {
        "app": {
            "appId": app.app_id if app is not None else None,
            "displayName": app.display_name if app is not None else record.service,
            "servicePrincipalId": app.object_id if app is not None else None,
            "servicePrincipalName": None,
        },
        "user": None,
    }


def _target(target: AuditTarget) -> wire.Json:
    return {
        "id": target.id,
        "displayName": target.display_name,
        "type": target.type,
        "userPrincipalName": target.user_principal_name,
        "groupType": None,
        "modifiedProperties": [],
    }


DIRECTORY_AUDIT: Final = EntityType(
    "directoryAudit",
    {
        "id": lambda _, r: r.id,
        "category": lambda _, r: r.category,
        "correlationId": lambda _, r: r.correlation_id,
        "result": lambda _, r: "success" if r.is_success else "failure",
        "resultReason": lambda _, r: r.reason,
        "activityDisplayName": lambda _, r: r.activity,
        "activityDateTime": lambda _, r: wire.moment(r.at),
        "loggedByService": lambda _, r: r.service,
        "operationType": lambda _, r: r.operation,
        "initiatedBy": _initiator,
        "targetResources": lambda _, r: [_target(target) for target in r.targets],
        "additionalDetails": lambda _, r: [{"key": key, "value": value} for key, value in r.details],
    },
)
