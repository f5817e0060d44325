"""Buttons about the health of the tenant."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class ShowHealth(CardAction):
    """Another page of what was found; with `is_fresh` everything is looked at once more."""

    verb: ClassVar[str] = "health.show"

    page: int = 0
    is_fresh: bool = False


class OpenHealth(CardAction):
    """Everything of one severity that one check found."""

    verb: ClassVar[str] = "health.open"

    severity: str
    check: str
    page: int = 0
