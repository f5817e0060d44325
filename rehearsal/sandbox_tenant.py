"""The sandbox's own tenant as a stage: everybody is there, and nothing goes on but the request that is played."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rehearsal.course import RehearsalError
from sandbox.graph.engine.policies import part
from sandbox.tenant.default import default_tenant
from sandbox.tenant.model import AccessPackage, AssignmentPolicy, Tenant, User


def sandbox_tenant(package: str, policy: str = "") -> Callable[[datetime], Tenant]:
    """The default tenant with one policy left of this package. Building it raises RehearsalError."""

    def make(now: datetime) -> Tenant:
        tenant = default_tenant(now)
        keep_one_policy(tenant, find_package(tenant, package), policy)
        return quiet(tenant)

    return make


def quiet(tenant: Tenant) -> Tenant:
    """Without what others wait for or hold, and without what would come by itself."""
    for request in list(tenant.requests.values()):
        tenant.drop_request(request)
    for held in (tenant.assignments, tenant.assignments_by_target, tenant.assignments_by_package, tenant.reviews):
        held.clear()
    tenant.review_plans.clear()
    tenant.agenda.clear()
    for policy in tenant.policies.values():
        policy.settings["reviewSettings"] = None
        policy.settings["questions"] = []
    for user in tenant.users.values():
        user.sign_in, user.mfa_required = "silent", False
    return tenant


def find_package(tenant: Tenant, wanted: str) -> AccessPackage:
    """By id or name. Raises: RehearsalError."""
    for package in tenant.packages.values():
        if wanted == package.id or wanted.casefold() == package.display_name.casefold():
            return package
    raise RehearsalError(f"There is no access package called {wanted!r}.")


def find_person(tenant: Tenant, wanted: str) -> User:
    """By id, sign-in name, address or name. Raises: RehearsalError."""
    found = tenant.find_user(wanted)
    if found is None:
        raise RehearsalError(f"There is nobody called {wanted!r}.")
    return found


def keep_one_policy(tenant: Tenant, package: AccessPackage, wanted: str) -> AssignmentPolicy:
    """Leave the policy of this name, or the first under which people may ask for themselves. Raises: RehearsalError."""
    package.is_hidden = False
    policies = tenant.policies_of(package.id)
    fitting = [policy for policy in policies if _fits(policy, wanted)]
    if not fitting:
        names = ", ".join(policy.display_name for policy in policies) or "none"
        said = f"no policy called {wanted!r}" if wanted else "no policy under which people ask for themselves"
        raise RehearsalError(f"{package.display_name} has {said}; its policies are: {names}.")
    for policy in policies:
        if policy is not fitting[0]:
            del tenant.policies[policy.id]
    return fitting[0]


def _fits(policy: AssignmentPolicy, wanted: str) -> bool:
    if wanted:
        return wanted.casefold() in (policy.display_name.casefold(), policy.id)
    return part(policy.settings, "requestorSettings").get("enableTargetsToSelfAddAccess") is True
