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
    assert all("'o''neill@x.example'" in each for each in asked)
