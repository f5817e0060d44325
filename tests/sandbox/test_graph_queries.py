"""Query options: what works, what is refused by name, and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.graph.odata.errors import QueryRejected
from sandbox.graph.odata.filters import FilterRules, by, compile_filter
from sandbox.graph.odata.options import Expansion, parse_expand
from sandbox.graph.paging import take_page
from sandbox.graph.wire import duration, moment
from tests.sandbox.graph_support import EM, Graph, serve_graph

RULES = FilterRules(
    {
        "name": by("text", "eq in startswith endswith contains ne"),
        "state": by("enum", "eq"),
        "at": by("time", "ge gt lt le"),
        "target/id": by("id", "eq"),
        "mails": by("texts", "any"),
        "on": by("flag", "eq"),
    },
    frozenset({"and", "or", "not"}),
)
ROW: dict[str, Any] = {
    "name": "O'Hara & Söhne",
    "state": "delivered",
    "at": "2026-11-02T09:00:00.1234567Z",
    "target/id": "00000000-0000-4000-8000-000000000001",
    "mails": ["SMTP:ann@woodgrove.example"],
    "on": True,
}


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with serve_graph() as served:
        yield served


def holds(text: str) -> bool:
    return compile_filter(text, RULES).test(lambda path: ROW["/".join(path)])


@pytest.mark.parametrize(
    "text",
    [
        "name eq 'O''Hara & Söhne'",
        "name eq 'o''hara & söhne'",
        "startsWith(name,'O')",
        "startswith(tolower(name), 'o')",
        "contains(tolower(name),'hara')",
        "endsWith(name,'Söhne')",
        "state eq 'Delivered' and at ge 2026-11-02T09:00:00Z",
        "at lt 2026-11-02T09:00:00.2Z",
        "at gt 2026-11-02T10:00:00+02:00",
        "at ge 2026-11-02",
        "target/id eq '00000000-0000-4000-8000-000000000001'",
        "target/id eq 00000000-0000-4000-8000-000000000001",
        "name in ('x', 'O''Hara & Söhne')",
        "name in ('O''Hara & Söhne')",
        "not(state eq 'expired')",
        "not (state eq 'expired') and (on eq false or on eq true)",
        "mails/any(m:m eq 'smtp:ANN@woodgrove.example')",
        "on",
        "name ne null",
        "(" * 3000 + "on" + ")" * 3000,
    ],
)
def test_filters_that_hold(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    ["name eq 'Hara'", "state eq 'expired'", "at lt 2026-11-02T09:00:00Z", "mails/any(m:m eq 'x')", "name in ('y')"],
)
def test_filters_that_do_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("colour eq 'red'", "'colour'"),
        ("state ne 'expired'", "'ne'"),
        ("target/name eq 'x'", "'target/name'"),
        ("state eq 5", "'5'"),
        ("at ge 'yesterday'", "'yesterday'"),
        ("at ge 2026-02-31T00:00:00Z", "2026-02-31"),
        ("name eq name", "'name'"),
        ("length(name) gt 3", "length()"),
        ("mails/any(m:startswith(m,'x'))", "'mails/any'"),
        ("state eq", "syntax error"),
        ("'", "syntax error"),
        ("", "syntax error"),
        ("a/" * 3000 + "b eq 1", "syntax error"),
        ("not " * 99 + "(on eq true) and on eq true", "more than 100"),
        (" and ".join(["on eq true"] * 101), "more than 100"),
        ("x" * 9000, "longer than"),
    ],
)
def test_filters_that_are_refused_by_name(text: str, word: str) -> None:
    with pytest.raises(QueryRejected) as refused:
        compile_filter(text, RULES)
    assert word in refused.value.message


@given(st.text(alphabet="nameostated eq'()/,:and0129-TZ.", max_size=60))
def test_no_filter_brings_the_service_down(text: str) -> None:
    with suppress(QueryRejected):
        assert compile_filter(text, RULES).test(lambda path: ROW["/".join(path)]) in (True, False)


@pytest.mark.parametrize(
    ("text", "pins"),
    [
        ("target/id eq 'A' and on eq true", {"target/id": "a"}),
        ("target/id eq 'A' or on eq true", {}),
        ("not (target/id eq 'A')", {}),
        ("state eq 'delivered'", {}),
    ],
)
def test_only_what_every_row_must_have_is_pinned(text: str, pins: dict[str, str]) -> None:
    assert compile_filter(text, RULES).pins == pins


async def test_an_index_answers_like_the_whole(graph: Graph) -> None:
    app = graph.app()
    everything = await app.values(f"{EM}/assignments?$expand=accessPackage,target")
    for path, part, name in (("accessPackage/id", "accessPackage", "id"), ("target/objectId", "target", "objectId")):
        for value in {item[part][name] for item in everything[:30]}:
            found = await app.values(f"{EM}/assignments?$filter={path} eq '{value}'&$expand=accessPackage,target")
            assert found == [item for item in everything if item[part][name] == value]


def test_expansions_nest() -> None:
    parsed = parse_expand("assignment($expand=target,assignmentPolicy($select=id,displayName)),manager($levels=max)")
    policy = Expansion("assignmentPolicy", select=("id", "displayName"))
    assert parsed == (
        Expansion("assignment", expand=(Expansion("target"), policy)),
        Expansion("manager", levels=1000),
    )


@pytest.mark.parametrize(
    "text", ["", "a,", "a(", "a)", "a($select=b", "a($filter=b)", "a,a", "a($levels=0)", "a(" * 8 + ")" * 8]
)
def test_malformed_expansions_are_refused(text: str) -> None:
    with pytest.raises(QueryRejected):
        parse_expand(text)


@given(
    st.lists(st.integers(0, 99), unique=True, max_size=40),
    st.integers(1, 7),
    st.sampled_from([1, 2, 3]),
    st.sets(st.integers(100, 110)),
)
def test_paging_shows_each_item_once(items: list[int], size: int, modulus: int, added: set[int]) -> None:
    shown: list[int] = []
    token: str | None = None
    current = list(items)
    while True:
        page = take_page(
            current, size=size, query="q", token=token, key=str, fits=lambda item: bool(item % modulus == 0)
        )
        assert len(page.items) <= size
        shown += page.items
        current = [*current, *(one for one in added if one not in current)]  # more arrive while somebody reads
        token = page.next_token
        if token is None:
            break
    wanted = [item for item in items if item % modulus == 0]
    assert shown[: len(wanted)] == wanted
    assert len(shown) == len(set(shown))


def test_paging_goes_on_where_its_last_item_is_gone() -> None:
    first = take_page([1, 2, 3, 4], size=2, query="q", token=None, key=str, fits=lambda _: True)
    rest = take_page([1, 3, 4], size=2, query="q", token=first.next_token, key=str, fits=lambda _: True)
    assert rest.items == [3, 4]
    assert rest.next_token is None


@pytest.mark.parametrize("token", ["x", "e30", "bnVsbA", "WzFd", "é"])
def test_foreign_page_tokens_are_refused(token: str) -> None:
    with pytest.raises(QueryRejected):
        take_page([1], size=1, query="q", token=token, key=str, fits=lambda _: True)


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - made aware below
def test_moments_keep_their_microseconds(value: datetime) -> None:
    aware = value.replace(tzinfo=UTC)
    text = moment(aware)
    assert text is not None
    assert text.endswith("Z")
    assert datetime.fromisoformat(text[:26].rstrip("Z")).replace(tzinfo=UTC) == aware


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(days=14), "P14D"),
        (timedelta(hours=1), "PT1H"),
        (timedelta(days=1, minutes=90), "P1DT1H30M"),
    ],
)
def test_durations(span: timedelta, text: str) -> None:
    assert duration(span) == text


async def test_pages_follow_their_links(graph: Graph) -> None:
    graph.world.options.page_size = 7
    app = graph.app()
    for path in ("/users", f"{EM}/accessPackages", f"{EM}/assignments?$filter=state eq 'delivered'"):
        found = [item["id"] for item in await app.values(path)]
        assert len(found) == len(set(found)), path
        assert len(found) > 7
    assert len(await app.values("/users?$top=999")) == len(graph.tenant.users)
    assert len((await app.get("/users?$top=3")).values) == 3


async def test_a_page_token_fits_its_own_query_only(graph: Graph) -> None:
    app = graph.app()
    link = (await app.get("/users?$top=2")).body["@odata.nextLink"]
    assert (await app.get(link.replace("/users", "/groups"))).status == 400
    assert (await app.get("/users?$skiptoken=abc")).status == 400


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/users?$foo=1", "$foo"),
        ("/users?foo=1", "foo"),
        ("/users?$top=0", "$top"),
        ("/users?$top=1000", "1000"),
        ("/users?$top=1&$top=2", "more than once"),
        ("/users?$skip=5", "$skip"),
        ("/users?$select=id,shoeSize", "shoeSize"),
        ("/users?$expand=friends", "friends"),
        ("/users?$expand=manager($select=id)", "$levels"),
        ("/users?$filter=shoeSize eq 'x'", "shoeSize"),
        ("/users/x?$top=5", "$top"),
        (f"{EM}/accessPackages?$select=catalogId", "catalogId"),
        (f"{EM}/accessPackages?$expand=accessPackageCatalog", "accessPackageCatalog"),
        (f"{EM}/accessPackages?$orderby=displayName", "$orderby"),
        (f"{EM}/accessPackages?$count=true", "$count"),
        (f"{EM}/assignmentRequests?$filter=completedDateTime gt 2026-01-01T00:00:00Z", "completedDateTime"),
        (f"{EM}/assignmentRequests?$filter=state eq 'a' or state eq 'b'", "'or'"),
        (f"{EM}/assignments?$filter=target/email eq 'x'", "target/email"),
        (f"{EM}/assignmentPolicies?$filter=displayName eq 'x'", "$filter"),
    ],
)
async def test_what_is_not_supported_is_refused_by_name(graph: Graph, path: str, word: str) -> None:
    answer = await graph.app().get(path)
    assert answer.status == 400
    assert word in answer.message


async def test_advanced_queries_need_their_header(graph: Graph) -> None:
    app = graph.app()
    search = '/users?$search="displayName:rita" OR "mail:marc"'
    assert (await app.get(search)).code == "Request_UnsupportedQuery"
    found = await app.values(search, ConsistencyLevel="eventual")
    assert {"Rita Requester", "Marc Manager"} <= {user["displayName"] for user in found}
    guests = "/users?$filter=userType ne 'Member'"
    for path, headers, status in (
        (guests, {}, 400),
        (guests, {"ConsistencyLevel": "eventual"}, 400),
        (f"{guests}&$count=true", {}, 400),
        (f"{guests}&$count=true", {"ConsistencyLevel": "eventual"}, 200),
        ("/users?$count=true", {}, 400),
        ("/users?$search=rita", {"ConsistencyLevel": "eventual"}, 400),
        ('/users?$search="department:x"', {"ConsistencyLevel": "eventual"}, 400),
        ("/users?$orderby=displayName", {}, 200),
        ("/users?$orderby=displayName&$filter=startswith(displayName,'R')", {}, 400),
    ):
        assert (await app.get(path, **headers)).status == status, path
    counted = await app.get(f"{guests}&$count=true&$top=1", ConsistencyLevel="eventual")
    assert counted.body["@odata.count"] == sum(user.is_guest for user in graph.tenant.users.values())


async def test_people_are_found_by_every_name_they_have(graph: Graph) -> None:
    app = graph.app()
    rita, gina = graph.tenant.users[graph.id_of("requester")], graph.tenant.users[graph.id_of("guest")]
    for path in (
        f"/users/{rita.id}",
        f"/users/{rita.user_principal_name}",
        f"/users('{rita.user_principal_name}')",
        f"/users/{rita.user_principal_name.upper()}",
    ):
        assert (await app.get(path)).body["id"] == rita.id, path
    assert "#" in gina.user_principal_name
    assert (await app.get(f"/users/{gina.user_principal_name.replace('#', '%23')}")).body["id"] == gina.id
    for clause in (
        f"mail eq '{rita.mail}'",
        f"userPrincipalName eq '{rita.user_principal_name}'",
        f"proxyAddresses/any(p:p eq 'smtp:{rita.mail}')",
        f"id in ('{rita.id}')",
    ):
        assert [user["id"] for user in await app.values(f"/users?$filter={clause}")] == [rita.id], clause
    missing = await app.get("/users/nobody@woodgrove.example")
    assert (missing.status, missing.code) == (404, "Request_ResourceNotFound")


async def test_a_chain_of_managers_ends_even_in_a_loop(graph: Graph) -> None:
    app = graph.app()
    chain = (
        await app.get(f"/users/{graph.id_of('requester')}?$expand=manager($levels=max;$select=id,displayName)")
    ).body
    assert chain["manager"]["displayName"] == "Marc Manager"
    mirror = (await app.get(f"/users/{graph.id_of('mirror-1')}?$expand=manager($levels=max)&$select=id")).body
    assert mirror["manager"]["displayName"] == "Milo Mirror"
    assert "manager" not in mirror["manager"]
    alone = await app.get(f"/users/{graph.id_of('nomanager')}/manager")
    assert (alone.status, alone.code) == (404, "Request_ResourceNotFound")


async def test_memberships(graph: Graph) -> None:
    app = graph.app()
    board = next(group for group in graph.tenant.groups.values() if group.display_name == "Board")
    lead = graph.id_of("primary")
    groups = await app.values(f"/users/{lead}/transitiveMemberOf/microsoft.graph.group?$select=id")
    assert {"id": board.id} in groups
    people = await app.values(f"/groups/{board.id}/transitiveMembers/microsoft.graph.user?$select=id,displayName")
    assert lead in [person["id"] for person in people]
    checked = await app.post(f"/users/{lead}/checkMemberGroups", {"groupIds": [board.id, "nothing"]})
    assert checked.values == [board.id]
    assert (await app.post(f"/users/{lead}/checkMemberGroups", {"groupIds": ["x"] * 21})).status == 400
    assert (await app.post(f"/users/{lead}/checkMemberGroups", {"groupIds": "x"})).status == 400


async def test_the_poll_of_new_requests(graph: Graph) -> None:
    since = "2026-10-30T00:00:00Z"
    found = await graph.app().values(
        f"{EM}/assignmentRequests?$filter=createdDateTime ge {since}"
        "&$expand=requestor,accessPackage,assignment($expand=target)&$select=id,state,createdDateTime"
    )
    assert found
    assert all(item["createdDateTime"] >= since for item in found)
    assert set(found[0]) == {"id", "state", "createdDateTime", "requestor", "accessPackage", "assignment"}
