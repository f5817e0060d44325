"""A request in words, as the person reads it who puts it together: what is known, and what to type for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain import Person, Question, QuestionKind
from bot.services.answers import Finding
from bot.services.request_form import RequestForm
from bot.services.spoken_form import Filled, Misheard, letter
from bot.views.request_form import period_hint, why_label
from bot.views.words import Reader, listed
from cards.actions import OpenDraft, SendDraft
from cards.notice import NoticeView
from cards.spoken_form import SpokenFormView
from cards.text import isolate
from cards.views import Button, ButtonStyle, Fact, Tone

_MOST_CHOICES: Final = 30


def spoken_form_view(
    form: RequestForm,
    filled: Filled,
    code: str,
    findings: Sequence[Finding],
    problems: Sequence[str],
    reader: Reader,
    *,
    is_complete: bool,
) -> SpokenFormView:
    words = reader.words
    buttons = [Button(words("Open the form"), OpenDraft(code=code))]
    if is_complete:
        buttons.insert(0, Button(words("Send"), SendDraft(code=code), ButtonStyle.POSITIVE))
        how = words("Nothing is missing. Type send {code} to send it, or fill {code} to change something.", code=code)
    else:
        how = words(
            "Type fill {code} and what is missing, parted by semicolons, for example: fill {code} {example}",
            code=code,
            example=_example(form, filled, findings, reader),
        )
    return SpokenFormView(
        form.package.name, how, tuple(problems), _lines(form, filled, reader), code, tuple(buttons), words
    )


def sent_view(form: RequestForm, filled: Filled, reader: Reader) -> NoticeView:
    """What was sent, as it was understood."""
    words = reader.words
    target = next((person for person in form.reports if person.id == filled.target_id), None)
    facts = [Fact(words("For whom"), target.name)] if target else []
    if filled.justification:
        facts.append(Fact(why_label(form, reader), filled.justification))
    facts += [
        Fact(question.text, _value(question, filled))
        for question in form.chosen.questions
        if filled.answers.get(question.id)
    ]
    if filled.period:
        facts.append(Fact(words("For how long?"), filled.period))
    title = words("Your request for {package} is sent", package=isolate(form.package.name))
    text = words("I tell you here how it goes.")
    return NoticeView(title, text, Tone.GOOD, tuple(facts), words=words)


def _lines(form: RequestForm, filled: Filled, reader: Reader) -> tuple[Fact, ...]:
    words, lines = reader.words, []
    if len(form.policies) > 1:
        names = [f"{place}) {policy.asked.policy_name}" for place, policy in enumerate(form.policies, start=1)]
        told = words(
            "{chosen}. There are: {names}. Type for example: {example}",
            chosen=form.chosen.policy_name,
            names=", ".join(names),
            example=f"{words.to_type('policy')} 2",
        )
        lines.append(Fact(words("Which one?"), told))
    if form.reports:
        lines.append(Fact(words("For whom"), _whom(form, filled, reader)))
    missing = words("Missing. Type: {example}", example=_reason(reader))
    if not form.chosen.is_justification_required:
        missing = words("Nothing yet, and not needed. Type: {example}", example=_reason(reader))
    lines.append(Fact(why_label(form, reader), filled.justification or missing))
    for number, question in enumerate(form.chosen.questions, start=1):
        lines.append(Fact(f"{number}. {question.text}", _question(number, question, form, filled, reader)))
    if form.chosen.is_custom_schedule_allowed:
        hint = words("{hint} Type: {example}", hint=period_hint(form.chosen.expiration, reader), example=_span(reader))
        lines.append(Fact(words("For how long?"), filled.period or hint))
    return tuple(lines)


def _question(number: int, question: Question, form: RequestForm, filled: Filled, reader: Reader) -> str:
    words = reader.words
    locked = form.locked.get(question.id)
    if locked is not None and not filled.target_id:
        return words("{answer} (stays as it is)", answer=locked.display_value)
    if filled.answers.get(question.id):
        return _value(question, filled)
    example = f"{number}: {_sample(question, reader)}"
    choices = _choices(question)
    if choices and question.is_required:
        return words("Missing. Choices: {choices}. Type: {example}", choices=choices, example=example)
    if choices:
        return words(
            "Nothing yet, and not needed. Choices: {choices}. Type: {example}", choices=choices, example=example
        )
    if question.is_required:
        return words("Missing. Type: {example}", example=example)
    return words("Nothing yet, and not needed. Type: {example}", example=example)


def _choices(question: Question) -> str:
    """`a) Europe · b) Asia`; nothing for a question that has none."""
    shown = [f"{letter(place)}) {choice.text}" for place, choice in enumerate(question.choices[:_MOST_CHOICES])]
    if len(question.choices) > _MOST_CHOICES:
        shown.append("…")
    return " · ".join(shown)


def _value(question: Question, filled: Filled) -> str:
    """What was answered, in the words of the choices."""
    texts = {choice.value: choice.text for choice in question.choices}
    return ", ".join(texts.get(value, value) for value in filled.answers.get(question.id, ()))


def _sample(question: Question, reader: Reader) -> str:
    if question.kind is QuestionKind.MULTIPLE_CHOICE and len(question.choices) > 1:
        return "a, b"
    return "a" if question.choices else reader.words("your answer")


def _example(form: RequestForm, filled: Filled, findings: Sequence[Finding], reader: Reader) -> str:
    """What to type for everything that is missing or wrong."""
    wrong = {each.question_id for each in findings if each.part == "answer"}
    parts = []
    if not filled.target_id and not form.is_for_self and form.reports:
        parts.append(_for(form.reports[0], reader))
    if any(each.part == "why" for each in findings):
        parts.append(_reason(reader))
    for number, question in enumerate(form.chosen.questions, start=1):
        if question.id in wrong:
            parts.append(f"{number}: {_sample(question, reader)}")
    if any(each.part == "period" for each in findings):
        parts.append(_span(reader))
    return "; ".join(parts or [_reason(reader)])


def _whom(form: RequestForm, filled: Filled, reader: Reader) -> str:
    words = reader.words
    target = next((person for person in form.reports if person.id == filled.target_id), None)
    if target is not None:
        return target.name
    example = _for(form.reports[0], reader)
    if form.is_for_self:
        return words("Myself. For somebody in your team type: {example}", example=example)
    return words("Missing. Type: {example}", example=example)


def misheard_words(heard: Misheard, form: RequestForm, reader: Reader) -> str:
    words, what = reader.words, isolate(heard.what)
    match heard.kind:
        case "policy":
            return words("There is no policy “{what}” here.", what=what)
        case "person" if heard.people:
            names = listed(heard.people, reader, 5)
            return words("“{what}” may be several people: {names}. Please type the whole name.", what=what, names=names)
        case "person" if form.reports:
            names = listed(tuple(_names(form.reports)), reader, 5)
            return words("You cannot ask for “{what}” here. You may ask for: {names}.", what=what, names=names)
        case "person":
            return words("You can ask for this for yourself alone, not for “{what}”.", what=what)
        case "number":
            return words("There is no question with that number: “{what}”.", what=what)
        case "period":
            return words("How long this lasts is fixed, so “{what}” cannot be chosen.", what=what)
        case "locked":
            return words("“{question}” was answered before and cannot be changed any more.", question=heard.what)
        case _:
            return words("I do not know which question this belongs to: “{what}”.", what=what)


def _reason(reader: Reader) -> str:
    """`because your reason`, as it would be typed."""
    words = reader.words
    return f"{words.to_type('because')} {words('your reason')}"


def _span(reader: Reader) -> str:
    words = reader.words
    return f"{words.to_type('for')} 2w"


def _for(person: Person, reader: Reader) -> str:
    words = reader.words
    return f"{words.to_type('for')} {person.name}"


def _names(people: Sequence[Person]) -> list[str]:
    return [person.name for person in people[:5]]
