"""Where one request stands; the same message is edited until the access works or the answer is no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import RefreshRequestStatus
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, Fact, Link, Tone

EYEBROW: Final = _("Your request")
MOST_STEPS: Final = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the way from asking to working access."""

    title: str
    tone: Tone  # GOOD = done, WAITING = now, NEUTRAL = still to come, BAD = ended here
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RequestStatusView:
    package_name: str
    headline: str  # "Waiting for Marc Manager"
    tone: Tone
    steps: tuple[Step, ...]
    refresh: RefreshRequestStatus
    facts: tuple[Fact, ...] = ()
    text: str = ""
    buttons: tuple[Button, ...] = ()
    links: tuple[Link, ...] = ()
    refresh_for: tuple[str, ...] = ()  # Teams ids whose clients ask for news by themselves
    words: Language = ENGLISH


def request_status_card(view: RequestStatusView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: RequestStatusView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [
        say.eyebrow(room.words(EYEBROW)),
        say.heading(view.package_name, room, spacing="none"),
        say.notice(view.headline, view.tone, room, limit=200),
    ]
    if view.text:
        body.append(say.paragraph(view.text, room, limit=1_000))
    body.extend(_step(step, room, is_first=not place) for place, step in enumerate(view.steps[:MOST_STEPS]))
    if view.facts:
        body.append(say.facts(view.facts, room))
    return say.document(
        f"{view.package_name}: {view.headline}",
        body,
        room,
        actions=[*say.execute_all(view.buttons, room), *say.open_all(view.links, room)],
        refresh=say.refresh(view.refresh, view.refresh_for, room),
    )


def _step(step: Step, room: Room, *, is_first: bool) -> parts.ColumnSet:
    is_now, is_ahead = step.tone is Tone.WAITING, step.tone is Tone.NEUTRAL
    items: list[parts.Element] = [
        say.paragraph(step.title, room, limit=160, is_bold=is_now or step.tone is Tone.BAD, is_subtle=is_ahead)
    ]
    if step.detail:
        items.append(say.paragraph(step.detail, room, limit=300, is_subtle=True, is_small=True, spacing="none"))
    return say.beside_glyph(step.tone, items, spacing="medium" if is_first else "small")
