"""A delivery in trouble, for an administrator: whose, what of it is missing, and the way to try it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import ReprocessRequest
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.request_status import Step, step_line
from cards.views import ButtonStyle, Fact, Link, Tone

EYEBROW: Final = _("For administrators")
REPROCESS: Final = _("Try again")
ROLES: Final = _("What was granted")


@dataclass(frozen=True, slots=True)
class IncidentView:
    title: str  # "Sales data for Rita Requester"
    headline: str
    tone: Tone
    text: str = ""
    roles: tuple[Step, ...] = ()
    facts: tuple[Fact, ...] = ()
    reprocess: ReprocessRequest | None = None
    links: tuple[Link, ...] = ()
    hint: str = ""
    words: Language = ENGLISH


def incident_card(view: IncidentView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: IncidentView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.title, room, spacing="none"),
        say.notice(view.headline, view.tone, room, limit=200),
    ]
    if view.text:
        body.append(say.paragraph(view.text, room, limit=1_000))
    if view.roles:
        body.append(say.subheading(room.words(ROLES)))
        body.extend(step_line(role, room) for role in view.roles)
    if view.facts:
        body.append(say.facts(view.facts, room))
    actions: list[parts.Action] = []
    if view.reprocess is not None:
        actions.append(say.execute(room.words(REPROCESS), view.reprocess, ButtonStyle.POSITIVE, takes_inputs=False))
        if view.hint:
            body.append(say.paragraph(view.hint, room, is_subtle=True, is_small=True, spacing="small"))
    actions.extend(say.open_all(view.links, room))
    return say.document(f"{view.title}: {view.headline}", body, room, actions=actions)
