"""Entra over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from sandbox.entra import pages
from sandbox.entra.admin_consent import read_admin_consent
from sandbox.entra.authorize import (
    PageError,
    RedirectError,
    accept_consent,
    approve_sign_in,
    asked_permissions,
    cancel,
    choose_account,
    is_administrator,
    may_answer,
    read_authorize_request,
    resume,
    signed_in_here,
    signed_in_user,
    wanted_consents,
)
from sandbox.entra.device import decline, sign_in_for
from sandbox.entra.errors import EntraError
from sandbox.entra.grants import token_answer
from sandbox.entra.metadata import bot_configuration, bot_keys, openid_configuration
from sandbox.entra.permissions import in_words, needs_administrator
from sandbox.entra.session_routes import COOKIE, session_routes
from sandbox.entra.state import AuthorizeRequest, PendingSignIn
from sandbox.entra.tenants import check_segment
from sandbox.forms import read_form
from sandbox.graph.engine.guests import redeem
from sandbox.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_UNCACHED: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def routes(world: World) -> Iterable[web.RouteDef]:
    """Everything that Entra and the Bot Framework's key server answer."""
    entra = _Entra(world)
    return [
        web.get("/botframework/v1/.well-known/openidconfiguration", entra.bot_configuration),
        web.get("/botframework/v1/.well-known/keys", entra.bot_keys),
        web.get("/{tenant}/v2.0/.well-known/openid-configuration", entra.configuration),
        web.get("/{tenant}/.well-known/openid-configuration", entra.configuration),
        web.get("/{tenant}/discovery/v2.0/keys", entra.keys),
        web.post("/{tenant}/oauth2/v2.0/token", entra.token),
        web.get("/{tenant}/oauth2/v2.0/authorize", entra.authorize),
        web.post("/{tenant}/oauth2/v2.0/authorize", entra.step),
        web.get("/{tenant}/adminconsent", entra.admin_consent),
        web.post("/{tenant}/adminconsent", entra.step),
        web.get("/{tenant}/v2.0/adminconsent", entra.admin_consent),
        web.post("/{tenant}/v2.0/adminconsent", entra.step),
        web.get("/{tenant}/oauth2/deviceauth", entra.device),
        web.post("/{tenant}/oauth2/deviceauth", entra.step),
        *session_routes(world),
        web.get("/{tenant}/redeem", entra.invitation),
        web.post("/{tenant}/redeem", entra.accept_invitation),
    ]


class _Entra:
    def __init__(self, world: World) -> None:
        self._world = world

    async def bot_configuration(self, request: web.Request) -> web.Response:
        return web.json_response(bot_configuration(self._world))

    async def bot_keys(self, request: web.Request) -> web.Response:
        return web.json_response(bot_keys(self._world))

    async def configuration(self, request: web.Request) -> web.Response:
        try:
            segment = self._segment(request)
        except EntraError as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        https = request.headers.get("X-Forwarded-Proto", "").casefold() == "https"
        return web.json_response(openid_configuration(self._world, segment, https=https))

    async def keys(self, request: web.Request) -> web.Response:
        try:
            self._segment(request)
        except EntraError as refusal:
            return web.json_response(refusal.body(), status=refusal.status)
        return web.json_response(self._world.entra_keys.jwks())

    async def token(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        try:
            answer = token_answer(self._world, self._segment(request), form, request.headers.get("Authorization"))
        except EntraError as refusal:
            self._told(form, f"AADSTS{refusal.number}")
            return web.json_response(refusal.body(), status=refusal.status, headers=_UNCACHED)
        self._told(form, "issued")
        return web.json_response(answer, headers=_UNCACHED)

    async def authorize(self, request: web.Request) -> web.StreamResponse:
        """The app sends a person here."""
        try:
            asked = read_authorize_request(self._world, self._segment(request), _first_values(request.query))
        except RedirectError as refusal:
            return _to_app(refusal.redirect_uri, refusal.response_mode, refusal.outcome)
        except EntraError as refusal:
            return _page(pages.error_page(str(refusal)), status=400)
        return self._begin(request, asked)

    async def admin_consent(self, request: web.Request) -> web.StreamResponse:
        """The app sends an administrator here."""
        try:
            segment, is_v2 = self._segment(request), "/v2.0/" in request.path
            asked = read_admin_consent(self._world, segment, _first_values(request.query), is_v2=is_v2)
        except RedirectError as refusal:
            return _to_app(refusal.redirect_uri, refusal.response_mode, refusal.outcome)
        except EntraError as refusal:
            return _page(pages.error_page(str(refusal)), status=400)
        return self._begin(request, asked)

    async def device(self, request: web.Request) -> web.Response:
        """Somebody comes with a code that a device shows."""
        try:
            self._segment(request)
        except EntraError as refusal:
            return _page(pages.error_page(str(refusal)), status=400)
        return _page(pages.device_page())

    def _begin(self, request: web.Request, asked: AuthorizeRequest) -> web.StreamResponse:
        """The first page of a sign-in, or its end where this browser has proved enough before."""
        known = request.cookies.get(COOKIE)
        browser = self._world.entra.open_session(known)
        flow = self._world.entra.begin_sign_in(asked, browser)
        pending = self._world.entra.sign_ins[flow]
        resume(self._world, pending)
        answer = self._end(pending) if pending.outcome is not None else self._show(flow, pending, None)
        if browser != known:
            answer.set_cookie(COOKIE, browser, path="/", httponly=True, samesite="Lax")
        return answer

    def _end(self, pending: PendingSignIn) -> web.StreamResponse:
        request = pending.request
        outcome = pending.outcome or {}
        if request.purpose != "device":
            return _to_app(request.redirect_uri, request.response_mode, outcome)
        if "error" in outcome:
            decline(self._world, request.device_code)
        app = self._world.tenant.apps[request.app_id]
        return _page(pages.device_done_page(app, is_declined="error" in outcome))

    async def step(self, request: web.Request) -> web.StreamResponse:
        """The person did something on one of the pages."""
        form = await read_form(request)
        if "user_code" in form:
            asked = sign_in_for(self._world, form["user_code"])
            if asked is None:
                return _page(pages.device_page(problem="That code is not right, or it has expired."))
            return self._begin(request, asked)
        flow = form.get("flow", "")
        pending = self._world.entra.find_sign_in(flow)
        if pending is None:
            message = "This sign-in has taken too long, or was not started here. Go back to the app and start again."
            return _page(pages.error_page(message), status=400)
        try:
            problem = self._act(pending, form) if pending.outcome is None else None
            if pending.outcome is not None:
                return self._end(pending)
            return self._show(flow, pending, problem)
        except PageError as refusal:
            return _page(pages.error_page(str(refusal)), status=400)

    async def invitation(self, request: web.Request) -> web.Response:
        """A guest follows the link of an invitation."""
        try:
            self._segment(request)
        except EntraError as refusal:
            return _page(pages.error_page(str(refusal)), status=400)
        guest = self._world.tenant.users.get(request.query.get("user", ""))
        if guest is None or guest.external_user_state is None:
            return _page(pages.error_page("This invitation is not valid, or not any more."), status=404)
        name = self._world.tenant.display_name
        pending = guest.external_user_state == "PendingAcceptance"
        return _page(pages.invitation_page(guest, name) if pending else pages.accepted_page(name))

    async def accept_invitation(self, request: web.Request) -> web.Response:
        form = await read_form(request)
        guest = self._world.tenant.users.get(request.query.get("user", ""))
        if guest is not None and form.get("action") == "accept":
            redeem(self._world.tenant, guest, self._world.clock.now())
        return await self.invitation(request)

    def _act(self, pending: PendingSignIn, form: Mapping[str, str]) -> str | None:
        """Do what the button says, if it belongs to the page that the person is on. Gives back what is wrong."""
        action = form.get("action", "")
        if action == "cancel":
            cancel(self._world, pending)
        elif action == "switch":
            pending.stage = "account"
            pending.user_id = pending.proof = None
        elif pending.stage == "account" and "account" in form:
            return choose_account(self._world, pending, form["account"])
        elif pending.stage == "mfa" and action == "approve":
            return approve_sign_in(self._world, pending, form.get("number", ""))
        elif pending.stage == "consent" and action == "accept":
            accept_consent(self._world, pending, for_everybody=form.get("for_everybody") == "yes")
        return None

    def _show(self, flow: str, pending: PendingSignIn, problem: str | None) -> web.Response:
        tenant = self._world.tenant
        request = pending.request
        app = tenant.apps[request.app_id]
        if pending.stage == "account":
            suggested = tenant.find_user(request.login_hint) if request.login_hint else None
            offered = [(user, "signed in") for user in signed_in_here(self._world, pending)]
            offered += [
                (tenant.users[persona.user_id], persona.title)
                for persona in tenant.personas
                if persona.user_id in tenant.users
            ]
            text = pages.account_page(flow, app, suggested, offered, problem=problem)
        elif pending.stage == "mfa":
            text = pages.mfa_page(flow, signed_in_user(self._world, pending), pending.number, problem=problem)
        else:
            text = self._consent_text(flow, pending)
        return _page(text, redirect_uri=request.redirect_uri or None)

    def _consent_text(self, flow: str, pending: PendingSignIn) -> str:
        user = signed_in_user(self._world, pending)
        request = pending.request
        app = self._world.tenant.apps[request.app_id]
        missing = wanted_consents(self._world, pending, user)
        if not may_answer(pending, user, missing):
            return pages.admin_approval_page(flow, app, user, _in_words(missing, app.display_name))
        names = [*asked_permissions(self._world, request), *sorted(request.scopes.oidc)]
        return pages.consent_page(
            flow,
            app,
            user,
            _in_words(names, app.display_name),
            is_administrator=is_administrator(user),
            is_for_everybody=request.purpose == "admin-consent",
        )

    def _segment(self, request: web.Request) -> str:
        return check_segment(request.match_info["tenant"], self._world.tenant)

    def _told(self, form: Mapping[str, str], outcome: str) -> None:
        """Tell whoever watches; ids and outcome only, never what the form proved itself with."""
        self._world.events.publish(
            "entra",
            grant=form.get("grant_type", ""),
            app=form.get("client_id", ""),
            scope=form.get("scope", ""),
            outcome=outcome,
        )


def _first_values(query: Mapping[str, str]) -> dict[str, str]:
    return {name: query[name] for name in query}


def _in_words(names: Iterable[str], app_name: str) -> list[tuple[str, str, bool]]:
    return [(name, in_words(name, app_name), needs_administrator(name)) for name in names]


def _page(text: str, *, status: int = 200, redirect_uri: str | None = None) -> web.Response:
    headers = pages.security_headers(redirect_uri)
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


def _to_app(redirect_uri: str, mode: str, outcome: Mapping[str, str]) -> web.StreamResponse:
    """Send the person back to the app with the outcome."""
    if mode == "form_post":
        return _page(pages.form_post_page(redirect_uri, outcome), redirect_uri=redirect_uri)
    mark = "#" if mode == "fragment" else "&" if "?" in redirect_uri else "?"
    location = f"{redirect_uri}{mark}{urlencode(outcome)}"
    return web.Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})
