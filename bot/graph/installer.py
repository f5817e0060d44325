"""Installing Doorman for people who have never met it, so that they can be written to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from bot.domain import UserId
from bot.errors import Conflict, NotFound
from bot.graph.client import Caller, GraphClient
from bot.graph.odata import literal, path

_BINDING: Final = "teamsApp@odata.bind"


class AppInstaller:
    """Puts this app, as it stands in the tenant's app catalog, into people's Teams.

    Needs the application permissions `TeamsAppInstallation.ReadWriteSelfForUser.All` and `AppCatalog.Read.All`.
    Source: Graph v1.0, "Install app for user" and "List teamsApp".
    """

    def __init__(
        self, client: GraphClient, app_token: Callable[[], Awaitable[str]], *, graph_url: str, external_id: str
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._graph_url = graph_url
        self._external_id = external_id
        self._catalog_id = ""

    async def install(self, person: UserId) -> None:
        """Install it; somebody who has it already is fine.

        Raises: NotFound (no such person, or the app is not in the tenant's catalog), NotAllowed, Throttled,
        GraphUnavailable.
        """
        caller = Caller("reader", await self._app_token())
        app = f"{self._graph_url}/appCatalogs/teamsApps/{await self._in_catalog(caller)}"
        where = path("/users/{user}/teamwork/installedApps", user=person)
        try:
            await self._client.post(caller, where, {_BINDING: app})
        except Conflict:
            return

    async def _in_catalog(self, caller: Caller) -> str:
        if not self._catalog_id:
            query = {"$filter": f"externalId eq {literal(self._external_id)}"}
            found = await self._client.collect(caller, path("/appCatalogs/teamsApps"), params=query)
            if not found:
                raise NotFound("the app in the tenant's catalog")
            self._catalog_id = str(found[0]["id"])
        return self._catalog_id
