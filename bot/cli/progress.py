"""How far a run is: a bar on a terminal, a line of JSON for each step elsewhere."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import Self

import rich.progress
import typer
from rich.console import Console

from bot.services.enrolling import Advance


class Progress:
    """Writes to standard error, so that results stay apart."""

    def __init__(self, total: int, *, as_lines: bool = False) -> None:
        self._lines = as_lines or not sys.stderr.isatty()
        self._bar = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.MofNCompleteColumn(),
            rich.progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=self._lines,
        )
        self._task = self._bar.add_task("Enrolling", total=total)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, advance: Advance) -> None:
        if self._lines:
            counts = {state.value: count for state, count in advance.counts.items() if count}
            typer.echo(json.dumps({"rows": advance.total, "ended": advance.ended, **counts}), err=True)
        else:
            self._bar.update(self._task, completed=advance.ended)
