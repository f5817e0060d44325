"""The permissions that operations accept, least first, by what they are for.

Source: Microsoft's published permission map; the contract tests hold every operation to it.
"""

from __future__ import annotations

from typing import Final

EM_READ: Final = ("EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All")
EM_WRITE: Final = ("EntitlementManagement.ReadWrite.All",)
SELF_READ: Final = ("EntitlementMgmt-SubjectAccess.ReadWrite", *EM_READ)
SELF_WRITE: Final = ("EntitlementMgmt-SubjectAccess.ReadWrite", *EM_WRITE)

USER_BASIC: Final = ("User.ReadBasic.All", "User.Read.All", "Directory.Read.All", "User.ReadWrite.All")
USER_READ: Final = ("User.Read.All", "Directory.Read.All", "User.ReadWrite.All")
SPONSOR_READ: Final = ("User.Read.All", "User.ReadWrite.All")
OWN: Final = ("User.Read",)

GROUP_READ: Final = (
    "GroupMember.Read.All",
    "Group.Read.All",
    "Directory.Read.All",
    "Group.ReadWrite.All",
)
GROUP_OWNERS: Final = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All")
MEMBERSHIP: Final = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All")

APPLICATION_READ: Final = ("Application.Read.All", "Directory.Read.All", "Application.ReadWrite.All")
APPLICATION_OWNED: Final = ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All")
APPLICATION_WRITE: Final = ("Application.ReadWrite.All",)
APP_ROLE_READ: Final = ("Directory.Read.All", "AppRoleAssignment.ReadWrite.All")
APP_ROLE_WRITE: Final = ("AppRoleAssignment.ReadWrite.All",)
APP_ROLE_WRITE_ALSO: Final = ("Application.Read.All", "Directory.Read.All")
GRANT_READ: Final = ("Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
GRANT_WRITE: Final = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")

USER_UPDATE: Final = ("User.ReadWrite.All", "Directory.ReadWrite.All")
OWN_UPDATE: Final = ("User.ReadWrite",)
USER_DELETE: Final = ("User.DeleteRestore.All", "User.ReadWrite.All")
GROUP_CREATE: Final = ("Group.Create", "Group.ReadWrite.All", "Directory.ReadWrite.All")
GROUP_WRITE: Final = ("Group.ReadWrite.All", "Directory.ReadWrite.All")
MEMBER_WRITE: Final = ("GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All")

AUDIT_READ: Final = ("AuditLog.Read.All",)
LICENCE_READ: Final = ("LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All")
REVIEW_READ: Final = ("AccessReview.Read.All", "AccessReview.ReadWrite.All")
REVIEW_WRITE: Final = ("AccessReview.ReadWrite.All",)

INVITE: Final = ("User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All")
NOT_SUPPORTED: Final[tuple[str, ...]] = ()
