"""Everything that waits for one approver, the nearest deadline first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import OpenApproval
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.text import isolate
from cards.views import Link

MOST_SHOWN: Final = 8
TITLE: Final = _("Waiting for you")
NOTHING_WAITS: Final = _("Nothing waits for your decision. I will write to you when somebody asks.")
CALL: Final = _("Review")
PORTAL: Final = _("Open My Access")


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    requestor_name: str
    package_name: str
    when: str  # "asked 2 hours ago, due in 3 days"
    justification: str
    open: OpenApproval
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalsView:
    lines: tuple[ApprovalLine, ...]  # at most eight are shown
    more_count: int = 0
    portal_url: str = ""
    words: Language = ENGLISH


def approvals_card(view: ApprovalsView) -> Card:
    if not view.lines:
        return _nothing_waits(view.portal_url, view.words)
    return fitted(lambda room: _build(view, room), view.words)


@lru_cache(maxsize=64)
def _nothing_waits(portal_url: str, words: Language) -> Card:
    body = [say.heading(words(TITLE)), say.paragraph(words(NOTHING_WAITS), spacing="small")]
    return fitted(lambda room: say.document(words(NOTHING_WAITS), body, room, actions=_portal(portal_url, room)), words)


def _build(view: ApprovalsView, room: Room) -> parts.AdaptiveCard:
    count = len(view.lines) + view.more_count
    title = room.words.plural("Waiting for you: {count} request", "Waiting for you: {count} requests", count)
    body: list[parts.Element] = [say.heading(title)]
    body.extend(_line(line, room) for line in view.lines[:MOST_SHOWN])
    left = count - min(len(view.lines), MOST_SHOWN)
    if left:
        body.append(say.paragraph(say.and_more(left, room), is_subtle=True, is_small=True, spacing="medium"))
    return say.document(title, body, room, actions=_portal(view.portal_url, room))


def _line(line: ApprovalLine, room: Room) -> parts.Container:
    nameless = room.words(say.NAMELESS)
    who = f"{isolate(line.requestor_name) or nameless} · {isolate(line.package_name) or nameless}"
    items: list[parts.Element] = [say.paragraph(who, room, limit=200, is_bold=True)]
    if line.justification:
        words = say.quoted(line.justification, room)
        items.append(say.paragraph(words, room, limit=160, is_small=True, spacing="none", max_lines=2))
    when = f"⏳ {line.when}" if line.is_urgent else line.when
    items.append(
        say.paragraph(
            when,
            room,
            limit=120,
            is_small=True,
            is_bold=line.is_urgent,
            is_subtle=not line.is_urgent,
            color="warning" if line.is_urgent else None,
            spacing="none",
        )
    )
    title = room.words("Review {name}: {package}", name=line.requestor_name, package=line.package_name)
    return say.tappable(items, title, line.open, room, call=room.words(CALL), style="emphasis")


def _portal(url: str, room: Room) -> list[parts.Action]:
    return say.open_all([Link(room.words(PORTAL), url)]) if url else []
