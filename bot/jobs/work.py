"""What the jobs do, in the words of those who do it, and how they are set up."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


class Work(Protocol):
    """Every method may run twice, late, or again after a crash in its middle."""

    async def poll(self) -> None:
        """Look for requests that are new."""

    async def sweep(self) -> None:
        """Look again at what is open, and finish what was left behind."""

    async def ends(self) -> None:
        """Tell people what of theirs ends soon, and what has ended."""

    async def follow(self, request_id: str) -> float | None:
        """Look at one request. Seconds until it should be looked at again, None when quick following is over."""

    async def deliver(self, key: str) -> bool:
        """Bring one message to its chat. False when it has to be tried again."""

    async def decide(self, key: str) -> float | None:
        """Send a held decision. Seconds until its time has come, None when nothing is left to do."""

    async def apply(self, run_id: str) -> float | None:
        """Do one piece of an enrolment run. Seconds until the next, None when nothing is left to do."""

    async def tidy(self) -> None:
        """Forget what is old. Once a day."""


class JobRunner(Protocol):
    """Does the work while `running` lasts, and meanwhile takes in what has to be done soon: once for each reason."""

    @property
    def processes(self) -> int:
        """How many processes share the work, this one included."""

    def running(self, work: Work) -> AbstractAsyncContextManager[object]: ...
    async def follow_soon(self, request_id: str, reason: str) -> None: ...
    async def deliver_soon(self, key: str, wanted: int) -> None: ...
    async def decide_soon(self, key: str, moment: str) -> None: ...
    async def apply_soon(self, run_id: str, moment: str) -> None: ...


class Sealer(Protocol):
    """Keeps the arguments and results of jobs unreadable for whoever holds the database without the keys."""

    def seal(self, plain: bytes | str, context: str) -> str: ...

    def open(self, sealed: str, context: str) -> bytes:
        """Raises ValueError when it was not sealed for this context with one of our keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSettings:
    """`database_url` is the store's; the jobs keep to themselves beside it.

    `process_id` tells this process from every other one that shares the database; on SQLite, which is for one process,
    it is not used. The other values are for tests.
    """

    database_url: str
    process_id: str
    poll_seconds: float = 30.0
    has_rounds: bool = True  # without, nothing comes round by the clock
    heartbeat_seconds: float = 5.0
    dead_after_seconds: float = 15.0
    start_seconds: float = 5.0  # how long a turn waits for a job to be written down
    park_seconds: float = 5.0  # how long an orderly stop waits for the steps under way
    keep_seconds: float = 86_400.0  # how long finished jobs stay, and an equal one is recognised
    first_retry_seconds: float = 1.0
    retry_for_seconds: float = 600.0
    step_seconds: float = 120.0  # no look and no delivery takes longer
    round_seconds: float = 900.0  # no poll, sweep or tidying takes longer
    queue_seconds: float = 0.5  # how soon a scheduled tick is noticed
    listener_seconds: float = 1.0
