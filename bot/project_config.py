"""What an administrator tunes about projects and the files that say who is in them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ManagedByName: TypeAlias = Literal["file", "self-service", "both"]
"""Where the people of a project come from."""

_Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=300)]


class ProjectConfig(BaseModel):
    """One project: who leads it, who agrees to plans, and which access packages are its roles."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: _Name
    leads: list[_Name] = Field(default_factory=list, max_length=50)
    """Object ids or sign-in names of those who may look at it and change it."""
    reviewers: list[_Name] = Field(default_factory=list, max_length=50)
    """Object ids or sign-in names of those who may agree to plans, beside the other leads."""
    packages: dict[_Name, _Name] = Field(default_factory=dict, max_length=100)
    """Access packages by role, by name or id; "<project> | <role>" for every role that is not listed."""
    policy: str | None = Field(default=None, min_length=1, max_length=300)
    """The policy that files manage, by name; that of `enrolment` when left out."""
    managed_by: ManagedByName = "file"
    single_changes_need_second: bool = True
    """Whether `add` and `remove` of one person wait for a second person."""


class InvitationConfig(BaseModel):
    """How people are invited who are not in the directory."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    by: Literal["invitation", "email"] = "invitation"
    """An invitation first, or an assignment to the e-mail address, which invites by itself."""
    redirect_url: str = Field(default="https://myapplications.microsoft.com", max_length=2000)
    send_message: bool = True
    message: str = Field(default="", max_length=2000)

    @field_validator("redirect_url")
    @classmethod
    def _url(cls, value: str) -> str:
        if any(sign in value for sign in " \"'<>\t\n") or not _is_https(value):
            raise ValueError("must be an https address")
        return value


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:  # a host or a port that is none
        return False


class Brake(BaseModel):
    """A plan that removes more than this stops until somebody types the number."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    percent: int = Field(default=10, ge=0, le=100)
    people: int = Field(default=20, ge=0, le=100_000)


class EnrolmentConfig(BaseModel):
    """What holds for the files of all projects."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    policy: str = Field(default="File managed", min_length=1, max_length=300)
    """The policy whose assignments files manage, by name."""
    guest_domains: list[_Name] = Field(default_factory=list, max_length=1000)
    """The domains whose people may be invited; nobody is invited when it is empty."""
    protected: list[_Name] = Field(default_factory=list, max_length=1000)
    """Object ids or sign-in names of people who are never removed."""
    conflicts: list[Annotated[list[_Name], Field(min_length=2, max_length=2)]] = Field(
        default_factory=list, max_length=1000
    )
    """Pairs that one person must not have both: roles within one project, or access packages by their labels."""
    invitation: InvitationConfig = Field(default_factory=InvitationConfig)
    brake: Brake = Field(default_factory=Brake)


class WithProjects(BaseModel):
    """The part of the configuration that is about projects."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    projects: list[ProjectConfig] = Field(default_factory=list, max_length=5000)
    """Who leads which project."""
    enrolment: EnrolmentConfig = Field(default_factory=EnrolmentConfig)
    """What files may change."""

    @model_validator(mode="after")
    def _once_each(self) -> WithProjects:
        seen: set[str] = set()
        for project in self.projects:
            if project.name.casefold() in seen:
                raise ValueError(f"the project {project.name!r} is there twice")
            seen.add(project.name.casefold())
        return self
