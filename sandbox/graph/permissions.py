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
INVITE: Final = ("User.Invite.All", "User.ReadWrite.All", "Directory.ReadWrite.All")
ROLE_READ: Final = EM_READ
NOT_SUPPORTED: Final[tuple[str, ...]] = ()
