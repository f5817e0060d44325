"""The checker itself: it must find what is wrong, or the contract tests prove nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.graph_metadata import VARIABLE, GraphContract, find_metadata

FOLDER = find_metadata()
pytestmark = pytest.mark.skipif(FOLDER is None, reason=f"{VARIABLE} names no folder with Microsoft's published files")

EM = "/v1.0/identityGovernance/entitlementManagement"
CONTEXT = {"@odata.context": "https://graph.example/v1.0/$metadata#x"}


@pytest.fixture(scope="module")
def contract() -> GraphContract:
    assert FOLDER is not None
    return GraphContract(FOLDER)


def test_a_right_answer_has_no_violations(contract: GraphContract) -> None:
    body = CONTEXT | {"id": "1", "state": "published", "createdDateTime": "2026-01-01T00:00:00.1234567Z"}
    assert contract.check_response("GET", f"{EM}/catalogs/1", 200, body) == []


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/catalogs/1", {"id": "1"}, "'@odata.context' is missing"),
        ("/catalogs/1", CONTEXT | {"id": "1", "catalogStatus": "published"}, "no property 'catalogStatus'"),
        ("/catalogs/1", CONTEXT | {"id": None}, "must not be null"),
        ("/catalogs/1", CONTEXT | {"id": "1", "state": "Published"}, "not a member of accessPackageCatalogState"),
        ("/catalogs/1", CONTEXT | {"id": "1", "isExternallyVisible": "true"}, "not Edm.Boolean"),
        ("/catalogs/1", CONTEXT | {"id": "1", "createdDateTime": "2026-01-01T00:00:00+00:00"}, "Edm.DateTimeOffset"),
        ("/catalogs", CONTEXT | {"id": "1"}, "'value' is missing"),
        ("/catalogs", CONTEXT | {"value": [], "count": 3}, "'count' is not part of a collection"),
        ("/catalogs", CONTEXT | {"value": [{"id": "1", "accessPackages": {}}]}, "an array was expected"),
        (
            "/assignmentPolicies/1",
            CONTEXT | {"id": "1", "specificAllowedTargets": [{"userId": "2"}]},
            "'@odata.type' is missing on subjectSet",
        ),
        (
            "/assignmentPolicies/1",
            CONTEXT | {"id": "1", "specificAllowedTargets": [{"@odata.type": "#microsoft.graph.identity"}]},
            "is not a kind of subjectSet",
        ),
        ("/assignmentPolicies/1", CONTEXT | {"id": "1", "expiration": {"duration": "90 days"}}, "Edm.Duration"),
        ("/accessPackageCatalogs/1", CONTEXT | {"id": "1"}, "not declare the path"),
        ("/accessPackages/1/doSomething", CONTEXT | {"id": "1"}, "not declare the path"),
        ("/accessPackages/filterByCurrentUser(of='x')", CONTEXT | {"value": []}, "not declare the path"),
    ],
)
def test_a_wrong_answer_is_named(path: str, body: dict[str, Any], problem: str, contract: GraphContract) -> None:
    found = contract.check_response("GET", EM + path, 200, body)
    assert any(problem in violation for violation in found), found


def test_errors_have_a_shape_too(contract: GraphContract) -> None:
    assert contract.check_response("GET", "/me", 403, {"message": "no"}) != []
    assert contract.check_response("GET", "/me", 403, {"error": {"code": "x", "message": "y"}}) != []


def test_functions_answer_their_own_types(contract: GraphContract) -> None:
    requests = contract.type_of("GET", [*EM.split("/")[2:], "assignmentRequests", "filterByCurrentUser(on='target')"])
    assert requests is not None
    assert (requests.name, requests.is_collection) == ("accessPackageAssignmentRequest", True)
    requirements = contract.type_of(
        "POST", [*EM.split("/")[2:], "accessPackages", "1", "getApplicablePolicyRequirements"]
    )
    assert requirements is not None
    assert (requirements.name, requirements.is_collection) == ("accessPackageAssignmentRequestRequirements", True)


def test_a_batch_is_checked_part_by_part(contract: GraphContract) -> None:
    request = {"requests": [{"id": "1", "method": "GET", "url": "/me"}, {"id": "2", "method": "GET", "url": "/me"}]}
    body = {"responses": [{"id": "1", "status": 200, "body": CONTEXT | {"id": "1", "nickName": "R"}}]}
    found = contract.check_batch(request, body)
    assert len(found) == 2
    assert "nickName" in found[0]
    assert "'2' has no answer" in found[1]
