"""What has become of each row of a plan, written down before and after every write, so that a run can go on.

A row is `pending` until it is begun. `begun` is written before the first write of the row: whoever finds a row begun
looks at the tenant before doing anything again. The other states are ends.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol


class RowState(StrEnum):
    PENDING = "pending"
    BEGUN = "begun"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        return self not in (RowState.PENDING, RowState.BEGUN)


@dataclass(frozen=True, slots=True)
class Entry:
    """The newest word on one row. `detail` holds ids, states and error codes."""

    row_id: str
    state: RowState
    detail: Mapping[str, Any] = field(default_factory=dict)


class Journal(Protocol):
    """Keeps entries for one run of one plan."""

    async def entries(self) -> dict[str, Entry]:
        """The newest entry of each row that has one."""
        ...

    async def write(self, entries: Sequence[Entry]) -> None:
        """Keep these, all or none of them; on disk when this returns."""
        ...


class JournalError(Exception):
    """The file is no journal of this plan; the text says why in one line."""


class FileJournal:
    """A journal beside the plan, as JSON lines: the first names the plan's digest, each other one is an entry.

    A process that dies while it writes leaves half a line; that line is taken for unwritten, and written over.
    """

    def __init__(self, where: Path, plan_digest: str) -> None:
        self._where = where
        self._plan_digest = plan_digest
        self._known: tuple[dict[str, Entry], int] | None = None
        """What this journal has read and written, so that a long file is read once."""

    async def entries(self) -> dict[str, Entry]:
        """Raises JournalError when the file belongs to another plan or cannot be read."""
        return dict(self._state()[0])

    async def write(self, entries: Sequence[Entry]) -> None:
        """Raises JournalError as `entries` does, and when the file cannot be written."""
        known, whole = self._state()
        self._known = None
        lines: list[dict[str, Any]] = [] if whole else [{"plan": self._plan_digest}]
        lines += [{"row": each.row_id, "state": each.state, "detail": dict(each.detail)} for each in entries]
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        try:
            with self._where.open("r+b" if self._where.exists() else "wb") as file:
                file.seek(whole)
                file.truncate()
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise JournalError(f"{self._where}: cannot be written ({error.strerror})") from error
        known.update({entry.row_id: entry for entry in entries})
        self._known = known, whole + len(text.encode())

    def _state(self) -> tuple[dict[str, Entry], int]:
        """The newest entry of each row, and how many bytes of the file are whole lines."""
        if self._known is None:
            entries, whole = self._read()
            self._known = {entry.row_id: entry for entry in entries}, whole
        return self._known

    def _read(self) -> tuple[list[Entry], int]:
        """The entries, and how many bytes of the file are whole lines."""
        try:
            content = self._where.read_bytes()
        except FileNotFoundError:
            return [], 0
        except OSError as error:
            raise JournalError(f"{self._where}: cannot be read ({error.strerror})") from error
        whole = content.rfind(b"\n") + 1
        if not whole:
            return [], 0
        try:
            head, *rest = (json.loads(line) for line in content[:whole].splitlines())
            if head["plan"] != self._plan_digest:
                raise JournalError(f"{self._where}: is the journal of another plan")
            return [Entry(each["row"], RowState(each["state"]), each["detail"]) for each in rest], whole
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(f"{self._where}: is no journal, or a damaged one") from error
