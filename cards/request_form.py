"""The form for asking for one access package, made from what the chosen policy requires."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cards import elements as parts
from cards import inputs
from cards import vocabulary as say
from cards.actions import ANSWER, OpenRequestForm, SubmitRequest, choice_value
from cards.language import ENGLISH, Language, _
from cards.rendering import Card, Room, fitted
from cards.views import Button, ButtonStyle, Tone

EYEBROW: Final = _("Ask for access")
WHAT: Final = _("What you get")
WHICH: Final = _("Which one do you need?")
CHOSEN: Final = "✓"
HOW_LONG: Final = _("How long")
NEXT: Final = _("What happens next")
WHY: Final = _("Why do you need it?")
WHY_MISSING: Final = _("Please say why you need it.")
ANSWER_MISSING: Final = _("Please answer this question.")
ANSWER_MISFIT: Final = _("This answer does not have the expected form.")
FROM: Final = _("From")
UNTIL: Final = _("Until")
NO_DATE: Final = _("Please pick a day.")
PICK: Final = _("Pick one")
REQUEST: Final = _("Request")
WHO: Final = _("Who is it for?")
WHO_MISSING: Final = _("Please pick who it is for.")
PERIOD: Final = _("For how long?")
PERIOD_EXAMPLE: Final = _("2 weeks, until 24 December, from Monday for 3 days")
NO_PERIOD: Final = _("Please say for how long.")
STAYS: Final = _("Answered before; this stays as it is.")
MISFITS: Final = _("You also typed this, which is not asked for any more:")
USUALLY: Final = _("How long it usually takes")
REPORTS: Final = "reports"
"""The source of people for whom somebody may ask, where the card cannot name all of them."""
PLAINLY_LISTED: Final = 8
LONGEST_PERIOD: Final = 100
LONGEST_TITLE: Final = 80
LONGEST_ANSWER: Final = 2_000
LONGEST_REGEX: Final = 500
MOST_POLICIES: Final = 10

# What .NET, where these expressions come from, and the browsers, where the form checks them, read alike.
_FOREIGN_REGEX: Final = re.compile(r"\(\?(?![:=!])|\\[AZzGapPkN]|[+*?}]\+|\[\^?[\]\[]|-\[|\[:|--|&&|~~|\|\|")


class AnswerKind(StrEnum):
    TEXT = "text"
    MULTILINE_TEXT = "multiline text"
    SINGLE_CHOICE = "single choice"
    MULTIPLE_CHOICE = "multiple choice"


@dataclass(frozen=True, slots=True)
class QuestionView:
    question_id: str
    kind: AnswerKind
    label: str
    is_required: bool = False
    regex: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # value, text
    value: str = ""  # what was typed before; several choices joined by commas
    is_locked: bool = False  # answered before, and shown as it stays


@dataclass(frozen=True, slots=True)
class PolicyChoice:
    """Another policy of the same package that the person may ask under."""

    name: str
    description: str
    open: OpenRequestForm
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class FormNote:
    """Something to know before asking."""

    text: str
    tone: Tone = Tone.NEUTRAL
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestFormView:
    package_name: str
    submit: SubmitRequest
    eyebrow: str = ""
    description: str = ""
    notes: tuple[FormNote, ...] = ()
    people: tuple[tuple[str, str], ...] = ()  # for whom one may ask: id, name; empty where there is no choice
    person_id: str = ""
    searches_people: bool = False  # there are more of them than the card names
    contents: tuple[str, ...] = ()  # what one gets, a line each
    contents_label: str = ""
    policies: tuple[PolicyChoice, ...] = ()  # empty when there is no choice
    is_justification_required: bool = False
    justification_label: str = ""
    justification: str = ""
    questions: tuple[QuestionView, ...] = ()
    asks_for_period: bool = False
    period_text: str = ""  # what was typed
    period_hint: str = ""
    start_date: str = ""  # YYYY-MM-DD
    end_date: str = ""
    period: str = ""  # how long the access lasts, in words
    approval: str = ""  # what happens after sending, in words
    usual: str = ""  # how long it usually takes, in words
    problem: str = ""  # why the last try was turned down, in the reader's words
    misfits: tuple[str, ...] = ()  # what was typed and belongs nowhere any more
    words: Language = ENGLISH


def request_form_card(view: RequestFormView) -> Card:
    """Raises: CardTooLarge when the questions and choices alone fill more than a card."""
    return fitted(lambda room: _build(view, room), view.words)


def _build(view: RequestFormView, room: Room) -> parts.AdaptiveCard:
    body: list[parts.Element] = []
    if view.problem:
        body.append(say.notice(view.problem, Tone.BAD, room))
    if view.misfits:
        kept = [say.paragraph(room.words(MISFITS), room, is_subtle=True, is_small=True)]
        body.append(say.box([*kept, *say.bullets(view.misfits, room, limit=600)], spacing="small"))
    body += [
        say.eyebrow(view.eyebrow[:LONGEST_TITLE] or room.words(EYEBROW)),
        say.heading(view.package_name, room, spacing="none"),
    ]
    if view.description:
        body.append(say.paragraph(view.description, room, limit=1_500, spacing="small"))
    if view.contents:
        body += [
            say.subheading(view.contents_label[:LONGEST_TITLE] or room.words(WHAT)),
            *say.bullets(view.contents, room),
        ]
    body += [_note(note, room) for note in view.notes]
    if view.policies:
        body.append(say.subheading(room.words(WHICH)))
        body.extend(_policy(policy, room) for policy in view.policies[:MOST_POLICIES])
    body += _inputs(view, room)
    body += _outlook(view, room)
    return say.document(
        room.words("Ask for access: {package}. Rather in words? Type fill {package}", package=view.package_name),
        body,
        room,
        actions=[say.execute(room.words(REQUEST), view.submit, ButtonStyle.POSITIVE)],
    )


def _note(note: FormNote, room: Room) -> parts.Container:
    words = say.beside_glyph(note.tone, [say.paragraph(note.text, room, limit=600)])
    items: list[parts.Element] = [words]
    if note.buttons:
        items.append(say.small_buttons(note.buttons, room))
    return say.box(items, spacing="medium")


def _policy(policy: PolicyChoice, room: Room) -> parts.Container:
    name = f"{CHOSEN} {policy.name}" if policy.is_current else policy.name
    words: list[parts.Element] = [say.paragraph(name or room.words(say.NAMELESS), room, limit=120, is_bold=True)]
    if policy.description:
        words.append(say.paragraph(policy.description, room, limit=300, is_small=True, is_subtle=True, spacing="none"))
    if policy.is_current:
        return say.box(words, style="accent", spacing="small")
    return say.tappable(words, policy.name, policy.open, room, style="emphasis")


def _inputs(view: RequestFormView, room: Room) -> list[parts.Element]:
    asked: list[parts.Element] = [_people(view, room)] if view.people else []
    asked.append(
        justification_input(
            view.justification, room, is_required=view.is_justification_required, label=view.justification_label
        )
    )
    asked.extend(question_input(question, room) for question in view.questions)
    if view.asks_for_period:
        asked += period_inputs(view.period_text, view.period_hint, view.start_date, view.end_date, room)
    return asked


def justification_input(value: str, room: Room, *, is_required: bool, label: str = "") -> inputs.Input:
    return say.text_input(
        "justification",
        label or room.words(WHY),
        room.words(WHY_MISSING),
        is_required=is_required,
        value=value,
        is_multiline=True,
        room=room,
    )


def period_inputs(typed: str, hint: str, start_date: str, end_date: str, room: Room) -> list[parts.Element]:
    """For how long, in words or as days to pick."""
    said = say.text_input(
        "period",
        room.words(PERIOD),
        room.words(NO_PERIOD),
        value=typed,
        placeholder=room.words(PERIOD_EXAMPLE),
        max_length=LONGEST_PERIOD,
        room=room,
    )
    start = say.date_input("start_date", room.words(FROM), room.words(NO_DATE), value=start_date, room=room)
    end = say.date_input("end_date", room.words(UNTIL), room.words(NO_DATE), value=end_date, room=room)
    days = parts.ColumnSet(
        columns=[parts.Column(items=[start], width="stretch"), parts.Column(items=[end], width="stretch")],
        spacing="small",
    )
    told = [say.paragraph(hint, room, is_subtle=True, is_small=True, spacing="small")] if hint else []
    return [said, *told, days]


def _people(view: RequestFormView, room: Room) -> inputs.Input:
    return say.choice_input(
        "target_id",
        room.words(WHO),
        room.words(WHO_MISSING),
        view.people,
        is_required=True,
        value=view.person_id,
        placeholder=room.words(PICK),
        dataset=REPORTS if view.searches_people else "",
        is_filtered=len(view.people) > PLAINLY_LISTED,
        room=room,
    )


def _locked(question: QuestionView, room: Room) -> parts.Element:
    return say.box(
        [
            say.paragraph(question.label, room, limit=say.LABEL_LENGTH, is_bold=True),
            say.paragraph(question.value, room, limit=600, spacing="none"),
            say.paragraph(room.words(STAYS), is_subtle=True, is_small=True, spacing="none"),
        ],
        spacing="medium",
    )


def question_input(question: QuestionView, room: Room) -> parts.Element:
    if question.is_locked:
        return _locked(question, room)
    name = f"{ANSWER}{question.question_id}"
    if question.kind in (AnswerKind.SINGLE_CHOICE, AnswerKind.MULTIPLE_CHOICE):
        is_multiple = question.kind is AnswerKind.MULTIPLE_CHOICE
        return say.choice_input(
            name,
            question.label,
            room.words(ANSWER_MISSING),
            [(choice_value(value) if is_multiple else value, words) for value, words in question.choices],
            is_required=question.is_required,
            is_multiple=is_multiple,
            value=question.value,
            placeholder="" if is_multiple else room.words(PICK),
            room=room,
        )
    regex = portable_regex(question.regex)
    return say.text_input(
        name,
        question.label,
        room.words(ANSWER_MISFIT if regex else ANSWER_MISSING),
        is_required=question.is_required,
        value=question.value,
        is_multiline=question.kind is AnswerKind.MULTILINE_TEXT,
        max_length=LONGEST_ANSWER,
        regex=regex,
        room=room,
    )


def portable_regex(pattern: str) -> str:
    """The expression as a browser reads it, matching the whole answer; empty where browsers might stumble over it.

    The form only spares a round trip; whoever takes the answer checks it again.
    """
    if not pattern or len(pattern) > LONGEST_REGEX or _FOREIGN_REGEX.search(pattern):
        return ""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return ""
    return f"^(?:{pattern})$"


def _outlook(view: RequestFormView, room: Room) -> list[parts.Element]:
    """How long the access lasts and what happens after sending, right above the button."""
    shown: list[parts.Element] = []
    for title, words in ((HOW_LONG, view.period), (NEXT, view.approval), (USUALLY, view.usual)):
        if words:
            shown.append(
                say.paragraph(room.words(title), is_subtle=True, is_small=True, spacing="small" if shown else None)
            )
            shown.append(say.paragraph(words, room, limit=400, spacing="none"))
    return [say.box(shown, spacing="medium")] if shown else []
