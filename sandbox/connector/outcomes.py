"""What an act of a person in Teams led to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.connector.state import Json


@dataclass(frozen=True, slots=True)
class LoginRequired:
    """The client shows a sign-in button that leads to `url`, on the message `message_id`."""

    message_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` is the bot's HTTP status, 0 when it could not be reached and None when it was not asked.

    `answer` is the body of an invoke's answer. `messages` appeared or changed for the person meanwhile, oldest first.
    `url` is where a link button leads. `reason` says why the bot was not asked. `dialog` is the dialog that is open
    after it, and `told` what the client says where no message is: in a dialog, or in place of one. `composed` is what
    stands in the compose box after a command of the message extension.
    """

    status: int | None
    answer: Any = None
    messages: list[Json] = field(default_factory=list)
    message_id: str | None = None
    login_required: LoginRequired | None = None
    url: str | None = None
    reason: str | None = None
    dialog: Json | None = None
    told: str | None = None
    composed: Json | None = None

    def to_json(self) -> Json:
        login = self.login_required
        return {
            "status": self.status,
            "answer": self.answer,
            "messages": self.messages,
            "message_id": self.message_id,
            "login_required": {"message": login.message_id, "url": login.url} if login else None,
            "url": self.url,
            "reason": self.reason,
            "dialog": self.dialog,
            "told": self.told,
            "composed": self.composed,
        }
