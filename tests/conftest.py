"""What holds for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.graph_witness import watching_graph
from tests.support.letting_go import forget_applications

# The same examples in every run, and no complaint about a machine that is busy.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _forgotten_applications() -> Iterator[None]:
    yield
    forget_applications()


@pytest.fixture(autouse=True)
def _watched_graph(request: pytest.FixtureRequest) -> Iterator[None]:
    with watching_graph(holds_bodies=request.node.get_closest_marker("random") is None):
        yield
