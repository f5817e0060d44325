"""Entra over HTTP beside the sign-in itself: devices, signing out, who somebody is, and the tokens of pipelines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web

from sandbox.entra import pages
from sandbox.entra.authorize import is_registered
from sandbox.entra.device import device_answer
from sandbox.entra.errors import EntraError
from sandbox.entra.tenants import check_segment
from sandbox.entra.tokens import TokenRejected, pairwise_subject, read_graph_token
from sandbox.entra.workloads import issue_workload_token
from sandbox.forms import read_form
from sandbox.tenant.identity import AZURE_DEVOPS, AZURE_DEVOPS_SUBJECT, GITHUB, GITHUB_SUBJECT, TOKEN_EXCHANGE
from sandbox.world import World

COOKIE: Final = "sandbox-session"
_UNCACHED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_MOST_TEXT: Final = 1024


def session_routes(world: World) -> Iterable[web.RouteDef]:
    sessions = _Sessions(world)
    return [
        web.post("/{tenant}/oauth2/v2.0/devicecode", sessions.device_code),
        web.get("/{tenant}/oauth2/v2.0/logout", sessions.sign_out),
        web.get("/oidc/userinfo", sessions.user_info),
        web.post("/oidc/userinfo", sessions.user_info),
        web.get("/workload/github/token", sessions.github_token),
        web.post("/workload/azure-devops/token", sessions.azure_devops_token),
    ]


class _Sessions:
    def __init__(self, world: World) -> None:
        self._world = world

    async def device_code(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        try:
            segment = check_segment(request.match_info["tenant"], self._world.tenant)
            answer = device_answer(self._world, segment, form)
        except EntraError as refusal:
            return web.json_response(refusal.body(), status=refusal.status, headers=_UNCACHED)
        return web.json_response(answer, headers=_UNCACHED)

    async def sign_out(self, request: web.Request) -> web.StreamResponse:
        """Forget who signed in with this browser, and go back to an app that is registered with that address."""
        self._world.entra.sign_out(request.cookies.get(COOKIE, ""))
        back = request.query.get("post_logout_redirect_uri", "")
        answer: web.Response
        if back and any(is_registered(self._world, app, back) for app in self._world.tenant.apps.values()):
            state = request.query.get("state")
            location = back if state is None else f"{back}{'&' if '?' in back else '?'}state={quote(state, safe='')}"
            answer = web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
        else:
            answer = web.Response(
                text=pages.signed_out_page(), content_type="text/html", headers=pages.security_headers()
            )
        answer.del_cookie(COOKIE, path="/")
        return answer

    async def user_info(self, request: web.Request) -> web.Response:
        """Who the token speaks for, as far as its OpenID scopes tell."""
        try:
            principal = read_graph_token(self._world, request.headers.get("Authorization"))
        except TokenRejected as error:
            return self._refused(error.status, error.code, error.message, error.www_authenticate(self._world))
        if principal.user_id is None or "openid" not in principal.permissions:
            return self._refused(403, "Authorization_RequestDenied", "The token does not carry the scope 'openid'.")
        user = self._world.tenant.users[principal.user_id]
        told: dict[str, Any] = {"sub": pairwise_subject(user.id, principal.app_id)}
        if "profile" in principal.permissions:
            told |= {"name": user.display_name, "given_name": user.given_name, "family_name": user.surname}
            told["picture"] = "https://graph.microsoft.com/v1.0/me/photo/$value"
        if "email" in principal.permissions and user.mail:
            told["email"] = user.mail
        return web.json_response(told, headers=_UNCACHED)

    def _refused(self, status: int, code: str, message: str, challenge: str = "") -> web.Response:
        headers = {**_UNCACHED, **({"WWW-Authenticate": challenge} if challenge else {})}
        return web.json_response({"error": {"code": code, "message": message}}, status=status, headers=headers)

    async def github_token(self, request: web.Request) -> web.Response:
        """What a job asks for at `ACTIONS_ID_TOKEN_REQUEST_URL`."""
        audience = request.query.get("audience", TOKEN_EXCHANGE)[:_MOST_TEXT]
        token = issue_workload_token(self._world, GITHUB, GITHUB_SUBJECT, audience)
        return web.json_response({"count": len(token), "value": token}, headers=_UNCACHED)

    async def azure_devops_token(self, request: web.Request) -> web.Response:
        """What a job asks for at `SYSTEM_OIDCREQUESTURI`."""
        token = issue_workload_token(self._world, AZURE_DEVOPS, AZURE_DEVOPS_SUBJECT)
        return web.json_response({"oidcToken": token}, headers=_UNCACHED)
