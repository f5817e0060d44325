"""What every button's payload is."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict


def choice_value(value: str) -> str:
    """The value of one choice among several, spelt without the comma that Teams joins them by."""
    if not any(sign in value for sign in (",", "%2C", "%25")):
        return value
    return value.replace("%", "%25").replace(",", "%2C")


def chosen_values(joined: str) -> tuple[str, ...]:
    """The values that were ticked, out of what Teams sends; undoes `choice_value`."""
    return tuple(value.replace("%2C", ",").replace("%25", "%") for value in joined.split(",") if value)


class CardAction(BaseModel):
    """A button's payload. Fields that a card's inputs fill have defaults and the input's id as their name."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_max_length=100_000)

    verb: ClassVar[str]

    def payload(self) -> dict[str, Any]:
        """What the card writes into `data`: every field that was set, as JSON values."""
        return self.model_dump(mode="json", exclude_unset=True)


class RunCommand(CardAction):
    """Does what typing `text` would do; the answer comes as a message of its own."""

    verb: ClassVar[str] = "command.run"

    text: str
