"""The witness of all tests: it must find what is wrong in requests and admissions, or it proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.entra.tokens import issue_graph_token
from sandbox.graph.service import GraphRequest, GraphResponse, GraphService
from sandbox.graph.table import OPERATIONS
from sandbox.tenant.identity import WRITER_APP_ID, user_id
from sandbox.world import World
from tests.sandbox.graph_support import WRITE, serve_graph
from tests.support.graph_metadata import VARIABLE, GraphContract, PublishedPermissions, find_metadata
from tests.support.graph_requests import EXTRA_MEMBERS, RequestContract
from tests.support.graph_witness import GraphWitness

FOLDER = find_metadata()
pytestmark = pytest.mark.skipif(FOLDER is None, reason=f"{VARIABLE} names no folder with Microsoft's published files")
EM = "/v1.0/identityGovernance/entitlementManagement"
SET = "#microsoft.graph.singleUser"


@pytest.fixture(scope="module")
def contract() -> GraphContract:
    assert FOLDER is not None
    return GraphContract(FOLDER)


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("POST", "/catalogs", {"displayName": "A", "catalogStatus": "x"}, "no property 'catalogStatus'"),
        ("POST", "/catalogs", {"displayName": 7}, "not Edm.String"),
        ("PATCH", "/catalogs/1", {"state": "closed"}, "not a member of accessPackageCatalogState"),
        ("PATCH", "/catalogs/1", {"isExternallyVisible": "maybe"}, "not Edm.Boolean"),
        ("PUT", "/assignmentPolicies/1", {"specificAllowedTargets": {}}, "an array was expected"),
        ("PUT", "/assignmentPolicies/1", {"specificAllowedTargets": [{"@odata.type": SET, "id": "1"}]}, "'id'"),
        ("PUT", "/assignmentPolicies/1", {"expiration": "P1D"}, "an object was expected"),
        ("POST", "/assignmentRequests/1/resume", {"sauce": "x"}, "'sauce' is not declared"),
        ("POST", "/accessPackages/1/incompatibleGroups/$ref", {"id": "1"}, "a reference holds"),
        ("POST", "/accessPackageCatalogs", {"displayName": "A"}, "not declared"),
        ("POST", "/catalogs", [], "an object was expected"),
    ],
)
def test_a_wrong_request_is_named(method: str, path: str, body: Any, problem: str, contract: GraphContract) -> None:
    found = RequestContract(contract).check(method, EM + path, body or [1])
    assert any(problem in violation for violation in found), found


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/catalogs", {"displayName": "A", "state": "Published", "isExternallyVisible": "true"}),
        ("PUT", "/assignmentPolicies/1", {"specificAllowedTargets": [{"@odata.type": SET, "userId": "1"}]}),
        ("POST", "/accessPackages/1/incompatibleGroups/$ref", {"@odata.id": "x"}),
        ("POST", "/accessPackages/1/getApplicablePolicyRequirements", None),
        ("DELETE", "/catalogs/1", None),
    ],
)
def test_a_right_request_has_no_violations(method: str, path: str, body: Any, contract: GraphContract) -> None:
    assert RequestContract(contract).check(method, EM + path, body) == []


async def test_every_exception_for_requests_is_still_needed(contract: GraphContract) -> None:
    for owner, member in EXTRA_MEMBERS:
        declared = contract.csdl.property_of(owner, member) or contract.csdl.navigation_of(owner, member)
        assert declared is None, (owner, member)
    checker = RequestContract(contract)
    async with serve_graph() as graph:
        package = graph.package("Office map")
        body = {
            "requestType": "adminAdd",
            "parameters": {"bypassApproval": True},
            "assignment": {
                "targetId": graph.id_of("requester"),
                "accessPackageId": package.id,
                "assignmentPolicyId": graph.tenant.policies_of(package.id)[0].id,
            },
        }
        made = await graph.app((WRITE,), WRITER_APP_ID).post(EM.removeprefix("/v1.0") + "/assignmentRequests", body)
        assert made.status == 201, made.body
        extension = {
            "@odata.type": "#microsoft.graph.accessPackageAssignmentRequestWorkflowExtension",
            "displayName": "notify-bot",
            "endpointConfiguration": {
                "@odata.type": "#microsoft.graph.logicAppTriggerEndpointConfiguration",
                "subscriptionId": "s",
                "resourceGroupName": "r",
                "logicAppWorkflowName": "w",
                "url": "https://logic.woodgrove.example/x",
            },
            "authenticationConfiguration": {"@odata.type": "#microsoft.graph.azureAdPopTokenAuthentication"},
            "callbackConfiguration": {
                "@odata.type": "#microsoft.graph.customExtensionCallbackConfiguration",
                "durationBeforeTimeout": "PT1H",
            },
        }
        extensions = f"/catalogs/{package.catalog_id}/customWorkflowExtensions"
        made = await graph.app((WRITE,), WRITER_APP_ID).post(EM.removeprefix("/v1.0") + extensions, extension)
        assert made.status == 201, made.body
    assert checker.check("POST", f"{EM}/assignmentRequests", body) == []
    assert checker.check("POST", EM + extensions, extension) == []
    assert checker.used == EXTRA_MEMBERS.keys()


def test_who_came_in_by_what_the_map_does_not_accept_is_named(contract: GraphContract) -> None:
    assert FOLDER is not None
    world = World()
    service = GraphService(world, OPERATIONS)
    witness = GraphWitness(contract, PublishedPermissions(FOLDER))
    token = issue_graph_token(world, user_id=user_id("requester"), permissions=("User.Read",))
    request = GraphRequest("GET", "/me", "", {"authorization": f"Bearer {token}"})
    answer = service.answer(request)
    witness.see(world, request, answer)
    assert witness.problems == []
    witness.see(world, GraphRequest("GET", "/groups"), GraphResponse(200, {}, {"@odata.context": "x", "value": []}))
    assert "by delegated with User.Read" in witness.problems.pop()
    witness.see(world, GraphRequest("GET", "/planets"), GraphResponse(200, {}, {"@odata.context": "x", "value": []}))
    assert "no operation is there" in witness.problems.pop()
