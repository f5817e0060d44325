"""Who was asked to decide a request, where, and what they were shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain import RequestId, UserId
from bot.store import Store
from bot.store.records import MessageRecord
from bot.turn import Actor


@dataclass(frozen=True, slots=True)
class Asking:
    """One person was asked about one stage: by a card of their own, in a channel, or in a summary.

    `detail` says why them, as the tracker wrote it down.
    """

    stage: int
    detail: Mapping[str, Any] = field(default_factory=dict)


class Askings:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, who: Actor, request_id: RequestId) -> Asking | None:
        """How this person was asked, for the latest stage; None when they were not."""
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(request_id)
            nudges = await unit.nudges.for_request(request_id)
        found = [Asking(one.stage, one.detail) for one in _own(messages, who)]
        without_card = [nudge for nudge in nudges if nudge.person_id == who.object_id and not nudge.has_card]
        found += [Asking(one.stage, _in_channel(messages, one.stage, who) or one.detail) for one in without_card]
        return max(found, key=lambda asking: asking.stage, default=None)

    async def is_early(self, who: Actor, request_id: RequestId, stage: int) -> bool:
        """Whether this person was only asked about stages after `stage`, the current one."""
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(request_id)
            nudges = await unit.nudges.for_request(request_id)
        stages = [one.stage for one in _own(messages, who)]
        stages += [nudge.stage for nudge in nudges if nudge.person_id == who.object_id]
        return bool(stages) and min(stages) > stage

    async def card_of(self, who: Actor, request_id: RequestId) -> MessageRecord | None:
        """The card of their own that asked this person, for the latest stage; None when there is none."""
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.for_request(request_id)
        return max(_own(messages, who), key=lambda message: message.stage, default=None)

    async def shown_to(self, who: Actor, request_id: RequestId) -> str:
        """The digest of what this person's card told them; empty when they have none."""
        message = await self.card_of(who, request_id)
        return str(message.detail.get("digest", "")) if message and message.message_id else ""

    async def note_shown(self, who: Actor, request_id: RequestId, digest: str) -> None:
        """Remember what this person was shown by another message than their card."""
        message = await self.card_of(who, request_id)
        if message is not None:
            async with self._store.unit() as unit:
                await unit.messages.note(message.key, {"digest": digest})


def people_asked(messages: Sequence[MessageRecord]) -> list[UserId]:
    """Everybody who has a card of their own or is named by one in a channel."""
    people = [message.person_id for message in messages if message.kind == "approval"]
    people += [UserId(one) for message in messages if message.kind == "channel" for one in message.detail["asked"]]
    return list(dict.fromkeys(people))


def _own(messages: Sequence[MessageRecord], who: Actor) -> list[MessageRecord]:
    return [message for message in messages if message.kind == "approval" and message.person_id == who.object_id]


def _in_channel(messages: Sequence[MessageRecord], stage: int, who: Actor) -> Mapping[str, Any]:
    """Why this person, where they were asked in a channel."""
    asked = [message.detail["asked"] for message in messages if message.kind == "channel" and message.stage == stage]
    return asked[0].get(who.object_id, {}) if asked else {}
