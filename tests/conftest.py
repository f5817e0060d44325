"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.letting_go import forget_applications


@pytest.fixture(autouse=True)
def _forgotten_applications() -> Iterator[None]:
    yield
    forget_applications()
