"""What requestor and approvers tell each other about a request: on their cards, and the card to write on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cards import elements as parts
from cards import vocabulary as say
from cards.actions import SendAnswer, SendRemark
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import ButtonStyle, Tone

TITLE: Final = _("Between you")
KEPT: Final = _("These words are kept by Doorman. They are no part of the record in Entra.")
SEND: Final = _("Send")
MISSING: Final = _("Please write something.")
LONGEST: Final = 1_000
MOST_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class RemarkLine:
    lead: str  # "Marc Manager asks, 2 hours ago"
    text: str
    is_open: bool = False  # a question that waits for its answer


@dataclass(frozen=True, slots=True)
class WriteView:
    """A card to write one thing on. Without `send` there is nothing to write (any more), and `outcome` says why."""

    title: str
    label: str
    send: SendRemark | SendAnswer | None
    quoted: str = ""  # the question that is answered
    text: str = ""
    typed: str = ""
    problem: str = ""
    outcome: str = ""
    tone: Tone = Tone.NEUTRAL
    hint: str = ""  # the same in words: "answer K7Q2 …"
    words: Language = ENGLISH


def remark_parts(lines: Sequence[RemarkLine], room: Room) -> list[parts.Element]:
    """The newest of them, the oldest first, for the cards about a request; nothing for none."""
    if not lines:
        return []
    left = max(len(lines) - MOST_SHOWN, 0)
    shown: list[parts.Element] = (
        [say.paragraph(say.and_more(left, room), is_subtle=True, is_small=True)] if left else []
    )
    for line in lines[left:]:
        shown.append(say.paragraph(line.lead, room, limit=200, is_subtle=True, is_small=True, spacing="small"))
        if line.text:
            shown.append(say.paragraph(line.text, room, limit=LONGEST, is_bold=line.is_open, spacing="none"))
    footnote = say.paragraph(room.words(KEPT), is_subtle=True, is_small=True, spacing="small")
    return [say.subheading(room.words(TITLE)), say.box([*shown, footnote], spacing="small")]


def write_card(view: WriteView) -> Card:
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: WriteView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = []
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    body.append(say.heading(view.title, room))
    if view.text:
        body.append(say.paragraph(view.text, room, limit=400, spacing="small"))
    if view.quoted:
        body.append(say.box([say.paragraph(view.quoted, room, limit=LONGEST)]))
    if view.outcome:
        body.append(say.notice(view.outcome, view.tone, room, limit=LONGEST))
    actions: list[parts.Action] = []
    if view.send is not None:
        body.append(
            say.text_input(
                "text",
                view.label,
                room.words(MISSING),
                is_required=True,
                value=view.typed,
                is_multiline=True,
                max_length=LONGEST,
                room=room,
            )
        )
        actions.append(say.execute(room.words(SEND), view.send, ButtonStyle.POSITIVE, room))
        body.append(say.paragraph(room.words(KEPT), is_subtle=True, is_small=True, spacing="small"))
    if view.hint:
        body.append(say.paragraph(view.hint, room, is_subtle=True, is_small=True, spacing="small"))
    return say.document(f"{view.title}. {view.outcome or view.quoted}".strip(), body, room, actions=actions)
