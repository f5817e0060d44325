"""What an administrator tunes, in a YAML file that is checked when the bot starts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from rapidfuzz import process
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.languages import available
from bot.project_config import WithProjects

_CLOSE_ENOUGH = 60  # of 100, by rapidfuzz's default scorer: "poll_second" is close to "poll_seconds"


ModeName: TypeAlias = Literal["off", "notify", "act"]
"""What Doorman does about approvals: nothing, cards that lead to the portal, or cards that decide."""


class ConfigError(ValueError):
    """The file cannot be used; the text is one line with the file, the key and what is wrong."""


class Modes(BaseModel):
    """`packages` and `catalogs` are keyed by name or id; the package says more than its catalog."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    default: ModeName = "act"
    catalogs: dict[str, ModeName] = Field(default_factory=dict)
    packages: dict[str, ModeName] = Field(default_factory=dict)


ConversationId: TypeAlias = Annotated[str, Field(min_length=1, max_length=300)]


class ApprovalChannels(BaseModel):
    """Channels of Teams where requests are put instead of single cards, by the name or id of a package or a catalog.

    A channel is named by its conversation id, "19:…@thread.tacv2", and the app has to be installed in its team.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    catalogs: dict[str, ConversationId] = Field(default_factory=dict)
    packages: dict[str, ConversationId] = Field(default_factory=dict)


class StepUp(BaseModel):
    """Where a decision needs a fresh strong sign-in. Catalogs and packages are named by name or id."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    catalogs: list[str] = Field(default_factory=list)
    packages: list[str] = Field(default_factory=list)
    authentication_context: str = Field(default="c1", pattern=r"^c([1-9]|[1-9][0-9])$")
    minutes: int = Field(default=10, ge=1, le=1440)


class ApproverFacts(BaseModel):
    """Facts about people that approvers see only where an administrator has decided so."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    department_share: bool = False
    earlier_denials: bool = False


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class QuietHours(BaseModel):
    """When nobody is reminded of anything, in each person's own time zone."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    quiet_from: str = Field(default="18:00", alias="from")
    quiet_until: str = Field(default="08:00", alias="until")
    working_days: list[str] = Field(default_factory=lambda: list(DAYS[:5]), min_length=1)
    time_zone: str = "UTC"
    """For people whose own zone is not known."""

    @field_validator("quiet_from", "quiet_until")
    @classmethod
    def _clock_time(cls, value: str) -> str:
        if not _CLOCK.fullmatch(value):
            raise ValueError('must be a time such as "18:00"')
        return value

    @field_validator("working_days")
    @classmethod
    def _days(cls, value: list[str]) -> list[str]:
        unknown = [day for day in value if day not in DAYS]
        if unknown:
            raise ValueError(f"{unknown[0]} is no day; days are {', '.join(DAYS)}")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{value} is no time zone; one is Europe/Amsterdam") from None
        return value


class Config(WithProjects):
    """The file's content. Every key has a default, so no file at all is a valid configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    support_contact: str = Field(default="", max_length=200)
    """Whom people ask when Doorman cannot help: shown in help and error cards."""
    poll_seconds: int = Field(default=30, ge=1, le=3600)
    """How often Doorman looks for requests that were made or decided elsewhere."""
    retention_months: int = Field(default=13, ge=1, le=120)
    """How long finished requests are kept."""
    indirect_reports: bool = False
    """Whether managers may also ask for the people further below them, where a policy and the tenant let them."""
    why_not: bool = True
    """Whether people may ask why they cannot request an access package that they can name."""
    why_not_for_guests: bool = False
    """The same for guests."""
    compare_with_team: bool = True
    """Whether people may see which access packages somebody with the same manager has that they may request as well."""
    expiry_notice_days: list[Annotated[int, Field(ge=1, le=90)]] = Field(default_factory=lambda: [14, 1], max_length=5)
    """How many days before access ends people are told; no notices when it is empty."""
    administrators: list[str] = Field(default_factory=list, max_length=50)
    """Who hears when something is wrong that only an administrator can mend: object ids or sign-in names.

    They may have a delivery that failed tried again.
    """
    stuck_after_minutes: int = Field(default=30, ge=1, le=10_080)
    """How long setting up an access may take before it counts as stuck."""
    reprocess_automatically: bool = False
    """Whether Doorman tries a delivery that failed once more by itself, as the writer."""
    reminder_days: list[Annotated[int, Field(ge=1, le=60)]] = Field(default_factory=lambda: [1, 3, 7])
    """After how many days an approver is reminded; once more a day before the request lapses."""
    cards_up_to_approvers: int = Field(default=25, ge=1, le=1000)
    """Where more people than this may decide a stage, they hear of it in a summary instead of by a card each."""
    approval_channels: ApprovalChannels = Field(default_factory=ApprovalChannels)
    """In which channels approvers are asked, by catalog and package; everywhere else each has a card of their own."""
    quiet_hours: QuietHours = QuietHours()
    """When nobody is reminded of anything."""
    languages: list[str] | None = Field(default=None, min_length=1)
    """The languages offered, as BCP 47 tags, the first for everybody whose own is not among them; None for all."""
    modes: Modes = Field(default_factory=Modes)
    """Whether approvals are decided on cards, only announced, or left to the portal, by catalog and package."""
    step_up: StepUp = Field(default_factory=StepUp)
    """Where a decision needs a fresh strong sign-in, and for how long one counts."""
    undo_seconds: int = Field(default=0, ge=0, le=3600)
    """How long an approver may take a decision back before it is sent; 0 sends it at once."""
    canned_reasons: list[Annotated[str, Field(min_length=1, max_length=120)]] | None = Field(
        default=None, max_length=10
    )
    """Ready-made reasons for decisions; Doorman's own when left out, none when empty."""
    approver_facts: ApproverFacts = Field(default_factory=ApproverFacts)
    """What else approvers are shown about the person who asks."""

    @field_validator("languages")
    @classmethod
    def _are_there(cls, tags: list[str] | None) -> list[str] | None:
        there = available()
        for tag in tags or ():
            if tag not in there:
                raise ValueError(f"there is no language {tag!r}; there are {', '.join(there)}")
        return tags

    synonyms: list[list[str]] = Field(default_factory=list, max_length=500)
    """Groups of words that mean the same when people search, for example [crm, salesforce]."""

    @field_validator("synonyms")
    @classmethod
    def _groups(cls, groups: list[list[str]]) -> list[list[str]]:
        for group in groups:
            if len(group) < 2 or not all(1 < len(word.strip()) <= 60 for word in group):
                raise ValueError("each group needs at least two words of 2 to 60 letters")
        return groups


def load_config(path: Path | None) -> Config:
    """The configuration in this file, or the defaults when there is none. Raises ConfigError."""
    if path is None:
        return Config()
    try:
        with path.open(encoding="utf-8") as file:
            content = YAML(typ="safe", pure=True).load(file)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8 text") from None
    except DuplicateKeyError as error:
        raise ConfigError(f"{path}: {_at(error)}a key is there twice") from None
    except MarkedYAMLError as error:
        raise ConfigError(f"{path}: {_at(error)}{error.problem}") from None
    except YAMLError:
        raise ConfigError(f"{path}: is not YAML") from None
    if content is None:
        return Config()
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: must hold keys and values")
    try:
        return Config.model_validate({str(key): value for key, value in content.items()})
    except ValidationError as error:
        raise ConfigError(f"{path}: {_in_words(error.errors()[0])}") from None


def _at(error: MarkedYAMLError) -> str:
    return f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""


def _in_words(problem: ErrorDetails) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        match = process.extractOne(key, list(Config.model_fields), score_cutoff=_CLOSE_ENOUGH)
        return f"{key}: no such key" + (f"; did you mean {match[0]}?" if match else "")
    message = problem["msg"].removeprefix("Value error, ")
    return f"{key}: {message[:1].lower()}{message[1:]}"
