"""The bot's web server: HTTP in and out, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web

from bot.hooks import CalloutHook
from bot.metrics import Metrics
from bot.teams.activities import written
from bot.teams.edge import Edge
from bot.teams.pages import CONTENT_SECURITY_POLICY, SCRIPT, STYLE
from bot.teams.sign_in_pages import PageAnswer

EDGE = web.AppKey("edge", Edge)
HOOK = web.AppKey("hook", CalloutHook)
METRICS = web.AppKey("metrics", Metrics)

ReadyCheck = Callable[[], Awaitable[object]]
"""Raises when the thing it looks at cannot be used."""

READY_CHECKS: web.AppKey[Mapping[str, ReadyCheck]] = web.AppKey("ready checks", Mapping)

_READY_SECONDS = 3.0
_READY_COUNTS_SECONDS = 1.0
_PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_log = structlog.get_logger(__name__)


class _Readiness:
    """What the checks said a moment ago: nobody signs in to ask, so however many ask, Graph is asked once."""

    def __init__(self) -> None:
        self._look: asyncio.Task[Mapping[str, str]] | None = None
        self._counts_until = 0.0

    async def results(self, checks: Mapping[str, ReadyCheck]) -> Mapping[str, str]:
        if self._look is None or (self._look.done() and asyncio.get_running_loop().time() >= self._counts_until):
            self._look = asyncio.create_task(self._looked(checks))
        # Shielded: who asks may give up, the others that wait for the same look may not be given up with them.
        return await asyncio.shield(self._look)

    async def _looked(self, checks: Mapping[str, ReadyCheck]) -> Mapping[str, str]:
        found = await asyncio.gather(*(_checked(name, check) for name, check in checks.items()))
        self._counts_until = asyncio.get_running_loop().time() + _READY_COUNTS_SECONDS
        return dict(zip(checks, found, strict=True))


_READINESS = web.AppKey("readiness", _Readiness)


def add_routes(app: web.Application) -> None:
    """`app[EDGE]`, `app[HOOK]`, `app[METRICS]` and `app[READY_CHECKS]` must be there before the first request.

    Serve the app without an access log: addresses of the sign-in carry codes and tickets.
    """
    app[_READINESS] = _Readiness()
    app.router.add_post("/api/messages", _messages)
    app.router.add_post("/hooks/entitlement", _hook)
    app.router.add_get("/auth/start", _auth_start, allow_head=False)
    app.router.add_get("/auth/end", _auth_end, allow_head=False)
    app.router.add_get("/auth/page.css", _style)
    app.router.add_get("/auth/page.js", _script)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz)
    app.router.add_get("/metrics", _metrics)


async def _messages(request: web.Request) -> web.Response:
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    # aiohttp answers 413 by itself when the body is larger than the app's `client_max_size` (1 MiB).
    body = await request.read()
    answer = await request.app[EDGE].receive(request.headers.get("Authorization"), body)
    if answer.body is None:
        return web.Response(status=answer.status)
    return web.Response(
        status=answer.status,
        body=written(answer.body),
        content_type="application/json",
        charset="utf-8",
    )


async def _hook(request: web.Request) -> web.Response:
    # The Logic App waits for two seconds at most, so it is answered before anything is done about what it told.
    answer = await request.app[HOOK].receive(request.headers.get("Authorization"), await request.read())
    content = {"problem": answer.problem} if answer.problem else {"status": "accepted"}
    return web.json_response(content, status=answer.status, headers=answer.headers)


async def _auth_start(request: web.Request) -> web.Response:
    choose = request.query.get("account") == "choose"
    pages, ticket = request.app[EDGE].pages, request.query.get("ticket", "")
    return _page(await pages.start(ticket, choose_account=choose, accepts=_accepted_languages(request)))


async def _auth_end(request: web.Request) -> web.Response:
    pages, accepts = request.app[EDGE].pages, _accepted_languages(request)
    return _page(await pages.end(dict(request.query), dict(request.cookies), accepts))


def _accepted_languages(request: web.Request) -> str:
    return request.headers.get("Accept-Language", "")


def _page(answer: PageAnswer) -> web.Response:
    headers = dict(_PAGE_HEADERS)
    if answer.location:
        headers["Location"] = answer.location
    response = web.Response(
        status=answer.status, text=answer.html, content_type="text/html", charset="utf-8", headers=headers
    )
    cookie = answer.cookie
    if cookie is not None:
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=cookie.max_age_seconds,
            path="/auth",
            httponly=True,
            samesite="Lax",
            secure=cookie.is_secure,
        )
    return response


async def _style(_: web.Request) -> web.Response:
    return web.Response(text=STYLE, content_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


async def _script(_: web.Request) -> web.Response:
    return web.Response(text=SCRIPT, content_type="text/javascript", headers={"X-Content-Type-Options": "nosniff"})


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "alive"})


async def _readyz(request: web.Request) -> web.Response:
    """Every check by name: "ok", or the kind of failure, as of a second ago at most. 503 while any of them fails."""
    results = await request.app[_READINESS].results(request.app[READY_CHECKS])
    is_ready = all(result == "ok" for result in results.values())
    content = {"ready": is_ready, "checks": dict(results)}
    return web.json_response(content, status=200 if is_ready else 503)


async def _checked(name: str, check: ReadyCheck) -> str:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await check()
    except TimeoutError:
        return "timed out"
    except Exception as error:
        _log.warning("ready.check_failed", check=name, error=type(error).__name__)
        return type(error).__name__
    return "ok"


async def _metrics(request: web.Request) -> web.Response:
    return web.Response(
        body=request.app[METRICS].render(),
        headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"},
    )
