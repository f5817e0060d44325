"""Teams apps installed from outside, licences, and what signing in leaves behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from sandbox.tenant.identity import BOT_APP_ID, TEAMS_APP_ID, TENANT_ID, WRITER_APP_ID, stable_id
from tests.sandbox.graph_support import Answer, Caller, Graph, serve_graph

READ = ("TeamsAppInstallation.ReadForUser.All",)
SELF_WRITE = ("TeamsAppInstallation.ReadWriteSelfForUser.All",)
WRITE = ("TeamsAppInstallation.ReadWriteForUser.All",)
CATALOG = ("AppCatalog.Read.All",)


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        served.world.chats.behaviour.installed_by_default = False
        yield served


class Listener:
    """A bot that answers everything with 200; `activities` is what it hears."""

    def __init__(self) -> None:
        self.activities: list[dict[str, Any]] = []
        self._news = asyncio.Condition()

    async def messages(self, request: web.Request) -> web.Response:
        async with self._news:
            self.activities.append(await request.json())
            self._news.notify_all()
        return web.Response()

    async def after(self, count: int) -> list[tuple[str, str | None]]:
        """Type and action of the activities, once there are so many."""
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(lambda: len(self.activities) >= count)
        return [(one["type"], one.get("action")) for one in self.activities]


@pytest.fixture
async def bot(graph: Graph) -> AsyncIterator[Listener]:
    listener, app = Listener(), web.Application()
    app.router.add_post("/api/messages", listener.messages)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    graph.world.bot_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield listener
    await runner.cleanup()


def installed(graph: Graph, key: str = "requester") -> str:
    return f"/users/{graph.id_of(key)}/teamwork/installedApps"


async def app_id(graph: Graph) -> str:
    (app,) = await graph.app(CATALOG).values(f"/appCatalogs/teamsApps?$filter=externalId eq '{TEAMS_APP_ID}'")
    return str(app["id"])


async def install(graph: Graph, caller: Caller, key: str = "requester", **more: Any) -> Answer:
    bound = f"https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/{await app_id(graph)}"
    return await caller.post(installed(graph, key), {"teamsApp@odata.bind": bound, **more})


async def test_the_catalog_holds_the_bots_app_under_an_id_of_its_own(graph: Graph) -> None:
    (app,) = await graph.app(CATALOG).values("/appCatalogs/teamsApps?$expand=appDefinitions")
    assert app["externalId"] == TEAMS_APP_ID
    assert app["id"] != TEAMS_APP_ID
    assert app["distributionMethod"] == "organization"
    assert app["appDefinitions"][0]["azureADAppId"] == BOT_APP_ID
    assert await graph.app(CATALOG).values("/appCatalogs/teamsApps?$filter=distributionMethod eq 'store'") == []
    assert (await graph.app(CATALOG).get("/appCatalogs/teamsApps?$filter=version eq '1'")).status == 400
    assert (await graph.app(READ).get("/appCatalogs/teamsApps")).status == 403


async def test_an_installation_is_listed_with_its_app_and_its_chat(graph: Graph) -> None:
    assert await graph.app(READ).values(installed(graph)) == []
    assert (await install(graph, graph.app(WRITE))).status == 201
    query = f"?$expand=teamsApp,teamsAppDefinition&$filter=teamsApp/externalId eq '{TEAMS_APP_ID}'"
    (found,) = await graph.app(READ).values(installed(graph) + query)
    assert found["teamsApp"]["externalId"] == TEAMS_APP_ID
    assert found["teamsAppDefinition"]["version"] == "1.0.0"
    one = f"{installed(graph)}/{found['id']}"
    assert (await graph.app(READ).get(one)).body["id"] == found["id"]
    chat = (await graph.app(READ).get(f"{one}/chat")).body
    assert chat["chatType"] == "oneOnOne"
    place = graph.world.chats.find_place(chat["id"])
    assert place is not None
    assert place.owner == graph.id_of("requester")
    other = query.replace(TEAMS_APP_ID, stable_id("another app"))
    assert await graph.app(READ).values(installed(graph) + other) == []


async def test_the_bot_hears_of_installing_and_removing(graph: Graph, bot: Listener) -> None:
    caller = graph.app(SELF_WRITE)
    assert (await install(graph, caller)).status == 201
    assert await bot.after(2) == [("installationUpdate", "add"), ("conversationUpdate", None)]
    assert bot.activities[0]["from"]["aadObjectId"] == graph.id_of("requester")
    (found,) = await graph.app(READ).values(installed(graph))
    assert (await caller.call("DELETE", f"{installed(graph)}/{found['id']}")).status == 204
    assert (await bot.after(3))[2] == ("installationUpdate", "remove")
    assert await graph.app(READ).values(installed(graph)) == []
    assert (await caller.call("DELETE", f"{installed(graph)}/{found['id']}")).status == 404


async def test_installing_twice_is_a_conflict(graph: Graph) -> None:
    assert (await install(graph, graph.app(WRITE))).status == 201
    again = await install(graph, graph.app(WRITE))
    assert (again.status, again.code) == (409, "Conflict")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"teamsApp@odata.bind": 3}, 400),
        ({"teamsApp@odata.bind": "Doorman"}, 400),
        ({"teamsApp@odata.bind": "https://graph.microsoft.com/v1.0/appCatalogs/teamsApps/unknown"}, 404),
        ({"teamsApp": {"id": "x"}}, 400),
    ],
)
async def test_a_wrong_installation_is_refused(graph: Graph, body: dict[str, Any], status: int) -> None:
    assert (await graph.app(WRITE).post(installed(graph), body)).status == status
    assert not graph.world.chats.has_installed(graph.id_of("requester"))


async def test_the_self_permission_covers_the_calling_app_only(graph: Graph) -> None:
    stranger = graph.app(SELF_WRITE, app_id=WRITER_APP_ID)
    assert (await install(graph, stranger)).status == 403
    assert (await install(graph, graph.app(WRITE, app_id=WRITER_APP_ID))).status == 201
    assert await stranger.values(installed(graph)) == []
    assert (await install(graph, graph.app(READ), "manager")).status == 403


async def test_people_install_for_themselves(graph: Graph) -> None:
    mine = ("TeamsAppInstallation.ReadWriteForUser",)
    assert (await install(graph, graph.person("requester", mine), "manager")).status == 403
    assert (await install(graph, graph.person("requester", mine))).status == 201
    assert (await install(graph, graph.person("admin", mine), "manager")).status == 201
    nobody = await graph.app(READ).get(f"/users/{stable_id('nobody')}/teamwork/installedApps")
    assert nobody.status == 404
    assert (await graph.app(READ).get(f"{installed(graph)}/!!!")).status == 404


@pytest.mark.parametrize(
    ("licence", "expected"),
    [("none", set()), ("P2", {"AAD_PREMIUM_P2"}), ("governance", {"AAD_PREMIUM_P2", "Microsoft_Entra_ID_Governance"})],
)
async def test_subscriptions_follow_the_licence(graph: Graph, licence: Any, expected: set[str]) -> None:
    graph.world.options.licence = licence
    found = await graph.app(("LicenseAssignment.Read.All",)).values("/subscribedSkus")
    assert {one["skuPartNumber"] for one in found} == expected
    assert all(one["consumedUnits"] <= one["prepaidUnits"]["enabled"] for one in found)
    for one in found:
        assert (await graph.app(("Organization.Read.All",)).get(f"/subscribedSkus/{one['id']}")).body == {
            "@odata.context": f"{graph.world.base_url}/v1.0/$metadata#microsoft.graph.subscribedSku/$entity",
            **one,
        }
    filtered = await graph.app(("Organization.Read.All",)).get("/subscribedSkus?$filter=skuId eq 'x'")
    assert filtered.status == 400
    assert (await graph.app(("Organization.Read.All",)).get("/subscribedSkus/x")).status == 404


async def test_signing_in_for_somebody_shows_as_activity(graph: Graph) -> None:
    rita = graph.tenant.users[graph.id_of("requester")]
    token = (await graph.http.post("/control/user-token", json={"person": "requester"})).json()["token"]
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": BOT_APP_ID,
        "client_secret": graph.tenant.apps[BOT_APP_ID].secrets[0],
        "assertion": token,
        "requested_token_use": "on_behalf_of",
        "scope": "https://graph.microsoft.com/User.Read",
    }
    answer = await graph.http.post(f"/{TENANT_ID}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text
    assert rita.last_non_interactive_sign_in_at == graph.world.clock.now()
    assert rita.last_sign_in_at != graph.world.clock.now()
