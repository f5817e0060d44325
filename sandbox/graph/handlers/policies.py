"""Assignment policies: making, replacing and deleting them."""

from __future__ import annotations

from typing import Any

from sandbox.graph.handlers.body import require
from sandbox.graph.handlers.policy_rules import PolicyRules
from sandbox.graph.handlers.policy_shape import POLICY
from sandbox.graph.handlers.writing import administration, keep_within, read_shape
from sandbox.graph.operations import Call, Empty, Entity, Result
from sandbox.graph.problems import bad_request, not_found
from sandbox.graph.wire import Json
from sandbox.tenant.model import AccessPackage, AssignmentPolicy

_JUSTIFICATION = "isRequestorJustificationRequired"


def create_policy(call: Call) -> Result:
    settings = read_shape(call, POLICY)
    require(settings, "accessPackage", "displayName")
    package = call.tenant.packages.get(settings.pop("accessPackage"))
    if package is None:
        raise bad_request("'accessPackage/id' names no access package.", "AccessPackageNotFound")
    call.scope.require(package.catalog_id)
    _finish(call, settings, package, None)
    keep_within(call, "max_policies", len(call.tenant.policies))
    policy = AssignmentPolicy(call.tenant.new_id("policy"), package.id, call.reader.now, call.reader.now, settings)
    call.tenant.policies[policy.id] = policy
    call.entitlement.automatic.policy_written(policy.id, call.reader.now)
    return Entity(policy, status=201)


def replace_policy(call: Call) -> Result:
    """Full replacement, as the service wants it: what the body leaves out falls back to its default."""
    policy = get_own_policy(call)
    settings = read_shape(call, POLICY)
    require(settings, "displayName")
    if settings.pop("accessPackage", policy.package_id) != policy.package_id:
        raise bad_request("An assignment policy cannot be moved to another access package.")
    _finish(call, settings, call.tenant.packages[policy.package_id], policy)
    policy.settings = settings
    policy.modified_at = call.reader.now
    call.entitlement.automatic.policy_written(policy.id, call.reader.now)
    return Entity(policy)


def delete_policy(call: Call) -> Result:
    administration(call).delete_policy(get_own_policy(call).id)
    return Empty()


def get_own_policy(call: Call) -> AssignmentPolicy:
    """The policy in the path, where the caller's roles reach it. Raises GraphProblem 404, 403."""
    policy = call.tenant.policies.get(call.params["id"])
    if policy is None:
        raise not_found(f"There is no assignment policy '{call.params['id']}'.")
    call.scope.require(call.tenant.packages[policy.package_id].catalog_id)
    return policy


def _finish(call: Call, settings: Json, package: AccessPackage, old: AssignmentPolicy | None) -> None:
    """Check the settings as a whole, then put in what the service itself adds."""
    PolicyRules(call, package, old.id if old else None).check(settings)
    for question in settings.get("questions", ()):
        question.setdefault("id", call.tenant.new_id("question"))
    for hung in settings.get("customExtensionStageSettings", ()):
        hung.setdefault("id", call.tenant.new_id("extension-stage"))
        hung["customExtension"] = {"id": hung["customExtension"]}
    if not call.reader.world.options.justification_flag_settable:
        before: Any = (old.settings if old else {}).get("requestApprovalSettings") or {}
        settings.setdefault("requestApprovalSettings", {})[_JUSTIFICATION] = bool(before.get(_JUSTIFICATION))
