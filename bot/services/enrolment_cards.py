"""The cards about enrolment runs: its author has one from the start, those who may agree once they are asked to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.domain import RequestId, UserId
from bot.plans.journal import RowState
from bot.services.enrolment_runs import Applier, RowResult, Run, RunProgress, deliver
from bot.services.enrolments import Enrolments
from bot.services.messages import once_more
from bot.store import Store, Unit
from bot.store.records import MessageKind, MessageRecord
from bot.turn import Actor

KIND: Final = "enrolment"


def enrolment_key(run_id: str, person_id: UserId) -> str:
    return f"enrolment/{run_id}/{person_id}"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run with what has become of it, and how its reader stands to it. `asked` are those who were asked to agree."""

    progress: RunProgress
    failed: tuple[RowResult, ...] = ()
    asked: frozenset[UserId] = frozenset()
    is_author: bool = False
    may_agree: bool = False

    @property
    def run(self) -> Run:
        return self.progress.run


class CardTeller:
    """Wants every card about a run again when the run changes."""

    def __init__(self, kind: MessageKind = KIND) -> None:
        self._kind = kind

    async def changed(self, unit: Unit, run_id: str) -> Sequence[MessageRecord]:
        messages = await unit.messages.for_request(RequestId(run_id))
        return [await once_more(unit, message) for message in messages if message.kind == self._kind]


class EnrolmentCards:
    def __init__(self, store: Store, enrolments: Enrolments, scheduler: Applier) -> None:
        self._store = store
        self._enrolments = enrolments
        self._scheduler = scheduler

    async def show(self, run: Run, person_id: UserId) -> None:
        """Give this person the card of the run; where they have it, it is brought up to date."""
        await self._want(run, [person_id])

    async def ask(self, run: Run) -> frozenset[UserId]:
        """Give everybody who may agree the card, once, and say who they are."""
        seconds = await self._enrolments.seconds(run)
        await self._want(run, [*sorted(seconds), run.author_id])
        return seconds

    async def turn_to(self, run: Run, person_id: UserId, page: int) -> None:
        """Have this person's card show this page whenever it is brought up to date."""
        await self._want(run, [person_id], {"page": page})

    async def asked(self, run: Run) -> frozenset[UserId]:
        """Those who have the card beside its author."""
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(RequestId(run.id))
        return frozenset(each.person_id for each in messages if each.kind == KIND) - {run.author_id}

    async def facts(self, run_id: str, reader: Actor) -> RunFacts:
        """Everything that a card about the run shows to this person. Raises: NotFound."""
        progress = await self._enrolments.progress(run_id)
        run = progress.run
        failed: tuple[RowResult, ...] = ()
        if run.state not in ("waiting", "applying") and progress.counts.get(RowState.FAILED):
            results = await self._enrolments.result(run_id)
            failed = tuple(each for each in results if each.state is RowState.FAILED)
        asked = await self.asked(run) if run.state == "waiting" else frozenset()
        return RunFacts(
            progress,
            failed,
            asked,
            is_author=reader.object_id == run.author_id,
            may_agree=run.state == "waiting" and await self._enrolments.may_agree(reader, run),
        )

    async def _want(self, run: Run, people: Sequence[UserId], detail: Mapping[str, Any] | None = None) -> None:
        async with self._store.unit() as unit:
            wanted = [
                await unit.messages.want(
                    enrolment_key(run.id, person_id),
                    kind=KIND,
                    request_id=RequestId(run.id),
                    person_id=person_id,
                    detail=detail,
                )
                for person_id in people
            ]
        await deliver(self._scheduler, wanted)
