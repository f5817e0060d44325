"""What tests of cards share."""

from __future__ import annotations

import pytest

from tests.support.card_schema import VARIABLE, CardSchema


@pytest.fixture(scope="session")
def card_schema() -> CardSchema:
    """The published schema; tests that need it are skipped where it is not at hand."""
    schema = CardSchema.from_environment()
    if schema is None:
        pytest.skip(f"{VARIABLE} does not name a folder with the schema of Adaptive Cards")
    return schema
