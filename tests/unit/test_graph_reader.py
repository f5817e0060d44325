from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import unquote

import httpx
import pytest

from bot.clock import Clock
from bot.domain import AccessPackageId, GroupId, PolicyId, RequestId, UserId
from bot.errors import GraphError, GraphUnavailable, NotAllowed, NotFound
from bot.graph.reader import ReaderGraph
from bot.graph.team_reader import TeamGraph
from bot.services.project_packages import ProjectPackages
from bot.services.team import TeamDesk
from tests.unit.graph_fakes import NOW, FakeGraph, answer, page, refusal

EM = "/v1.0/identityGovernance/entitlementManagement"
FIELDS = (
    "id,displayName,mail,userPrincipalName,jobTitle,department,companyName,userType,accountEnabled,preferredLanguage"
)


async def app_token() -> str:
    return "the app's token"


def reader(
    *answers: httpx.Response, handler: Callable[[httpx.Request], httpx.Response] | None = None
) -> tuple[ReaderGraph, FakeGraph]:
    graph = FakeGraph(*answers, handler=handler)
    return ReaderGraph(graph.client(), app_token), graph


def user(user_id: str) -> dict[str, object]:
    return {"@odata.type": "#microsoft.graph.user", "id": user_id, "displayName": user_id.title()}


async def test_one_request_with_everything_around_it() -> None:
    graph, fake = reader(answer({"id": "r1", "accessPackage": {"id": "p1"}}))
    assert (await graph.request(RequestId("r1"))).package_id == "p1"
    sent = fake.requests[0]
    assert sent.url.path == f"{EM}/assignmentRequests/r1"
    assert sent.url.params["$expand"] == (
        "requestor($expand=connectedOrganization),accessPackage,assignment($expand=target,assignmentPolicy)"
    )
    assert sent.headers["Authorization"] == "Bearer the app's token"


async def test_a_name_is_looked_for_letter_by_letter() -> None:
    """Graph's `tolower` leaves a "ß" as it is."""
    stored = {"id": "p1", "displayName": "Straßenbau | Leitung", "catalog": {"id": "c1"}}

    def items(url: str) -> dict[str, object]:
        return {"value": [stored] if "'straßenbau" in unquote(url) else []}

    def serve(request: httpx.Request) -> httpx.Response:
        if not request.content:
            return answer(items(str(request.url)))
        asked = json.loads(request.content)["requests"]
        return answer({"responses": [{"id": one["id"], "status": 200, "body": items(one["url"])} for one in asked]})

    graph, fake = reader(handler=serve)
    assert await graph.packages_named("straßenbau | LEITUNG") == ["p1"]
    team = TeamGraph(fake.client(), app_token)
    desk = TeamDesk(ProjectPackages(team), team, Clock())
    assert [found.package.id for found in await desk.package_named("Straßenbau  | Leitung")] == ["p1"]


async def test_many_requests_in_one_round_trip() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["requests"]
        gone = {"status": 404, "body": {"error": {"code": "ResourceNotFound"}}}
        found = [
            {"id": item["id"]}
            | (
                gone
                if "/r2?" in item["url"]
                else {"status": 200, "body": {"id": item["url"].split("/")[-1].split("?")[0]}}
            )
            for item in asked
        ]
        return answer({"responses": found})

    graph, fake = reader(handler=serve)
    found = await graph.requests([RequestId("r1"), RequestId("r2"), RequestId("r3")])
    assert {key: request.id if request else None for key, request in found.items()} == {
        "r1": "r1",
        "r2": None,
        "r3": "r3",
    }
    assert [sent.url.path for sent in fake.requests] == ["/v1.0/$batch"]


async def test_a_batch_item_that_fails_otherwise_is_an_error() -> None:
    graph, _ = reader(answer({"responses": [{"id": "0", "status": 403, "body": None}]}))
    with pytest.raises(NotAllowed):
        await graph.requests([RequestId("r1")])


async def test_no_ids_no_call() -> None:
    graph, fake = reader(answer({}))
    assert await graph.requests([RequestId("")]) == {"": None}
    assert await graph.people([UserId("..")]) == {}
    assert await graph.requests([]) == {}
    assert await graph.people([]) == {}
    assert fake.requests == []


async def test_requests_since_a_moment() -> None:
    graph, fake = reader(page({"id": "r1"}))
    assert [request.id for request in await graph.requests_created_since(NOW)] == ["r1"]
    assert fake.requests[0].url.params["$filter"] == "createdDateTime ge 2026-11-02T09:00:00Z"


async def test_policy_package_and_contents() -> None:
    graph, fake = reader(
        answer({"id": "pol1", "displayName": "Everyone"}),
        answer({"id": "p1", "displayName": "Sales data", "catalog": {"displayName": "General"}}),
        page({"role": {"displayName": "Member", "resource": {"displayName": "Readers"}}}),
    )
    assert (await graph.policy(PolicyId("pol1"))).name == "Everyone"
    assert (await graph.package(AccessPackageId("p1"))).catalog_name == "General"
    assert (await graph.contents(AccessPackageId("p1")))[0].resource_name == "Readers"
    assert [sent.url.path for sent in fake.requests] == [
        f"{EM}/assignmentPolicies/pol1",
        f"{EM}/accessPackages/p1",
        f"{EM}/accessPackages/p1/resourceRoleScopes",
    ]


async def test_people() -> None:
    responses = [{"id": "1", "status": 404}, {"id": "0", "status": 200, "body": user("rita")}]
    graph, fake = reader(answer(user("rita")), answer({"responses": responses}))
    assert (await graph.person(UserId("rita"))).name == "Rita"
    assert fake.requests[0].url.params["$select"] == FIELDS
    assert set(await graph.people([UserId("rita"), UserId("gone")])) == {"rita"}


async def test_a_person_without_manager() -> None:
    graph, _ = reader(refusal(404, "Request_ResourceNotFound"), answer(user("marc")))
    assert await graph.manager(UserId("nora")) is None
    manager = await graph.manager(UserId("rita"))
    assert manager is not None
    assert manager.id == "marc"


async def test_a_failing_directory_is_not_a_missing_manager() -> None:
    graph, _ = reader(refusal(503))
    with pytest.raises(GraphUnavailable):
        await graph.manager(UserId("nora"))


async def test_only_users_of_a_group_on_all_pages() -> None:
    link = "https://graph.example/v1.0/groups/g1/transitiveMembers/microsoft.graph.user?$skiptoken=x"
    device = {"@odata.type": "#microsoft.graph.device", "id": "d1"}
    graph, fake = reader(page(user("rita"), device, link=link), page({"id": "sam"}))
    assert [person.id for person in await graph.group_members(GroupId("g1"))] == ["rita", "sam"]
    assert fake.requests[0].url.path == "/v1.0/groups/g1/transitiveMembers/microsoft.graph.user"
    assert dict(fake.requests[0].url.params) == {"$select": FIELDS, "$top": "999"}


@pytest.mark.parametrize(("internal", "name"), [(True, "internalSponsors"), (False, "externalSponsors")])
async def test_sponsoring_groups_stand_for_their_members(internal: bool, name: str) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == f"{EM}/connectedOrganizations/o1/{name}":
            group = {"@odata.type": "#microsoft.graph.group", "id": "g1", "displayName": "Sponsors"}
            return page(user("rita"), group, {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "app"})
        assert request.url.path == "/v1.0/groups/g1/transitiveMembers/microsoft.graph.user"
        return page(user("sam"), user("rita"))

    graph, _ = reader(handler=serve)
    assert [person.id for person in await graph.connected_organization_sponsors("o1", internal)] == ["rita", "sam"]


async def test_sponsors_of_a_guest() -> None:
    graph, fake = reader(page(user("marc")))
    assert [person.id for person in await graph.sponsors(UserId("gina"))] == ["marc"]
    assert fake.requests[0].url.path == "/v1.0/users/gina/sponsors"


async def test_assignments_of_a_person_whose_id_holds_a_quote() -> None:
    graph, fake = reader(page({"id": "a1", "state": "delivered"}))
    assert [found.id for found in await graph.assignments_of(UserId("o'neil"))] == ["a1"]
    assert fake.requests[0].url.params["$filter"] == "target/objectId eq 'o''neil'"


async def test_a_refused_app_token_is_a_graph_error() -> None:
    graph, _ = reader(refusal(401, "InvalidAuthenticationToken"))
    with pytest.raises(GraphError) as raised:
        await graph.person(UserId("rita"))
    assert raised.value.status == 401


async def test_ping() -> None:
    graph, fake = reader(answer({"id": "settings"}), refusal(404))
    await graph.ping()
    assert fake.requests[0].url.path == f"{EM}/settings"
    with pytest.raises(NotFound):
        await graph.ping()


async def test_the_groups_above_a_group_are_read_to_the_last_page() -> None:
    """A group within more groups than fit on a page is within those on the next page too."""
    link = "https://graph.example/v1.0/groups/team/memberOf?$skiptoken=2"

    def group(name: str) -> dict[str, object]:
        return {"@odata.type": "#microsoft.graph.group", "id": name, "displayName": name.title()}

    def serve(request: httpx.Request) -> httpx.Response:
        if request.content:
            above = {"team": {"value": [group("site")], "@odata.nextLink": link}}
            parts = [
                {"id": each["id"], "status": 200, "body": above.get(each["url"].split("/")[2], {"value": []})}
                for each in json.loads(request.content)["requests"]
            ]
            return answer({"responses": parts})
        return page(group("country")) if "skiptoken" in str(request.url) else page(*map(group, ("team", "country")))

    graph, _ = reader(handler=serve)
    around = await graph.groups_around(UserId("rita"))
    assert around == {
        "team": ("Team", frozenset({"site", "country"})),
        "country": ("Country", frozenset()),
    }
