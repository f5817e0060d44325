"""Everything that waits for one approver, the nearest deadline first; one by one or several together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import ApproveSeveral, DenySeveral, ListApprovals, OpenApproval
from cards.approval import (
    APPROVE,
    CANNED,
    CANNED_NONE,
    DENY,
    REASON_FOR_DENIAL,
    REASON_LENGTH,
    REASON_MISSING,
    SHARE_WITH_PICKS,
)
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.text import isolate
from cards.views import ButtonStyle, Link, Tone

MOST_SHOWN: Final = 8
TITLE: Final = _("Waiting for you")
NOTHING_WAITS: Final = _("Nothing waits for your decision. I will write to you when somebody asks.")
NOTHING_FOUND: Final = _("Nothing that waits for you matches “{words}”.")
CALL: Final = _("Review")
PORTAL: Final = _("Open My Access")
SEVERAL: Final = _("Decide several")
ONE_BY_ONE: Final = _("One by one")
NEXT: Final = _("Next page")
FIRST: Final = _("First page")
WHICH: Final = _("Which ones?")
NONE_CHOSEN: Final = _("Please tick at least one.")
AWAY: Final = _("Away for a while? Name a delegate in My Access. Delegates decide there: they get no card from me.")


@dataclass(frozen=True, slots=True)
class ApprovalLine:
    requestor_name: str
    package_name: str
    when: str  # "asked 2 hours ago, due in 3 days"
    justification: str
    open: OpenApproval
    is_urgent: bool = False
    choice: str = ""  # what a tick sends


@dataclass(frozen=True, slots=True)
class ApprovalsView:
    """One page. `title` counts everything, `page_line` says which part of it this is, where there are more."""

    lines: tuple[ApprovalLine, ...]  # at most eight are shown
    title: str = TITLE
    page_line: str = ""
    search: str = ""  # the words it was narrowed by
    next: ListApprovals | None = None
    first: ListApprovals | None = None
    switch: ListApprovals | None = None  # to the tick boxes and back
    approve: ApproveSeveral | None = None  # set where several are decided together
    deny: DenySeveral | None = None
    canned_reasons: tuple[str, ...] = ()
    chosen: str = ""
    typed_justification: str = ""
    typed_canned: str = ""
    problem: str = ""
    portal_url: str = ""
    words: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class ResultLine:
    tone: Tone
    what: str  # "Rita Requester · Sales data"
    outcome: str  # a sentence
    open: OpenApproval | None = None  # where it has to be looked at again


@dataclass(frozen=True, slots=True)
class ResultsView:
    title: str
    lines: tuple[ResultLine, ...]
    back: ListApprovals | None = None
    words: Language = ENGLISH


def approvals_card(view: ApprovalsView) -> Card:
    if not view.lines and not view.search:
        return _nothing_waits(view.portal_url, view.words)
    return fitted(lambda room: _build(view, room), view.words)


def results_card(view: ResultsView) -> Card:
    """One line for each item that was ticked: some may have worked when others did not."""
    return fitted(lambda room: _build_results(view, room), view.words)


@lru_cache(maxsize=16)
def _nothing_waits(portal_url: str, words: Language) -> Card:
    nothing = words(NOTHING_WAITS)
    body = [
        say.heading(words(TITLE)),
        say.paragraph(nothing, spacing="small"),
        say.paragraph(words(AWAY), is_subtle=True, is_small=True, spacing="medium"),
    ]
    return fitted(lambda room: say.document(nothing, body, room, actions=_portal(portal_url, room)), words)


def _build(view: ApprovalsView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = []
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    body.append(say.heading(view.title, room))
    if view.page_line:
        body.append(say.paragraph(view.page_line, room, is_subtle=True, is_small=True, spacing="none"))
    if not view.lines:
        body.append(say.paragraph(room.words(NOTHING_FOUND, words=isolate(view.search)), room, spacing="small"))
    elif view.approve is not None or view.deny is not None:
        body.extend(_ticks(view, room))
    else:
        body.extend(_line(line, room) for line in view.lines[:MOST_SHOWN])
        body.append(say.paragraph(room.words(AWAY), is_subtle=True, is_small=True, spacing="medium"))
    return say.document(view.title, body, room, actions=_actions(view, room))


def _actions(view: ApprovalsView, room: Room) -> list[parts.Action]:
    words = room.words
    shown: list[parts.Action] = []
    if view.approve is not None:
        shown.append(say.execute(words(APPROVE), view.approve, ButtonStyle.POSITIVE))
    if view.deny is not None:
        shown.append(say.execute(words(DENY), view.deny, ButtonStyle.DESTRUCTIVE))
    if view.switch is not None:
        title = words(SEVERAL if view.switch.is_for_several else ONE_BY_ONE)
        shown.append(say.execute(title, view.switch, takes_inputs=False))
    if view.next is not None:
        shown.append(say.execute(words(NEXT), view.next, takes_inputs=False))
    if view.first is not None:
        shown.append(say.execute(words(FIRST), view.first, takes_inputs=False))
    return [*shown, *_portal(view.portal_url, room)]


def _ticks(view: ApprovalsView, room: Room) -> list[parts.Element]:
    words = room.words
    choices = [(line.choice, _choice_title(line)) for line in view.lines[:MOST_SHOWN] if line.choice]
    ticks = say.choice_input(
        "chosen",
        words(WHICH),
        words(NONE_CHOSEN),
        choices,
        is_required=True,
        is_multiple=True,
        value=view.chosen,
        room=room,
    )
    shown: list[parts.Element] = [ticks]
    if view.canned_reasons and room.share >= SHARE_WITH_PICKS:
        picks = [(reason, reason) for reason in view.canned_reasons]
        shown.append(
            say.choice_input(
                "canned",
                words(CANNED),
                words(REASON_MISSING),
                picks,
                value=view.typed_canned,
                placeholder=words(CANNED_NONE),
                room=room,
            )
        )
    shown.append(
        say.text_input(
            "justification",
            words(REASON_FOR_DENIAL),
            words(REASON_MISSING),
            value=view.typed_justification,
            is_multiline=True,
            max_length=REASON_LENGTH,
            says_optional=False,
            room=room,
        )
    )
    return shown


def _choice_title(line: ApprovalLine) -> str:
    return f"{isolate(line.requestor_name)} · {isolate(line.package_name)} · {line.when}"


def _line(line: ApprovalLine, room: Room) -> parts.Container:
    nameless = room.words(say.NAMELESS)
    who = f"{isolate(line.requestor_name) or nameless} · {isolate(line.package_name) or nameless}"
    items: list[parts.Element] = [say.paragraph(who, room, limit=200, is_bold=True)]
    if line.justification:
        quoted = say.quoted(line.justification, room)
        items.append(say.paragraph(quoted, room, limit=160, is_small=True, spacing="none", max_lines=2))
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


def _build_results(view: ResultsView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = [say.heading(view.title, room)]
    for line in view.lines:
        items: list[parts.Element] = [
            say.paragraph(line.what, room, limit=200, is_bold=True),
            say.paragraph(line.outcome, room, limit=300, is_subtle=True, spacing="none"),
        ]
        if line.open is not None:
            title = room.words("Review {what}", what=line.what)
            body.append(say.tappable(items, title, line.open, room, call=room.words(CALL), style="emphasis"))
        else:
            body.append(say.beside_glyph(line.tone, items, spacing="medium"))
    actions: list[parts.Action] = []
    if view.back is not None:
        actions.append(say.execute(room.words(TITLE), view.back, takes_inputs=False))
    return say.document(view.title, body, room, actions=actions)


def _portal(url: str, room: Room) -> list[parts.Action]:
    return say.open_all([Link(room.words(PORTAL), url)]) if url else []
