"""What this person can do, with a button for each command; also the welcome and the answer to unknown words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import RunCommand
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button

DID_YOU_MEAN: Final = _("Did you mean")
MOST_SUGGESTIONS: Final = 3
MOST_LINES: Final = 40


@dataclass(frozen=True, slots=True)
class HelpLine:
    command: str  # what to type, and what the button runs
    title: str  # the button
    text: str  # one line of explanation


@dataclass(frozen=True, slots=True)
class HelpView:
    title: str
    lines: tuple[HelpLine, ...]
    intro: str = ""
    support_contact: str = ""
    suggestions: tuple[str, ...] = ()  # "did you mean": commands offered first
    words: Language = ENGLISH


@lru_cache(maxsize=256)
def help_card(view: HelpView) -> Card:
    """The same card for the same view, kept: it is asked for more often than any other."""
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: HelpView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(view.title, room)]
    if view.intro:
        body.append(say.paragraph(view.intro, room, spacing="small"))
    if view.suggestions:
        offered = [Button(words, RunCommand(text=words)) for words in view.suggestions[:MOST_SUGGESTIONS]]
        body.append(say.paragraph(room.words(DID_YOU_MEAN), is_subtle=True, spacing="medium"))
        body.append(parts.ActionSet(actions=say.execute_all(offered, room), spacing="small"))
    body.extend(_line(line, room) for line in view.lines[:MOST_LINES])
    if view.support_contact:
        contact = room.words("Questions? {contact}", contact=view.support_contact)
        body.append(say.paragraph(contact, room, is_subtle=True, is_small=True, spacing="medium"))
    return say.document(f"{view.title}. {view.intro}" if view.intro else view.title, body, room)


def _line(line: HelpLine, room: Room) -> parts.Container:
    words: list[parts.Element] = [say.paragraph(line.title, room, limit=80, is_bold=True)]
    if line.text:
        words.append(say.paragraph(line.text, room, limit=200, is_subtle=True, is_small=True, spacing="none"))
    return say.tappable(words, line.title, RunCommand(text=line.command), room, spacing="medium", has_line=True)
