"""`doorman rehearse` on the command line, and the words of its timelines."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from bot.cli.__main__ import build_app
from bot.cli.exit_codes import Exit
from rehearsal.course import Course, Entry, Timeline
from rehearsal.words import as_markdown, as_text, course_in_words, span_from, span_in_words


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No tenant of the machine's own, and the way of logging as it was."""
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "DOORMAN_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def run(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(build_app(), ["rehearse", *words])
    return result.exit_code, result.stdout, result.stderr


def test_it_is_printed_for_people_and_programs_and_written_as_markdown(tmp_path: Path) -> None:
    file = tmp_path / "timeline.md"
    code, out, _ = run(
        "Office map", "--as", "Rita Requester", "--start", "2026-11-23T10:00", "--json", "--markdown", str(file)
    )
    assert code == Exit.DONE
    told = json.loads(out)
    assert told["entries"][0]["kind"] == "does"
    assert told["entries"][0]["at"] == "2026-11-23T10:00:00+00:00"
    assert told["entries"][-1]["what"] == "message: ✓ Your access to Office map works now."
    assert "| Mon 2026-11-23 10:00 | Rita Requester | asks for Office map |" in file.read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Nowhere", "--as", "Rita Requester"), "There is no access package called 'Nowhere'."),
        (("Office map", "--as", "Nobody"), "There is nobody called 'Nobody'."),
        (("Office map", "--as", "Rita Requester", "--after", "soon"), "a span looks like 30m, 2h or 1d6h"),
        (("Office map", "--as", "Rita Requester", "--start", "soon"), "a moment looks like 2026-11-23T10:00"),
        (("Office map", "--as", "Rita Requester", "--policy", "None"), "its policies are: Everybody, at once"),
    ],
)
def test_what_cannot_be_played_is_said_in_one_line(words: tuple[str, ...], said: str) -> None:
    code, out, error = run(*words)
    assert code == Exit.FAILED
    assert said in error
    assert error.count("\n") == 1
    assert out == ""


def test_half_a_tenant_is_not_taken_for_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", "d0000000-0000-4000-8000-0000000b0001")
    code, _, error = run("Office map", "--as", "Rita Requester")
    assert code == Exit.FAILED
    assert "AZURE_TENANT_ID" in error


def test_without_the_sandbox_the_command_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None if name == "sandbox" else there(name))
    code, _, error = run("Office map", "--as", "Rita Requester", "--json")
    assert code == Exit.FAILED
    assert "pip install" in error


def test_spans_are_read_and_written() -> None:
    assert span_from("1d6h") == timedelta(days=1, hours=6)
    assert span_from("30m") == timedelta(minutes=30)
    assert span_from("") is span_from("2 h") is span_from("-1h") is None
    assert span_in_words(timedelta(days=1, minutes=5)) == "1 day 5 minutes"
    assert span_in_words(timedelta()) == "0 minutes"
    assert course_in_words(Course(in_portal=True)) == "each stage is approved 2 hours after it begins, in My Access"


def test_names_are_no_markdown_and_moments_are_in_the_zone() -> None:
    entry = Entry(datetime(2026, 11, 23, 9, tzinfo=UTC), "told", "A|B", "card: [x](y)")
    timeline = Timeline("*P*", "Q", "R", Course(), "Europe/Amsterdam", (entry,), ("Mind this.",))
    assert r"| Mon 2026-11-23 10:00 | A\|B | card: \[x\](y) |" in as_markdown(timeline)
    assert "Mon 2026-11-23 10:00  A|B  card: [x](y)\n" in as_text(timeline)
    assert "Mind this." in as_text(timeline)
