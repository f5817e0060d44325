"""Everything that waits for one approver, the nearest deadline first."""

from __future__ import annotations

from dataclasses import dataclass

from cards.actions import OpenApproval


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    requestor_name: str
    package_name: str
    when: str  # "asked 2 hours ago, due in 3 days"
    justification: str
    open: OpenApproval
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalsView:
    lines: tuple[ApprovalLine, ...]  # at most eight are shown
    more_count: int = 0
    portal_url: str = ""
