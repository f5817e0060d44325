"""A request in a channel: everybody sees that one waits, and only who may decide sees whose and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import OpenApproval, RefreshApproval
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import ButtonStyle, Fact

EYEBROW: Final = _("Access request")
OPEN: Final = _("Show it to me")
HINT: Final = _("Only those who may decide see here who asks, and why.")


@dataclass(frozen=True, slots=True)
class ChannelRequestView:
    headline: str  # "A request for Sales data waits for a decision"
    facts: tuple[Fact, ...] = ()  # asked, until when, which approval; nothing about people
    open: OpenApproval | None = None  # None: there is nothing to decide any more
    refresh: RefreshApproval | None = None
    refresh_for: tuple[str, ...] = ()  # Teams ids whose clients show their own view by themselves
    words: Language = ENGLISH


def channel_request_card(view: ChannelRequestView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: ChannelRequestView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.headline, room, spacing="none"),
    ]
    if view.facts:
        body.append(say.facts(view.facts, room))
    actions: list[parts.Action] = []
    if view.open is not None:
        body.append(say.paragraph(room.words(HINT), is_subtle=True, is_small=True))
        actions.append(say.execute(room.words(OPEN), view.open, ButtonStyle.DEFAULT, room))
    refresh = None if view.refresh is None else say.refresh(view.refresh, view.refresh_for, room)
    return say.document(view.headline, body, room, actions=actions, refresh=refresh)
