"""The companies whose people may ask for access, and who decides about them: the format of `companies.yaml`."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from ruamel.yaml import YAML

from bot.files.format_parts import GUID, Part, Span
from bot.files.rows import Finding, Place, Severity
from bot.files.yaml_document import Document, FileRefused, read_document, read_model

LIFECYCLES: Final = {"keep": "none", "block": "blockSignIn", "block and delete": "blockSignInAndDelete"}
"""What becomes of guests whose last access ended, as the file says it and as Graph does."""

_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


class GuestPart(Part):
    """What becomes of guests whose last access has ended."""

    afterwards: Literal["keep", "block", "block and delete"] = "block and delete"
    delete_after: Span = "P30D"


class CompanyPart(Part):
    """One company: how its people are recognised, who answers for it, and who decides about its people."""

    name: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=500)
    domain: str = ""
    tenant: str = ""
    state: Literal["configured", "proposed"] = "configured"
    internal_sponsors: list[str] = Field(default_factory=list, max_length=50)
    external_sponsors: list[str] = Field(default_factory=list, max_length=50)
    approvers: str = Field(default="", max_length=256)
    approver_members: list[str] = Field(default_factory=list, max_length=200)
    decided_by: Literal["external sponsors", "internal sponsors", "approvers"] = "external sponsors"
    packages: list[str] = Field(default_factory=list, max_length=200)
    access_for: Span = "P90D"
    present: bool = True

    @field_validator("domain")
    @classmethod
    def _is_domain(cls, value: str) -> str:
        text = value.strip().casefold()
        if text and not _DOMAIN.fullmatch(text):
            raise ValueError("must be a domain such as fabrikam.com")
        return text

    @field_validator("tenant")
    @classmethod
    def _is_tenant(cls, value: str) -> str:
        if value and not GUID.fullmatch(value):
            raise ValueError("must be the id of a tenant")
        return value.casefold()

    @model_validator(mode="after")
    def _fits(self, _: ValidationInfo) -> CompanyPart:
        if self.present and bool(self.domain) == bool(self.tenant):
            raise ValueError(f"{self.name} needs a domain or a tenant, and not both")
        if self.decided_by == "approvers" and not self.approvers:
            raise ValueError(f"{self.name} is decided by approvers and names no group of them")
        return self


class CompaniesPart(Part):
    """The whole file."""

    guests: GuestPart | None = None
    companies: list[CompanyPart] = Field(default_factory=list, max_length=2500)


@dataclass(frozen=True, slots=True)
class CompaniesFile:
    name: str
    content: CompaniesPart
    places: Mapping[str, Place] = field(default_factory=dict)
    """Where each company stands in the file."""


def read_companies(name: str, content: bytes) -> CompaniesFile:
    """Raises FileRefused, with every finding and its line."""
    document = read_document(name, content)
    parsed = read_model(document, CompaniesPart)
    places = {part.name: document.place(("companies", number)) for number, part in enumerate(parsed.companies)}
    doubled = list(_doubled(document, parsed.companies))
    if doubled:
        raise FileRefused(doubled)
    return CompaniesFile(name, parsed, places)


def write_companies(content: Mapping[str, Any]) -> bytes:
    """The file with these values, in the order in which they are given; empty ones are left out."""
    yaml, out = YAML(), io.BytesIO()
    yaml.default_flow_style = False
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(_without_empty(content), out)
    return out.getvalue()


def _doubled(document: Document, companies: Iterable[CompanyPart]) -> Iterable[Finding]:
    seen: dict[tuple[str, str], int] = {}
    for number, part in enumerate(companies):
        for key, value in (("name", part.name.casefold()), ("domain", part.domain), ("tenant", part.tenant)):
            if value and (key, value) in seen:
                line = document.place(("companies", seen[key, value])).line
                message = f"The {key} {value} is there already, in line {line}."
                yield Finding(Severity.ERROR, f"company.{key}-double", document.place(("companies", number)), message)
            elif value:
                seen[key, value] = number


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_empty(each) for key, each in value.items() if each not in ("", [], {}, None)}
    if isinstance(value, (list, tuple)):
        return [_without_empty(each) for each in value]
    return value
