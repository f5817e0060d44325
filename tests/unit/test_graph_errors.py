from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from bot.errors import (
    Conflict,
    DoormanError,
    GraphContractError,
    GraphError,
    GraphRefused,
    GraphUnavailable,
    NotAllowed,
    NotFound,
    Throttled,
)
from bot.graph.errors import ClaimsChallenge, TokenRefused, asked_wait_seconds, error_from

CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}},"x":"???>>>"}'


def body(code: str = "", message: str = "", **more: object) -> dict[str, object]:
    return {"error": {"code": code, "message": message, **more}}


def challenge(encoded: str) -> dict[str, str]:
    return {"www-authenticate": f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'}


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, GraphContractError),
        (400, GraphRefused),
        (401, TokenRefused),
        (403, NotAllowed),
        (404, NotFound),
        (405, GraphRefused),
        (409, Conflict),
        (412, Conflict),
        (424, GraphRefused),
        (429, Throttled),
        (500, GraphUnavailable),
        (504, GraphUnavailable),
    ],
)
@pytest.mark.parametrize(
    "content",
    [None, "text", [], {}, {"error": None}, {"error": "no"}, {"error": {"code": None, "message": 3}}, body("X", "y")],
)
def test_every_status_has_its_error_whatever_the_body(status: int, kind: type[DoormanError], content: object) -> None:
    assert type(error_from(status, {}, content, what="thing")) is kind


def test_facts_of_graph_are_kept() -> None:
    refused = error_from(400, {}, body("Request_BadRequest", "for developers"))
    assert isinstance(refused, GraphRefused)
    assert (refused.status, refused.code, refused.message) == (400, "Request_BadRequest", "for developers")
    denied = error_from(403, {}, body("Forbidden"), what="/users/{user}")
    assert isinstance(denied, NotAllowed)
    assert (denied.what, denied.code) == ("/users/{user}", "Forbidden")
    assert "for developers" not in str(refused)


@pytest.mark.parametrize(
    "content",
    [
        body("ExistingOpenRequest"),
        body("BadRequest", "ExistingOpenRequest: there is one"),
        body("BadRequest", innerError={"code": "ExistingOpenRequest"}),
        body("BadRequest", details=[{"code": "Other"}, {"code": "ExistingOpenRequest"}]),
        body("BadRequest", innererror={"innererror": {"code": "ExistingOpenRequest"}}),
    ],
)
@pytest.mark.parametrize("status", [400, 409])
def test_an_open_request_is_a_conflict_wherever_graph_says_so(status: int, content: object) -> None:
    error = error_from(status, {}, content)
    assert isinstance(error, Conflict)
    assert error.code == "ExistingOpenRequest"


@pytest.mark.parametrize("is_write", [True, False])
def test_only_a_write_may_have_happened(is_write: bool) -> None:
    error = error_from(503, {}, None, is_write=is_write)
    assert isinstance(error, GraphUnavailable)
    assert error.may_have_happened is is_write


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_claims_challenge_is_decoded(status: int, padded: bool, encode: Callable[[bytes], bytes]) -> None:
    text = encode(CLAIMS.encode()).decode()
    error = error_from(status, challenge(text if padded else text.rstrip("=")), None)
    assert isinstance(error, ClaimsChallenge)
    assert json.loads(error.claims) == json.loads(CLAIMS)


@pytest.mark.parametrize("text", ["%%%", "bm8ganNvbg==", "WzFd", "/////w==", "a"])
def test_an_unreadable_challenge_is_a_refused_token(text: str) -> None:
    assert type(error_from(401, challenge(text), None)) is TokenRefused


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "2.128"}, 2.128),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "Mon, 02 Nov 2026 09:00:30 GMT", "date": "Mon, 02 Nov 2026 09:00:00 GMT"}, 30),
        ({"retry-after": "Mon, 02 Nov 2026 08:00:00 GMT", "date": "Mon, 02 Nov 2026 09:00:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_a_service_asks_for(header: dict[str, str], seconds: float | None) -> None:
    assert asked_wait_seconds(header) == seconds


def test_a_busy_graph_that_names_no_time_still_gives_one() -> None:
    error = error_from(429, {}, body("TooManyRequests"))
    assert isinstance(error, Throttled)
    assert error.wait_seconds > 0
    assert isinstance(error, GraphError)
