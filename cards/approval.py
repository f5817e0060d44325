"""One request as its approver sees it: who wants what and why, then approve or deny, then what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import inputs
from cards import vocabulary as say
from cards.actions import ApproveRequest, DenyRequest, RefreshApproval
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.text import isolate
from cards.views import ButtonStyle, Fact, Link, Tone

EYEBROW: Final = _("Access request")
CHANGED: Final = _("This changed while the card was open. Please look again before you decide.")
WHY: Final = _("Why")
WHAT: Final = _("What they get")
ANSWERS: Final = _("Their answers")
APPROVE: Final = _("Approve")
DENY: Final = _("Deny")
REASON: Final = _("Your reason")
REASON_FOR_DENIAL: Final = _("Your reason (optional, but needed to deny)")
REASON_MISSING: Final = _("Please give a reason.")
REASON_LENGTH: Final = 2_000


@dataclass(frozen=True, slots=True)
class ApprovalView:
    package_name: str
    requestor_name: str
    headline: str  # "Rita Requester asks for Sales data", or the outcome
    tone: Tone
    refresh: RefreshApproval
    requestor_line: str = ""  # job title, department, company
    beneficiary_name: str = ""  # when somebody asks for somebody else
    facts: tuple[Fact, ...] = ()  # asked, period, stage, deadline, why you
    justification: str = ""
    answers: tuple[Fact, ...] = ()
    contents: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()  # what is different from the card that was pressed
    approve: ApproveRequest | None = None  # None: nothing to decide (any more)
    deny: DenyRequest | None = None
    is_justification_required: bool = False
    typed_justification: str = ""
    problem: str = ""
    outcome: str = ""  # a sentence, when decided, cancelled or closed
    links: tuple[Link, ...] = ()
    refresh_for: tuple[str, ...] = ()  # Teams ids whose clients ask for news by themselves
    words: Language = ENGLISH


def approval_card(view: ApprovalView) -> Card:
    """What changed comes first, then who asks, why, and what for; once decided, the outcome and nothing to press."""
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: ApprovalView, room: Room) -> parts.AdaptiveCard:
    is_open = view.approve is not None or view.deny is not None
    body: list[parts.Element] = [*_warnings(view, room), say.eyebrow(room.words(EYEBROW))]
    body.extend(_who(view, room, is_open=is_open))
    body.extend(_what(view, room))
    if view.facts:
        body.append(say.facts(view.facts, room))
    actions: list[parts.Action] = []
    if is_open:
        body.append(_reason(view, room))
        actions.extend(_decisions(view, room))
    return say.document(
        view.outcome or view.headline,
        body,
        room,
        actions=[*actions, *say.open_all(view.links, room)],
        refresh=say.refresh(view.refresh, view.refresh_for, room),
    )


def _warnings(view: ApprovalView, room: Room) -> list[parts.Element]:
    shown: list[parts.Element] = []
    if view.changes:
        lead = say.beside_glyph(Tone.WAITING, [say.paragraph(room.words(CHANGED), is_bold=True)])
        shown.append(say.box([lead, *say.bullets(view.changes, room, most=8, limit=300)], style="warning"))
    if view.problem:
        shown.append(say.notice(view.problem, Tone.BAD, room))
    return shown


def _who(view: ApprovalView, room: Room, *, is_open: bool) -> list[parts.Element]:
    shown: list[parts.Element] = [say.heading(view.headline, room, spacing="none")]
    if view.requestor_line:
        shown.append(say.paragraph(view.requestor_line, room, limit=200, is_subtle=True, spacing="none"))
    if view.beneficiary_name:
        words = room.words("For {name}", name=isolate(view.beneficiary_name))
        shown.append(say.paragraph(words, room, limit=200, is_bold=True, spacing="small"))
    if view.outcome and not is_open:
        shown.append(say.notice(view.outcome, view.tone, room))
    return shown


def _what(view: ApprovalView, room: Room) -> list[parts.Element]:
    shown: list[parts.Element] = []
    if view.justification:
        quoted = say.paragraph(say.quoted(view.justification, room), room, limit=2_000, spacing="none")
        shown.append(say.box([say.paragraph(room.words(WHY), is_subtle=True, is_small=True), quoted]))
    if view.contents:
        shown += [say.subheading(room.words(WHAT)), *say.bullets(view.contents, room)]
    if view.answers:
        shown += [say.subheading(room.words(ANSWERS)), *say.answers(view.answers, room)]
    return shown


def _reason(view: ApprovalView, room: Room) -> inputs.TextInput:
    return say.text_input(
        "justification",
        room.words(REASON if view.is_justification_required else REASON_FOR_DENIAL),
        room.words(REASON_MISSING),
        is_required=view.is_justification_required,
        value=view.typed_justification,
        is_multiline=True,
        max_length=REASON_LENGTH,
        says_optional=False,
        room=room,
    )


def _decisions(view: ApprovalView, room: Room) -> list[parts.Action]:
    offered: list[parts.Action] = []
    if view.approve is not None:
        offered.append(say.execute(room.words(APPROVE), view.approve, ButtonStyle.POSITIVE))
    if view.deny is not None:
        offered.append(say.execute(room.words(DENY), view.deny, ButtonStyle.DESTRUCTIVE))
    return offered
