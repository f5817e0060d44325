"""Custom extensions: keeping them, calling them out to the bot, and waiting for their answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.entra.tokens import signed_by_entra, tenant_issuer
from sandbox.tenant.identity import BOT_APP_ID, CALLOUTS_APP_ID
from tests.sandbox.admin_support import TYPE, Office, approval, manager_set, stage
from tests.sandbox.graph_support import EM, WRITE, Answer, Graph, serve_graph

NOBODY = "00000000-0000-4000-8000-000000000000"
ABOUT_REQUESTS = TYPE + "accessPackageAssignmentRequestWorkflowExtension"
ABOUT_ASSIGNMENTS = TYPE + "accessPackageAssignmentWorkflowExtension"
ENDPOINT = {
    "@odata.type": TYPE + "logicAppTriggerEndpointConfiguration",
    "subscriptionId": "s",
    "resourceGroupName": "g",
    "logicAppWorkflowName": "w",
}
WAITING = {"@odata.type": TYPE + "customExtensionCallbackConfiguration", "timeoutDuration": "PT1H"}


@dataclass
class Bot:
    """Takes callouts, and keeps them; `statuses` are its next answers, 202 when there are none."""

    received: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def hook(self, request: web.Request) -> web.Response:
        body = await request.json()
        async with self.arrived:
            self.received.append((dict(request.headers), body))
            self.arrived.notify_all()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 202)

    async def callouts(self, count: int) -> list[dict[str, Any]]:
        """The first so many bodies, as soon as they have come."""
        async with asyncio.timeout(60), self.arrived:
            await self.arrived.wait_for(lambda: len(self.received) >= count)
        return [body for _, body in self.received]


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


@pytest.fixture
def office(graph: Graph) -> Office:
    return Office.of(graph)


@pytest.fixture
async def bot(graph: Graph) -> AsyncIterator[Bot]:
    made = Bot()
    app = web.Application()
    app.router.add_post("/hooks/entitlement", made.hook)
    async with TestServer(app) as server:
        graph.world.bot_url = str(server.make_url("")).rstrip("/")
        yield made


async def create(office: Office, catalog: str, **more: Any) -> Answer:
    body = {
        "@odata.type": ABOUT_REQUESTS,
        "displayName": "notify-bot",
        "description": "Tells the bot",
        "endpointConfiguration": ENDPOINT,
        "authenticationConfiguration": {"@odata.type": TYPE + "azureAdPopTokenAuthentication"},
        "clientConfiguration": {"timeoutInMilliseconds": 2000, "maximumRetries": 1},
        **more,
    }
    return await office.admin.post(f"{EM}/catalogs/{catalog}/customWorkflowExtensions", body)


async def hang(
    office: Office, *stages: str, days: int | None = None, kind: str = ABOUT_REQUESTS, **more: Any
) -> tuple[str, str]:
    """A package with an extension on those stages of its policy; gives the ids of package and policy."""
    catalog = await office.catalog(state="published")
    package = await office.package(catalog)
    extension = (await create(office, catalog, **{"@odata.type": kind}, **more)).body
    hung = [{"stage": one, "customExtension": {"@odata.type": kind, "id": extension["id"]}} for one in stages]
    expiration = {"type": "noExpiration"} if days is None else {"type": "afterDuration", "duration": f"P{days}D"}
    policy = await office.policy(
        package,
        allowedTargetScope="allMemberUsers",
        expiration=expiration,
        requestorSettings={"enableTargetsToSelfAddAccess": True, "enableTargetsToSelfRemoveAccess": True},
        customExtensionStageSettings=hung,
    )
    assert policy.status == 201, policy.body
    return package, policy.body["id"]


async def ask(graph: Graph, package: str, **more: Any) -> str:
    body = {"requestType": "userAdd", "justification": "Because", "assignment": {"accessPackageId": package}, **more}
    made = await graph.person("requester").post(f"{EM}/assignmentRequests", body)
    assert made.status == 201, made.body
    return str(made.body["id"])


@asynccontextmanager
async def told(graph: Graph, kind: str) -> AsyncIterator[None]:
    """Leave the block once the sandbox has told of such an event."""
    async with graph.world.events.subscribe() as events:
        yield
        async with asyncio.timeout(60):
            async for event in events:
                if event.kind == kind:
                    return


async def test_an_extension_is_made_changed_and_deleted(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    made = await create(office, catalog, callbackConfiguration={**WAITING, "durationBeforeTimeout": "PT1H"})
    assert (made.status, made.body["@odata.type"]) == (201, ABOUT_REQUESTS)
    assert made.body["createdDateTime"] is not None
    where = f"{EM}/catalogs/{catalog}/customWorkflowExtensions"
    own = f"{where}/{made.body['id']}"
    other = await create(office, catalog, **{"@odata.type": ABOUT_ASSIGNMENTS})
    kinds = [one["@odata.type"] for one in await office.admin.values(where)]
    assert kinds == [ABOUT_REQUESTS, ABOUT_ASSIGNMENTS]
    changed = await office.admin.call("PUT", own, {"@odata.type": ABOUT_REQUESTS, "displayName": "New"})
    assert (changed.status, changed.body["displayName"]) == (200, "New")
    assert changed.body["description"] == "Tells the bot"
    assert changed.body["callbackConfiguration"]["timeoutDuration"] == "PT1H"
    fire = await office.admin.call("PUT", own, {"callbackConfiguration": None})
    assert fire.body["callbackConfiguration"] is None
    assert (await office.admin.call("PUT", own, {"@odata.type": ABOUT_ASSIGNMENTS})).status == 400
    assert (await office.admin.get(f"{EM}/catalogs?$expand=customWorkflowExtensions")).status == 200
    assert (await office.admin.get(f"{own}?$select=id,displayName")).body["displayName"] == "New"
    assert (await office.admin.get(f"{own}?$select=colour")).status == 400
    foreign = await office.catalog("Other")
    assert (await office.admin.get(f"{EM}/catalogs/{foreign}/customWorkflowExtensions/{made.body['id']}")).status == 404
    assert (await office.admin.call("DELETE", own)).status == 204
    assert (await office.admin.get(own)).status == 404
    graph.world.options.max_extensions = 1
    assert (await create(office, catalog)).code == "ServiceLimitExceeded"
    assert (await office.admin.call("DELETE", f"{where}/{other.body['id']}")).status == 204


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"@odata.type": None}, "@odata.type"),
        ({"@odata.type": TYPE + "onTokenIssuanceStartCustomExtension"}, "onTokenIssuanceStart"),
        ({"displayName": None}, "displayName"),
        ({"endpointConfiguration": None}, "endpointConfiguration"),
        ({"endpointConfiguration": {"@odata.type": TYPE + "httpRequestEndpoint"}}, "httpRequestEndpoint"),
        ({"endpointConfiguration": {"@odata.type": ENDPOINT["@odata.type"]}}, "subscriptionId"),
        ({"authenticationConfiguration": {}}, "authenticationConfiguration"),
        ({"clientConfiguration": {"timeoutInMilliseconds": 100}}, "timeoutInMilliseconds"),
        ({"clientConfiguration": {"timeoutInMilliseconds": 5000}}, "timeoutInMilliseconds"),
        ({"clientConfiguration": {"maximumRetries": 2}}, "maximumRetries"),
        ({"callbackConfiguration": {}}, "timeoutDuration"),
        ({"callbackConfiguration": {"timeoutDuration": "PT1M"}}, "timeoutDuration"),
        ({"callbackConfiguration": {"timeoutDuration": "P15D"}}, "timeoutDuration"),
        ({"@odata.type": ABOUT_ASSIGNMENTS, "callbackConfiguration": WAITING}, "callbackConfiguration"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_extensions_are_checked(office: Office, change: dict[str, Any], named: str) -> None:
    answer = await create(office, await office.catalog(), **change)
    assert answer.status == 400
    assert named in answer.message


async def test_extensions_need_the_larger_licence_and_applications_a_url(graph: Graph, office: Office) -> None:
    catalog = await office.catalog()
    app = Office(graph, graph.app([WRITE]))
    assert (await create(app, catalog)).status == 400
    assert (await create(app, catalog, endpointConfiguration={**ENDPOINT, "url": "https://x.example"})).status == 201
    graph.world.options.licence = "P2"
    assert (await create(office, catalog)).status == 403


async def test_stages_take_the_right_kind_from_the_own_catalog(graph: Graph, office: Office) -> None:
    catalog, other = await office.catalog(), await office.catalog("Other")
    package = await office.package(catalog)
    about_requests = (await create(office, catalog)).body["id"]
    foreign = (await create(office, other)).body["id"]

    async def status(stage_name: str, extension: str) -> Answer:
        hung = [{"stage": stage_name, "customExtension": {"id": extension}}]
        return await office.policy(package, customExtensionStageSettings=hung)

    assert (await status("assignmentOneDayBeforeExpiration", about_requests)).code == "InvalidExtension"
    assert (await status("assignmentRequestGranted", foreign)).code == "ExtensionNotFound"
    made = await status("AssignmentRequestGranted", about_requests)
    assert made.status == 201
    where = f"{EM}/assignmentPolicies/{made.body['id']}"
    option = "?$expand=customExtensionStageSettings($expand=customExtension)"
    shown = (await office.admin.get(where + option)).body
    assert [one["stage"] for one in shown["customExtensionStageSettings"]] == ["assignmentRequestGranted"]
    assert shown["customExtensionStageSettings"][0]["customExtension"]["id"] == about_requests
    assert (await office.admin.call("PUT", where, shown)).status == 200
    used = f"/catalogs/{catalog}/customWorkflowExtensions/{about_requests}"
    assert (await office.delete(used)).code == "ExtensionInUse"


async def test_the_bot_hears_of_every_stage_in_the_logic_apps_name(graph: Graph, office: Office, bot: Bot) -> None:
    package, policy = await hang(office, "assignmentRequestCreated", "assignmentRequestGranted")
    request = await ask(graph, package)
    graph.advance(seconds=30)
    created, granted = await bot.callouts(2)
    assert (created["Stage"], granted["Stage"]) == ("AssignmentRequestCreated", "AssignmentRequestGranted")
    assert created["AccessPackageAssignmentRequestId"] == granted["AccessPackageAssignmentRequestId"] == request
    assert created["RequestType"] == "UserAdd"
    assert created["CallbackUriPath"].endswith(f"/{request}/resume")
    assert created["CallbackConfiguration"] is None
    assert created["AccessPackage"]["Id"] == package
    assert created["Assignment"]["AssignmentPolicy"]["Id"] == policy
    assert created["Requestor"]["ObjectId"] == created["Assignment"]["Target"]["ObjectId"] == graph.id_of("requester")
    assert created["Justification"] == "Because"
    token = bot.received[0][0]["Authorization"].removeprefix("Bearer ")
    claims = signed_by_entra(graph.world, token)
    assert (claims["aud"], claims["azp"], claims["idtyp"]) == (BOT_APP_ID, CALLOUTS_APP_ID, "app")
    assert claims["iss"] == tenant_issuer(graph.world)
    assert claims["oid"] == graph.tenant.apps[CALLOUTS_APP_ID].object_id
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    traces = (await office.admin.get(f"{EM}/assignmentRequests/{request}")).body["customExtensionCalloutInstances"]
    assert [one["status"] for one in traces] == ["calloutSent", "calloutSent"]
    assert [one["id"] for one in traces] == [one["CustomExtensionStageInstanceId"] for one in (created, granted)]


async def test_a_waiting_request_goes_on_when_the_bot_says_so(graph: Graph, office: Office, bot: Bot) -> None:
    package, _ = await hang(office, "assignmentRequestCreated", callbackConfiguration=WAITING)
    request = await ask(graph, package)
    graph.advance(seconds=1)
    (callout,) = await bot.callouts(1)
    assert callout["CallbackConfiguration"] == {"DurationBeforeTimeout": "PT1H"}
    where = f"{EM}/assignmentRequests/{request}"
    shown = (await office.admin.get(where)).body
    assert (shown["state"], shown["status"]) == ("submitted", "WaitingForCallback")
    data = {
        "@odata.type": TYPE + "accessPackageAssignmentRequestCallbackData",
        "stage": "AssignmentRequestCreated",
        "customExtensionStageInstanceId": callout["CustomExtensionStageInstanceId"],
        "customExtensionStageInstanceDetail": "Looked at",
    }
    app = graph.app([WRITE])
    for wrong in (
        {},
        {"data": {**data, "state": "approved"}},
        {"data": {**data, "stage": "later"}},
        {"data": {**data, "customExtensionStageInstanceId": NOBODY}},
        {"data": {**data, "@odata.type": TYPE + "accessPackageAssignment"}},
        {"data": data, "reason": "x"},
        {"data": data, "source": 7},
    ):
        assert (await app.post(f"{where}/resume", wrong)).status == 400, wrong
    assert (await graph.person("requester").post(f"{where}/resume", {"data": data})).status == 403
    assert (await app.post(f"{where}/resume", {"source": "bot", "data": data})).status == 204
    assert (await app.post(f"{where}/resume", {"data": data})).status == 400
    graph.advance(seconds=30)
    shown = (await office.admin.get(where)).body
    assert shown["state"] == "delivered"
    (trace,) = shown["customExtensionCalloutInstances"]
    assert (trace["status"], trace["detail"]) == ("callbackReceived", "Looked at")


async def test_the_bot_may_deny(graph: Graph, office: Office, bot: Bot) -> None:
    package, _ = await hang(office, "assignmentRequestCreated", callbackConfiguration=WAITING)
    request = await ask(graph, package)
    graph.advance(seconds=1)
    await bot.callouts(1)
    where = f"{EM}/assignmentRequests/{request}"
    graph.world.options.denial_at_created_stage = False
    assert (await office.admin.post(f"{where}/resume", {"data": {"state": "Denied"}})).status == 400
    graph.world.options.denial_at_created_stage = True
    assert (await office.admin.post(f"{where}/resume", {"data": {"state": "Denied"}})).status == 204
    assert (await office.admin.get(where)).body["state"] == "denied"


async def test_nobody_waits_for_ever(graph: Graph, office: Office, bot: Bot) -> None:
    package, _ = await hang(office, "assignmentRequestCreated", callbackConfiguration=WAITING)
    request = await ask(graph, package)
    graph.advance(minutes=61)
    shown = (await office.admin.get(f"{EM}/assignmentRequests/{request}")).body
    assert shown["customExtensionCalloutInstances"][0]["status"] == "callbackTimedOut"
    assert shown["state"] in ("delivering", "delivered")


async def test_a_callout_is_tried_again_once_and_then_lost(graph: Graph, office: Office, bot: Bot) -> None:
    package, _ = await hang(office, "assignmentRequestCreated")
    bot.statuses = [503]
    request = await ask(graph, package)
    graph.advance(seconds=1)
    first, second = await bot.callouts(2)
    assert first == second
    callouts = graph.tenant.requests[request].callouts
    assert callouts[0]["status"] == "calloutSent"
    bot.statuses = [500, 500]
    other = await hang(office, "assignmentRequestCreated")
    async with told(graph, "callout-failed"):
        lost = await ask(graph, other[0])
        graph.advance(seconds=1)
    assert graph.tenant.requests[lost].callouts[0]["status"] == "calloutFailed"
    assert len(bot.received) == 4


async def test_a_bot_that_is_down_loses_callouts(graph: Graph, office: Office, bot: Bot) -> None:
    graph.world.bot_url = "http://127.0.0.1:1"
    package, _ = await hang(office, "assignmentRequestCreated")
    async with told(graph, "callout-failed"):
        request = await ask(graph, package)
        graph.advance(seconds=1)
    assert [one["status"] for one in graph.tenant.requests[request].callouts] == ["calloutFailed"]
    assert bot.received == []


async def test_callouts_can_be_lost(graph: Graph, office: Office, bot: Bot) -> None:
    package, _ = await hang(office, "assignmentRequestCreated", "assignmentRequestGranted")
    graph.world.options.callouts_lost_percent = 100
    async with told(graph, "callout-lost"):
        request = await ask(graph, package)
        graph.advance(seconds=1)
    assert [one["status"] for one in graph.tenant.requests[request].callouts] == ["calloutSent"]
    graph.world.options.callouts_lost_percent = 0
    graph.advance(seconds=30)
    (granted,) = await bot.callouts(1)
    assert granted["Stage"] == "AssignmentRequestGranted"


@pytest.mark.parametrize(("option", "value"), [("callouts", False), ("licence", "P2")])
async def test_callouts_can_be_switched_off(graph: Graph, office: Office, bot: Bot, option: str, value: object) -> None:
    package, _ = await hang(office, "assignmentRequestCreated", callbackConfiguration=WAITING)
    setattr(graph.world.options, option, value)
    request = await ask(graph, package)
    graph.advance(seconds=30)
    shown = (await office.admin.get(f"{EM}/assignmentRequests/{request}")).body
    assert (shown["state"], shown["customExtensionCalloutInstances"]) == ("delivered", [])
    assert bot.received == []


async def test_the_end_of_an_assignment_is_told_beforehand(graph: Graph, office: Office, bot: Bot) -> None:
    stages = ("assignmentFourteenDaysBeforeExpiration", "assignmentOneDayBeforeExpiration")
    package, _ = await hang(office, *stages, days=30, kind=ABOUT_ASSIGNMENTS)
    request = await ask(graph, package)
    graph.advance(seconds=30)
    await office.admin.get(f"{EM}/assignmentRequests/{request}")
    graph.advance(days=17)
    (far,) = await bot.callouts(1)
    graph.advance(days=12, hours=1)
    _, near = await bot.callouts(2)
    assert far["Stage"] == "AssignmentFourteenDaysBeforeExpiration"
    assert near["Stage"] == "AssignmentOneDayBeforeExpiration"
    assert far["AccessPackageAssignmentRequestId"] == request
    assert far["Assignment"]["Target"]["ObjectId"] == graph.id_of("requester")
    assert "Requestor" not in far
    held = await office.admin.values(f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")
    assert len(held[0]["customExtensionCalloutInstances"]) == 2


async def test_removal_and_approval_are_stages_too(graph: Graph, office: Office, bot: Bot) -> None:
    package, policy = await hang(office, "assignmentRequestApproved", "assignmentRequestRemoved")
    where = f"{EM}/assignmentPolicies/{policy}"
    option = "?$expand=customExtensionStageSettings($expand=customExtension)"
    whole = (await office.admin.get(where + option)).body
    whole["requestApprovalSettings"] = approval(stage(manager_set()))
    assert (await office.admin.call("PUT", where, whole)).status == 200
    request = await ask(graph, package)
    graph.advance(seconds=1)
    marc = graph.person("manager")
    (waiting,) = await marc.values(f"{EM}/accessPackageAssignmentApprovals/{request}/stages")
    decision = f"{EM}/accessPackageAssignmentApprovals/{request}/stages/{waiting['id']}"
    assert (await marc.patch(decision, {"reviewResult": "Approve"})).status == 204
    graph.advance(seconds=30)
    (approved,) = await bot.callouts(1)
    assert approved["Stage"] == "AssignmentRequestApproved"
    held = await office.admin.values(f"{EM}/assignments?$filter=accessPackage/id eq '{package}'")
    end = {"requestType": "userRemove", "assignment": {"id": held[0]["id"]}}
    assert (await graph.person("requester").post(f"{EM}/assignmentRequests", end)).status == 201
    graph.advance(seconds=30)
    assert (await bot.callouts(2))[1]["Stage"] == "AssignmentRequestRemoved"
