"""Writes in batches: each carried out at most once, whatever comes back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import httpx

from bot.domain import AccessPackageId, AssignmentId, PolicyId, UserId
from bot.errors import Conflict, GraphRefused, GraphUnavailable, Throttled
from bot.graph.writer import WriterGraph
from bot.orders import DirectAssignment, Invitation, Order, Removal
from tests.unit.graph_fakes import Answer, FakeGraph


async def token() -> str:
    return "a-token"


def order(person: str = "ann", **more: Any) -> DirectAssignment:
    given = {"package_id": AccessPackageId("p"), "policy_id": PolicyId("q"), "justification": "why"}
    return DirectAssignment(**{**given, "person_id": UserId(person), **more})


def answers(*statuses: int, retry_after: str = "0", code: str = "") -> Answer:
    """A batch whose items ended like this, in the opposite order."""
    items = [
        {
            "id": str(number),
            "status": status,
            "headers": {"Retry-After": retry_after} if status == 429 else {},
            "body": {"id": f"r{number}"} if status < 300 else {"error": {"code": code or "x", "message": ""}},
        }
        for number, status in enumerate(statuses)
    ]
    return httpx.Response(200, json={"responses": items[::-1]})


def sent(request: httpx.Request) -> list[dict[str, Any]]:
    return list(json.loads(request.content)["requests"])


async def test_twenty_writes_go_in_one_request_with_their_content_type() -> None:
    graph = FakeGraph(handler=lambda request: answers(*[201] * len(sent(request))))
    found = await WriterGraph(graph.client(), token).file({str(number): order() for number in range(45)})
    assert sorted(len(sent(each)) for each in graph.requests) == [5, 20, 20]
    assert len(found) == 45
    item = sent(graph.requests[0])[0]
    assert item["headers"]["Content-Type"] == "application/json"
    assert item["body"]["assignment"] == {"accessPackageId": "p", "assignmentPolicyId": "q", "targetId": "ann"}


async def test_only_what_was_turned_down_unseen_is_sent_again() -> None:
    graph = FakeGraph(answers(201, 429, 503, 400, code="ExistingOpenRequest"), answers(201))
    found = await WriterGraph(graph.client(), token).file({each: order(each) for each in "abcd"})
    assert [[item["body"]["assignment"]["targetId"] for item in sent(each)] for each in graph.requests] == [
        ["a", "b", "c", "d"],
        ["b"],
    ]
    assert (found["a"], found["b"]) == ("r0", "r0")
    assert isinstance(found["c"], GraphUnavailable)
    assert found["c"].may_have_happened
    assert isinstance(found["d"], Conflict)


async def test_a_wait_that_is_too_long_is_told_and_not_waited_for() -> None:
    graph = FakeGraph(answers(429, retry_after="60"))
    found = await WriterGraph(graph.client(), token).file({"a": order()})
    assert isinstance(found["a"], Throttled)
    assert (found["a"].wait_seconds, len(graph.requests)) == (60, 1)


async def test_a_lost_or_unreadable_answer_leaves_every_write_in_doubt() -> None:
    for lost in (httpx.ReadTimeout("late"), httpx.Response(200, json={}), httpx.Response(503), answers(201)):
        graph = FakeGraph(lost)
        found = await WriterGraph(graph.client(), token).file({"a": order("a"), "b": order("b")})
        assert isinstance(found["b"], GraphUnavailable)
        assert found["b"].may_have_happened
        assert len(graph.requests) == 1


async def test_a_refused_connection_is_no_doubt() -> None:
    found = await WriterGraph(FakeGraph(httpx.ConnectError("no")).client(), token).file({"a": order()})
    assert isinstance(found["a"], GraphUnavailable)
    assert not found["a"].may_have_happened


async def test_what_is_sent_for_each_kind_of_order() -> None:
    graph = FakeGraph(handler=lambda request: answers(*[201] * len(sent(request))))
    orders: dict[str, Order] = {
        "address": order(person_id=None, email="g@partner.example"),
        "period": order(start=date(2027, 1, 1), end=date(2027, 1, 31)),
        "removal": Removal(AssignmentId("a1"), "gone"),
    }
    await WriterGraph(graph.client(), token).file(orders)
    address, period, removal = (item["body"] for item in sent(graph.requests[0]))
    assert address["assignment"]["target"] == {"email": "g@partner.example"}
    assert period["schedule"] == {
        "startDateTime": "2027-01-01T00:00:00Z",
        "expiration": {"type": "afterDateTime", "endDateTime": "2027-02-01T00:00:00Z"},
    }
    assert removal == {"requestType": "adminRemove", "assignment": {"id": "a1"}, "justification": "gone"}


async def test_an_invitation_gives_the_guest() -> None:
    body = {"id": "i", "invitedUser": {"id": "guest-1"}}
    graph = FakeGraph(httpx.Response(200, json={"responses": [{"id": "0", "status": 201, "body": body}]}))
    invitation = Invitation(
        "g@partner.example", "G", "https://x.example", sends_message=True, message="Hi", sponsor_id="s"
    )
    assert await WriterGraph(graph.client(), token).invite({"a": invitation}) == {"a": "guest-1"}
    item = sent(graph.requests[0])[0]
    assert (item["url"], item["body"]["invitedUserSponsors"]) == ("/invitations", [{"id": "s"}])
    assert item["body"]["invitedUserMessageInfo"] == {"customizedMessageBody": "Hi"}
    refused = FakeGraph(answers(400))
    outcome = (await WriterGraph(refused.client(), token).invite({"a": invitation}))["a"]
    assert isinstance(outcome, GraphRefused)
