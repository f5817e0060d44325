"""The card about an enrolment run, as it is at the moment of its delivery."""

from __future__ import annotations

from bot.delivery.desk import Content
from bot.errors import NotFound
from bot.services.enrolment_cards import EnrolmentCards
from bot.store.records import MessageRecord
from bot.turn import Actor
from bot.views.enrolment import run_view
from bot.views.words import Reader
from cards.enrolment import enrolment_card


class EnrolmentWriter:
    def __init__(self, cards: EnrolmentCards, tenant_id: str) -> None:
        self._cards = cards
        self._tenant_id = tenant_id

    async def write(self, message: MessageRecord, reader: Reader) -> Content | None:
        """None when the run was forgotten."""
        try:
            facts = await self._cards.facts(message.request_id, Actor(self._tenant_id, message.person_id))
        except NotFound:
            return None
        page = message.detail.get("page")
        view = run_view(facts, reader, page=page if isinstance(page, int) else 0)
        return Content(enrolment_card(view), summary=f"{view.title}: {view.headline}")
