"""The plan that hides one access package, or shows it again."""

from __future__ import annotations

from bot.files.administration import Wanted
from bot.files.rows import Place
from bot.plans.digest import digest
from bot.plans.steps import Change, Plan, Step, StepKind
from bot.tenant import TenantPackage


def visibility_plan(package: TenantPackage, is_hidden: bool, tenant_id: str) -> Plan:
    """One step, or none where nothing is to change."""
    key = f"package:{package.id}"
    wanted = Wanted("packages.yaml", digest({"package": package.id, "hidden": is_hidden}))
    details = {"package_key": key, "changes": {"isHidden": is_hidden}}
    changes = (Change("isHidden", package.is_hidden, is_hidden),)
    step = Step(f"update-{key}", StepKind.UPDATE_PACKAGE, package.name, Place(""), details, changes=changes)
    if package.is_hidden is is_hidden:
        return Plan(tenant_id, wanted, (), (), unchanged=1)
    return Plan(tenant_id, wanted, (step,), (), {key: package.id})
