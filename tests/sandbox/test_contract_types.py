"""The project's own entity types, held to the published metadata."""

from __future__ import annotations

import pytest

from sandbox.graph.operations import Operation
from sandbox.graph.table import OPERATIONS
from sandbox.graph.types.base import EntityType
from sandbox.graph.types.registry import DIRECTORY_OBJECT, TYPES
from tests.support.graph_csdl import read_csdl
from tests.support.graph_metadata import EXTRA_PROPERTIES, SUPPLEMENT, VARIABLE, GraphContract, find_metadata

FOLDER = find_metadata()
pytestmark = pytest.mark.skipif(FOLDER is None, reason=f"{VARIABLE} names no folder with Microsoft's published files")


@pytest.fixture(scope="module")
def contract() -> GraphContract:
    assert FOLDER is not None
    return GraphContract(FOLDER)


@pytest.mark.parametrize("entity_type", TYPES.values(), ids=lambda found: found.name)
def test_every_property_is_declared(entity_type: EntityType, contract: GraphContract) -> None:
    undeclared = {
        name
        for name in entity_type.properties
        if contract.csdl.property_of(entity_type.name, name) is None
        and (entity_type.name, name) not in EXTRA_PROPERTIES
    }
    assert undeclared == set()


@pytest.mark.parametrize("entity_type", TYPES.values(), ids=lambda found: found.name)
def test_every_navigation_leads_to_the_declared_type(entity_type: EntityType, contract: GraphContract) -> None:
    for name, navigation in entity_type.navigation.items():
        declared = contract.csdl.navigation_of(entity_type.name, name)
        assert declared is not None, name
        assert (declared.name, declared.is_collection) == (navigation.target, navigation.is_collection), name


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda found: f"{found.method} {found.path}")
def test_every_path_is_declared_and_answers_the_declared_type(operation: Operation, contract: GraphContract) -> None:
    steps = [step for step in operation.path.replace("{", "").replace("}", "").split("/") if step]
    declared = contract.type_of(operation.method, steps)
    assert declared is not None
    if operation.answers:
        assert operation.answers == DIRECTORY_OBJECT or operation.answers in TYPES
        assert contract.csdl.is_a(operation.answers, declared.name)


def test_exceptions_are_still_needed(contract: GraphContract) -> None:
    stale = [(owner, name) for owner, name in EXTRA_PROPERTIES if contract.csdl.property_of(owner, name) is not None]
    assert stale == []


def test_the_supplement_declares_only_what_the_metadata_lacks() -> None:
    assert FOLDER is not None
    published, own = read_csdl(FOLDER / "v1.0-subset.csdl.xml"), read_csdl(SUPPLEMENT)
    assert own.roots.keys().isdisjoint(published.roots)
    assert own.enums.keys().isdisjoint(published.enums)
    assert {name for name in own.types if name in published.types} == {"user"}
    assert own.types["user"].navigation.keys().isdisjoint(published.types["user"].navigation)
