"""What buttons send back. One class per button, shared by the card that writes it and the handler that reads it.

Payloads carry ids and answers only: cards stay in chats for months, so the state is looked up again on every press.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict

ANSWER: Final = "answer_"
MYSELF: Final = "me"
"""The value of `target_id` for the person who asks."""


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


class PickPackage(CardAction):
    """Opens the form of the package that was picked in the input `access_package_id`, or found by what stands there."""

    verb: ClassVar[str] = "packages.pick"

    access_package_id: str = ""


class ShowPackages(CardAction):
    """Shows one page (a number, counted from 0) of what can be requested, in place; `words` narrows it down.

    With anything in `fresh` Graph is asked again, instead of showing what is kept.
    """

    verb: ClassVar[str] = "packages.show"

    page: str = ""
    words: str = ""
    fresh: str = ""

    @property
    def page_number(self) -> int:
        return int(self.page) if self.page.isdecimal() and len(self.page) < 6 else 0


class SharePackage(CardAction):
    """Gives the link of one package, and a card that can be passed on."""

    verb: ClassVar[str] = "packages.share"

    access_package_id: str


class SubmitRequest(FormInputs, CardAction):
    """Files the request. `form_id` makes a second press find the first; `shown` is a fingerprint of what was asked."""

    model_config = ConfigDict(extra="allow")

    verb: ClassVar[str] = "request.submit"

    form_id: str
    access_package_id: str
    policy_id: str
    shown: str = ""


class RefreshRequestStatus(CardAction):
    """Sent by clients on their own when somebody looks at a request's status card."""

    verb: ClassVar[str] = "request.refresh"

    request_id: str


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


class ApproveRequest(CardAction):
    """`shown` is the digest of what the card told; a decision on something else is asked again."""

    verb: ClassVar[str] = "approval.approve"

    request_id: str
    stage_id: str = ""
    shown: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        """What was picked and what was typed, in that order."""
        return _reason(self.canned, self.justification)


class DenyRequest(CardAction):
    verb: ClassVar[str] = "approval.deny"

    request_id: str
    stage_id: str = ""
    shown: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        """What was picked and what was typed, in that order."""
        return _reason(self.canned, self.justification)


class UndoDecision(CardAction):
    """Takes one's decision back while it is held."""

    verb: ClassVar[str] = "approval.undo"

    request_id: str


class RefreshApproval(CardAction):
    """Sent by clients on their own when an approver looks at their card."""

    verb: ClassVar[str] = "approval.refresh"

    request_id: str


class OpenApproval(CardAction):
    """Shows one waiting request in full, from the list of everything that waits."""

    verb: ClassVar[str] = "approval.open"

    request_id: str


class PickPackages(CardAction):
    """Shows one form for all the packages that were ticked; `picked` are their ids, joined by commas."""

    verb: ClassVar[str] = "request.pick"

    picked: str = ""


class SubmitSeveral(FormInputs, CardAction):
    """Files a request for each of these packages, under the policy at the same place; ids joined by commas."""

    model_config = ConfigDict(extra="allow")

    verb: ClassVar[str] = "request.several"

    form_id: str
    package_ids: str
    policy_ids: str
    shown: str = ""

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Each package with its policy."""
        return tuple(zip(chosen_values(self.package_ids), chosen_values(self.policy_ids), strict=False))


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


class ListApprovals(CardAction):
    """Another page of what waits, found by `words`; with tick boxes when several are to be decided together."""

    verb: ClassVar[str] = "approvals.list"

    words: str = ""
    page: int = 0
    is_for_several: bool = False


class ApproveSeveral(CardAction):
    """`chosen` are the ticked lines, each `<request id>|<digest of what was shown>`, joined by commas."""

    verb: ClassVar[str] = "approvals.approve"

    words: str = ""
    page: int = 0
    chosen: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        return _reason(self.canned, self.justification)


class DenySeveral(CardAction):
    verb: ClassVar[str] = "approvals.deny"

    words: str = ""
    page: int = 0
    chosen: str = ""
    justification: str = ""
    canned: str = ""

    @property
    def reason(self) -> str:
        return _reason(self.canned, self.justification)


class AskTakeBack(CardAction):
    """Shows what taking this access back means, and asks for the reason."""

    verb: ClassVar[str] = "decision.ask-take-back"

    request_id: str


class TakeBack(CardAction):
    verb: ClassVar[str] = "decision.take-back"

    request_id: str
    justification: str = ""


def _reason(canned: str, typed: str) -> str:
    return " ".join(part for part in (canned.strip(), typed.strip()) if part)
