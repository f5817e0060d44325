"""The part of the files that is about packages: what a package is called, what it grants, under which policies."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, Discriminator, Field, Tag, model_validator

from bot.files.administration import CatalogRole, Kind
from bot.files.format_parts import GUID, Name, Part, Shorthand, Text, Who
from bot.files.policy_format import Policy

_SYSTEMS: Final = {"AadGroup": "group", "AadApplication": "application", "SharePointOnline": "site"}
_TYPES: Final = {"AadGroup": "group", "Application": "application", "SharePoint Online Site": "site"}


PolicyOrName = Annotated[
    Annotated[str, Tag("(name)")] | Annotated[Policy, Tag("(policy)")],
    Discriminator(lambda value: "(name)" if isinstance(value, str) else "(policy)"),
]
"""A policy in full, or the name of one of the file's policies."""


def _old(*names: str) -> Any:
    return Field(default=None, validation_alias=AliasChoices(*names))


class Resource(Part):
    """A group, team, application or site, and the role of it that the package grants.

    `id` is the object's id, for an application that of its service principal; with a name as well both must agree.
    The keys of Graph's own objects (`originId`, `originSystem`, `roleDisplayName`, `resourceType`) are taken too.
    """

    group: Name | None = None
    team: Name | None = None
    application: Name | None = None
    site: Annotated[str, Field(pattern=r"^https://[^\s]+$", max_length=1000)] | None = None
    id: Annotated[str, Field(pattern=GUID.pattern)] | None = None
    role: Name | None = None
    roles: list[Name] = Field(default_factory=list)
    note: str | None = _old("note", "description")
    present: bool = True
    type: Literal["group", "application", "site"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_graph(cls, value: Any) -> Any:
        """What Graph calls things, by the names of this format."""
        if not isinstance(value, dict) or not {"originId", "originSystem", "displayName"} & set(value):
            return value
        rest = dict(value)
        kind = _SYSTEMS.get(str(rest.pop("originSystem", ""))) or _TYPES.get(str(rest.get("resourceType", "")))
        rest.pop("resourceType", None)
        if kind is None:
            raise ValueError("originSystem must be AadGroup, AadApplication or SharePointOnline")
        name, origin = rest.pop("displayName", None), rest.pop("originId", None)
        role = rest.pop("roleDisplayName", rest.pop("role", None))
        if kind == "site":
            return {**rest, "site": origin, "role": role}
        return {**rest, **({kind: name} if name else {"type": kind}), "id": origin, "role": role}

    @model_validator(mode="after")
    def _one(self) -> Resource:
        given = [each for each in (self.group, self.team, self.application, self.site) if each is not None]
        if len(given) > 1 or (not given and (self.id is None or self.type is None)):
            raise ValueError("a resource is one of group, team, application and site, or has an id and a type")
        if self.site is not None and self.id is not None:
            raise ValueError("a site is known by its address and takes no id")
        if self.role is not None and self.roles:
            raise ValueError("role and roles say the same; one of them is enough")
        return self


class Conflicts(Part):
    """Whose people cannot get the package; `both-ways` lets the other packages refuse this one's people as well."""

    packages: list[Name] = Field(default_factory=list)
    groups: list[Name] = Field(default_factory=list)
    both_ways: bool = True


class Package(Part):
    """One access package. `was` are names that it had before; `present: false` deletes it."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    was: list[Name] = Field(default_factory=list)
    present: bool = True
    catalog: Name | None = None
    description: Annotated[str, Field(max_length=1000)] | None = None
    hidden: bool = False
    resources: list[Resource] = Field(default=[], max_length=500)
    policies: list[PolicyOrName] = Field(default=[], max_length=100)
    conflicts: Conflicts = Conflicts()

    @model_validator(mode="after")
    def _described(self) -> Package:
        if self.present and self.description is None:
            raise ValueError("a package needs a description; people read it when they look for access")
        return self


class Organization(Part):
    """A company whose people may ask; by `domain` or by `tenant`. `approvers` are a group that sponsors it."""

    name: Name
    domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")] | None = None
    tenant: Annotated[str, Field(pattern=GUID.pattern)] | None = None
    description: Text | None = None
    state: Literal["configured", "proposed"] = "configured"
    internal_sponsors: list[Who] = Field(default_factory=list)
    external_sponsors: list[Who] = Field(default_factory=list)
    approvers: Name | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Organization:
        if (self.domain is None) == (self.tenant is None):
            raise ValueError("a company is known by exactly one of domain and tenant")
        wrong = [each for each in (*self.internal_sponsors, *self.external_sponsors) if not (each.user or each.group)]
        if wrong:
            raise ValueError("a sponsor is a user or a group")
        return self


class Holder(Shorthand):
    """Who has a role in the catalog: exactly one of user, group and application; as a single text, a sign-in name.

    `present: false` takes the role away.
    """

    user: Name | None = None
    group: Name | None = None
    application: Name | None = None
    present: bool = True

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if "@" in value or GUID.fullmatch(value.strip()):
            return {"user": value.strip()}
        raise ValueError(f"'{value}' must be a sign-in name, {{group: name}} or {{application: name}}")

    @model_validator(mode="after")
    def _one(self) -> Holder:
        if len([each for each in (self.user, self.group, self.application) if each is not None]) != 1:
            raise ValueError("must be exactly one of user, group and application")
        return self

    @property
    def named(self) -> tuple[Kind, str]:
        if self.group is not None:
            return Kind.GROUP, self.group
        return (Kind.USER, self.user) if self.user is not None else (Kind.APPLICATION, self.application or "")


Holders = Annotated[list[Holder], Field(max_length=500)]


class CatalogRoles(Part):
    """Who owns the file's catalog, reads it, manages its packages, or assigns them.

    Whoever is not named keeps what they have.
    """

    catalog_owner: Holders = Field(default_factory=list)
    catalog_reader: Holders = Field(default_factory=list)
    access_package_manager: Holders = Field(default_factory=list)
    access_package_assignment_manager: Holders = Field(default_factory=list)

    def by_role(self) -> dict[CatalogRole, list[Holder]]:
        return {
            CatalogRole.OWNER: self.catalog_owner,
            CatalogRole.READER: self.catalog_reader,
            CatalogRole.PACKAGE_MANAGER: self.access_package_manager,
            CatalogRole.ASSIGNMENT_MANAGER: self.access_package_assignment_manager,
        }


class Defaults(Part):
    """What holds for every package that says nothing itself."""

    hidden: bool = False
    policies: list[PolicyOrName] = Field(default_factory=list)
    resources: list[Resource] = Field(default_factory=list)


class PackagesFile(Part):
    """`packages.yaml`: access packages with what they grant and who may have them."""

    catalog: Name = "General"
    create_catalog: bool = False
    catalog_description: Text | None = None
    external: bool = False
    catalog_roles: CatalogRoles = CatalogRoles()
    organizations: list[Organization] = Field(default_factory=list)
    policies: dict[Name, Policy] = Field(default_factory=dict)
    defaults: Defaults = Defaults()
    packages: list[Package] = Field(min_length=1, max_length=20_000)
