"""The delegated permissions that calls on behalf of a person need."""

from __future__ import annotations

from typing import Final

SUBJECT_ACCESS: Final = ("EntitlementMgmt-SubjectAccess.ReadWrite",)
"""Self-service: packages, requirements, own requests and assignments. No administrator has to consent."""

REVIEW_WRITE: Final = ("AccessReview.ReadWrite.All",)
"""Reading and deciding access reviews. An administrator consents once."""

ENTITLEMENT_WRITE: Final = ("EntitlementManagement.ReadWrite.All",)
"""Reading and deciding approvals. An administrator consents once."""
