"""The documents about the control plane say what it does, and it does what the design promises of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.control.openapi import document as openapi
from sandbox.control.reference import document
from sandbox.control.routes import operations

DOCS = Path(__file__).parents[2] / "docs"

PROMISED = {
    "reset": "POST /control/reset",
    "people": "GET /control/people",
    "say": "POST /control/say",
    "press": "POST /control/press",
    "search": "POST /control/search",
    "upload": "POST /control/upload",
    "transcript": "GET /control/transcript",
    "Graph log": "GET /control/graph-log",
    "clock": "POST /control/clock",
    "faults": "POST /control/faults",
    "latency": "POST /control/latency",
    "licence": "POST /control/licence",
    "keys": "GET /control/keys",
    "snapshot": "POST /control/snapshot",
    "channel tokens": "POST /control/channel-token",
    "decisions in the portal": "POST /control/portal/decide",
}


def test_the_page_is_current() -> None:
    hint = "run: python -m sandbox.control.reference > docs/sandbox-control.md"
    assert (DOCS / "sandbox-control.md").read_text(encoding="utf-8") == document(), hint


def test_every_route_of_the_openapi_document_is_in_the_page() -> None:
    page = (DOCS / "sandbox-control.md").read_text(encoding="utf-8")
    for path, methods in openapi(operations(), "http://127.0.0.1")["paths"].items():
        for method in methods:
            assert f"### `{method.upper()} {path}`\n" in page


@pytest.mark.parametrize("what", PROMISED)
def test_what_is_promised_exists_under_its_plain_name(what: str) -> None:
    method, path = PROMISED[what].split()
    assert any((each.method, each.path) == (method, path) for each in operations())


def test_paths_that_the_guide_names_exist() -> None:
    known = {each.path for each in operations()} | {"/control/openapi.json", "/control/events", "/control"}
    guide = (DOCS / "sandbox.md").read_text(encoding="utf-8")
    named = {word.strip("`'\"().,;:*|") for word in guide.split() if "/control/" in word}
    paths = {"/control/" + word.partition("/control/")[2].strip("`'\"().,;:*|") for word in named}
    assert {path for path in paths if path.rstrip("/") not in known} == set()
