"""One request as its approver sees it: who wants what and why, then approve or deny, then what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from cards.actions import ApproveRequest, DenyRequest, RefreshApproval
from cards.views import Fact, Link, Tone


@dataclass(frozen=True, slots=True)
class ApprovalView:
    package_name: str
    requestor_name: str
    headline: str  # "Rita Requester asks for Sales data", or the outcome
    tone: Tone
    refresh: RefreshApproval
    requestor_line: str = ""  # job title, department, company
    beneficiary_name: str = ""  # when somebody asks for somebody else
    facts: tuple[Fact, ...] = ()  # asked, period, stage, deadline, why you
    justification: str = ""
    answers: tuple[Fact, ...] = ()
    contents: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()  # what is different from the card that was pressed
    approve: ApproveRequest | None = None  # None: nothing to decide (any more)
    deny: DenyRequest | None = None
    is_justification_required: bool = False
    typed_justification: str = ""
    problem: str = ""
    outcome: str = ""  # a sentence, when decided, cancelled or closed
    links: tuple[Link, ...] = ()
    refresh_for: tuple[str, ...] = ()  # Teams ids whose clients ask for news by themselves
