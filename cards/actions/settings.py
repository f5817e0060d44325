"""What is sent back by the card of somebody's settings."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from cards.actions.base import CardAction


class ChangeSettings(CardAction):
    """Keeps what stands in the card's inputs; a setting that the card did not have yet stays as it is.

    `settings` names those that it had, joined by commas, because clients leave out an input that was emptied.
    """

    model_config = ConfigDict(extra="allow")

    verb: ClassVar[str] = "settings.change"

    settings: str = ""

    @staticmethod
    def input_name(setting: str) -> str:
        return f"setting_{setting}"

    def typed(self, setting: str) -> str | None:
        """What was typed or picked, empty for nothing; None when the card had no such input."""
        value = (self.model_extra or {}).get(self.input_name(setting))
        if value is None and setting in self.settings.split(","):
            return ""
        return value if isinstance(value, str) else None
