"""The Teams-like page: its own files, and two libraries that `npm ci` puts beside them. All of it is served here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from aiohttp import web

from sandbox.world import World

_HERE = Path(__file__).resolve().parent
_FILES = _HERE / "static"
_PACKAGES = _HERE / "node_modules"

_VENDOR = {
    "adaptivecards.js": "adaptivecards/dist/adaptivecards.min.js",
    "adaptivecards.css": "adaptivecards/dist/adaptivecards.css",
    "markdown-it.mjs": "markdown-it/dist/browser/markdown-it.esm.min.mjs",
}
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def routes(world: World, *, packages: Path = _PACKAGES) -> Iterable[web.RouteDef]:
    """`packages` is the `node_modules` folder; without it the page says how to get it and all else works."""
    own = {path.relative_to(_FILES).as_posix(): path for path in _FILES.rglob("*") if path.suffix in _TYPES}
    vendor = {name: packages / path for name, path in _VENDOR.items()}

    async def page(_: web.Request) -> web.FileResponse:
        is_complete = all(path.is_file() for path in vendor.values())
        return _file(own["index.html" if is_complete else "missing.html"], cache="no-store")

    async def icon(_: web.Request) -> web.FileResponse:
        return _file(own["doorman.svg"], cache="no-cache")

    async def own_file(request: web.Request) -> web.FileResponse:
        return _file(_known(own, request), cache="no-cache")

    async def vendor_file(request: web.Request) -> web.FileResponse:
        return _file(_known(vendor, request), cache="no-cache")

    return [
        web.get("/", page),
        web.get("/favicon.ico", icon),
        web.get("/static/vendor/{name}", vendor_file),
        web.get("/static/{name:.+}", own_file),
    ]


def _known(files: Mapping[str, Path], request: web.Request) -> Path:
    """The file of that name. Only names that were listed at the start exist, so no path leads out of the folder."""
    path = files.get(request.match_info["name"])
    if path is None or not path.is_file():
        raise web.HTTPNotFound
    return path


def _file(path: Path, *, cache: str) -> web.FileResponse:
    """`no-cache` lets a browser keep the file, as long as it asks each time whether it is still the same."""
    answer = web.FileResponse(path, headers={"Cache-Control": cache})
    answer.content_type = _TYPES[path.suffix]
    answer.headers["Content-Security-Policy"] = _POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    if answer.content_type != "image/svg+xml":
        answer.charset = "utf-8"
    return answer
