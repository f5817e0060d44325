"""The drive over HTTP, under addresses that carry their own permission. A bearer token has no business here.

Such links come from OneDrive signed beforehand; it answers 401 to calls that bring a token along.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias
from urllib.parse import quote

from aiohttp import web

from sandbox.connector.drive import DriveError, DriveFile
from sandbox.world import WORLD, World

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


def routes(world: World) -> Iterable[web.RouteDef]:
    return [
        web.get("/drive/items/{file_id}/content", _call(download)),
        web.put("/drive/uploads/{secret}", _call(upload)),
        web.get("/drive/uploads/{secret}", _call(progress)),
        web.delete("/drive/uploads/{secret}", _call(cancel)),
    ]


def file_base(world: World) -> str:
    """Scheme and host of every link to a file."""
    return world.chats.behaviour.file_host.rstrip("/") or world.base_url


def download_url(base: str, file: DriveFile, secret: str) -> str:
    return f"{base}/drive/items/{file.id}/content?tempauth={secret}"


def upload_url(base: str, secret: str) -> str:
    return f"{base}/drive/uploads/{secret}"


def page_url(base: str, file_id: str, name: str) -> str:
    """Where a file is seen by people who sign in to OneDrive, which nothing here does."""
    return f"{base}/drive/items/{file_id}/{quote(name)}"


def _call(handle: Handler) -> Handler:
    async def call(request: web.Request) -> web.StreamResponse:
        try:
            if "Authorization" in request.headers:
                raise DriveError(401, "unauthenticated", "Links to files are called without an Authorization header.")
            return await handle(request)
        except DriveError as error:
            return web.json_response({"error": {"code": error.code, "message": error.message}}, status=error.status)

    return call


async def download(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    secret = request.query.get("tempauth", "")
    file, link = world.chats.drive.opened(secret, request.match_info["file_id"], world.clock.now())
    if link.redirect_to is not None:
        return web.Response(status=302, headers={"Location": link.redirect_to})
    return web.Response(
        body=file.content,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "ETag": file.etag,
        },
    )


async def upload(request: web.Request) -> web.StreamResponse:
    """202 with what is expected next, or 201 with the item when all of it has come."""
    world = request.app[WORLD]
    secret, now = request.match_info["secret"], world.clock.now()
    if request.content_length is None:
        raise DriveError(400, "invalidRequest", "The upload needs a Content-Length.")
    part = await request.read()
    file = world.chats.drive.take(secret, request.headers.get("Content-Range"), part, now)
    if file is None:
        return web.json_response(world.chats.drive.session(secret, now).progress(), status=202)
    world.events.publish("file", person=file.owner, file_id=file.id)
    item = {"id": file.id, "name": file.name, "size": len(file.content), "file": {}}
    return web.json_response(item, status=201)


async def progress(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    session = world.chats.drive.session(request.match_info["secret"], world.clock.now())
    return web.json_response(session.progress())


async def cancel(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    world.chats.drive.cancel(request.match_info["secret"], world.clock.now())
    return web.Response(status=204)
