"""The list of Graph calls beside the page."""

from __future__ import annotations

import json
from typing import Any

from sandbox.graph.log import GraphCall, GraphLog
from tests.sandbox.entitlement_support import START, Recorder


def add(log: GraphLog, **more: Any) -> GraphCall:
    call = {
        "at": START,
        "method": "GET",
        "path": "/v1.0/me",
        "query": "",
        "status": 200,
        "duration_ms": 1.5,
        "identity": "Rita Requester",
        "identity_id": "1",
        "app_name": "Doorman",
        "token_kind": "delegated",
        "permissions": ("User.Read",),
        "used_permission": "User.Read",
        "correlation_id": "c",
    }
    return log.add(**{**call, **more})


def test_calls_are_numbered_published_and_found_again() -> None:
    events = Recorder()
    log = GraphLog(events)
    first, second = add(log), add(log, batch=log.next_batch())
    assert (first.number, second.number, second.batch) == (1, 2, 1)
    assert log.entries == [first, second]
    assert log.since(1) == [second]
    kind, data = events.published[1]
    assert (kind, data["number"], data["batch"], data["identity"]) == ("graph", 2, 1, "Rita Requester")
    assert json.loads(json.dumps(data)) == data


def test_clearing_forgets_the_calls_and_keeps_counting() -> None:
    log = GraphLog()
    add(log)
    log.clear()
    assert log.entries == []
    assert add(log).number == 2


def test_only_the_last_ones_are_kept() -> None:
    log = GraphLog()
    for _ in range(20_010):
        add(log)
    assert (len(log.entries), log.entries[0].number) == (20_000, 11)
