from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from bot.errors import NotFound
from bot.graph.odata import literal, moment, path, query_string

SEGMENTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@settings(deadline=None)  # the machine may be busy
@given(SEGMENTS)
def test_an_id_is_one_segment_whatever_it_holds(text: str) -> None:
    if text.strip() in ("", ".", ".."):
        with pytest.raises(NotFound):
            path("/users/{user}/manager", user=text)
        return
    found = path("/users/{user}/manager", user=text)
    assert found.template == "/users/{user}/manager"
    before, users, segment, after = found.text.split("/")
    assert (before, users, after) == ("", "users", "manager")
    assert unquote(segment) == text


@settings(deadline=None)  # the machine may be busy
@given(SEGMENTS.filter(lambda text: text.strip() not in ("", ".", "..")))
def test_an_id_stays_one_segment_on_the_wire(text: str) -> None:
    """Both libraries between us and the wire normalise addresses."""
    address = f"https://graph.example/v1.0{path('/users/{user}', user=text).text}"
    sent = URL(str(httpx.URL(address))).raw_path
    assert sent.startswith("/v1.0/users/")
    assert unquote(sent.removeprefix("/v1.0/users/")) == text
    assert sent.count("/") == 3


@settings(deadline=None)  # the machine may be busy
@given(st.dictionaries(st.sampled_from(["$filter", "$expand", "$top"]), SEGMENTS))
def test_query_options_arrive_as_they_were_meant(query: dict[str, str]) -> None:
    assert dict(parse_qsl(query_string(query), keep_blank_values=True)) == query
    assert "+" not in query_string(query)


def test_a_quote_cannot_end_a_literal() -> None:
    assert literal("O'Neil' or 'a' eq 'a") == "'O''Neil'' or ''a'' eq ''a'"


def test_moments_are_written_in_utc() -> None:
    assert moment(datetime(2026, 11, 1, 9, tzinfo=timezone(timedelta(hours=1)))) == "2026-11-01T08:00:00Z"
    assert moment(datetime(2026, 11, 1, 8, 0, 0, 500_000, UTC)) == "2026-11-01T08:00:00.500000Z"
    with pytest.raises(ValueError, match="zone"):
        moment(datetime(2026, 11, 1))  # noqa: DTZ001 - a moment without a zone is what is refused
