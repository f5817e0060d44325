"""The rules of entitlement management, without HTTP."""

from sandbox.graph.engine.approvals import StageView
from sandbox.graph.engine.entitlement import Entitlement
from sandbox.graph.engine.roles import Roles
from sandbox.graph.engine.world import EntitlementWorld

__all__ = ["Entitlement", "EntitlementWorld", "Roles", "StageView"]
