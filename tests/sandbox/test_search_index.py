"""Searching among many people: the index finds what looking at everybody would find."""

from __future__ import annotations

from datetime import datetime

import pytest

from sandbox.entra.tokens import issue_graph_token
from sandbox.graph.odata.search import Search, compile_search
from sandbox.graph.odata.search_index import TextIndex, rows_of
from sandbox.graph.service import GraphRequest, GraphService
from sandbox.graph.table import OPERATIONS
from sandbox.tenant.load import Size, load_tenant
from sandbox.tenant.model import Tenant
from sandbox.world import World
from tests.support.moments import story_clock

NAMES = ["Anna Berg", "Berta Ann", "Hannah\nAnderson", "", "ANNE", "Bo Berg"]


def fits(search: Search, row: int) -> bool:
    return search.test(lambda _: NAMES[row])


@pytest.mark.parametrize(
    "search",
    ['"n:ann"', '"n:ann" AND "n:berg"', '"n:berg" OR "n:anne"', '"n:"', '"n:ann berg"', '"n:zzz"', '"n:and"'],
)
def test_the_index_narrows_down_and_loses_nothing(search: str) -> None:
    compiled = compile_search(search, {"n"})
    everybody = [row for row in range(len(NAMES)) if fits(compiled, row)]
    rows = rows_of(compiled.groups, {"n": TextIndex(NAMES)})
    assert rows is not None
    assert [row for row in rows if fits(compiled, row)] == everybody


def test_what_occurs_too_often_is_looked_for_without_the_index() -> None:
    assert TextIndex(["a"] * 5_001).rows_with("a") is None


def many(now: datetime) -> Tenant:
    return load_tenant(now, Size(people=5_000, packages=4, assignments=4, groups=2, catalogs=1))


def test_a_large_tenant_finds_people_also_after_they_changed() -> None:
    world = World(clock=story_clock(), make_tenant=many)
    service = GraphService(world, OPERATIONS)
    token = issue_graph_token(world, permissions=("User.ReadWrite.All",))
    headers = {"authorization": f"Bearer {token}", "consistencylevel": "eventual", "content-type": "application/json"}

    def found(words: str) -> list[str]:
        answer = service.answer(GraphRequest("GET", "/users", f'$search="displayName:{words}"', headers))
        assert answer.status == 200, answer.body
        assert answer.body is not None
        return [user["displayName"] for user in answer.body["value"]]

    assert found("rita") == ["Rita Requester"]
    rita = next(user for user in world.tenant.users.values() if user.display_name == "Rita Requester")
    renamed = GraphRequest("PATCH", f"/users/{rita.id}", "", headers, b'{"displayName": "Zelda Requester"}')
    assert service.answer(renamed).status == 204
    assert (found("rita"), found("zelda")) == ([], ["Zelda Requester"])
    world.tenant.delete_user(rita.id, world.clock.now())
    assert found("zelda") == []
