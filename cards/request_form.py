"""The form for asking for one access package, made from what the chosen policy requires."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cards.actions import OpenRequestForm, SubmitRequest


class AnswerKind(StrEnum):
    TEXT = "text"
    MULTILINE_TEXT = "multiline text"
    SINGLE_CHOICE = "single choice"
    MULTIPLE_CHOICE = "multiple choice"


@dataclass(frozen=True, slots=True)
class QuestionView:
    question_id: str
    kind: AnswerKind
    label: str
    is_required: bool = False
    regex: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # value, text
    value: str = ""  # what was typed before; several choices joined by commas


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """Another policy of the same package that the person may ask under."""

    name: str
    description: str
    open: OpenRequestForm
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class RequestFormView:
    package_name: str
    submit: SubmitRequest
    description: str = ""
    contents: tuple[str, ...] = ()  # what one gets, a line each
    policies: tuple[PolicyChoice, ...] = ()  # empty when there is no choice
    is_justification_required: bool = False
    justification: str = ""
    questions: tuple[QuestionView, ...] = ()
    asks_for_period: bool = False
    start_date: str = ""  # YYYY-MM-DD
    end_date: str = ""
    period: str = ""  # how long the access lasts, in words
    approval: str = ""  # what happens after sending, in words
    problem: str = ""  # why the last try was turned down, in the reader's words
