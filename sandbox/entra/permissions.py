"""The delegated Graph permissions that exist in the sandbox, in the words of the consent page."""

from __future__ import annotations

from typing import Final

OIDC_SCOPES: Final = frozenset({"openid", "profile", "email", "offline_access"})

DELEGATED: Final[dict[str, str]] = {
    "AccessReview.Read.All": "Read all access reviews that you can see",
    "AccessReview.ReadWrite.All": "Read access reviews, and record your decisions in them",
    "AppCatalog.Read.All": "Read which Teams apps the organization offers",
    "AppRoleAssignment.ReadWrite.All": "Manage who holds which role in applications, and what applications may do",
    "Application.Read.All": "Read applications",
    "Application.ReadWrite.All": "Read and change all applications",
    "AuditLog.Read.All": "Read the audit log",
    "DelegatedPermissionGrant.ReadWrite.All": "Manage what applications may do as people",
    "Directory.Read.All": "Read everything in the directory",
    "Directory.ReadWrite.All": "Read and change everything in the directory",
    "EntitlementManagement.Read.All": "Read access packages, requests and assignments",
    "EntitlementManagement.ReadWrite.All": "Read and change access packages, and decide requests, as you",
    "EntitlementMgmt-SubjectAccess.ReadWrite": "Ask for access packages, and follow your own requests, as you",
    "Group.Create": "Create groups",
    "Group.Read.All": "Read all groups",
    "Group.ReadWrite.All": "Read and change all groups",
    "GroupMember.Read.All": "Read who is in which group",
    "GroupMember.ReadWrite.All": "Change who is in which group",
    "LicenseAssignment.Read.All": "Read which licences the organization has",
    "Organization.Read.All": "Read what the organization has subscribed to",
    "RoleManagement.Read.All": "Read who holds which administrative role",
    "RoleManagement.Read.Directory": "Read who holds which role in the directory",
    "RoleManagement.ReadWrite.Directory": "Change who holds which role in the directory",
    "TeamsAppInstallation.ReadForUser": "Read which Teams apps you have installed",
    "TeamsAppInstallation.ReadWriteForUser": "Install and remove Teams apps for you",
    "TeamsAppInstallation.ReadWriteSelfForUser": "Install and remove itself in Teams for you",
    "User.DeleteRestore.All": "Delete and restore people",
    "User.Invite.All": "Invite guests",
    "User.Read": "Sign you in and read your profile",
    "User.Read.All": "Read everybody's full profile",
    "User.ReadBasic.All": "Read everybody's name and mail address",
    "User.ReadWrite": "Read and change your profile",
    "User.ReadWrite.All": "Read and change everybody's full profile",
    "email": "See your mail address",
    "offline_access": "Keep the access that you give it",
    "openid": "Sign you in",
    "profile": "See your name and picture",
}

ACCESS_AS_USER: Final = "access_as_user"

_WITHOUT_ADMINISTRATOR: Final = OIDC_SCOPES | {"EntitlementMgmt-SubjectAccess.ReadWrite", "User.Read", ACCESS_AS_USER}
_BY_FOLDED_NAME: Final = {name.casefold(): name for name in DELEGATED}


def find_delegated(name: str) -> str | None:
    """The permission as Graph spells it, whatever the letter case; None when there is none."""
    return _BY_FOLDED_NAME.get(name.casefold())


def needs_administrator(name: str) -> bool:
    """Whether only an administrator may consent to it, by the tenant's policy for user consent."""
    return name not in _WITHOUT_ADMINISTRATOR


def in_words(name: str, app_name: str) -> str:
    return f"Use {app_name} as you" if name == ACCESS_AS_USER else DELEGATED.get(name, name)
