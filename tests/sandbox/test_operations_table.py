"""The generated page about the operations says what the table says, and the table has what documentation names."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.graph.operations_table import document
from sandbox.graph.paths import PathTable
from sandbox.graph.table import OPERATIONS

PAGE = Path(__file__).parents[2] / "docs" / "sandbox-operations.md"


def test_the_page_is_current() -> None:
    hint = "run: python -m sandbox.graph.operations_table > docs/sandbox-operations.md"
    assert PAGE.read_text(encoding="utf-8") == document(), hint


def test_every_operation_has_its_row() -> None:
    rows = [line for line in document().splitlines() if line.startswith("| `")]
    assert len(rows) == len(OPERATIONS) > 0


_EM = "/identityGovernance/entitlementManagement"
_AR = "/identityGovernance/accessReviews/definitions"
DOCUMENTED = f"""
GET {_EM}/catalogs
POST {_EM}/catalogs
GET {_EM}/catalogs/1
PATCH {_EM}/catalogs/1
DELETE {_EM}/catalogs/1
GET {_EM}/catalogs/1/resources
POST {_EM}/catalogs/1/resources/2/refresh
GET {_EM}/catalogs/1/resourceRoles
GET {_EM}/catalogs/1/resourceScopes
GET {_EM}/catalogs/1/customWorkflowExtensions
POST {_EM}/catalogs/1/customWorkflowExtensions
GET {_EM}/resourceRequests
POST {_EM}/resourceRequests
GET {_EM}/resourceEnvironments
GET {_EM}/accessPackages
POST {_EM}/accessPackages
GET {_EM}/accessPackages/1
PATCH {_EM}/accessPackages/1
DELETE {_EM}/accessPackages/1
GET {_EM}/accessPackages/1/resourceRoleScopes
POST {_EM}/accessPackages/1/resourceRoleScopes
DELETE {_EM}/accessPackages/1/resourceRoleScopes/2_3
GET {_EM}/availableAccessPackages/1/resourceRoleScopes
GET {_EM}/accessPackages/1/incompatibleAccessPackages
GET {_EM}/accessPackages/1/incompatibleGroups
GET {_EM}/accessPackages/1/accessPackagesIncompatibleWith
POST {_EM}/accessPackages/1/incompatibleAccessPackages/$ref
POST {_EM}/accessPackages/1/incompatibleGroups/$ref
DELETE {_EM}/accessPackages/1/incompatibleAccessPackages/2/$ref
DELETE {_EM}/accessPackages/1/incompatibleGroups/2/$ref
GET {_EM}/assignments/additionalAccess(accessPackageId='1',incompatibleAccessPackageId='2')
GET {_EM}/assignments/additionalAccess()
GET {_EM}/assignments/additionalAccess(accessPackageId='1')
GET {_EM}/assignmentPolicies
POST {_EM}/assignmentPolicies
GET {_EM}/assignmentPolicies/1
PUT {_EM}/assignmentPolicies/1
DELETE {_EM}/assignmentPolicies/1
GET {_EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')
GET {_EM}/accessPackageSuggestions/filterByCurrentUser(on='assignmentHistory')
POST {_EM}/accessPackages/1/getApplicablePolicyRequirements
GET {_EM}/assignmentRequests
POST {_EM}/assignmentRequests
GET {_EM}/assignmentRequests/1
DELETE {_EM}/assignmentRequests/1
GET {_EM}/assignmentRequests/filterByCurrentUser(on='target')
POST {_EM}/assignmentRequests/1/cancel
POST {_EM}/assignmentRequests/1/reprocess
POST {_EM}/assignmentRequests/1/resume
GET {_EM}/accessPackageAssignmentApprovals/filterByCurrentUser(on='approver')
GET {_EM}/accessPackageAssignmentApprovals/1
GET {_EM}/accessPackageAssignmentApprovals/1/stages
GET {_EM}/accessPackageAssignmentApprovals/1/stages/2
PATCH {_EM}/accessPackageAssignmentApprovals/1/stages/2
GET {_EM}/assignments
GET {_EM}/assignments/1
GET {_EM}/assignments/filterByCurrentUser(on='target')
POST {_EM}/assignments/1/reprocess
GET {_EM}/subjects(objectId='1')
GET {_EM}/connectedOrganizations
POST {_EM}/connectedOrganizations
GET {_EM}/connectedOrganizations/1
PATCH {_EM}/connectedOrganizations/1
DELETE {_EM}/connectedOrganizations/1
GET {_EM}/connectedOrganizations/1/internalSponsors
GET {_EM}/connectedOrganizations/1/externalSponsors
POST {_EM}/connectedOrganizations/1/internalSponsors/$ref
POST {_EM}/connectedOrganizations/1/externalSponsors/$ref
DELETE {_EM}/connectedOrganizations/1/internalSponsors/2/$ref
DELETE {_EM}/connectedOrganizations/1/externalSponsors/2/$ref
GET {_EM}/settings
PATCH {_EM}/settings
GET {_EM}/controlConfigurations
GET {_EM}/controlConfigurations/endUserSettings
GET /roleManagement/entitlementManagement/roleAssignments
POST /roleManagement/entitlementManagement/roleAssignments
DELETE /roleManagement/entitlementManagement/roleAssignments/1
GET /roleManagement/entitlementManagement/roleDefinitions
GET {_AR}
POST {_AR}
GET {_AR}/filterByCurrentUser(on='reviewer')
GET {_AR}/1
GET {_AR}/1/instances
GET {_AR}/1/instances/filterByCurrentUser(on='reviewer')
GET {_AR}/1/instances/2/decisions
GET {_AR}/1/instances/2/decisions/filterByCurrentUser(on='reviewer')
GET {_AR}/1/instances/2/stages/3/decisions/filterByCurrentUser(on='reviewer')
PATCH {_AR}/1/instances/2/decisions/3
PATCH {_AR}/1/instances/2/stages/3/decisions/4
POST {_AR}/1/instances/2/batchRecordDecisions
POST {_AR}/1/instances/2/acceptRecommendations
POST {_AR}/1/instances/2/applyDecisions
POST {_AR}/1/instances/2/sendReminder
POST {_AR}/1/instances/2/stop
GET /me
GET /users
POST /users
GET /users/1
GET /users/1/manager
PUT /users/1/manager/$ref
GET /users/1/directReports
GET /me/directReports
GET /users/1/sponsors
GET /users/1/memberOf
GET /users/1/transitiveMemberOf/microsoft.graph.group
POST /users/1/checkMemberGroups
POST /users/1/getMemberGroups
GET /groups/1
GET /groups/1/members
GET /groups/1/members/microsoft.graph.user
GET /groups/1/transitiveMembers
POST /invitations
GET /applications
PATCH /applications/1
GET /servicePrincipals
GET /servicePrincipals(appId='1')
GET /servicePrincipals/1/appRoleAssignedTo
POST /servicePrincipals/1/appRoleAssignedTo
DELETE /servicePrincipals/1/appRoleAssignedTo/2
POST /groups/1/appRoleAssignments
POST /directoryObjects/getByIds
GET /subscribedSkus
GET /auditLogs/directoryAudits
GET /users/1/licenseDetails
"""
"""What the documentation of access packages, reviews and the directory around them names, as a client asks for it."""


@pytest.mark.parametrize("asked", DOCUMENTED.split("\n")[1:-1])
def test_every_documented_operation_is_emulated(asked: str) -> None:
    method, _, path = asked.partition(" ")
    operation, _ = PathTable(OPERATIONS).find(method, path)
    assert f"`{method} {operation.path.replace(_EM, 'EM')}`" in PAGE.read_text(encoding="utf-8")
