"""Whether everything about access packages is in order, for administrators: what matters most first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import OpenHealth, ShowHealth
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, Link, Tone

EYEBROW: Final = _("For administrators")
TITLE: Final = _("Health")
OPEN: Final = _("Details")
AGAIN: Final = _("Look again")
NEXT: Final = _("Next page")
BACK: Final = _("Back")
MOST_GROUPS: Final = 8
MOST_FINDINGS: Final = 6


@dataclass(frozen=True, slots=True)
class GroupLine:
    """What one check found, as far as it matters equally much. `heading` begins a new severity."""

    title: str
    text: str
    tone: Tone
    open: OpenHealth
    heading: str = ""


@dataclass(frozen=True, slots=True)
class HealthView:
    headline: str
    tone: Tone
    when: str
    lines: tuple[GroupLine, ...] = ()
    next: ShowHealth | None = None
    links: tuple[Link, ...] = ()
    footnote: str = ""
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding: the sentence, what to do, and how."""

    text: str
    step: str = ""
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class HealthDetailsView:
    title: str
    severity: str
    tone: Tone
    lines: tuple[FindingLine, ...]
    place: str = ""  # "1 to 6 of 12"
    next: OpenHealth | None = None
    words: Language = ENGLISH


def health_card(view: HealthView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def health_details_card(view: HealthDetailsView) -> Card:
    return fitted(lambda room: _build_details(view, room), view.words)


def _build(view: HealthView, room: Room) -> parts.AdaptiveCard:
    words = room.words
    body: list[parts.Element] = [
        say.eyebrow(words(EYEBROW)),
        say.heading(words(TITLE), room, spacing="none"),
        say.paragraph(view.when, room, is_subtle=True, is_small=True, spacing="none"),
        say.notice(view.headline, view.tone, room),
    ]
    for line in view.lines[:MOST_GROUPS]:
        if line.heading:
            body.append(say.subheading(line.heading))
        items: list[parts.Element] = [
            say.beside_glyph(
                line.tone,
                [
                    say.paragraph(line.title, room, limit=120, is_bold=True),
                    say.paragraph(line.text, room, limit=220, is_small=True, spacing="none", max_lines=2),
                ],
            )
        ]
        call = words(OPEN)
        body.append(say.tappable(items, f"{call}: {line.title}", line.open, room, style="emphasis"))
    if view.footnote:
        body.append(say.paragraph(view.footnote, room, is_subtle=True, is_small=True, spacing="medium"))
    actions: list[parts.Action] = []
    if view.next is not None:
        actions.append(say.execute(words(NEXT), view.next, takes_inputs=False))
    actions.append(say.execute(words(AGAIN), ShowHealth(is_fresh=True), takes_inputs=False))
    actions.extend(say.open_all(view.links, room))
    return say.document(f"{words(TITLE)}: {view.headline}", body, room, actions=actions)


def _build_details(view: HealthDetailsView, room: Room) -> parts.AdaptiveCard:
    words = room.words
    body: list[parts.Element] = [
        say.eyebrow(words(EYEBROW)),
        say.heading(view.title, room, spacing="none"),
        say.notice(view.severity, view.tone, room),
    ]
    if view.place:
        body.append(say.paragraph(view.place, room, is_subtle=True, is_small=True, spacing="small"))
    for line in view.lines[:MOST_FINDINGS]:
        body.append(say.paragraph(line.text, room, limit=400, spacing="medium"))
        if line.step:
            body.append(say.paragraph(line.step, room, limit=300, is_subtle=True, is_small=True, spacing="none"))
        if line.buttons or line.links:
            body.append(say.row_actions(line.buttons, line.links, room))
    actions: list[parts.Action] = []
    if view.next is not None:
        actions.append(say.execute(words(NEXT), view.next, takes_inputs=False))
    actions.append(say.execute(words(BACK), ShowHealth(), takes_inputs=False))
    return say.document(f"{view.title}: {view.severity}", body, room, actions=actions)
