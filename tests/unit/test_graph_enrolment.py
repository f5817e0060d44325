"""Finding the people whom a file names, by whichever address the directory has of them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import httpx

from bot.graph.enrolment import EnrolmentGraph
from tests.unit.graph_fakes import FakeGraph

ANN = {"id": "ann", "displayName": "Ann", "mail": "ann@new.example", "userPrincipalName": "ann@woodgrove.example"}
GUEST = {"id": "guest", "displayName": "Guest", "mail": None, "userPrincipalName": "g_partner.example#EXT#@x.example"}


async def token() -> str:
    return "a-token"


async def test_people_are_found_by_mail_by_sign_in_name_and_by_other_mails() -> None:
    asked: list[str] = []

    def directory(request: httpx.Request) -> httpx.Response:
        answers = []
        for item in json.loads(request.content)["requests"]:
            asked.append(unquote(item["url"]))
            found: list[dict[str, Any]] = []
            if "otherMails/any(m:m eq 'g@partner.example')" in asked[-1]:
                found = [{**GUEST, "otherMails": ["G@partner.example"]}]
            elif "userPrincipalName in" in asked[-1]:
                found = [ANN]
            answers.append({"id": item["id"], "status": 200, "body": {"value": found}})
        return httpx.Response(200, json={"responses": answers})

    graph = FakeGraph(handler=directory)
    wanted = ["ann@woodgrove.example", "g@partner.example", "nobody@x.example", "o'neill@x.example"]
    found = await EnrolmentGraph(graph.client(), token).people_with(wanted)
    assert {address: [each.id for each in people] for address, people in found.items()} == {
        "ann@woodgrove.example": ["ann"],
        "g@partner.example": ["guest"],
        "nobody@x.example": [],
        "o'neill@x.example": [],
    }
    assert len(graph.requests) == 1
    assert any("mail in ('ann@woodgrove.example'" in each for each in asked)
    assert all("o''neill@x.example'" in each for each in asked)


async def test_people_are_found_by_the_other_addresses_of_their_mailbox() -> None:
    """Whoever is listed by an alias has to be found: else the file would seem to leave them out."""
    alias = {**ANN, "proxyAddresses": ["SMTP:ann@new.example", "smtp:Ann.Alias@new.example", "X500:/o=old"]}

    def directory(request: httpx.Request) -> httpx.Response:
        if not request.content:
            return httpx.Response(200, json={"value": [alias]})
        answers = [
            {"id": item["id"], "status": 200, "body": {"value": [alias] if _asks_for_alias(item["url"]) else []}}
            for item in json.loads(request.content)["requests"]
        ]
        return httpx.Response(200, json={"responses": answers})

    graph = FakeGraph(handler=directory)
    reader = EnrolmentGraph(graph.client(), token)
    wanted = "ann.alias@new.example"
    assert [each.id for each in (await reader.people_with([wanted]))[wanted]] == ["ann"]
    many = [f"{number}@new.example" for number in range(20_000)]
    assert [each.id for each in (await reader.people_with([wanted, *many]))[wanted]] == ["ann"]
    assert len(graph.requests) == 2


def _asks_for_alias(url: str) -> bool:
    query = unquote(url)
    return (
        "proxyAddresses/any(p:p eq 'smtp:ann.alias@new.example')" in query and "proxyAddresses" in query.split("$")[1]
    )
