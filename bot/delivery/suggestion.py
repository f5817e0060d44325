"""The card with which a lead asks somebody to request an access package themselves."""

from __future__ import annotations

from bot.delivery.desk import Content
from bot.store.records import MessageRecord
from bot.views.single_change import suggestion_view
from bot.views.words import Reader
from cards.notice import notice_card


async def write_suggestion(message: MessageRecord, reader: Reader) -> Content | None:
    view = suggestion_view(message, reader)
    return Content(notice_card(view), summary=f"{view.title}. {view.text}")
