"""Reading bodies of writes to the directory, which refuses every property that it does not know, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.graph.access import denied
from sandbox.graph.engine.times import parse_moment
from sandbox.graph.operations import Call
from sandbox.graph.problems import GraphProblem, bad_request
from sandbox.graph.types.directory import DirectoryObject, find_directory_object
from sandbox.graph.wire import Json

Read = Callable[[str, Any], Any]
"""Gives the value to keep for a property (named for messages), or raises 400."""

GUID: Final = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"(?:https?://[^/?#]+/(?:v1\.0|beta|v2)/(?:[^/?#]+/)?|/)?(?P<set>\w+)/(?P<id>[^/?#]+)")
_ALREADY: Final = "One or more added object references already exist for the following modified properties: '{}'."

GLOBAL_ADMINISTRATOR: Final = "Global Administrator"
USER_ROLES: Final = frozenset({GLOBAL_ADMINISTRATOR, "User Administrator"})
GROUP_ROLES: Final = frozenset({GLOBAL_ADMINISTRATOR, "Groups Administrator", "User Administrator"})
APPLICATION_ROLES: Final = frozenset(
    {GLOBAL_ADMINISTRATOR, "Application Administrator", "Cloud Application Administrator"}
)


def problem(message: str, code: str = "Request_BadRequest") -> GraphProblem:
    """400 in the directory's words."""
    return bad_request(message, code)


def missing(key: str) -> GraphProblem:
    return GraphProblem(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present.",
    )


def text(limit: int = 256, *, nullable: bool = True) -> Read:
    """Text of up to `limit` characters; null reads as ""."""

    def read(name: str, value: Any) -> str:
        if value is None and nullable:
            return ""
        if not isinstance(value, str) or (not nullable and not value.strip()):
            raise problem(f"Invalid value specified for property '{name}': text is needed.")
        if len(value) > limit:
            raise problem(f"Invalid value specified for property '{name}': longer than {limit} characters.")
        return value

    return read


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise problem(f"Invalid value specified for property '{name}': true or false is needed.")
    return value


def texts(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise problem(f"Invalid value specified for property '{name}': an array of texts is needed.")
    return list(value)


def choice(*members: str) -> Read:
    """One of the members, in any letter case."""
    known = {member.casefold(): member for member in members}

    def read(name: str, value: Any) -> str:
        if not isinstance(value, str) or value.casefold() not in known:
            raise problem(f"Invalid value '{value}' specified for property '{name}': one of {', '.join(members)}.")
        return known[value.casefold()]

    return read


def guid(name: str, value: Any) -> str:
    if not isinstance(value, str) or not GUID.fullmatch(value):
        raise problem(f"Invalid value '{value}' specified for property '{name}': a GUID is needed.")
    return value.casefold()


def moment(name: str, value: Any) -> datetime:
    try:
        return parse_moment(value)
    except (ValueError, OverflowError, AttributeError, TypeError) as error:
        raise problem(f"Invalid value '{value}' specified for property '{name}': a moment is needed.") from error


def objects(name: str, value: Any) -> list[Json]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise problem(f"Invalid value specified for property '{name}': an array of objects is needed.")
    return list(value)


def structure(members: Mapping[str, Read]) -> Read:
    """A complex value with these members."""

    def read(name: str, value: Any) -> Json:
        if not isinstance(value, dict):
            raise problem(f"Invalid value specified for property '{name}': an object is needed.")
        return read_properties(value, members, name)

    return read


def read_properties(body: Json, members: Mapping[str, Read], inside: str = "") -> Json:
    """The properties of a body, each read. Raises 400 for one that is unknown, or not writable, by name.

    Annotations are left out, except for bindings that `members` names.
    """
    found: Json = {}
    for name, value in body.items():
        if name in members:
            found[name] = members[name](name, value)
        elif "@" not in name or name.endswith("@odata.bind"):
            where = f" inside of '{inside}'" if inside else ""
            raise problem(f"Invalid property '{name}'{where}: it does not exist, or cannot be written here.")
    return found


def require(body: Json, *names: str) -> None:
    """Raise 400 where one of these properties is not there."""
    for name in names:
        if body.get(name) is None:
            raise problem(f"A value is required for property '{name}' of resource.")


def reference(call: Call, value: Any, *sets: str) -> DirectoryObject:
    """The object that an `@odata.id` leads to: in one of `sets`, or in `directoryObjects`. Raises 400, 404."""
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    known = {name.casefold() for name in (*sets, "directoryObjects")}
    if found is None or found["set"].casefold() not in known:
        raise problem(f"Invalid value '{value}' for '@odata.id': the address of one of {', '.join(sorted(sets))}.")
    target = find_directory_object(call.reader, found["id"])
    if target is None:
        raise missing(found["id"])
    return target


def body_reference(call: Call, *sets: str) -> DirectoryObject:
    """The object that the body of a `$ref` write names, which holds nothing else."""
    read_properties({name: value for name, value in call.body.items() if name != "@odata.id"}, {})
    if "@odata.id" not in call.body:
        raise problem("The body of a reference needs '@odata.id'.")
    return reference(call, call.body["@odata.id"], *sets)


def add_reference(ids: dict[str, None], object_id: str, name: str) -> None:
    """Put an id into an ordered set. Raises 400 if it is there already."""
    if object_id in ids:
        raise problem(_ALREADY.format(name))
    ids[object_id] = None


def remove_reference(ids: dict[str, None], object_id: str) -> None:
    """Take an id out of an ordered set. Raises 404 if it is not there."""
    if object_id not in ids:
        raise missing(object_id)
    del ids[object_id]


def check_administrator(call: Call, roles: frozenset[str], owner_ids: Mapping[str, None] | None = None) -> None:
    """Raise 403 for a person who neither owns the object nor holds one of the directory roles."""
    if call.principal.user_id is None or call.principal.user_id in (owner_ids or {}):
        return
    if call.tenant.users[call.principal.user_id].directory_roles.isdisjoint(roles):
        raise denied()
