"""What is sent back by the cards of approvers."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class ApproveRequest(CardAction):
    """`shown` is the digest of what the card told; a decision on something else is asked again."""

    verb: ClassVar[str] = "approval.approve"

    request_id: str
    shown: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        """What was picked and what was typed, in that order."""
        return _reason(self.canned, self.justification)


class DenyRequest(CardAction):
    verb: ClassVar[str] = "approval.deny"

    request_id: str
    shown: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        """What was picked and what was typed, in that order."""
        return _reason(self.canned, self.justification)


class UndoDecision(CardAction):
    """Takes one's decision back while it is held."""

    verb: ClassVar[str] = "approval.undo"

    request_id: str


class RefreshApproval(CardAction):
    """Sent by clients on their own when an approver looks at their card."""

    verb: ClassVar[str] = "approval.refresh"

    request_id: str


class OpenApproval(CardAction):
    """Shows one waiting request in full, from the list of everything that waits."""

    verb: ClassVar[str] = "approval.open"

    request_id: str


class ListApprovals(CardAction):
    """Another page of what waits, found by `words`; with tick boxes when several are to be decided together."""

    verb: ClassVar[str] = "approvals.list"

    words: str = ""
    page: int = 0
    is_for_several: bool = False


class ApproveSeveral(CardAction):
    """`chosen` are the ticked lines, each `<request id>|<digest of what was shown>`, joined by commas."""

    verb: ClassVar[str] = "approvals.approve"

    words: str = ""
    page: int = 0
    chosen: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        return _reason(self.canned, self.justification)


class DenySeveral(CardAction):
    verb: ClassVar[str] = "approvals.deny"

    words: str = ""
    page: int = 0
    chosen: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        return _reason(self.canned, self.justification)


class AskTakeBack(CardAction):
    """Shows what taking this access back means, and asks for the reason."""

    verb: ClassVar[str] = "decision.ask-take-back"

    request_id: str


class TakeBack(CardAction):
    verb: ClassVar[str] = "decision.take-back"

    request_id: str
    justification: str = ""


def _reason(canned: str, typed: str) -> str:
    return " ".join(part for part in (canned.strip(), typed.strip()) if part)
