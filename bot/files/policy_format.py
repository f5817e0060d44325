"""The part of the files that is about policies: who may ask, who approves, for how long, what is asked, who reviews."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from bot.files.format_parts import GUID, Name, Part, Shorthand, Span, Text, Who, iso_span

Template = Literal[
    "admin-only",
    "members",
    "specific",
    "all-users",
    "organizations",
    "all-organizations",
    "anyone",
    "automatic",
]
NEVER: Final = "never"


def _expiry(value: Any) -> str:
    """ "never", an ISO day, or an ISO duration."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        said = value.strip().casefold()
        if said == NEVER:
            return NEVER
        if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
            return date.fromisoformat(said).isoformat()
    return iso_span(value)


Expiry = Annotated[str, BeforeValidator(_expiry), WithJsonSchema({"type": ["string", "integer"]})]


class Escalation(Part):
    """Who is asked too when nobody has decided `after` so long."""

    after: Span
    to: list[Who] = Field(min_length=1)
    fallback: list[Who] = Field(default_factory=list)


class Stage(Part):
    """One approval stage: any one of its approvers decides."""

    approvers: list[Who] = Field(min_length=1)
    fallback: list[Who] = Field(default_factory=list)
    within: Span = "P14D"
    escalate: Escalation | None = None
    justification: bool = False
    show_approvers: bool | None = None


class Choice(Shorthand):
    """One choice of a question; as a single text, its value and its text in one."""

    value: Name
    text: Text
    translations: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"value": value, "text": value} if isinstance(value, str) else value


class Question(Part):
    """What whoever asks has to answer; with `choices` one is picked, with `several` any number of them."""

    text: Text
    required: bool = False
    lines: Literal["one", "several"] = "one"
    pattern: Text | None = None
    choices: list[Choice] = Field(default_factory=list)
    several: bool = False
    editable: bool = True
    translations: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Question:
        if self.choices and self.pattern:
            raise ValueError("a question with choices takes no pattern")
        if self.several and not self.choices:
            raise ValueError("several needs choices")
        return self


class Reviews(Part):
    """How often people's access is reviewed, and by whom."""

    every: Literal["week", "month", "quarter", "half-year", "year"]
    reviewers: Literal["self", "manager"] | list[Who] = "manager"
    fallback: list[Who] = Field(default_factory=list)
    days: int = Field(default=14, ge=1, le=365)
    starts: date
    if_no_answer: Literal["keep", "remove", "recommendation"] = "keep"
    justification: bool = True
    recommendations: bool = True


class Hook(Part):
    """A custom extension of the catalog, hung on a stage of the life of a request."""

    stage: Name
    id: Annotated[str, Field(pattern=GUID.pattern)]


class Policy(Part):
    """One assignment policy. `graph` is laid over the rest as it is, for whatever has no key of its own."""

    name: Name | None = None
    was: list[Name] = Field(default_factory=list)
    present: bool = True
    description: Text | None = None
    template: Template = "admin-only"
    users: list[Name] = Field(default=[], max_length=500)
    groups: list[Name] = Field(default=[], max_length=500)
    organizations: list[Name] = Field(default=[], max_length=1000)
    rule: Text | None = None
    remove_when_leaving: bool = True
    grace: Span | None = None
    approval: list[Stage] = Field(default=[], max_length=3)
    approve_extensions: bool = False
    justification: bool = False
    questions: list[Question] = Field(default_factory=list)
    expires: Expiry | None = None
    days: int | None = Field(default=None, ge=1, le=3660)
    extend: bool | None = None
    give_back: bool | None = None
    own_period: bool | None = None
    reviews: Reviews | None = None
    manager_may_ask: bool | int = Field(default=False, ge=0, le=4)
    mails: bool = True
    extensions: list[Hook] = Field(default_factory=list)
    graph: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Policy:
        wrong = {
            "users": self.users and self.template != "specific",
            "groups": self.groups and self.template != "specific",
            "organizations": self.organizations and self.template != "organizations",
            "rule": self.rule and self.template != "automatic",
        }
        for key, is_wrong in wrong.items():
            if is_wrong:
                raise ValueError(f"{key} does not go with the template {self.template}")
        if self.template == "specific" and not (self.users or self.groups):
            raise ValueError("the template specific needs users or groups")
        if self.template == "organizations" and not self.organizations:
            raise ValueError("the template organizations needs organizations")
        if self.template == "automatic" and not self.rule:
            raise ValueError("the template automatic needs a rule")
        if self.template in ("admin-only", "automatic") and self.approval:
            raise ValueError(f"nobody asks under the template {self.template}, so there is nothing to approve")
        if self.days is not None and self.expires is not None:
            raise ValueError("days and expires say the same; one of them is enough")
        for stage in self.approval:
            _check_escalation(stage)
        return self


def _check_escalation(stage: Stage) -> None:
    if stage.escalate is None:
        return
    within, after = _days(stage.within), _days(stage.escalate.after)
    if after < 1 or within < 4 or within <= after:
        raise ValueError("escalation comes after one day at the earliest, in a stage of at least four days")


def _days(span: str) -> float:
    units = {"Y": 365.0, "M": 30.0, "W": 7.0, "D": 1.0}
    whole, _, part = span[1:].partition("T")
    found = sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([YMWD])", whole))
    return found + sum(int(n) / {"H": 24, "M": 1440, "S": 86400}[u] for n, u in re.findall(r"(\d+)([HMS])", part))
