"""What is sent back by the forms that access packages are requested with."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

from cards.actions.base import CardAction, chosen_values

ANSWER: Final = "answer_"
MYSELF: Final = "me"
"""The value of `target_id` for the person who asks."""

FormId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""What a form goes by, in letters that no other kind of key is made of: a form claims nothing but itself."""


class FormInputs(BaseModel):
    """What is filled into the form of an access package.

    The inputs of the questions are named `answer_<question id>` and arrive beside these fields.
    """

    model_config = ConfigDict(frozen=True, extra="allow", str_max_length=100_000)

    justification: str = ""
    period: str = ""
    start_date: str = ""
    end_date: str = ""
    target_id: str = ""

    def answer(self, question_id: str) -> str:
        """What was typed or chosen for a question; several choices are joined by commas, as Teams sends them."""
        value = (self.model_extra or {}).get(f"{ANSWER}{question_id}", "")
        return value if isinstance(value, str) else str(value)

    def chosen(self, question_id: str) -> tuple[str, ...]:
        """The values that were ticked for a question with several choices."""
        return chosen_values(self.answer(question_id))

    def answers(self) -> dict[str, str]:
        """Everything that was typed or chosen, by the id of its question."""
        names = (name for name in self.model_extra or {} if name.startswith(ANSWER))
        return {name.removeprefix(ANSWER): self.answer(name.removeprefix(ANSWER)) for name in names}


class OpenRequestForm(CardAction):
    """Shows the form for one access package, in place of the card it was picked from.

    `like_request_id` is an earlier request whose answers it starts with, `target_id` the person it is for, `looked_for`
    the words with which the package was found.
    """

    verb: ClassVar[str] = "request.form"

    access_package_id: str
    policy_id: str = ""
    like_request_id: str = ""
    target_id: str = ""
    looked_for: str = ""


class SubmitRequest(FormInputs, CardAction):
    """Files the request. `form_id` makes a second press find the first; `shown` is a fingerprint of what was asked."""

    model_config = ConfigDict(extra="allow")

    verb: ClassVar[str] = "request.submit"

    form_id: FormId
    access_package_id: str
    policy_id: str
    shown: str = ""


class PickPackages(CardAction):
    """Shows one form for all the packages that were ticked; `picked` are their ids, joined by commas."""

    verb: ClassVar[str] = "request.pick"

    picked: str = ""


class SubmitSeveral(FormInputs, CardAction):
    """Files a request for each of these packages, under the policy at the same place; ids joined by commas."""

    model_config = ConfigDict(extra="allow")

    verb: ClassVar[str] = "request.several"

    form_id: FormId
    package_ids: str
    policy_ids: str
    shown: str = ""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Each package with its policy."""
        return tuple(zip(chosen_values(self.package_ids), chosen_values(self.policy_ids), strict=False))


class OpenSaid(CardAction):
    """Shows the form of the package that was picked, filled with what was `said` behind its name."""

    verb: ClassVar[str] = "request.said"

    access_package_id: str
    said: str = ""


class OpenDraft(CardAction):
    """Shows the form filled with what one has said so far of the request with this code."""

    verb: ClassVar[str] = "request.draft"

    code: str


class SendDraft(CardAction):
    """Sends the request with this code, which was only put together in words so far."""

    verb: ClassVar[str] = "request.send"

    code: str
