"""The weekly summary of a lead's projects, as it is at the moment of its delivery."""

from __future__ import annotations

from bot.delivery.desk import Content
from bot.services.lead_digest import LeadDigest
from bot.store.records import MessageRecord
from bot.views.team import digest_view
from bot.views.words import Reader
from cards.team import table_card


class LeadDigestWriter:
    def __init__(self, digest: LeadDigest) -> None:
        self._digest = digest

    async def write(self, message: MessageRecord, reader: Reader) -> Content | None:
        """None when there is nothing to tell: nobody is written to for that."""
        news = await self._digest.news_for(message.person_id)
        if not news and message.message_id is None:
            return None
        view = digest_view(news, reader)
        return Content(table_card(view), summary=view.title)
