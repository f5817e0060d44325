"""From the tenant's objects to Graph's JSON: `$select`, `$expand`, and values for `$filter`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from sandbox.graph.odata.errors import QueryRejected
from sandbox.graph.odata.options import Expansion
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType, Navigation
from sandbox.graph.types.registry import DIRECTORY_OBJECT, possible_types, type_of
from sandbox.graph.wire import NAMESPACE, Json
from sandbox.tenant.model import User

UNDOCUMENTED: Final = "notYetDocumented"
"""The property of the option `undocumented_properties`: services grow, and clients have to live with it."""


def check_projection(declared: str, select: Iterable[str], expand: Iterable[Expansion]) -> None:
    """Raise QueryRejected for a selected or expanded property that the type does not have, naming it."""
    types = possible_types(declared)
    for name in select:
        if name != "*" and not any(name in known.properties or name in known.navigation for known in types):
            raise QueryRejected(
                "Parsing OData Select and Expand failed: "
                f"Could not find a property named '{name}' on type 'microsoft.graph.{declared}'."
            )
    for expansion in expand:
        navigation = _navigation(types, expansion.name)
        if navigation is None:
            raise QueryRejected(
                "Parsing OData Select and Expand failed: "
                f"Could not find a navigation property named '{expansion.name}' on type 'microsoft.graph.{declared}'."
            )
        if expansion.levels is not None and expansion.name != "manager":
            raise QueryRejected(f"The option '$levels' is not supported within '$expand={expansion.name}(...)'.")
        if expansion.name == "manager" and expansion.select and expansion.levels is None:
            raise QueryRejected("The option '$levels' is required within '$expand=manager($select=...)'.")
        check_projection(navigation.target, expansion.select, expansion.expand)


def _navigation(types: Sequence[EntityType], name: str) -> Navigation | None:
    return next((known.navigation[name] for known in types if name in known.navigation), None)


def render(
    reader: Reader, declared: str, value: Any, select: Sequence[str] = (), expand: Sequence[Expansion] = ()
) -> Json:
    """One entity as JSON. `declared` is its type's name; directory objects carry the type that they really have."""
    if isinstance(value, dict):  # Questions are kept, and shown, as whole JSON objects.
        return {k: v for k, v in value.items() if not select or k in select or k.startswith("@")}
    entity_type = type_of(declared, value)
    must_tell = declared == DIRECTORY_OBJECT or entity_type.is_stated
    answer: Json = {"@odata.type": NAMESPACE + entity_type.name} if must_tell else {}
    names = entity_type.everything if "*" in select else (select or entity_type.shown)
    is_withheld = declared == DIRECTORY_OBJECT and isinstance(value, User) and not reader.reads_members
    for name in names:
        getter = entity_type.properties.get(name)
        if getter is not None:
            answer[name] = _withheld(getter(reader, value), name) if is_withheld else getter(reader, value)
    for expansion in expand:
        navigation = entity_type.navigation.get(expansion.name)
        if navigation is not None:
            answer[expansion.name] = _expanded(reader, navigation, value, expansion)
    if not select and reader.world.options.undocumented_properties:
        answer[UNDOCUMENTED] = {"since": "tomorrow"}
    return answer


def _withheld(value: Any, name: str) -> Any:
    """A property of an object that the caller may only know to exist."""
    if name == "id":
        return value
    return [] if isinstance(value, list) else None


def _expanded(reader: Reader, navigation: Navigation, value: Any, expansion: Expansion) -> Any:
    found = navigation.load(reader, value)
    if navigation.is_collection:
        items = list(found)[: navigation.limit]
        return [render(reader, navigation.target, item, expansion.select, expansion.expand) for item in items]
    if found is None:
        return None
    if expansion.levels is not None:
        return _chain(reader, found, expansion, expansion.levels, {value.id})
    return render(reader, navigation.target, found, expansion.select, expansion.expand)


def _chain(reader: Reader, user: User, expansion: Expansion, levels: int, seen: set[str]) -> Json:
    """A manager with their own manager inside, `levels` deep; a loop ends where it closes."""
    answer = render(reader, DIRECTORY_OBJECT, user, expansion.select, expansion.expand)
    above = reader.tenant.users.get(user.manager_id or "")
    if levels > 1 and above is not None and above.id not in seen | {user.id}:
        answer["manager"] = _chain(reader, above, expansion, levels - 1, seen | {user.id})
    return answer


def read_path(reader: Reader, declared: str, value: Any, path: Sequence[str]) -> Any:
    """The JSON value at a property path like ("accessPackage", "id"); None where the way there is empty.

    A path may lead on into a complex property, with or without a cast to its type on the way.
    """
    *way, name = path
    for index, step in enumerate(way):
        if value is None:
            return None
        entity_type = type_of(declared, value)
        navigation = entity_type.navigation.get(step)
        if navigation is None:
            return _inside(entity_type.properties[step](reader, value), path[index + 1 :])
        value, declared = navigation.load(reader, value), navigation.target
    if value is None:
        return None
    getter = type_of(declared, value).properties.get(name)
    return getter(reader, value) if getter is not None else None


def _inside(value: Any, path: Sequence[str]) -> Any:
    """What a path leads to inside of a complex value; of a collection, what it leads to in each."""
    if isinstance(value, list):
        return [_inside(item, path) for item in value]
    if not path or not isinstance(value, dict):
        return None if path else value
    is_cast = value.get("@odata.type") == NAMESPACE + path[0]
    return _inside(value if is_cast else value.get(path[0]), path[1:])


def path_reader(reader: Reader, declared: str, path: Sequence[str]) -> Callable[[Any], Any]:
    """`read_path` for many values: what depends on the type alone is looked up once."""
    name, *rest = path
    types = possible_types(declared)
    if len(types) != 1:
        return lambda value: read_path(reader, declared, value, path)
    if not rest:
        getter = types[0].properties.get(name)
        return (lambda _: None) if getter is None else partial(getter, reader)
    navigation = types[0].navigation.get(name)
    if navigation is None:
        return lambda value: read_path(reader, declared, value, path)
    below = path_reader(reader, navigation.target, rest)

    def read(value: Any) -> Any:
        found = navigation.load(reader, value)
        return below(found) if found is not None else None

    return read
