"""What the tenant has subscribed to, and what has happened in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sandbox.graph.access import denied
from sandbox.graph.operations import Call, Entities, Entity, Result
from sandbox.graph.problems import GraphProblem, not_found
from sandbox.graph.types.reports import SKUS, Sku
from sandbox.tenant.audits import AuditRecord

_READERS: Final = frozenset(
    {
        "Global Administrator",
        "Global Reader",
        "Identity Governance Administrator",
        "Reports Reader",
        "Security Administrator",
        "Security Operator",
        "Security Reader",
    }
)


def list_skus(call: Call) -> Result:
    return Entities(_skus(call))


def get_sku(call: Call) -> Result:
    wanted = call.params["id"]
    found = next((sku for sku in _skus(call) if wanted in (f"{call.tenant.id}_{sku.sku_id}", sku.sku_id)), None)
    if found is None:
        raise GraphProblem(404, "Request_ResourceNotFound", f"Resource '{wanted}' does not exist.")
    return Entity(found)


def _skus(call: Call) -> tuple[Sku, ...]:
    return SKUS[call.reader.world.options.licence]


def list_audits(call: Call) -> Result:
    """The log, newest first: without the last minutes, and without what is older than it is kept."""
    oldest_first = sorted(_visible(call), key=lambda record: record.at)
    return Entities(oldest_first[::-1])


def get_audit(call: Call) -> Result:
    found = next((record for record in _visible(call) if record.id == call.params["id"]), None)
    if found is None:
        raise not_found(f"There is no audit record '{call.params['id']}'.")
    return Entity(found)


def _visible(call: Call) -> list[AuditRecord]:
    """The records that this caller may see by now, oldest first. Raises 403."""
    caller = call.tenant.users.get(call.principal.user_id or "")
    if caller is not None and caller.directory_roles.isdisjoint(_READERS):
        raise denied("User is not in the allowed roles.")
    options, now = call.reader.world.options, call.reader.now
    newest = now - timedelta(seconds=options.audit_delay_s)
    oldest = now - timedelta(days=options.audit_retention_days)
    return [record for record in call.tenant.audits if oldest <= record.at <= newest]
