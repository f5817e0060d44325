"""`projects.yaml`: projects, each with the same roles, and for every role a group, an app role and a package."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from bot.files.format_parts import GUID, Name, Part, Shorthand, Text
from bot.files.package_format import CatalogRoles, Organization, Package, PolicyOrName
from bot.files.policy_format import Policy

ManagedBy = Literal["file", "self-service", "both"]


class Naming(Part):
    """How things are called. `{project}` and `{role}` stand for the names; in groups and app roles without spaces."""

    group: Name = "{project}_{role}"
    package: Name = "{project} | {role}"
    description: Text = "{role} in {project}"
    app_role: Name = "{project}_{role}"
    app_role_name: Name = "{project} {role}"


class Role(Shorthand):
    """A role that every project has; as a single text, its name. Without a package only group and app role are made."""

    name: Name
    package: bool = True
    managed_by: ManagedBy | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class MoreRole(Part):
    """An app role that belongs to no project, and the group that carries it."""

    value: Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\s]+$")]
    name: Name
    description: Text | None = None
    group: Name | None = None
    present: bool = True


class Application(Shorthand):
    """The application whose roles the groups carry; as a single text, its name. It has to be there already."""

    name: Name
    app_id: Annotated[str, Field(pattern=GUID.pattern)] | None = None
    roles: list[MoreRole] = Field(default_factory=list)
    per_project: bool = True

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class Managed(Part):
    """Which policies a package has, by what its people come from; `both` has all of them."""

    file: list[PolicyOrName] = Field(default_factory=list)
    self_service: list[PolicyOrName] = Field(default_factory=list)


class RolePackage(Shorthand):
    """What is different about the package of one role of a project; as a single text, its name."""

    name: Name | None = None
    managed_by: ManagedBy | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class Project(Shorthand):
    """One project; as a single text, its name. `was` are names that it had before; `present: false` deletes it."""

    name: Name
    was: list[Name] = Field(default_factory=list)
    present: bool = True
    leads: list[Name] | None = Field(default=None, max_length=20)
    roles: list[Role] | None = None
    managed_by: ManagedBy | None = None
    packages: dict[Name, RolePackage] = Field(default_factory=dict)
    policies: dict[Name, list[PolicyOrName]] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class Bundle(Part):
    """A package over all projects: the group of one role of each."""

    name: Name
    was: list[Name] = Field(default_factory=list)
    description: Text
    role: Name
    hidden: bool = False
    policies: list[PolicyOrName] | None = None


class ProjectsFile(Part):
    """All projects of one catalog."""

    catalog: Name
    create_catalog: bool = False
    catalog_description: Text | None = None
    external: bool = False
    catalog_roles: CatalogRoles = CatalogRoles()
    roles: Annotated[list[Role], Field(min_length=1, max_length=50)]
    default_group: Name | None = None
    naming: Naming = Naming()
    application: Application | None = None
    managed_by: ManagedBy = "file"
    managed: Managed = Managed()
    policies: dict[Name, Policy] = Field(default_factory=dict)
    leads: list[Name] = Field(default=[], max_length=20)
    organizations: list[Organization] = Field(default_factory=list)
    projects: list[Project] = Field(min_length=1, max_length=5000)
    bundles: list[Bundle] = Field(default_factory=list)
    packages: list[Package] = Field(default_factory=list)
