"""Snapshots over HTTP."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from sandbox.connector.errors import nothing_like
from sandbox.control import answers
from sandbox.control.operations import Body, Call, Operation
from sandbox.control.snapshots import Snapshots


class Restore(Body):
    id: str = Field(description="What POST /control/snapshot gave")


def operations(snapshots: Snapshots) -> tuple[Operation, ...]:
    """Both operations, over one shelf of snapshots."""

    async def take(call: Call) -> Any:
        return {"id": snapshots.take(call.world)}

    async def listed(_: Call) -> Any:
        return {"ids": snapshots.names}

    async def restore(call: Call) -> Any:
        try:
            snapshots.put_back(call.world, call.body.id)
        except KeyError:
            raise nothing_like("snapshot", call.body.id, snapshots.names) from None
        return {"done": True}

    return (
        Operation("GET", "/control/snapshot", "Which states are kept", listed, answers.Snapshots),
        Operation(
            "POST",
            "/control/snapshot",
            "Keep the state of the world",
            take,
            answers.Snapshot,
            description="Directory, access packages, chats, options and clock; not keys, sessions, faults.",
        ),
        Operation("POST", "/control/restore", "Put the world back to a snapshot", restore, answers.Done, Restore),
    )
