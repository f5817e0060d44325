"""From what a file wants and what a tenant holds to the ordered steps between the two. Nothing is read here."""

from __future__ import annotations

from bot.files.administration import Wanted
from bot.files.yaml_document import once
from bot.plans.catalog_roles import catalog_role_steps
from bot.plans.directory_steps import application_steps, group_steps, organization_steps
from bot.plans.package_steps import PackageSteps
from bot.plans.resolving import Resolver
from bot.plans.steps import Plan, Step, StepKind, in_order, keys_in
from bot.tenant import Snapshot


def make_plan(wanted: Wanted, snapshot: Snapshot, tenant_id: str) -> Plan:
    """The steps that are missing. Same file and same tenant, same plan, to the byte."""
    resolver = Resolver(snapshot)
    packages = PackageSteps(resolver)
    steps: list[Step] = []
    for group in wanted.groups:
        steps.extend(group_steps(resolver, group))
    for application in wanted.applications:
        steps.extend(application_steps(resolver, application))
    for organization in wanted.organizations:
        steps.extend(organization_steps(resolver, organization))
    for catalog in wanted.catalogs:
        steps.extend(packages.catalog(catalog))
    for package in wanted.packages:
        packages.announce(package)
    for package in wanted.packages:
        steps.extend(packages.package(package))
    steps.extend(catalog_role_steps(resolver, wanted.catalog_roles))
    steps = _without_idle(steps)
    used = {key for step in steps for key in keys_in(step.details)}
    return Plan(
        tenant_id,
        wanted,
        in_order(steps),
        once((*wanted.findings, *resolver.findings)),
        {key: object_id for key, object_id in sorted(resolver.known.items()) if key in used},
        packages.unchanged,
    )


def _without_idle(steps: list[Step]) -> list[Step]:
    """The steps without catalogs that are only looked up and then not needed."""
    used = {key for step in steps if step.kind is not StepKind.FIND_CATALOG for key in keys_in(step.details)}
    return [step for step in steps if step.kind is not StepKind.FIND_CATALOG or step.details["catalog_key"] in used]
