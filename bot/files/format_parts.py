"""What the formats of packages and of projects share: how keys are spelt, spans of time, and who is meant."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

_SPAN: Final = re.compile(r"(?P<number>\d{1,5})\s*(?P<unit>minutes?|min|hours?|h|days?|d|weeks?|w)")
_ISO_SPAN: Final = re.compile(r"P(?=[\dT])(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?")
GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def _kebab(name: str) -> str:
    return name.rstrip("_").replace("_", "-")


def _camel(name: str) -> str:
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others)


def _spellings(name: str) -> AliasChoices:
    return AliasChoices(_kebab(name), _camel(name))


class Part(BaseModel):
    """A mapping of a file: keys with hyphens, or in camelCase; nothing unknown; text is no number."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=AliasGenerator(validation_alias=_spellings)
    )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema with both spellings of each key, so that editors take what the loader takes."""
        shown = handler(core_schema)
        schema = handler.resolve_ref_schema(shown)
        properties = schema.get("properties", {})
        for key in [key for key in properties if "-" in key]:
            properties[_camel(key.replace("-", "_"))] = properties[key]
        return shown


class Shorthand(Part):
    """A mapping for which a single text may stand."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string"}, super().__get_pydantic_json_schema__(core_schema, handler)]}


def iso_span(value: Any) -> str:
    """An ISO 8601 duration from "14 days", "12h", "P14D" or a number of days. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 3660:
        return f"P{value}D"
    text = value.strip() if isinstance(value, str) else ""
    if _ISO_SPAN.fullmatch(text) and text != "P":
        return text
    found = _SPAN.fullmatch(text.casefold())
    if found is None or int(found["number"]) == 0:
        raise ValueError('must be a span of time such as "14 days", "12 hours" or "P14D"')
    number, unit = int(found["number"]), found["unit"][0]
    return {"m": f"PT{number}M", "h": f"PT{number}H", "d": f"P{number}D", "w": f"P{number * 7}D"}[unit]


_SPAN_SCHEMA: Final[dict[str, Any]] = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "minLength": 2}]}
Span = Annotated[str, BeforeValidator(iso_span), WithJsonSchema(_SPAN_SCHEMA)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Name = Annotated[str, Field(min_length=1, max_length=256)]


class Who(Shorthand):
    """Who approves, reviews or sponsors: exactly one of these.

    As a single text: `manager`, `second manager`, `internal sponsors`, `external sponsors`, `sponsors`, or a sign-in
    name.
    """

    user: Name | None = None
    group: Name | None = None
    manager: int | None = Field(default=None, ge=1, le=2)
    sponsors: Literal["internal", "external", "target"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        said = " ".join(value.casefold().split())
        known: dict[str, dict[str, Any]] = {
            "manager": {"manager": 1},
            "second manager": {"manager": 2},
            "internal sponsors": {"sponsors": "internal"},
            "external sponsors": {"sponsors": "external"},
            "sponsors": {"sponsors": "target"},
        }
        if said in known:
            return known[said]
        if "@" in said or GUID.fullmatch(said):
            return {"user": value.strip()}
        raise ValueError(
            f"'{value}' must be manager, second manager, internal sponsors, external sponsors, sponsors, "
            "a sign-in name, or {group: name}"
        )

    @model_validator(mode="after")
    def _one(self) -> Who:
        given = [each for each in (self.user, self.group, self.manager, self.sponsors) if each is not None]
        if len(given) != 1:
            raise ValueError("must be exactly one of user, group, manager and sponsors")
        return self
