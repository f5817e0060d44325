"""Where one request stands; the same message is edited until the access works or the answer is no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import RefreshRequestStatus
from cards.language import ENGLISH, Language, _
from cards.remarks import RemarkLine, remark_parts
from cards.rendering import Card, Room, fitted
from cards.views import Button, Fact, Link, Tone

EYEBROW: Final = _("Your request")
DELIVERY: Final = _("What you get")
MOST_STEPS: Final = 10
MOST_ROLES: Final = 12


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
    delivery: tuple[Step, ...] = ()  # what was granted, and whether it is there
    remarks: tuple[RemarkLine, ...] = ()
    hint: str = ""  # the same in text: "cancel K7Q2"
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
    body.extend(step_line(step, room, is_first=not place) for place, step in enumerate(view.steps[:MOST_STEPS]))
    if view.delivery:
        body.append(say.subheading(room.words(DELIVERY)))
        body.extend(step_line(step, room) for step in view.delivery[:MOST_ROLES])
        if len(view.delivery) > MOST_ROLES:
            left = say.and_more(len(view.delivery) - MOST_ROLES, room)
            body.append(say.paragraph(left, is_subtle=True, spacing="small"))
    if view.facts:
        body.append(say.facts(view.facts, room))
    body.extend(remark_parts(view.remarks, room))
    if view.hint:
        body.append(say.paragraph(view.hint, room, is_subtle=True, is_small=True, spacing="small"))
    return say.document(
        f"{view.package_name}: {view.headline}",
        body,
        room,
        actions=[*say.execute_all(view.buttons, room), *say.open_all(view.links, room)],
        refresh=say.refresh(view.refresh, view.refresh_for, room),
    )


def step_line(step: Step, room: Room, *, is_first: bool = False) -> parts.ColumnSet:
    is_now, is_ahead = step.tone is Tone.WAITING, step.tone is Tone.NEUTRAL
    items: list[parts.Element] = [
        say.paragraph(step.title, room, limit=160, is_bold=is_now or step.tone is Tone.BAD, is_subtle=is_ahead)
    ]
    if step.detail:
        items.append(say.paragraph(step.detail, room, limit=300, is_subtle=True, is_small=True, spacing="none"))
    return say.beside_glyph(step.tone, items, spacing="medium" if is_first else "small")
