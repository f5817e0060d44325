"""The journal of a run: what was written is there after a crash, and a half-written line is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.plans.digest import canonical, digest
from bot.plans.journal import Entry, FileJournal, JournalError, RowState

PLAN = digest({"plan": 1})


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "plan.journal"


def content_of(where: Path) -> bytes:
    return where.read_bytes()


def cut(where: Path, content: bytes) -> None:
    where.write_bytes(content)


async def test_the_newest_word_on_each_row_counts(where: Path) -> None:
    await FileJournal(where, PLAN).write([Entry("a", RowState.BEGUN), Entry("b", RowState.BEGUN)])
    await FileJournal(where, PLAN).write([Entry("a", RowState.DONE, {"request": "r1"})])

    found = await FileJournal(where, PLAN).entries()
    assert found["a"] == Entry("a", RowState.DONE, {"request": "r1"})
    assert found["b"].state is RowState.BEGUN


async def test_no_file_is_an_empty_journal(where: Path) -> None:
    assert await FileJournal(where, PLAN).entries() == {}


async def test_a_death_at_any_byte_loses_only_what_was_not_yet_written(where: Path) -> None:
    await FileJournal(where, PLAN).write([Entry("a", RowState.BEGUN, {"name": "Ümit"})])
    before = len(content_of(where))
    await FileJournal(where, PLAN).write([Entry("a", RowState.DONE)])
    content = content_of(where)
    for length in range(len(content)):
        cut(where, content[:length])
        found = await FileJournal(where, PLAN).entries()
        assert ("a" in found) is (length >= before)
        await FileJournal(where, PLAN).write([Entry("z", RowState.DONE)])
        assert (await FileJournal(where, PLAN).entries())["z"].state is RowState.DONE


async def test_a_journal_of_another_plan_is_refused(where: Path) -> None:
    await FileJournal(where, PLAN).write([Entry("a", RowState.DONE)])
    with pytest.raises(JournalError, match="another plan"):
        await FileJournal(where, digest("other")).entries()


@pytest.mark.parametrize("content", ["[]\n", "{}\n", "no json\n", f'{{"plan": "{PLAN}"}}\n{{"row": "a"}}\n'])
async def test_a_damaged_journal_is_said_to_be_one(where: Path, content: str) -> None:
    cut(where, content.encode())
    with pytest.raises(JournalError, match="damaged"):
        await FileJournal(where, PLAN).entries()


def test_the_same_content_has_the_same_digest() -> None:
    assert digest({"b": [1, "ü"], "a": None}) == digest({"a": None, "b": [1, "ü"]})
    assert canonical({"b": 1, "a": "ü"}) == '{"a":"ü","b":1}'.encode()
    assert digest({"a": 1}) != digest({"a": "1"})
