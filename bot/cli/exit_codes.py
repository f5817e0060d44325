"""What a command of the CLI ends with, for pipelines."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    """There was nothing to do, or all of it was done."""
    FAILED = 1
    """Something went wrong, or the command line cannot be read."""
    CHANGES = 2
    """A plan holds changes that wait to be applied."""
    BRAKE = 3
    """The plan would remove too much; somebody has to agree to the number."""
