"""Readers for the bodies of writes: each checks one kind of value and gives it as Graph spells it.

What a shape does not name is refused by name; the option `unknown_properties` "ignore" drops it instead. Annotations
(names with an `@`) and null members never count.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.graph.engine.policies import type_name
from sandbox.graph.engine.times import LONGEST, parse_asked_duration, parse_asked_moment
from sandbox.graph.problems import bad_request
from sandbox.graph.wire import NAMESPACE, Json

MAX_TEXT: Final = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body a value stands, for messages, and whether unknown properties there are an error."""

    name: str
    refuses_unknown: bool = True

    def below(self, member: str) -> Place:
        return Place(f"{self.name}/{member}" if self.name else member, self.refuses_unknown)


Read = Callable[[Place, Any], Any]
"""Gives the value to keep, or raises 400 naming the place."""


def text(at: Place, value: Any) -> str:
    if not isinstance(value, str):
        raise bad_request(f"'{at.name}' must be a string.")
    if len(value) > MAX_TEXT:
        raise bad_request(f"'{at.name}' must not be longer than {MAX_TEXT} characters.")
    return value


def name_text(at: Place, value: Any) -> str:
    """A text that says something."""
    if not text(at, value).strip():
        raise bad_request(f"'{at.name}' must not be empty.")
    return str(value)


def guid(at: Place, value: Any) -> str:
    try:
        return str(uuid.UUID(text(at, value)))
    except ValueError as error:
        raise bad_request(f"'{at.name}' must be a GUID.") from error


def flag(at: Place, value: Any) -> bool:
    """The service also takes the texts "true" and "false"."""
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    if not isinstance(value, bool):
        raise bad_request(f"'{at.name}' must be true or false.")
    return value


def integer(at: Place, value: Any) -> int:
    """The service also takes digits as text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise bad_request(f"'{at.name}' must be a whole number of 32 bits.")
    return value


def integer_between(low: int, high: int) -> Read:
    def read(at: Place, value: Any) -> int:
        found = integer(at, value)
        if not low <= found <= high:
            raise bad_request(f"'{at.name}' must be between {low} and {high}.")
        return found

    return read


def duration(at: Place, value: Any) -> str:
    try:
        parse_asked_duration(text(at, value))
    except ValueError as error:
        raise bad_request(f"'{at.name}' must be an ISO 8601 duration, not longer than {LONGEST.days} days.") from error
    return str(value)


def moment(at: Place, value: Any) -> str:
    try:
        parse_asked_moment(text(at, value))
    except ValueError as error:
        raise bad_request(f"'{at.name}' must be an ISO 8601 date and time.") from error
    return str(value)


def enum(*members: str) -> Read:
    """A member in any letter case."""
    by_name = {member.casefold(): member for member in members}

    def read(at: Place, value: Any) -> str:
        member = by_name.get(text(at, value).casefold())
        if member is None:
            raise bad_request(f"'{value}' is not a value of '{at.name}'.")
        return member

    return read


def list_of(item: Read) -> Read:
    def read(at: Place, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise bad_request(f"'{at.name}' must be an array.")
        return [item(at, one) for one in value]

    return read


def object_of(members: Mapping[str, Read], *, ignored: Iterable[str] = ()) -> Read:
    """An object with these members; `ignored` are read-only ones, which clients send back as they got them."""
    silent = frozenset(ignored)

    def read(at: Place, value: Any) -> Json:
        if not isinstance(value, dict):
            raise bad_request(f"'{at.name}' must be an object." if at.name else "The body must be an object.")
        kept: Json = {}
        for name, given in value.items():
            if "@" in name or name in silent:
                continue
            if name not in members:
                # Microsoft's own client writes members that it has emptied by names of its own, and without a value.
                if at.refuses_unknown and given is not None:
                    raise unknown(at.below(name).name)
            elif given is not None:
                kept[name] = members[name](at.below(name), given)
        return kept

    return read


def one_of(kinds: Mapping[str, Mapping[str, Read]]) -> Read:
    """Polymorphic objects: `@odata.type` says which members there may be."""
    readers = {kind: object_of(members) for kind, members in kinds.items()}

    def read(at: Place, value: Any) -> Json:
        if not isinstance(value, dict):
            raise bad_request(f"'{at.name}' must hold objects.")
        kind = type_name(value)
        if kind not in readers:
            given = value.get("@odata.type")
            raise bad_request(f"'{given}' is not a type for '{at.name}'; '@odata.type' is required.")
        return {"@odata.type": NAMESPACE + kind, **readers[kind](at, value)}

    return read


def keep(at: Place, value: Any) -> Any:
    """The value as it was written."""
    return value


def reference(at: Place, value: Any) -> str:
    """The id in `{"id": "..."}`; whatever else such an object carries describes what is there already."""
    if not isinstance(value, dict) or not isinstance(value.get("id"), str) or not value["id"]:
        raise bad_request(f"'{at.below('id').name}' is required.")
    return str(value["id"])


def unknown(name: str) -> Exception:
    return bad_request(f"The property '{name}' does not exist, or cannot be written.", "UnknownProperty")


def require(body: Json, *names: str) -> None:
    """Raises 400 naming the first member that is missing."""
    for name in names:
        if name not in body:
            raise bad_request(f"'{name}' is required.")
