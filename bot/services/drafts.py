"""Requests that are put together in words: kept until they are sent, so that one more line completes them.

A draft has the id of the form it will be sent as, so what is said twice, or in words and on the form, is sent once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.domain import AccessPackageId
from bot.services.spoken_form import Filled
from bot.services.submissions import target_of
from bot.store import Store
from bot.store.records import Draft, Submission
from bot.turn import Actor

_SAID_AGAIN_WITHIN: Final = timedelta(days=1)


class Drafts:
    def __init__(self, store: Store, new_id: Callable[[], str], clock: Clock) -> None:
        self._store = store
        self._new_id = new_id
        self._clock = clock

    async def known(self, who: Actor, package_id: AccessPackageId) -> Filled:
        """What this person has said so far about this package and not sent."""
        async with self._store.unit(read_only=True) as unit:
            draft = await unit.drafts.of(who.object_id, package_id)
            sent = await unit.submissions.find(draft.form_id) if draft else None
        return Filled() if draft is None or (sent is not None and sent.state != "refused") else Filled.of(draft.content)

    async def keep(self, who: Actor, package_id: AccessPackageId, filled: Filled) -> Draft:
        """The draft with this content. One that was sent, and whose request is through, makes room for a new one."""
        async with self._store.unit() as unit:
            known = await unit.drafts.of(who.object_id, package_id)
            submission = await unit.submissions.find(known.form_id) if known else None
            if known is not None and submission is not None and submission.state in ("sent", "lost"):
                record = await unit.requests.find(submission.request_id) if submission.request_id else None
                is_through = record is None or record.is_finished
                if _is_for_another(submission, filled, who) or (
                    is_through and not self._is_said_again(submission, filled)
                ):
                    await unit.drafts.drop(known.code)
            return await unit.drafts.begin(who.object_id, package_id, self._new_id(), filled.content())

    def _is_said_again(self, submission: Submission, filled: Filled) -> bool:
        """Whether the same words for somebody else come twice. What one has oneself is seen before anything is sent."""
        is_recent = self._clock.now() - submission.created_at < _SAID_AGAIN_WITHIN
        return bool(filled.target_id) and is_recent and submission.payload.get("justification") == filled.justification

    async def find(self, who: Actor, code: str) -> Draft | None:
        """The person's own draft of this code; nobody else's."""
        async with self._store.unit(read_only=True) as unit:
            return await unit.drafts.find(who.object_id, code)


def _is_for_another(submission: Submission, filled: Filled, who: Actor) -> bool:
    return target_of(submission) != (filled.target_id or who.object_id)
