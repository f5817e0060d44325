"""One short message: a title, a sentence or two, what can be done next."""

from __future__ import annotations

from dataclasses import dataclass

from cards import elements as parts
from cards import vocabulary as say
from cards.language import ENGLISH, Language
from cards.rendering import Card, Room, fitted
from cards.views import Button, Fact, Link, Tone


@dataclass(frozen=True, slots=True)
class NoticeView:
    title: str
    text: str = ""
    tone: Tone = Tone.NEUTRAL
    facts: tuple[Fact, ...] = ()
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    footnote: str = ""  # small print: support contact, correlation id
    words: Language = ENGLISH


def notice_card(view: NoticeView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: NoticeView, room: Room) -> parts.AdaptiveCard:
    title = say.heading(view.title, room)
    body: list[parts.Element] = [
        title if view.tone is Tone.NEUTRAL else say.beside_glyph(view.tone, [title], size="large")
    ]
    if view.text:
        body.append(say.paragraph(view.text, room, limit=2_000, spacing="small"))
    if view.facts:
        body.append(say.facts(view.facts, room))
    if view.footnote:
        body.append(say.paragraph(view.footnote, room, is_subtle=True, is_small=True, spacing="medium"))
    return say.document(
        f"{view.title}. {view.text}" if view.text else view.title,
        body,
        room,
        actions=[*say.execute_all(view.buttons, room), *say.open_all(view.links, room)],
    )
