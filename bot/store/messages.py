"""The messages that Doorman keeps up to date in people's chats: status cards, approval cards and notices.

A message is wanted first and delivered later, by whoever claims it. "posting" is written before the connector is
called and "posted" with the message's id after, so an attempt that was cut off in between can be told from one that
never began.

    wanted ──claim──> posting ──settle──> posted          a later want() of a posted message claims it for an edit
       ^                 │
       └────release──────┘                                unreachable, failed: until it is wanted again
                                                          retired: for good, unless marked otherwise
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, delete, exists, func, literal, or_, select, update

from bot.domain import Address, RequestId, UserId
from bot.store import schema
from bot.store.records import MessageKind, MessageRecord, MessageState
from bot.store.rows import address_columns, address_of
from bot.store.session import Session

_table = schema.messages

_DELIVERABLE: tuple[MessageState, ...] = ("wanted", "posting", "posted")

_LONGEST_CLAIM = timedelta(minutes=15)
"""A claim that ends later than this was made before the clock was set back, and holds nobody up."""


_MOST_UNREACHED = 500


class Messages:
    def __init__(self, session: Session) -> None:
        self._session = session

    async def find(self, key: str) -> MessageRecord | None:
        row = await self._session.row(select(_table).where(_table.c.key == key))
        return None if row is None else _record(row)

    async def want(
        self,
        key: str,
        *,
        kind: MessageKind,
        request_id: RequestId,
        person_id: UserId,
        stage: int = 0,
        detail: Mapping[str, Any] | None = None,
        address: Address | None = None,
    ) -> MessageRecord:
        """Ask for this message, or for bringing it up to date: `wanted` grows by one each time.

        `detail` replaces the earlier one when given. `address` is used as long as nothing was posted. A message that
        was unreachable or failed is tried again; a retired one stays retired.
        """
        now = self._session.now()
        fresh = {
            "kind": kind,
            "request_id": request_id,
            "stage": stage,
            "person_id": person_id,
            **address_columns(address),
            "message_id": None,
            "detail": dict(detail or {}),
            "wanted": 1,
            "delivered": 0,
            "shown": "",
            "state": "wanted",
            "error": "",
            "claimed_by": "",
            "claimed_until": None,
            "posted_at": None,
            "offers_decision": False,
            "updated_at": now,
        }
        is_again = _table.c.state.in_(("unreachable", "failed"))
        put_back = case((_table.c.message_id.is_(None), "wanted"), else_="posted")
        changes: dict[str, Any] = {
            "wanted": _table.c.wanted + 1,
            "state": case((is_again, put_back), else_=_table.c.state),
            "updated_at": now,
        }
        if detail is not None:
            changes["detail"] = dict(detail)
        if address is not None:
            is_posted = _table.c.message_id.is_not(None)
            for column, value in address_columns(address).items():
                changes[column] = case((is_posted, _table.c[column]), else_=value)
        return await self._upserted(key, fresh, changes)

    async def adopt(
        self,
        key: str,
        *,
        kind: MessageKind,
        request_id: RequestId,
        person_id: UserId,
        address: Address,
        message_id: str,
        stage: int = 0,
        detail: Mapping[str, Any] | None = None,
        shown: str = "",
    ) -> MessageRecord:
        """Keep a message up to date from now on that is in the chat already.

        With `shown`, the digest of the card it shows, it counts as delivered; without, it waits to be brought up to
        date. A message known under this key before is taken to be this one now, and keeps what is wanted of it.
        """
        now = self._session.now()
        posted: dict[str, Any] = {
            **address_columns(address),
            "message_id": message_id,
            "shown": shown,
            "state": "posted",
            "error": "",
            "claimed_by": "",
            "claimed_until": None,
            "posted_at": now,
            "updated_at": now,
        }
        fresh = {
            **posted,
            "kind": kind,
            "request_id": request_id,
            "stage": stage,
            "person_id": person_id,
            "detail": dict(detail or {}),
            "wanted": 1,
            "delivered": 1 if shown else 0,
            "offers_decision": False,
        }
        changes = posted if detail is None else {**posted, "detail": dict(detail)}
        return await self._upserted(key, fresh, changes)

    async def claim(self, key: str, owner: str, now: datetime, for_seconds: float) -> MessageRecord | None:
        """Take the message for `owner` (who is one attempt, not a process) if there is something to deliver.

        None when there is nothing to do, it may not be delivered, or somebody else has it. One that was never posted
        becomes "posting"; `is_interrupted` tells whether an earlier attempt had got that far.
        """
        row = await self._session.row(select(_table).where(_table.c.key == key).with_for_update())
        if row is None or not _is_claimable(row, now):
            return None
        is_unposted = row["message_id"] is None
        changes = {
            "claimed_by": owner,
            "claimed_until": now + timedelta(seconds=for_seconds),
            "state": "posting" if is_unposted else row["state"],
        }
        claimed = await self._session.written(
            update(_table).where(_table.c.key == key).values(changes).returning(_table)
        )
        return None if claimed is None else _record(claimed, is_interrupted=row["state"] == "posting")

    async def is_settled(self, key: str) -> bool:
        """Whether nothing is left to deliver, or nothing can be: False for a message that somebody has claimed."""
        message = await self.find(key)
        return message is None or message.state not in _DELIVERABLE or message.delivered >= message.wanted

    async def settle(
        self,
        key: str,
        message_id: str,
        address: Address,
        shown: str,
        delivered: int,
        *,
        offers_decision: bool = False,
    ) -> None:
        """The chat shows what was wanted when `wanted` was `delivered`. Ends the claim."""
        now = self._session.now()
        await self._session.write(
            update(_table)
            .where(_table.c.key == key)
            .values(
                **address_columns(address),
                message_id=message_id,
                shown=shown,
                delivered=case((_table.c.delivered > delivered, _table.c.delivered), else_=delivered),
                state=case((_table.c.state == "retired", "retired"), else_="posted"),
                error="",
                offers_decision=offers_decision,
                claimed_by="",
                claimed_until=None,
                posted_at=func.coalesce(_table.c.posted_at, now),
                updated_at=now,
            )
        )

    async def release(self, key: str, error: str, *, retry: bool, may_be_there: bool = False) -> None:
        """The attempt came to nothing. Ends the claim: with `retry` the message still waits to go out.

        `may_be_there` when it is not known whether it was posted; the next claim then tells so.
        """
        put_back = case((_table.c.message_id.is_(None), "posting" if may_be_there else "wanted"), else_="posted")
        await self._session.write(
            update(_table)
            .where(_table.c.key == key, _table.c.state.in_(_DELIVERABLE))
            .values(
                state=put_back if retry else "failed",
                error=error,
                claimed_by="",
                claimed_until=None,
                updated_at=self._session.now(),
            )
        )

    async def mark(self, key: str, state: MessageState, error: str = "") -> None:
        """Set the state, whatever it was, and end any claim."""
        await self._session.write(
            update(_table)
            .where(_table.c.key == key)
            .values(state=state, error=error, claimed_by="", claimed_until=None, updated_at=self._session.now())
        )

    async def note(self, key: str, detail: Mapping[str, Any]) -> None:
        """Add to the detail of a message what was learnt while it was delivered."""
        known = await self.find(key)
        if known is not None and any(known.detail.get(name) != value for name, value in detail.items()):
            merged = {**known.detail, **detail}
            await self._session.write(update(_table).where(_table.c.key == key).values(detail=merged))

    async def for_request(self, request_id: RequestId) -> Sequence[MessageRecord]:
        rows = await self._session.rows(select(_table).where(_table.c.request_id == request_id).order_by(_table.c.key))
        return [_record(row) for row in rows]

    async def for_person(self, person_id: UserId, limit: int = 200) -> Sequence[MessageRecord]:
        """The messages of one person, the one that changed last first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.person_id == person_id)
            .order_by(_table.c.updated_at.desc(), _table.c.key)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def of_kind(self, person_id: UserId, kind: MessageKind, limit: int = 100) -> Sequence[MessageRecord]:
        """The messages of this kind for one person, the one that changed last first."""
        rows = await self._session.rows(
            select(_table)
            .where(_table.c.person_id == person_id, _table.c.kind == kind)
            .order_by(_table.c.updated_at.desc(), _table.c.key)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def last_of_kind(self, person_id: UserId, kind: MessageKind) -> MessageRecord | None:
        """The message of this kind that this person was sent, or should be, last."""
        row = await self._session.row(
            select(_table)
            .where(_table.c.person_id == person_id, _table.c.kind == kind)
            .order_by(_table.c.key.desc())
            .limit(1)
        )
        return None if row is None else _record(row)

    async def people_unreached(self, kind: MessageKind, limit: int, *, untried: str = "") -> Sequence[UserId]:
        """People for whom there is a message of this kind that was never posted because they cannot be reached.

        `untried` leaves out those who were seen, within the time that is remembered, under it and their id.
        """
        statement = (
            select(_table.c.person_id)
            .where(_is_unreached(kind))
            .group_by(_table.c.person_id)
            .order_by(func.max(_table.c.updated_at).desc())
            .limit(limit)
        )
        if untried:
            seen = schema.seen.c
            key = literal(untried) + _table.c.person_id
            statement = statement.where(~exists().where(seen.key == key, seen.expires_at > self._session.now()))
        return [UserId(row["person_id"]) for row in await self._session.rows(statement)]

    async def unreached(self, kind: MessageKind, person_id: UserId | None = None) -> Sequence[MessageRecord]:
        """Messages of this kind that never got to their person, about requests that are still open."""
        is_open = exists().where(
            schema.requests.c.request_id == _table.c.request_id, schema.requests.c.is_finished.is_(False)
        )
        statement = select(_table).where(_is_unreached(kind), is_open).order_by(_table.c.key).limit(_MOST_UNREACHED)
        if person_id is not None:
            statement = statement.where(_table.c.person_id == person_id)
        return [_record(row) for row in await self._session.rows(statement)]

    async def unreported(self) -> Sequence[MessageRecord]:
        """Cards for approvers who cannot be reached although that was tried, and of whom nobody was told."""
        return [
            message
            for message in await self.unreached("approval")
            if message.detail.get("reach") not in (None, "installed") and not message.detail.get("reported")
        ]

    async def undelivered(self, older_than: datetime, limit: int) -> Sequence[MessageRecord]:
        """Messages that wait to go out since before `older_than` and that nobody works on, the oldest first."""
        rows = await self._session.rows(
            select(_table)
            .where(
                _table.c.delivered < _table.c.wanted,
                _table.c.state.in_(_DELIVERABLE),
                _table.c.updated_at < older_than,
                or_(
                    _table.c.claimed_until.is_(None),
                    _table.c.claimed_until <= self._session.now(),
                    _table.c.claimed_until > self._session.now() + _LONGEST_CLAIM,
                ),
            )
            .order_by(_table.c.updated_at)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def out_of_date(self, older_than: datetime, limit: int = 200) -> Sequence[MessageRecord]:
        """Cards that offer a decision although, as far as Doorman knows, there is none to make.

        Their request has ended or is unknown, their stage is over, or their approver has decided it. Cards that changed
        since `older_than` are left out: what they need may be on its way.
        """
        requests, decisions = schema.requests.c, schema.decisions.c
        is_waiting = exists().where(
            requests.request_id == _table.c.request_id,
            requests.state == "pendingApproval",
            requests.stage <= _table.c.stage,
        )
        is_decided = exists().where(
            decisions.request_id == _table.c.request_id,
            decisions.stage == _table.c.stage,
            decisions.state == "recorded",
        )
        rows = await self._session.rows(
            select(_table)
            .where(
                _table.c.offers_decision.is_(True),
                _table.c.updated_at < older_than,
                _table.c.state.in_(("posted", "failed")),
                or_(~is_waiting, is_decided),
            )
            .order_by(_table.c.updated_at)
            .limit(limit)
        )
        return [_record(row) for row in rows]

    async def try_reachable_again(self) -> int:
        """Let those messages go out that could not reach somebody who has been seen in their own chat since."""
        is_back = exists().where(
            schema.people.c.object_id == _table.c.person_id,
            schema.people.c.is_reachable.is_(True),
            schema.people.c.conversation_id.is_not(None),
        )
        put_back = case((_table.c.message_id.is_(None), "wanted"), else_="posted")
        return await self._session.write(
            update(_table)
            .where(_table.c.state == "unreachable", is_back)
            .values(state=put_back, wanted=_table.c.wanted + 1)
        )

    async def delete_older_than(self, moment: datetime) -> int:
        """Forget the messages that did not change since, except those of requests that are still open."""
        is_open = exists().where(
            schema.requests.c.request_id == _table.c.request_id, schema.requests.c.is_finished.is_(False)
        )
        return await self._session.write(delete(_table).where(_table.c.updated_at < moment, ~is_open))

    async def _upserted(self, key: str, fresh: Mapping[str, Any], changes: Mapping[str, Any]) -> MessageRecord:
        statement = self._session.insert(_table).values(key=key, **fresh)
        row = await self._session.written(
            statement.on_conflict_do_update(index_elements=["key"], set_=dict(changes)).returning(_table)
        )
        if row is None:  # an upsert always gives its row back
            raise RuntimeError("the message was not stored")
        return _record(row)


def _is_unreached(kind: MessageKind) -> ColumnElement[bool]:
    return and_(_table.c.state == "unreachable", _table.c.kind == kind, _table.c.message_id.is_(None))


def _is_claimable(row: RowMapping, now: datetime) -> bool:
    if row["state"] not in _DELIVERABLE or row["delivered"] >= row["wanted"]:
        return False
    until = row["claimed_until"]
    return until is None or until <= now or until > now + _LONGEST_CLAIM


_PLAIN = tuple(column.name for column in _table.c if column.name not in ("conversation_id", "service_url"))
"""Columns that hold a field of the record as it is."""


def _record(row: RowMapping, *, is_interrupted: bool = False) -> MessageRecord:
    return MessageRecord(
        **{column: row[column] for column in _PLAIN}, address=address_of(row), is_interrupted=is_interrupted
    )
