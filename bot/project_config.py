"""What an administrator tunes about projects and the files that say who is in them."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

ManagedByName: TypeAlias = Literal["file", "self-service", "both"]
"""Where the people of a project or of one of its access packages come from."""

_Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=300)]


class RoleConfig(BaseModel):
    """One role of a project, where it is not as all others are; as a single text, the name or id of its package."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: _Name | None = None
    """Its access package, by name or id; "<project> | <role>" when left out."""
    managed_by: ManagedByName | None = None
    """Where its people come from; as the project says when left out."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class ProjectConfig(BaseModel):
    """One project: who leads it, who agrees to plans, and which access packages are its roles."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: _Name
    leads: list[_Name] = Field(default_factory=list, max_length=50)
    """Object ids or sign-in names of those who may look at it and change it."""
    reviewers: list[_Name] = Field(default_factory=list, max_length=50)
    """Object ids or sign-in names of those who may agree to plans, beside the other leads."""
    packages: dict[_Name, RoleConfig] = Field(default_factory=dict, max_length=100)
    """By role what is not as usual about its access package; "<project> | <role>" for a role that is not listed."""
    policy: str | None = Field(default=None, min_length=1, max_length=300)
    """The policy that files manage, by name; that of `enrolment` when left out."""
    managed_by: ManagedByName = "file"
    single_changes_need_second: bool = True
    """Whether `add` and `remove` of one person wait for a second person."""

    @field_validator("packages")
    @classmethod
    def _roles_once(cls, value: dict[str, RoleConfig]) -> dict[str, RoleConfig]:
        seen: set[str] = set()
        for role in value:
            key = " ".join(role.split()).casefold()
            if key in seen:
                raise ValueError(f"the role {role!r} is there twice")
            seen.add(key)
        return value

    @property
    def package_names(self) -> dict[str, str]:
        """Names or ids of access packages by role, where they are named."""
        return {role: each.name for role, each in self.packages.items() if each.name}

    @property
    def sources(self) -> dict[str, ManagedByName]:
        """Where the people of these roles come from, as the roles say it themselves."""
        return {role: each.managed_by for role, each in self.packages.items() if each.managed_by}


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
