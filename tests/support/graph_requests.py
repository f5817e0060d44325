"""Holds what clients send to Graph to the published metadata: names, types and members of enumerations.

Only for requests that were accepted: tests send wrong ones too, to see them refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tests.support.graph_csdl import TypeName
from tests.support.graph_metadata import GraphContract, steps_of

EXTRA_MEMBERS: Final[Mapping[tuple[str, str], str]] = {
    ("accessPackageAssignment", "targetId"): "accepted by the service in place of the navigation property",
    ("accessPackageAssignment", "accessPackageId"): "accepted by the service in place of the navigation property",
    ("accessPackageAssignment", "assignmentPolicyId"): "accepted by the service in place of the navigation property",
    ("customExtensionCallbackConfiguration", "durationBeforeTimeout"): "what the documentation's samples call it",
    ("accessPackageAssignmentRequest", "parameters"): "in the documentation and Microsoft's client, not yet declared",
}
"""Members that accepted requests carry although the metadata does not declare them, each with the reason."""

_INTEGERS: Final = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte"})
_NUMBERS: Final = frozenset({"Edm.Double", "Edm.Single", "Edm.Decimal"})


class RequestContract:
    """Checks bodies. `used` are the exceptions that were needed so far."""

    def __init__(self, contract: GraphContract) -> None:
        self._contract = contract
        self._csdl = contract.csdl
        self.used: set[tuple[str, str]] = set()

    def check(self, method: str, path: str, body: Any) -> list[str]:
        """The violations in one accepted request, in words."""
        where = f"{method} {path} with {str(body)[:200]}"
        if method in ("GET", "DELETE") or body in (None, {}):
            return []
        return [f"{where}: {problem}" for problem in self._check(method, steps_of(path), body)]

    def _check(self, method: str, steps: list[str], body: Any) -> list[str]:
        if not isinstance(body, dict):
            return ["an object was expected"]
        if steps[-1] == "$ref":
            return [] if body.keys() == {"@odata.id"} else ["a reference holds '@odata.id' alone"]
        parent = self._contract.type_of("GET", steps[:-1])
        action = steps[-1].removeprefix("microsoft.graph.").removeprefix("graph.")
        found = self._csdl.operation_on(parent, action, frozenset()) if parent is not None else None
        if found is not None:
            return self._members(body, dict(found.body), action)
        declared = self._contract.type_of(method, steps)
        return self._object(body, declared.name, "body") if declared is not None else ["the path is not declared"]

    def _members(self, body: Mapping[str, Any], declared: Mapping[str, TypeName], where: str) -> list[str]:
        problems = [f"{where}: '{name}' is not declared" for name in body.keys() - declared.keys() if "@" not in name]
        for name in body.keys() & declared.keys():
            problems += self._value(body[name], declared[name], f"{where}/{name}")
        return problems

    def _object(self, value: Any, name: str, where: str) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: an object was expected, not {value!r}"]
        stated = str(value.get("@odata.type", "")).removeprefix("#").removeprefix("microsoft.graph.")
        actual = stated if stated and self._csdl.is_a(stated, name) else name
        problems: list[str] = []
        if stated and actual != stated:
            problems.append(f"{where}: '{stated}' is not a kind of {name}")
        for member, given in value.items():
            if "@" in member:
                continue
            declared = self._declared(actual, member, is_stated=bool(stated))
            if declared is not None:
                problems += self._value(given, declared, f"{where}/{member}")
            elif (actual, member) in EXTRA_MEMBERS:
                self.used.add((actual, member))
            elif given is not None:  # Microsoft's own client writes members that it has emptied by names of its own
                problems.append(f"{where}: {actual} has no property '{member}'")
        return problems

    def _declared(self, name: str, member: str, *, is_stated: bool) -> TypeName | None:
        """The type of a member; where a body does not say which kind of `name` it is, that of any kind which has it."""
        kinds = [name] if is_stated else [name, *(kind for kind in self._csdl.types if self._csdl.is_a(kind, name))]
        found = (self._csdl.property_of(kind, member) or self._csdl.navigation_of(kind, member) for kind in kinds)
        return next((one for one in found if one is not None), None)

    def _value(self, value: Any, declared: TypeName, where: str) -> list[str]:
        if value is None:
            return []
        if declared.is_collection:
            if not isinstance(value, list):
                return [f"{where}: an array was expected, not {value!r}"]
            item = TypeName(declared.name)
            return [found for at, one in enumerate(value) for found in self._value(one, item, f"{where}[{at}]")]
        if declared.is_primitive:
            return [] if _is_written(value, declared.name) else [f"{where}: {value!r} is not {declared.name}"]
        if declared.name in self._csdl.enums:
            known = {member.casefold() for member in self._csdl.enums[declared.name].members}
            given = str(value).split(",") if self._csdl.enums[declared.name].is_flags else [str(value)]
            return [
                f"{where}: {one!r} is not a member of {declared.name}" for one in given if one.casefold() not in known
            ]
        return self._object(value, declared.name, where)


def _is_written(value: Any, name: str) -> bool:
    """Whether the service takes a value for a primitive: it also takes flags and numbers as texts."""
    if name == "Edm.Boolean":
        return isinstance(value, bool) or str(value).casefold() in ("true", "false")
    if name in _INTEGERS:
        return not isinstance(value, bool) and str(value).lstrip("-").isdigit()
    if name in _NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)
