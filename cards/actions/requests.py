"""What is sent back by the cards that show where requests stand."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class RefreshRequestStatus(CardAction):
    """Sent by clients on their own when somebody looks at a request's status card."""

    verb: ClassVar[str] = "request.refresh"

    request_id: str


class ShowRequest(CardAction):
    """Shows where one request stands, from a list."""

    verb: ClassVar[str] = "request.show"

    request_id: str


class ShowMyRequests(CardAction):
    """Turns the list of one's requests to another page, counted from 0."""

    verb: ClassVar[str] = "request.page"

    page: int = 0


class CancelRequest(CardAction):
    """Asks whether to take a request back, and does it once that was confirmed."""

    verb: ClassVar[str] = "request.cancel"

    request_id: str
    is_confirmed: bool = False


class NudgeApprovers(CardAction):
    """Reminds those who decide the request now."""

    verb: ClassVar[str] = "request.nudge"

    request_id: str


class ReprocessRequest(CardAction):
    """Has a delivery that failed tried again."""

    verb: ClassVar[str] = "request.reprocess"

    request_id: str
