"""A tenant before anybody has made anything of access packages: people, the applications, one group."""

from __future__ import annotations

from datetime import datetime

from sandbox.tenant.builder import TenantBuilder
from sandbox.tenant.default import add_doorman, own_by_pipeline
from sandbox.tenant.identity import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from sandbox.tenant.model import Tenant
from sandbox.tenant.people import add_people


def bare_tenant(now: datetime) -> Tenant:
    """Woodgrove with its people, the built-in catalog, and what its files refer to without making it."""
    tenant = Tenant(TENANT_ID, TENANT_DOMAIN, TENANT_NAME)
    build = TenantBuilder(tenant, now)
    add_people(build)
    add_doorman(build)
    build.catalog("General", description="Built-in catalog.", catalog_type="serviceDefault")
    build.group("Testing-Group", description="For trying things out")
    build.app("Azure DevOps")
    own_by_pipeline(build, build.app("Project Hub"))
    return tenant
