"""docs/articles.md: every row of the two articles is there once, and what it says to be proved is proved by a test."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "articles.md").read_text(encoding="utf-8")
ROWS: Final = {
    "A": 10,
    "B": 7,
    "C": 6,
    "D": 29,
    "E": 15,
    "F": 17,
    "G": 9,
    "H": 21,
    "I": 28,
    "J": 9,
    "K": 7,
    "L": 16,
    "M": 14,
    "T": 18,
}
"""How many rows each section has."""
TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def table() -> list[tuple[str, list[str]]]:
    """The rows of all tables: the section they are in, and their cells."""
    found, section = [], ""
    for line in PAGE.splitlines():
        if line.startswith("## "):
            section = line[3]
        elif re.match(r"\| [A-Z]\d", line):
            found.append((section, [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]))
    return found


@cache
def functions_of(path: str) -> frozenset[str]:
    """The test functions of a file that pytest would collect."""
    if not Path(path).name.startswith("test_") or not (ROOT / path).is_file():
        return frozenset()
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_row_is_there_once_in_its_section_and_in_order() -> None:
    assert [cells[0] for _, cells in table()] == [
        f"{section}{number}" for section, count in ROWS.items() for number in range(1, count + 1)
    ]
    assert all(cells[0].startswith(section) for section, cells in table())
    assert sum(ROWS.values()) == 206


@pytest.mark.parametrize("cells", [cells for _, cells in table()], ids=lambda cells: str(cells[0]))
def test_a_row_names_tests_that_exist_or_says_why_it_is_out(cells: list[str]) -> None:
    assert len(cells) == 4
    _, told, _, proof = cells
    assert told
    if proof.startswith("Out: "):
        assert len(proof.split()) > 8, "a reason is a sentence"
        return
    named = TEST.findall(proof)
    assert named
    assert TEST.sub("", proof).strip(" ,") == ""
    missing = [f"{path}::{name}" for path, name in named if name not in functions_of(path)]
    assert missing == []


def test_hardly_anything_is_out() -> None:
    assert [cells[0] for _, cells in table() if cells[3].startswith("Out:")] == ["J2", "K5"]
