"""What is sent back by the cards about access that somebody has."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class ShowAccess(CardAction):
    """Another page of what somebody has; `words` narrow it down, `start` is the place of the first line."""

    verb: ClassVar[str] = "access.show"

    words: str = ""
    start: str = "0"


class OpenExtension(CardAction):
    """Shows how to keep one assignment longer. What the assignment is of is looked up again."""

    verb: ClassVar[str] = "access.extension"

    assignment_id: str
    access_package_id: str
    policy_id: str = ""


class ExtendAccess(CardAction):
    """Asks for more time. `ends_at` is the end that the card showed: it makes a second press find the first."""

    verb: ClassVar[str] = "access.extend"

    assignment_id: str
    access_package_id: str
    policy_id: str = ""
    ends_at: str
    period: str = ""
    justification: str = ""


class LetGo(CardAction):
    """Says not to extend, so that nobody asks again."""

    verb: ClassVar[str] = "access.let_go"

    assignment_id: str
    access_package_id: str
    ends_at: str = ""


class OpenGiveBack(CardAction):
    """Shows what giving one assignment back would take away."""

    verb: ClassVar[str] = "access.leaving"

    assignment_id: str
    access_package_id: str
    policy_id: str = ""


class GiveBack(CardAction):
    verb: ClassVar[str] = "access.give_back"

    assignment_id: str
    access_package_id: str
    policy_id: str = ""


class ExtendSeveral(CardAction):
    """Asks for more time for what is ticked on the card of that day; ids joined by commas."""

    verb: ClassVar[str] = "expiry.extend"

    day: str
    chosen: str = ""
    justification: str = ""


class LetGoSeveral(CardAction):
    """Says not to extend what is ticked on the card of that day."""

    verb: ClassVar[str] = "expiry.let_go"

    day: str
    chosen: str = ""
    justification: str = ""
