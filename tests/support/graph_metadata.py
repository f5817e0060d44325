"""Holds answers and permissions to Microsoft's published files, which are not part of this project.

`DOORMAN_GRAPH_METADATA` names the folder with `v1.0-subset.csdl.xml` and `permissions.json`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from tests.support.graph_csdl import Csdl, TypeName, read_csdl

VARIABLE: Final = "DOORMAN_GRAPH_METADATA"
_CSDL: Final = "v1.0-subset.csdl.xml"
_PERMISSIONS: Final = "permissions.json"

SUPPLEMENT: Final = Path(__file__).with_name("graph_supplement.csdl.xml")
"""The project's own declaration of shapes that the published subset does not hold."""

EXTRA_PROPERTIES: Final[Mapping[tuple[str, str], str]] = {
    ("accessPackage", "uniqueName"): "the metadata names it in the alternate key only; the service sends it",
    ("accessPackageCatalog", "uniqueName"): "the metadata names it in the alternate key only; the service sends it",
    ("invitation", "invitedUser"): "a navigation property whose id the answer to POST shows unasked",
}
"""Properties that answers carry although the metadata does not declare them, each with the reason."""

_PRIMITIVES: Final[Mapping[str, re.Pattern[str]]] = {
    "Edm.DateTimeOffset": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z"),
    "Edm.Date": re.compile(r"\d{4}-\d\d-\d\d"),
    "Edm.Duration": re.compile(r"-?P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?"),
    "Edm.Guid": re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}"),
}
_CALL: Final = re.compile(r"(?P<name>[\w.]+)\((?P<arguments>.*)\)")
_ARGUMENT: Final = re.compile(r"(\w+)\s*=")


NOTHING: Final = TypeName("nothing")
"""What an action without a return type answers."""


def find_metadata() -> Path | None:
    """The folder that the environment names; None when it names none. Raises FileNotFoundError for an empty folder."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    for name in (_CSDL, _PERMISSIONS):
        if not (Path(folder) / name).is_file():
            raise FileNotFoundError(f"{VARIABLE}: {Path(folder) / name} does not exist")
    return Path(folder)


@dataclass(frozen=True)
class Accepted:
    """What the published map accepts for one method on one path; an empty set means not supported."""

    delegated: frozenset[str]
    application: frozenset[str]


class PublishedPermissions:
    """Microsoft's map from path and method to permissions."""

    def __init__(self, folder: Path) -> None:
        self._paths: dict[str, Any] = {
            _placeholders(path): methods
            for path, methods in json.loads((folder / _PERMISSIONS).read_text(encoding="utf-8")).items()
        }

    def find(self, method: str, template: str) -> Accepted | None:
        """The entry for a path template, any letter case and names of placeholders.

        Casts and `$ref` at its end do not count: the map names the collection that they are about.
        """
        path = _placeholders(re.sub(r"/((microsoft\.)?graph\.\w+|\$ref)$", "", template))
        found = self._paths.get(path, {}).get(method)
        if found is None:
            return None
        return Accepted(_names(found["DelegatedWork"]), _names(found["Application"]))


def _names(entries: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(str(entry["name"]) for entry in entries)


def _placeholders(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path.casefold())


@cache
def declarations(folder: Path) -> Csdl:
    """What the published file and the project's supplement declare together; nobody changes it."""
    csdl = read_csdl(folder / _CSDL)
    csdl.add(read_csdl(SUPPLEMENT))
    return csdl


class GraphContract:
    """Checks answers of Graph against the published metadata. Every method gives the violations found, in words."""

    def __init__(self, folder: Path) -> None:
        self.csdl = declarations(folder)
        self.seen: set[str] = set()
        """The names of the entity and complex types that answers have shown so far."""

    def check_response(self, method: str, path: str, status: int, body: Any) -> list[str]:
        """One answer. `path` may be a whole URL, with or without the version and a query."""
        where = f"{method} {path}: {status}"
        if status >= 400:
            return [f"{where}: {problem}" for problem in _error_problems(body)]
        if body is None:
            return [] if status in (200, 201, 202, 204) else [f"{where}: a body was expected"]
        steps = steps_of(path)
        if steps == ["$batch"]:
            return [] if isinstance(body, dict) and isinstance(body.get("responses"), list) else [f"{where}: no batch"]
        declared = self.type_of(method, steps)
        if declared is None or declared == NOTHING:
            return [f"{where}: the metadata does not declare the path, or nothing to be answered on it"]
        return [f"{where}: {problem}" for problem in self._answer(body, declared)]

    def check_batch(self, request: Mapping[str, Any], body: Mapping[str, Any]) -> list[str]:
        """Every part of a batch's answer, by the part of the request with the same id."""
        asked = {item["id"]: item for item in request["requests"]}
        problems: list[str] = []
        for part in body["responses"]:
            item = asked.pop(part["id"])
            problems += self.check_response(item["method"], item["url"], part["status"], part.get("body"))
        return problems + [f"$batch: the request '{left}' has no answer" for left in asked]

    def type_of(self, method: str, steps: list[str]) -> TypeName | None:
        """What a request on that path answers, or `NOTHING`; None for a path that the metadata does not know."""
        current: TypeName | None = None
        for index, step in enumerate(steps):
            current = self._root(step) if index == 0 else self._follow(current, step)
            if current is None:
                return None
        if current is not None and current.is_collection and method == "POST" and not self._is_operation(steps[-1]):
            return TypeName(current.name)
        return current

    def _root(self, step: str) -> TypeName | None:
        name, arguments = _split_call(step)
        for root, declared in self.csdl.roots.items():
            if root.casefold() == name.casefold():
                return self._keyed(declared, arguments) if arguments is not None else declared
        return None

    def _follow(self, current: TypeName | None, step: str) -> TypeName | None:
        if current is None:
            return None
        if step == "$ref":
            return NOTHING
        name, arguments = _split_call(step)
        short = name.removeprefix("microsoft.graph.").removeprefix("graph.")
        if short != name and self.csdl.is_a(short, current.name):
            return TypeName(short, current.is_collection)
        operation = self.csdl.operation_on(current, short, frozenset(_ARGUMENT.findall(arguments or "")))
        if operation is not None:
            return operation.returns or NOTHING
        if current.is_collection:
            return TypeName(current.name) if arguments is None else None
        for navigation in self._navigation_names(current.name):
            if navigation.casefold() == name.casefold():
                declared = self.csdl.navigation_of(current.name, navigation)
                return self._keyed(declared, arguments) if declared and arguments is not None else declared
        return None

    def _navigation_names(self, name: str) -> list[str]:
        return [member for found in self.csdl.lineage(name) for member in found.navigation]

    def _keyed(self, declared: TypeName, arguments: str) -> TypeName | None:
        names = _ARGUMENT.findall(arguments)
        known = {key for found in self.csdl.lineage(declared.name) for key in found.alternate_keys}
        return TypeName(declared.name) if all(name in known for name in names) else None

    def _is_operation(self, step: str) -> bool:
        name = _split_call(step)[0].removeprefix("microsoft.graph.")
        return any(found.name.casefold() == name.casefold() for found in self.csdl.operations)

    def _answer(self, body: Any, declared: TypeName) -> list[str]:
        if not isinstance(body, dict):
            return [f"an object was expected, not {type(body).__name__}"]
        problems = [] if isinstance(body.get("@odata.context"), str) else ["'@odata.context' is missing"]
        if not declared.is_collection:
            return problems + self._value(body, declared, declared.name)
        if not isinstance(body.get("value"), list):
            return [*problems, "'value' is missing"]
        envelope = {"@odata.context": str, "@odata.count": int, "@odata.nextLink": str, "value": list}
        problems += [f"'{name}' is not part of a collection" for name in body.keys() - envelope.keys()]
        problems += [
            f"'{name}' has the wrong type"
            for name, kind in envelope.items()
            if not isinstance(body.get(name, kind()), kind)
        ]
        return problems + self._value(body["value"], declared, declared.name)

    def _value(self, value: Any, declared: TypeName, where: str) -> list[str]:
        if declared.is_collection:
            if not isinstance(value, list):
                return [f"{where}: an array was expected, not {value!r}"]
            item = TypeName(declared.name, is_nullable=False)
            return [found for index, one in enumerate(value) for found in self._value(one, item, f"{where}[{index}]")]
        if value is None:
            return [] if declared.is_nullable else [f"{where}: must not be null"]
        if declared.is_primitive:
            return [] if _is_primitive(value, declared.name) else [f"{where}: {value!r} is not {declared.name}"]
        if declared.name in self.csdl.enums:
            return self._enum(value, declared.name, where)
        if not isinstance(value, dict):
            return [f"{where}: an object was expected, not {value!r}"]
        return self._object(value, declared.name, where)

    def _enum(self, value: Any, name: str, where: str) -> list[str]:
        declared = self.csdl.enums[name]
        given = str(value).split(",") if declared.is_flags else [value]
        return [f"{where}: {one!r} is not a member of {name}" for one in given if one not in declared.members]

    def _object(self, value: Mapping[str, Any], declared: str, where: str) -> list[str]:
        actual, problems = self._actual_type(value, declared, where)
        self.seen.add(actual)
        for name, member in value.items():
            if "@" in name:
                continue
            expected = self.csdl.property_of(actual, name) or self.csdl.navigation_of(actual, name)
            if expected is not None:
                problems += self._value(member, expected, f"{where}/{name}")
            elif not any((found.name, name) in EXTRA_PROPERTIES for found in self.csdl.lineage(actual)):
                problems.append(f"{where}: {actual} has no property '{name}'")
        return problems

    def _actual_type(self, value: Mapping[str, Any], declared: str, where: str) -> tuple[str, list[str]]:
        """The type that `@odata.type` says, which abstract types cannot do without."""
        stated = value.get("@odata.type")
        if stated is None:
            is_abstract = declared in self.csdl.types and self.csdl.types[declared].is_abstract
            return declared, [f"{where}: '@odata.type' is missing on {declared}"] if is_abstract else []
        name = str(stated).removeprefix("#microsoft.graph.")
        if not str(stated).startswith("#microsoft.graph.") or not self.csdl.is_a(name, declared):
            return declared, [f"{where}: '{stated}' is not a kind of {declared}"]
        return name, []


def _error_problems(body: Any) -> list[str]:
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return ["an error object was expected"]
    problems = [f"'error/{name}' must be text" for name in ("code", "message") if not isinstance(error.get(name), str)]
    inner = error.get("innerError")
    needed = ("date", "request-id", "client-request-id")
    if not isinstance(inner, dict) or any(name not in inner for name in needed):
        problems.append(f"'error/innerError' must hold {', '.join(needed)}")
    return problems


def _is_primitive(value: Any, name: str) -> bool:
    if name in _PRIMITIVES:
        return isinstance(value, str) and _PRIMITIVES[name].fullmatch(value) is not None
    if name == "Edm.Boolean":
        return isinstance(value, bool)
    if name in ("Edm.Int32", "Edm.Int64", "Edm.Int16", "Edm.Byte"):
        return isinstance(value, int) and not isinstance(value, bool)
    if name in ("Edm.Double", "Edm.Single", "Edm.Decimal"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def steps_of(path: str) -> list[str]:
    """The decoded segments below the version."""
    segments = [unquote(step) for step in urlsplit(path).path.split("/") if step]
    return segments[1:] if segments[:1] == ["v1.0"] else segments


def _split_call(step: str) -> tuple[str, str | None]:
    call = _CALL.fullmatch(step)
    return (call["name"], call["arguments"]) if call else (step, None)
