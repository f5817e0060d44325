"""A small reader of CSDL: the types, bound operations and entry points that a Graph metadata document declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

_EDM: Final = "{http://docs.oasis-open.org/odata/ns/edm}"


@dataclass(frozen=True)
class TypeName:
    """A type as it is referred to: `Collection(graph.user)` is ("user", is_collection)."""

    name: str
    is_collection: bool = False
    is_nullable: bool = True

    @property
    def is_primitive(self) -> bool:
        return self.name.startswith("Edm.")


@dataclass(frozen=True)
class EnumType:
    members: frozenset[str]
    is_flags: bool


@dataclass(frozen=True)
class StructuredType:
    """An entity or complex type; `properties` and `navigation` without those of `base`."""

    name: str
    base: str | None
    is_abstract: bool
    properties: Mapping[str, TypeName]
    navigation: Mapping[str, TypeName]
    alternate_keys: frozenset[str]


@dataclass(frozen=True)
class BoundOperation:
    """A function or action that is called on a `binding` value.

    `parameters` are those in the path, without the binding one; an action has its own in the `body` instead.
    """

    name: str
    binding: TypeName
    parameters: frozenset[str]
    returns: TypeName | None
    body: Mapping[str, TypeName] = field(default_factory=dict)


@dataclass
class Csdl:
    """One metadata document."""

    enums: dict[str, EnumType] = field(default_factory=dict)
    types: dict[str, StructuredType] = field(default_factory=dict)
    operations: list[BoundOperation] = field(default_factory=list)
    roots: dict[str, TypeName] = field(default_factory=dict)

    def add(self, other: Csdl) -> None:
        """Take in what another document declares besides: new types, and new navigation on known ones."""
        for name, found in other.types.items():
            known = self.types.get(name)
            self.types[name] = (
                found if known is None else replace(known, navigation={**known.navigation, **found.navigation})
            )
        self.enums.update(other.enums)
        self.roots.update(other.roots)

    def lineage(self, name: str) -> Iterator[StructuredType]:
        """The type and its bases, nearest first."""
        current: str | None = name
        while current is not None and current in self.types:
            yield self.types[current]
            current = self.types[current].base

    def is_a(self, name: str, ancestor: str) -> bool:
        return any(found.name == ancestor for found in self.lineage(name))

    def property_of(self, name: str, member: str) -> TypeName | None:
        return next((found.properties[member] for found in self.lineage(name) if member in found.properties), None)

    def navigation_of(self, name: str, member: str) -> TypeName | None:
        return next((found.navigation[member] for found in self.lineage(name) if member in found.navigation), None)

    def operation_on(self, binding: TypeName, name: str, parameters: frozenset[str]) -> BoundOperation | None:
        """The bound operation of that name and those parameters, also one that is bound to a base type."""
        for found in self.operations:
            if (
                found.name.casefold() == name.casefold()
                and found.binding.is_collection == binding.is_collection
                and self.is_a(binding.name, found.binding.name)
                and found.parameters == parameters
            ):
                return found
        return None


def read_csdl(path: Path) -> Csdl:
    csdl = Csdl()
    for schema in etree.parse(path).iter(f"{_EDM}Schema"):
        for element in schema:
            if not isinstance(element.tag, str):
                continue
            kind = element.tag.removeprefix(_EDM)
            if kind == "EnumType":
                members = frozenset(member.get("Name", "") for member in element.iter(f"{_EDM}Member"))
                csdl.enums[element.get("Name", "")] = EnumType(members, element.get("IsFlags") == "true")
            elif kind in ("EntityType", "ComplexType"):
                csdl.types[element.get("Name", "")] = _structured(element)
            elif kind in ("Function", "Action"):
                csdl.operations.append(_operation(element))
            elif kind == "EntityContainer":
                csdl.roots.update(_roots(element))
    return csdl


def _structured(element: etree._Element) -> StructuredType:
    base = element.get("BaseType")
    return StructuredType(
        name=element.get("Name", ""),
        base=_short(base) if base else None,
        is_abstract=element.get("Abstract") == "true",
        properties={child.get("Name", ""): _type_of(child) for child in element.findall(f"{_EDM}Property")},
        navigation={child.get("Name", ""): _type_of(child) for child in element.findall(f"{_EDM}NavigationProperty")},
        alternate_keys=frozenset(
            value.get("String", "")
            for value in element.iter(f"{_EDM}PropertyValue")
            if value.get("Property") == "Alias" and value.get("String")
        ),
    )


def _operation(element: etree._Element) -> BoundOperation:
    parameters = element.findall(f"{_EDM}Parameter")
    returns = element.find(f"{_EDM}ReturnType")
    is_function = element.tag == f"{_EDM}Function"
    return BoundOperation(
        name=element.get("Name", ""),
        binding=_type_of(parameters[0]),
        parameters=frozenset(parameter.get("Name", "") for parameter in parameters[1:]) if is_function else frozenset(),
        returns=_type_of(returns) if returns is not None else None,
        body={} if is_function else {found.get("Name", ""): _type_of(found) for found in parameters[1:]},
    )


def _roots(container: etree._Element) -> Iterator[tuple[str, TypeName]]:
    for entity_set in container.findall(f"{_EDM}EntitySet"):
        yield entity_set.get("Name", ""), TypeName(_short(entity_set.get("EntityType", "")), is_collection=True)
    for singleton in container.findall(f"{_EDM}Singleton"):
        yield singleton.get("Name", ""), TypeName(_short(singleton.get("Type", "")))


def _type_of(element: etree._Element) -> TypeName:
    text = element.get("Type", "")
    is_collection = text.startswith("Collection(")
    inner = text.removeprefix("Collection(").removesuffix(")") if is_collection else text
    return TypeName(_short(inner), is_collection, element.get("Nullable") != "false")


def _short(name: str) -> str:
    for namespace in ("microsoft.graph.", "graph."):
        if name.startswith(namespace):
            return name.removeprefix(namespace)
    return name
