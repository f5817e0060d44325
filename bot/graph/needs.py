"""Which permission a call of an administrator needs, for saying so before it is made."""

from __future__ import annotations

import re
from typing import Final

_EM: Final = r"/identityGovernance/entitlementManagement"
_ROLES: Final = r"/roleManagement/entitlementManagement"
_NEEDS: Final[tuple[tuple[str, str, str], ...]] = (
    ("POST", rf"{_EM}/resourceRequests", "EntitlementManagement.ReadWrite.All (for groups also Group.ReadWrite.All)"),
    ("GET", _ROLES, "EntitlementManagement.Read.All"),
    (".*", _ROLES, "EntitlementManagement.ReadWrite.All"),
    ("GET", _EM, "EntitlementManagement.Read.All"),
    (".*", _EM, "EntitlementManagement.ReadWrite.All"),
    ("GET", r"/groups/\{group\}/appRoleAssignments", "Directory.Read.All"),
    (".*", r"/groups/\{group\}/appRoleAssignments", "AppRoleAssignment.ReadWrite.All"),
    ("GET", r"/groups", "GroupMember.Read.All"),
    (".*", r"/groups", "Group.ReadWrite.All"),
    ("GET", r"/users/\{user\}/teamwork", "TeamsAppInstallation.ReadForUser.All"),
    ("GET", r"/users", "User.Read.All"),
    ("POST", r"/users/\{user\}/checkMemberGroups", "GroupMember.Read.All"),
    ("POST", r"/invitations", "User.Invite.All"),
    ("GET", r"/(servicePrincipals|applications)", "Application.Read.All"),
    (".*", r"/servicePrincipals/.*appRoleAssignedTo", "AppRoleAssignment.ReadWrite.All"),
    ("GET", r"/auditLogs", "AuditLog.Read.All"),
    ("GET", r"/subscribedSkus", "LicenseAssignment.Read.All"),
    ("GET", r"/oauth2PermissionGrants", "Directory.Read.All"),
    ("GET", r"/appCatalogs", "AppCatalog.Read.All"),
    ("GET", r"/directoryObjects", "Directory.Read.All"),
    ("GET", r"/identityGovernance/accessReviews", "AccessReview.Read.All"),
    (".*", r"/applications", "Application.ReadWrite.OwnedBy (delegated: Application.ReadWrite.All)"),
)


def permission_for(method: str, template: str) -> str:
    """The least permission for this call, of an app or, with a role besides, of a person; "" when it is not known."""
    for wanted, where, permission in _NEEDS:
        if re.fullmatch(wanted, method) and re.match(where, template):
            return permission
    return ""
