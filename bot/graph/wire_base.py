"""How Graph's JSON is read: tolerant of what it leaves out or adds, strict about what we cannot do without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from bot.errors import GraphContractError

JsonObject: TypeAlias = dict[str, Any]
_NOBODY = "00000000-0000-0000-0000-000000000000"
_SPAN = TypeAdapter(timedelta)


class Wire(BaseModel):
    """A JSON object of Graph. Unknown members are ignored; null is the same as left out, in lists too."""

    model_config = ConfigDict(
        extra="ignore",
        frozen=True,
        alias_generator=to_camel,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,  # what people wrote must not get into a log with a validation error
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        return {name: _without_null_items(value) for name, value in data.items() if value is not None}


class Typed(Wire):
    """An object whose kind is told by `@odata.type`, with or without its leading "#"."""

    odata_type: str = Field("", alias="@odata.type")

    @property
    def kind(self) -> str:
        """The last part of the type's name: "singleUser" for "#microsoft.graph.singleUser"."""
        return self.odata_type.rpartition(".")[2].removeprefix("#")


W = TypeVar("W", bound=Wire)


def read(model: type[W], data: object) -> W:
    """`data` as `model`. Raises: GraphContractError naming the places that do not fit, never their values."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        places = ", ".join(f"{'.'.join(map(str, each['loc']))}: {each['type']}" for each in problems[:5])
        raise GraphContractError(200, "unexpected shape", f"{model.__name__}: {places}") from None


def person_id(text: str) -> str:
    """An object id, or "" where Graph writes the id of nobody."""
    return "" if text == _NOBODY else text


def parse_moment(text: object) -> datetime | None:
    """An aware moment in UTC from ISO 8601 with any number of decimals; None for Graph's "never", the year 1.

    Raises: ValueError.
    """
    if not isinstance(text, str):
        raise ValueError("not a moment")
    found = datetime.fromisoformat(text)
    if found.year <= 1:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def parse_span(text: object) -> timedelta:
    """A span from an ISO 8601 duration ("P90D", "PT1H"). A year counts 365 days and a month 30, as nothing says which.

    Raises: ValueError.
    """
    if not isinstance(text, str):
        raise ValueError("not a duration")
    return _SPAN.validate_python(text.strip().upper())


def format_span(span: timedelta) -> str:
    """A span as an ISO 8601 duration of days and seconds; `parse_span` reads it back equal."""
    sign, span = ("-", -span) if span < timedelta() else ("", span)
    days = f"{span.days}D" if span.days else ""
    rest = span - timedelta(days=span.days)
    decimals = f".{rest.microseconds:06}".rstrip("0") if rest.microseconds else ""
    time = f"T{rest.seconds}{decimals}S" if rest or not days else ""
    return f"{sign}P{days}{time}"


Moment: TypeAlias = Annotated[datetime | None, BeforeValidator(parse_moment)]
Span: TypeAlias = Annotated[timedelta, BeforeValidator(parse_span)]


def _without_null_items(value: object) -> object:
    return [item for item in value if item is not None] if isinstance(value, list) else value
