"""What is sent back by notes, questions and answers."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class OpenRemark(CardAction):
    """Shows the card on which the requestor writes a note, or an approver a question."""

    verb: ClassVar[str] = "remark.open"

    request_id: str
    is_question: bool = False


class SendRemark(CardAction):
    verb: ClassVar[str] = "remark.send"

    request_id: str
    is_question: bool = False
    text: str = ""


class SendAnswer(CardAction):
    """The requestor's answer to an approver's question."""

    verb: ClassVar[str] = "remark.answer"

    question_id: str
    text: str = ""
