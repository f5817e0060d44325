"""One request as its approver sees it: who wants what and why, then approve or deny, then what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import inputs
from cards import vocabulary as say
from cards.actions import ApproveRequest, DenyRequest, OpenRemark, RefreshApproval, UndoDecision
from cards.language import ENGLISH, Language, _
from cards.remarks import RemarkLine, remark_parts
from cards.rendering import Card, Room, fitted
from cards.text import isolate
from cards.views import ButtonStyle, Fact, Link, Tone

EYEBROW: Final = _("Access request")
CHANGED: Final = _("This changed while the card was open. Please look again before you decide.")
WHY: Final = _("Why")
WHAT: Final = _("What they get")
ANSWERS: Final = _("Their answers")
CONFLICTS: Final = _("Conflicts with what they have already")
FOR: Final = _("For {name}")
APPROVE: Final = _("Approve")
DENY: Final = _("Deny")
ASK: Final = _("Ask a question")
UNDO: Final = _("Undo")
CANNED: Final = _("Pick a reason")
CANNED_NONE: Final = _("No ready-made reason")
REASON: Final = _("Your reason")
REASON_FOR_DENIAL: Final = _("Your reason (optional, but needed to deny)")
REASON_MISSING: Final = _("Please give a reason.")
REASON_LENGTH: Final = 2_000
SHARE_WITH_PICKS: Final = 0.5
"""What is picked is sent whole, so ready-made reasons cannot be cut short: on a very full card they give way."""
SHARE_WITH_ALL_ANSWERS: Final = 0.05
"""Below it a card has hardly room for words, and the long lists give up lines as well."""


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
    conflicts: tuple[str, ...] = ()  # what they hold that excludes this
    known: tuple[Fact, ...] = ()  # what else Entra says about them
    known_source: str = ""  # where that comes from, and of when it is
    changes: tuple[str, ...] = ()  # what is different from the card that was pressed
    approve: ApproveRequest | None = None  # None: nothing to decide (any more), or not here
    deny: DenyRequest | None = None
    undo: UndoDecision | None = None
    is_justification_required: bool = False
    canned_reasons: tuple[str, ...] = ()
    typed_justification: str = ""
    typed_canned: str = ""
    problem: str = ""
    outcome: str = ""  # a sentence, when decided, held, cancelled or closed, or where it is decided instead
    links: tuple[Link, ...] = ()
    refresh_for: tuple[str, ...] = ()  # Teams ids whose clients ask for news by themselves
    remarks: tuple[RemarkLine, ...] = ()
    ask: OpenRemark | None = None
    hint: str = ""  # the same in text: "approve K7Q2"
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
        body.append(say.facts(view.facts, room, most=9))
    body.extend(_known(view, room))
    body.extend(remark_parts(view.remarks, room))
    actions: list[parts.Action] = []
    if is_open:
        body.extend(_reason(view, room))
        actions.extend(_decisions(view, room))
        if view.ask is not None:
            actions.append(say.execute(room.words(ASK), view.ask, room=room, takes_inputs=False))
        if view.hint:
            body.append(say.paragraph(view.hint, room, is_subtle=True, is_small=True, spacing="small"))
    if view.undo is not None:
        actions.append(say.execute(room.words(UNDO), view.undo, takes_inputs=False))
    return say.document(
        view.outcome or view.headline,
        body,
        room,
        actions=[*actions, *say.open_all(view.links)],
        refresh=say.refresh(view.refresh, view.refresh_for),
    )


def _warnings(view: ApprovalView, room: Room) -> list[parts.Element]:
    shown: list[parts.Element] = []
    if view.changes:
        lead = say.beside_glyph(Tone.CAUTION, [say.paragraph(room.words(CHANGED), is_bold=True)])
        shown.append(say.box([lead, *say.bullets(view.changes, room, most=8, limit=300)], style="warning"))
    if view.problem:
        shown.append(say.notice(view.problem, Tone.BAD, room))
    return shown


def _who(view: ApprovalView, room: Room, *, is_open: bool) -> list[parts.Element]:
    shown: list[parts.Element] = [say.heading(view.headline, room, spacing="none")]
    if view.requestor_line:
        shown.append(say.paragraph(view.requestor_line, room, limit=200, is_subtle=True, spacing="none"))
    if view.beneficiary_name:
        for_whom = room.words(FOR, name=isolate(view.beneficiary_name))
        shown.append(say.paragraph(for_whom, room, limit=200, is_bold=True, spacing="small"))
    if view.outcome and not is_open:
        shown.append(say.notice(view.outcome, view.tone, room))
    return shown


def _what(view: ApprovalView, room: Room) -> list[parts.Element]:
    shown: list[parts.Element] = []
    if view.justification:
        quoted = say.paragraph(say.quoted(view.justification, room), room, limit=2_000, spacing="none")
        shown.append(say.box([say.paragraph(room.words(WHY), is_subtle=True, is_small=True), quoted]))
    if view.contents:
        shown += [say.subheading(room.words(WHAT)), *say.bullets(view.contents, room, most=10)]
    if view.answers:
        shown += [say.subheading(room.words(ANSWERS)), *say.answers(view.answers, room, most=_most(room, 20))]
    return shown


def _most(room: Room, count: int) -> int:
    return count if room.share >= SHARE_WITH_ALL_ANSWERS else count // 2


def _known(view: ApprovalView, room: Room) -> list[parts.Element]:
    shown: list[parts.Element] = []
    if view.conflicts:
        lead = say.beside_glyph(Tone.CAUTION, [say.paragraph(room.words(CONFLICTS), is_bold=True)])
        shown.append(say.box([lead, *say.bullets(view.conflicts, room, most=4)], style="warning", spacing="medium"))
    if view.known:
        shown.append(say.facts(view.known, room, most=5))
    if view.known_source:
        shown.append(say.paragraph(view.known_source, room, is_subtle=True, is_small=True, spacing="small"))
    return shown


def _reason(view: ApprovalView, room: Room) -> list[parts.Element]:
    """A picked reason is as good as a typed one, so with both on offer the card itself can insist on neither."""
    picks: list[parts.Element] = []
    has_picks = bool(view.canned_reasons) and room.share >= SHARE_WITH_PICKS
    if has_picks:
        missing = room.words(REASON_MISSING)
        choices = [(reason, reason) for reason in view.canned_reasons]
        picks.append(
            say.choice_input(
                "canned",
                room.words(CANNED),
                missing,
                choices,
                value=view.typed_canned,
                placeholder=room.words(CANNED_NONE),
                room=room,
            )
        )
    return [*picks, _typed_reason(view, room, has_picks=has_picks)]


def _typed_reason(view: ApprovalView, room: Room, *, has_picks: bool) -> inputs.TextInput:
    return say.text_input(
        "justification",
        room.words(REASON if view.is_justification_required else REASON_FOR_DENIAL),
        room.words(REASON_MISSING),
        is_required=view.is_justification_required and not has_picks,
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
