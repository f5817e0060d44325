"""Changing what can be requested, where a rule stands in the way or access follows the change."""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.graph.engine import agenda
from sandbox.graph.engine.delivery import grant, revoke
from sandbox.graph.engine.lifecycle import Lifecycle
from sandbox.graph.engine.onboarding import origin_of
from sandbox.graph.engine.world import EntitlementWorld, switch
from sandbox.graph.problems import bad_request, conflict, not_found
from sandbox.tenant.builder import make_resource
from sandbox.tenant.model import (
    Assignment,
    OriginSystem,
    Resource,
    ResourceRequest,
    RoleScope,
    Tenant,
)

_ONBOARDING_DELAY_S = 5.0


class Administration:
    """The writes of administrators; whether the caller may make them is the route's business."""

    def __init__(self, world: EntitlementWorld) -> None:
        self._world = world

    @property
    def _tenant(self) -> Tenant:
        return self._world.tenant

    def add_resource(
        self, catalog_id: str, origin_system: OriginSystem, origin_id: str, display_name: str | None = None
    ) -> ResourceRequest:
        """Put a group, application (by service principal) or site into a catalog; its roles appear seconds later.

        Raises GraphProblem 404 for an unknown catalog or origin, 400 for a group that cannot be used or a resource
        that is there already.
        """
        now = self._settled()
        if catalog_id not in self._tenant.catalogs:
            raise not_found(f"There is no catalog '{catalog_id}'.")
        for known in self._tenant.resources.values():
            if known.catalog_id == catalog_id and known.origin_id == origin_id:
                raise bad_request("The resource is already in the catalog.", "ResourceAlreadyOnboarded")
        origin = origin_of(self._tenant, origin_system, origin_id)
        resource = make_resource(self._tenant.new_id("resource"), catalog_id, origin, now)
        resource.display_name = display_name or resource.display_name
        resource.roles_visible_at = now + self._onboarding_delay
        made = self._resource_request("adminAdd", resource, now)
        if made.state == "delivered":
            self._tenant.resources[resource.id] = resource
        return made

    def remove_resource(self, resource_id: str) -> ResourceRequest:
        """Take a resource out of its catalog. Raises GraphProblem 404, and 400 while a package grants it."""
        now = self._settled()
        resource = self._resource(resource_id)
        for package in self._tenant.packages.values():
            if any(role_scope.resource_id == resource_id for role_scope in package.role_scopes):
                raise bad_request(f"The resource is used by '{package.display_name}'.", "ResourceInUse")
        made = self._resource_request("adminRemove", resource, now)
        if made.state == "delivered":
            del self._tenant.resources[resource_id]
        return made

    def update_resource(self, resource_id: str, display_name: str | None, description: str | None) -> ResourceRequest:
        """Change what a catalog says about a resource; None leaves it as it is. Raises GraphProblem 404."""
        now = self._settled()
        resource = self._resource(resource_id)
        made = self._resource_request("adminUpdate", resource, now)
        if made.state == "delivered":
            resource.display_name = resource.display_name if display_name is None else display_name
            resource.description = resource.description if description is None else description
            resource.modified_at = now
        return made

    def refresh_resource(self, resource_id: str) -> None:
        """Read the roles of a resource again from its origin; new ones appear after the onboarding delay.

        A role that a package grants stays, even where its origin has lost it. Raises GraphProblem 404, also where the
        origin itself is gone.
        """
        now = self._settled()
        resource = self._resource(resource_id)
        origin_of(self._tenant, resource.origin_system, resource.origin_id)
        agenda.put(self._tenant, now + self._onboarding_delay, "refresh-resource", resource.id)

    def add_role_scope(self, package_id: str, resource_id: str, role_id: str) -> RoleScope:
        """Let a package grant a role of a resource of its catalog; whoever holds the package gets it too.

        Raises GraphProblem 404 for an unknown package, resource or role, 400 for a resource of another catalog and
        for a role that the package grants already.
        """
        now = self._settled()
        package = self._tenant.packages.get(package_id)
        if package is None:
            raise not_found(f"There is no access package '{package_id}'.")
        resource = self._resource(resource_id)
        if resource.catalog_id != package.catalog_id:
            raise bad_request("The resource is not in the catalog of the access package.", "ResourceNotInCatalog")
        if all(role.id != role_id for role in resource.roles) or resource.roles_visible_at > now:
            raise not_found(f"The resource has no role '{role_id}'.")
        made = RoleScope(role_id, resource.scopes[0].id, resource_id, now)
        if any(known.id == made.id for known in package.role_scopes):
            raise bad_request("The access package grants this role already.", "RoleScopeExists")
        package.role_scopes.append(made)
        for assignment in self._delivered(package_id):
            grant(self._tenant, assignment, made, now)
        return made

    def remove_role_scope(self, package_id: str, role_scope_id: str) -> None:
        """Let a package grant a role no longer; holders lose it unless another package grants it. 404 if unknown."""
        self._settled()
        package = self._tenant.packages.get(package_id)
        found = next((known for known in package.role_scopes if known.id == role_scope_id), None) if package else None
        if package is None or found is None:
            raise not_found(f"There is no resource role scope '{role_scope_id}'.")
        package.role_scopes.remove(found)
        for assignment in self._delivered(package_id):
            revoke(self._tenant, assignment, found)

    def delete_package(self, package_id: str) -> None:
        """Raises GraphProblem 404, and 409 while somebody, even somebody deleted, holds the package."""
        self._settled()
        if package_id not in self._tenant.packages:
            raise not_found(f"There is no access package '{package_id}'.")
        if any(assignment.state != "expired" for assignment in self._tenant.holders_of(package_id)):
            raise conflict("The access package has assignments.", "AccessPackageHasAssignments")
        if any(self._tenant.requests[key].package_id == package_id for key in self._tenant.open_requests):
            raise conflict("The access package has open requests.", "AccessPackageHasRequests")
        self._forget_package(package_id)

    def delete_policy(self, policy_id: str) -> None:
        """Raises GraphProblem 404, and 409 while an assignment or an open request refers to the policy."""
        self._settled()
        policy = self._tenant.policies.get(policy_id)
        if policy is None:
            raise not_found(f"There is no assignment policy '{policy_id}'.")
        held = self._tenant.holders_of(policy.package_id)
        if any(assignment.policy_id == policy_id and assignment.state != "expired" for assignment in held):
            raise conflict("The assignment policy has assignments.", "PolicyHasAssignments")
        if any(self._tenant.requests[key].policy_id == policy_id for key in self._tenant.open_requests):
            raise conflict("The assignment policy has open requests.", "PolicyHasRequests")
        del self._tenant.policies[policy_id]

    def delete_catalog(self, catalog_id: str) -> None:
        """Raises GraphProblem 404, and 409 while the catalog holds packages."""
        self._settled()
        if catalog_id not in self._tenant.catalogs:
            raise not_found(f"There is no catalog '{catalog_id}'.")
        if any(package.catalog_id == catalog_id for package in self._tenant.packages.values()):
            raise conflict("The catalog has access packages.", "CatalogNotEmpty")
        for resource in [*self._tenant.resources.values()]:
            if resource.catalog_id == catalog_id:
                del self._tenant.resources[resource.id]
        for extension in [*self._tenant.custom_extensions.values()]:
            if extension.catalog_id == catalog_id:
                del self._tenant.custom_extensions[extension.id]
        scope = f"/AccessPackageCatalog/{catalog_id}".casefold()
        for held in [*self._tenant.role_assignments.values()]:
            if held.app_scope_id.casefold() == scope:
                del self._tenant.role_assignments[held.id]
        del self._tenant.catalogs[catalog_id]

    def _settled(self) -> datetime:
        """Now, with everything done that was due."""
        Lifecycle(self._world).settle()
        return self._world.clock.now()

    def _resource(self, resource_id: str) -> Resource:
        if resource_id not in self._tenant.resources:
            raise not_found(f"There is no resource '{resource_id}'.")
        return self._tenant.resources[resource_id]

    @property
    def _onboarding_delay(self) -> timedelta:
        return timedelta(seconds=switch(self._world, "onboarding_delay_s", _ONBOARDING_DELAY_S))

    def _resource_request(self, kind: str, resource: Resource, now: datetime) -> ResourceRequest:
        """The record of what was asked; the service answers at once whether it came to be."""
        failed = switch(self._world, "resource_requests_fail", default=False)
        state = "deliveryFailed" if failed else "delivered"
        made = ResourceRequest(
            self._tenant.new_id("resource-request"), kind, state, resource.id, resource.catalog_id, now
        )
        self._tenant.resource_requests[made.id] = made
        return made

    def _delivered(self, package_id: str) -> list[Assignment]:
        return [held for held in self._tenant.holders_of(package_id) if held.state == "delivered"]

    def _forget_package(self, package_id: str) -> None:
        """Take the package away with its policies, its ended assignments and what refers to it."""
        del self._tenant.packages[package_id]
        for policy in self._tenant.policies_of(package_id):
            del self._tenant.policies[policy.id]
        for assignment_id in self._tenant.assignments_by_package.pop(package_id, {}):
            assignment = self._tenant.assignments.pop(assignment_id)
            del self._tenant.assignments_by_target[assignment.target_id][assignment_id]
        for request in [*self._tenant.requests.values()]:
            if request.package_id == package_id:
                self._tenant.drop_request(request)
        for package in self._tenant.packages.values():
            package.incompatible_package_ids.pop(package_id, None)
