"""What documentation leaves open: every switch that the pages name exists, is tried by a test, and turns something."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sandbox.connector.state import Behaviour
from sandbox.world import Options
from tests.sandbox.graph_support import EM, READ, SELF, WRITE, Graph, serve_graph

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "docs" / "sandbox.md", ROOT / "docs" / "sandbox-differences.md")
SWITCHES = {found.name for found in (*fields(Options), *fields(Behaviour))}
_LAST_CELL = re.compile(r"\|\s*([^|]*)\|\s*$")


def named() -> set[str]:
    """The switches in the last column of the pages' tables of guesses."""
    cells = []
    for page in PAGES:
        is_guess = False
        for line in page.read_text(encoding="utf-8").splitlines():
            if line.startswith("|"):
                cell = _LAST_CELL.search(line)
                text = cell[1].strip() if cell else ""
                is_guess = is_guess or text in ("option", "switch")
                cells += re.findall(r"`(\w+)`", text) if is_guess else []
            else:
                is_guess = False
    return set(cells)


def test_every_switch_that_the_pages_name_is_there() -> None:
    found = named()
    assert len(found) > 30
    assert found <= SWITCHES


def test_every_switch_that_the_pages_name_is_tried_by_a_test() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    assert sorted(name for name in named() if not re.search(rf"\b{name}\b", texts)) == []


def test_every_option_of_graph_and_entra_is_on_the_pages() -> None:
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert sorted(found.name for found in fields(Options) if f"`{found.name}`" not in pages) == []


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


async def ask(graph: Graph, name: str, **more: Any) -> Any:
    body = {"requestType": "userAdd", "assignment": {"accessPackageId": graph.package(name).id}, **more}
    answer = await graph.person("requester", (SELF,)).post(f"{EM}/assignmentRequests", body)
    graph.advance(seconds=1)
    return answer


async def test_an_approver_reads_the_request_by_its_id_only_where_that_is_switched_on(graph: Graph) -> None:
    made = await ask(graph, "Sales data", justification="Q3")
    where = f"{EM}/assignmentRequests/{made.body['id']}"
    marc, sam = graph.person("manager", (READ,)), graph.person("nomanager", (READ,))
    assert (await marc.get(where)).status == 403
    graph.world.options.approvers_read_requests = True
    assert [(await who.get(where)).status for who in (marc, sam, graph.person("admin", (READ,)))] == [200, 403, 200]
    assert (await graph.app((READ,)).get(where)).status == 200


async def test_an_approval_that_never_was_is_missing_or_forbidden(graph: Graph) -> None:
    made = await ask(graph, "Office map")
    where = f"{EM}/accessPackageAssignmentApprovals/{made.body['id']}/stages"
    admin = graph.person("admin", (WRITE,))
    assert (await admin.get(where)).status == 404
    graph.world.options.approval_missing_status = 403
    assert ((await admin.get(where)).status, (await admin.get(where)).code) == (403, "Forbidden")


async def test_a_list_without_the_filter_that_it_needs_is_refused_or_empty(graph: Graph) -> None:
    curator = graph.person("curator", (READ,))
    assert (await curator.get(f"{EM}/assignments")).status == 403
    graph.world.options.unfiltered_lists = "empty"
    assert await curator.values(f"{EM}/assignments") == []
    package = next(one for one in graph.tenant.packages.values() if one.display_name == "Project Oak | Contributor")
    assert await curator.values(f"{EM}/assignments?$filter=accessPackage/id eq '{package.id}'") != []


async def test_functions_about_oneself_may_take_no_options(graph: Graph) -> None:
    marc = graph.person("manager")
    where = f"{EM}/assignmentRequests/filterByCurrentUser(on='approver')"
    assert (await marc.get(f"{where}?$expand=requestor")).status == 200
    graph.world.options.function_query_options = False
    assert (await marc.get(f"{where}?$expand=requestor")).status == 400
    assert (await marc.get(where)).status == 200


async def test_a_pattern_matches_the_whole_answer_or_a_part(graph: Graph) -> None:
    package = graph.package("Office map")
    policy = graph.tenant.policies_of(package.id)[0]
    kind = "#microsoft.graph.accessPackageTextInputQuestion"
    policy.settings["questions"] = [{"@odata.type": kind, "id": "q", "text": "Room?", "regexPattern": "[A-Z]{2}"}]
    answer = {
        "@odata.type": "#microsoft.graph.accessPackageAnswerString",
        "value": "room AB",
        "answeredQuestion": {"@odata.type": kind, "id": "q"},
    }
    assert (await ask(graph, "Office map", answers=[answer])).status == 400
    graph.world.options.regex_anchored = False
    assert (await ask(graph, "Office map", answers=[answer])).status == 201
