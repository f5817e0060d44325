"""The generated page about the operations says what the table says."""

from __future__ import annotations

from pathlib import Path

from sandbox.graph.operations_table import document
from sandbox.graph.table import OPERATIONS

PAGE = Path(__file__).parents[2] / "docs" / "sandbox-operations.md"


def test_the_page_is_current() -> None:
    hint = "run: python -m sandbox.graph.operations_table > docs/sandbox-operations.md"
    assert PAGE.read_text(encoding="utf-8") == document(), hint


def test_every_operation_has_its_row() -> None:
    rows = [line for line in document().splitlines() if line.startswith("| `")]
    assert len(rows) == len(OPERATIONS) > 0
