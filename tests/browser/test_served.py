"""The page's files over HTTP; no browser is needed to see what is served, and how."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sandbox.web.routes import routes
from sandbox.world import World

WEB = Path(__file__).resolve().parents[2] / "sandbox" / "web"


@pytest_asyncio.fixture
async def bare(tmp_path: Path) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """The page alone, before `npm ci` has ever run."""
    app = web.Application()
    app.add_routes(routes(World(), packages=tmp_path))
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_without_its_packages_the_page_says_what_to_run(bare: TestClient[web.Request, web.Application]) -> None:
    answer = await bare.get("/")
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "make run" in await answer.text()
    assert (await bare.get("/static/vendor/adaptivecards.js")).status == 404


async def test_every_file_has_a_policy_that_keeps_strangers_out(bare: TestClient[web.Request, web.Application]) -> None:
    for path in ("/", "/static/js/main.js", "/static/css/base.css", "/static/doorman.svg", "/favicon.ico"):
        answer = await bare.get(path)
        assert answer.status == 200, path
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await bare.get("/")).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["../routes.py", "..%2froutes.py", "%2e%2e/package.json", "js", "js/nothing.js", "vendor/x"]
)
async def test_only_the_page_s_own_files_are_served(bare: TestClient[web.Request, web.Application], name: str) -> None:
    assert (await bare.get(f"/static/{name}")).status == 404


def test_what_the_page_loads_exists_and_comes_from_here() -> None:
    own = {path.relative_to(WEB).as_posix() for path in (WEB / "static").rglob("*") if path.is_file()}
    source = (WEB / "static" / "index.html").read_text("utf-8")
    loaded = [part.split('"')[0] for mark in ('src="', 'href="') for part in source.split(mark)[1:]]
    assert loaded
    for address in loaded:
        assert address.startswith("/static/"), address
        assert address.startswith("/static/vendor/") or address.removeprefix("/") in own, address


def test_the_packages_are_pinned_and_their_lock_names_no_registry() -> None:
    wanted = json.loads((WEB / "package.json").read_text("utf-8"))["dependencies"]
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))["packages"]
    assert set(wanted) == {"adaptivecards", "markdown-it"}
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    assert all("resolved" not in package for package in lock.values())
    assert all(package.get("integrity") for path, package in lock.items() if path)
