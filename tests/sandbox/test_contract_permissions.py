"""The table of operations, held to Microsoft's published permission map."""

from __future__ import annotations

import pytest

from sandbox.graph.operations import Operation
from sandbox.graph.table import OPERATIONS
from tests.support.graph_metadata import VARIABLE, PublishedPermissions, find_metadata

FOLDER = find_metadata()
pytestmark = pytest.mark.skipif(FOLDER is None, reason=f"{VARIABLE} names no folder with Microsoft's published files")


@pytest.fixture(scope="module")
def published() -> PublishedPermissions:
    assert FOLDER is not None
    return PublishedPermissions(FOLDER)


def _title(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=_title)
def test_every_operation_accepts_only_what_is_published(operation: Operation, published: PublishedPermissions) -> None:
    found = published.find(operation.method, operation.path)
    if found is None:
        assert operation.unpublished, "the map lacks this operation; say why it exists all the same"
        return
    assert not operation.unpublished, "the map has this operation by now; the exception is stale"
    assert set(operation.delegated) <= found.delegated
    assert set(operation.application) <= found.application


@pytest.mark.parametrize("operation", [found for found in OPERATIONS if not found.unpublished], ids=_title)
def test_every_operation_knows_the_published_kinds_of_token(
    operation: Operation, published: PublishedPermissions
) -> None:
    found = published.find(operation.method, operation.path)
    assert found is not None
    assert bool(operation.delegated) == bool(found.delegated)
    assert bool(operation.application) == bool(found.application)


def test_a_permission_nobody_published_would_be_noticed(published: PublishedPermissions) -> None:
    found = published.find("GET", "/identityGovernance/entitlementManagement/accessPackages/{anything}")
    assert found is not None
    assert "EntitlementManagement.Read.All" in found.application
    assert "EntitlementMgmt-SubjectAccess.ReadWrite" not in found.delegated
