"""One short message: a title, a sentence or two, what can be done next."""

from __future__ import annotations

from dataclasses import dataclass

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
