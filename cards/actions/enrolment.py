"""What is sent back by the card of an enrolment plan. What it may do is looked up again with every press."""

from __future__ import annotations

from typing import ClassVar

from cards.actions.base import CardAction


class ShowPlan(CardAction):
    """Shows another page of the plan, to the person who pressed."""

    verb: ClassVar[str] = "enrolment.show"

    run_id: str
    page: int = 0


class ChooseRows(CardAction):
    """Keeps the ticked rows of a page in the plan and leaves the others out. `kept` are row ids joined by commas.

    `next_page` is what is shown then, so that turning pages keeps what was ticked; below 0, the same page.
    """

    verb: ClassVar[str] = "enrolment.choose"

    run_id: str
    page: int = 0
    kept: str = ""
    next_page: int = -1


class AskAgreement(CardAction):
    """Hands the plan to those who may agree to it."""

    verb: ClassVar[str] = "enrolment.ask"

    run_id: str
    page: int = 0
    kept: str = ""


class AgreeToPlan(CardAction):
    """Agrees to the plan with this digest. `removals` is the number typed, where one is asked for."""

    verb: ClassVar[str] = "enrolment.agree"

    run_id: str
    digest: str
    removals: str = ""


class RefusePlan(CardAction):
    verb: ClassVar[str] = "enrolment.refuse"

    run_id: str


class StopPlan(CardAction):
    """Throws a plan away that nobody has agreed to, or ends one between two rows that is being carried out."""

    verb: ClassVar[str] = "enrolment.stop"

    run_id: str


class GetPlanFile(CardAction):
    """Offers a file about the plan: `plan` or `result`."""

    verb: ClassVar[str] = "enrolment.file"

    run_id: str
    which: str = "plan"


class UndoPlan(CardAction):
    """Proposes to take back what a plan has done."""

    verb: ClassVar[str] = "enrolment.undo"

    run_id: str
