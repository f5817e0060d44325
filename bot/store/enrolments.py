"""Plans that are carried out by jobs, and what became of their rows: enrolments, and what administrators make in chat.

Plans hold names and addresses, so they are sealed.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, delete, func, or_, select, update

from bot.domain import UserId
from bot.store import schema
from bot.store.records import EnrolmentRun, EnrolmentRunState, RunKind
from bot.store.session import Session

_runs = schema.enrolment_runs
_rows = schema.enrolment_rows
_ROWS_AT_ONCE = 500
_LONGEST_CLAIM = timedelta(minutes=10)
"""A claim that ends later than this was made before the clock was set back, and holds nobody up."""


class Enrolments:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(
        self,
        run_id: str,
        *,
        tenant_id: str,
        author_id: UserId,
        author_name: str,
        digest: str,
        plan: bytes,
        package_ids: Sequence[str],
        expires_at: datetime,
        state: EnrolmentRunState = "waiting",
        kind: RunKind = "enrolment",
    ) -> EnrolmentRun:
        """The run of this id; one that is there already stays as it is. One that is "applying" is agreed to as well."""
        now = self._session.now()
        packed = base64.b64encode(zlib.compress(plan)).decode()
        statement = self._session.insert(_runs).values(
            id=run_id,
            kind=kind,
            tenant_id=tenant_id,
            author_id=author_id,
            state=state,
            digest=digest,
            sealed_plan=self._session.seal(packed, _context(run_id, "plan")),
            sealed_names=self._session.seal(json.dumps({"author": author_name}), _context(run_id, "names")),
            package_ids=list(package_ids),
            excluded=[],
            is_cancelled=False,
            reason="",
            created_at=now,
            expires_at=expires_at,
            agreed_at=now if state == "applying" else None,
            updated_at=now,
        )
        await self._session.write(statement.on_conflict_do_nothing(index_elements=["id"]))
        found = await self.find(run_id)
        if found is None:  # only retention deletes runs, long after they were made
            raise RuntimeError("the run was deleted while it was made")
        return found

    async def find(self, run_id: str) -> EnrolmentRun | None:
        row = await self._session.row(select(_runs).where(_runs.c.id == run_id))
        return None if row is None else self._record(row)

    async def of_author(self, author_id: UserId, limit: int = 20) -> list[EnrolmentRun]:
        """The newest enrolments that this person proposed."""
        is_theirs = (_runs.c.author_id == author_id) & (_runs.c.kind == "enrolment")
        query = select(_runs).where(is_theirs).order_by(_runs.c.created_at.desc()).limit(limit)
        return [self._record(row) for row in await self._session.rows(query)]

    async def in_state(
        self, state: EnrolmentRunState, limit: int = 500, *, kind: RunKind = "enrolment"
    ) -> list[EnrolmentRun]:
        """The runs in this state, in the order in which they were agreed to."""
        is_one = (_runs.c.state == state) & (_runs.c.kind == kind)
        query = select(_runs).where(is_one).order_by(_runs.c.agreed_at, _runs.c.id).limit(limit)
        return [self._record(row) for row in await self._session.rows(query)]

    async def ahead_of(self, run: EnrolmentRun) -> bool:
        """Whether a run that was agreed to earlier still works on one of the same access packages."""
        query = select(_runs.c.id, _runs.c.agreed_at, _runs.c.package_ids).where(_runs.c.state == "applying")
        mine = set(run.package_ids)
        for row in await self._session.rows(query):
            is_earlier = (row["agreed_at"], row["id"]) < (run.agreed_at, run.id)
            if row["id"] != run.id and is_earlier and mine & set(row["package_ids"]):
                return True
        return False

    async def exclude(self, run_id: str, row_ids: Collection[str]) -> bool:
        """Leave exactly these rows out. False when the run no longer waits."""
        return await self._change(run_id, "waiting", excluded=sorted(row_ids))

    async def agree(self, run: EnrolmentRun, second_id: UserId, second_name: str) -> bool:
        """Have the run applied, once. False when somebody agreed before, or it no longer waits."""
        names = json.dumps({"author": run.author_name, "second": second_name})
        return await self._change(
            run.id,
            "waiting",
            state="applying",
            second_id=second_id,
            sealed_names=self._session.seal(names, _context(run.id, "names")),
            agreed_at=self._session.now(),
        )

    async def cancel(self, run_id: str) -> bool:
        """Give the run up: at once where it waits, after the rows that are begun where it is applied."""
        if await self._change(run_id, "waiting", state="cancelled", is_cancelled=True):
            return True
        return await self._change(run_id, "applying", is_cancelled=True)

    async def end(self, run_id: str, state: EnrolmentRunState, reason: str = "") -> bool:
        """The run has come to its end. False when it had before."""
        return await self._change(run_id, "applying", state=state, reason=reason)

    async def go_on(self, run_id: str) -> bool:
        """Have a stopped run applied further, from now on. False when it is not stopped."""
        return await self._change(run_id, "stopped", state="applying", reason="", agreed_at=self._session.now())

    async def claim(self, run_id: str, seconds: float) -> datetime | None:
        """Work on the run alone for so long; gives what `release` takes. None while somebody else works on it."""
        now = self._session.now()
        until, held = now + timedelta(seconds=seconds), _runs.c.claimed_until
        claimed = await self._session.write(
            update(_runs)
            .where(_runs.c.id == run_id, _runs.c.state == "applying")
            .where(or_(held.is_(None), held < now, held > now + _LONGEST_CLAIM))
            .values(claimed_until=until, updated_at=now)
        )
        return until if claimed else None

    async def release(self, run_id: str, claim: datetime) -> None:
        """Let others work on it; nothing happens where the claim had run out and somebody else has it."""
        is_ours = (_runs.c.id == run_id) & (_runs.c.claimed_until == claim)
        await self._session.write(update(_runs).where(is_ours).values(claimed_until=None))

    async def expire(self, now: datetime) -> list[str]:
        """Give up the runs that waited too long, and say which."""
        query = select(_runs.c.id).where(_runs.c.state == "waiting", _runs.c.expires_at < now)
        ids = [str(row["id"]) for row in await self._session.rows(query)]
        return [each for each in ids if await self._change(each, "waiting", state="cancelled", reason="expired")]

    async def touch(self, run_id: str, reason: str = "") -> None:
        """Somebody works on it; `reason` is what keeps them from it."""
        await self._change(run_id, "applying", reason=reason)

    async def rows(self, run_id: str) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """State and detail by row id."""
        found = await self._session.rows(select(_rows).where(_rows.c.run_id == run_id))
        return {row["row_id"]: (row["state"], row["detail"]) for row in found}

    async def counts(self, run_id: str) -> dict[str, int]:
        """How many rows are in each state, of those that have one."""
        query = (
            select(_rows.c.state, func.count().label("number")).where(_rows.c.run_id == run_id).group_by(_rows.c.state)
        )
        return {row["state"]: row["number"] for row in await self._session.rows(query)}

    async def write_rows(self, run_id: str, rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Row id, state and detail; they take the place of what is known."""
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            values = [
                {"run_id": run_id, "row_id": row_id, "state": state, "detail": dict(detail)}
                for row_id, state, detail in rows[start : start + _ROWS_AT_ONCE]
            ]
            statement = self._session.insert(_rows).values(values)
            await self._session.write(
                statement.on_conflict_do_update(
                    index_elements=["run_id", "row_id"],
                    set_={"state": statement.excluded.state, "detail": statement.excluded.detail},
                )
            )

    async def delete_older_than(self, moment: datetime) -> int:
        old = select(_runs.c.id).where(_runs.c.state != "applying", _runs.c.updated_at < moment)
        await self._session.write(delete(_rows).where(_rows.c.run_id.in_(old)))
        return await self._session.write(delete(_runs).where(_runs.c.state != "applying", _runs.c.updated_at < moment))

    async def _change(self, run_id: str, expected: EnrolmentRunState, **values: Any) -> bool:
        changed = await self._session.write(
            update(_runs)
            .where(_runs.c.id == run_id, _runs.c.state == expected)
            .values(updated_at=self._session.now(), **values)
        )
        return changed > 0

    def _record(self, row: RowMapping) -> EnrolmentRun:
        names = json.loads(self._session.open(row["sealed_names"], _context(row["id"], "names")) or "{}")
        packed = self._session.open(row["sealed_plan"], _context(row["id"], "plan"))
        return EnrolmentRun(
            id=row["id"],
            kind=row["kind"],
            tenant_id=row["tenant_id"],
            author_id=UserId(row["author_id"]),
            author_name=names.get("author", ""),
            second_id=UserId(row["second_id"]) if row["second_id"] else None,
            second_name=names.get("second", ""),
            state=row["state"],
            digest=row["digest"],
            plan=zlib.decompress(base64.b64decode(packed)) if packed else b"",
            package_ids=tuple(row["package_ids"]),
            excluded=frozenset(row["excluded"]),
            is_cancelled=row["is_cancelled"],
            reason=row["reason"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            agreed_at=row["agreed_at"],
            updated_at=row["updated_at"],
        )


def _context(run_id: str, what: str) -> str:
    return f"enrolment/{run_id}/{what}"
