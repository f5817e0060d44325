"""What is sent back by the cards of access reviews."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class OpenReview(CardAction):
    """Shows one access review, from its `page` on, in place of the card it was picked from.

    With `is_new` in a message of its own: the card that announced it stays.
    """

    verb: ClassVar[str] = "review.open"

    instance_id: str
    page: int = 0
    is_new: bool = False


class DecideReview(CardAction):
    """Says one verdict about the people who are ticked. `items` are the values of the choice, joined by commas."""

    verb: ClassVar[str] = "review.decide"

    instance_id: str
    page: int = 0
    verdict: str = ""
    items: str = ""
    justification: str = ""

    def saying(self, verdict: str) -> DecideReview:
        return DecideReview(instance_id=self.instance_id, page=self.page, verdict=verdict)


class AcceptSuggestions(CardAction):
    """Says what is suggested about everybody nothing was said about yet."""

    verb: ClassVar[str] = "review.accept"

    instance_id: str
