"""A form that is filled in with words: what was said becomes the same answers that the form's inputs would send."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from bot.domain import Person, Question, QuestionKind
from bot.services.catalog_words import folded
from bot.services.form_parts import OpenPolicy, RequestForm
from bot.services.said_request import Said

_JOINTS: Final = re.compile(r"\s*(?:,|\s(?:and|und|en)\s)\s*", re.IGNORECASE)
_LONGEST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Filled:
    """What is known of a request. `answers` are by question id, with several values of one in a tuple.

    `is_sure` is False while nobody has confirmed that this is the package that was meant.
    """

    policy_id: str = ""
    target_id: str = ""
    justification: str = ""
    period: str = ""
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_sure: bool = True

    def content(self) -> dict[str, Any]:
        return {
            "policy_id": self.policy_id,
            "target_id": self.target_id,
            "justification": self.justification,
            "period": self.period,
            "answers": {question_id: list(values) for question_id, values in self.answers.items()},
            "is_sure": self.is_sure,
        }

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Filled:
        """Out of what a draft holds; nothing where it cannot be read any more."""
        return cls(
            str(content.get("policy_id", "")),
            str(content.get("target_id", "")),
            str(content.get("justification", "")),
            str(content.get("period", "")),
            {str(key): tuple(map(str, values)) for key, values in dict(content.get("answers", {})).items()},
            bool(content.get("is_sure", True)),
        )


@dataclass(frozen=True, slots=True)
class Misheard:
    """Something that was said and cannot be taken: `what` is as typed, `people` whom it may have meant."""

    kind: str  # "policy", "person", "number", "period", "locked", "loose"
    what: str
    people: tuple[str, ...] = ()


def filled_in(form: RequestForm, before: Filled, said: Said) -> tuple[RequestForm, Filled, tuple[Misheard, ...]]:
    """The form with the policy that is meant, what is known now, and what could not be taken."""
    misheard: list[Misheard] = []
    form = _under(form, before.policy_id)
    if said.policy:
        policy = _policy(form, said.policy)
        if policy is None:
            misheard.append(Misheard("policy", said.policy))
        else:
            form = replace(form, chosen=policy.asked)
    target_id = before.target_id
    if said.person:
        form, found = _for(form, said.person)
        target_id = found[0].id if len(found) == 1 else target_id
        if len(found) != 1:
            misheard.append(Misheard("person", said.person, tuple(person.name for person in found[:5])))
    asked = form.chosen
    reason, period = said.reason, said.period
    if period and not asked.is_custom_schedule_allowed:
        if said.long_reason:
            reason = said.long_reason
        else:
            misheard.append(Misheard("period", period))
        period = ""
    answers = dict(before.answers)
    for number, text in said.answers.items():
        if not 0 < number <= len(asked.questions):
            misheard.append(Misheard("number", f"{number}: {text}"))
            continue
        question = asked.questions[number - 1]
        if question.id in form.locked and not target_id:
            misheard.append(Misheard("locked", question.text))
            continue
        answers[question.id] = meant(question, text)
    filled = Filled(
        asked.policy_id,
        target_id,
        (reason or before.justification)[:_LONGEST],
        period or before.period,
        answers,
        before.is_sure,
    )
    filled, is_taken = _loose(form, filled, said.loose)
    if said.loose and not is_taken:
        misheard.append(Misheard("loose", said.loose))
    return form, filled, tuple(misheard)


def meant(question: Question, text: str) -> tuple[str, ...]:
    """The values that the words stand for; as typed where they stand for no choice, so that this can be told."""
    text = text.strip()
    if not question.choices or not text:
        return (text,) if text else ()
    whole = _choice(question, text)
    if whole or question.kind is not QuestionKind.MULTIPLE_CHOICE:
        return (whole or text,)
    parts = [part for part in _JOINTS.split(text) if part]
    return tuple(dict.fromkeys(_choice(question, part) or part for part in parts))


def letter(place: int) -> str:
    """What the choice at this place goes by: a to z, then numbers."""
    return chr(ord("a") + place) if place < 26 else str(place + 1)


def _choice(question: Question, text: str) -> str:
    wanted = folded(text.strip(" .)("))
    for choice in question.choices:
        if wanted and wanted in (folded(choice.text), folded(choice.value)):
            return choice.value
    for place, choice in enumerate(question.choices):
        if wanted in (letter(place), str(place + 1)):
            return choice.value
    return ""


def _loose(form: RequestForm, filled: Filled, loose: str) -> tuple[Filled, bool]:
    """Words of no kind answer what is missing, where that is one thing alone."""
    if not loose:
        return filled, False
    open_questions = [
        question
        for question in form.chosen.questions
        if question.is_required and not filled.answers.get(question.id) and question.id not in form.locked
    ]
    needs_reason = form.chosen.is_justification_required and not filled.justification
    if needs_reason and not open_questions:
        return replace(filled, justification=loose), True
    if len(open_questions) == 1 and not needs_reason:
        (question,) = open_questions
        return replace(filled, answers={**filled.answers, question.id: meant(question, loose)}), True
    return filled, False


def _under(form: RequestForm, policy_id: str) -> RequestForm:
    policy = next((each for each in form.policies if each.asked.policy_id == policy_id), None)
    return replace(form, chosen=policy.asked) if policy else form


def _policy(form: RequestForm, words: str) -> OpenPolicy | None:
    if words.isdecimal() and 0 < int(words[:4]) <= len(form.policies):
        return form.policies[int(words[:4]) - 1]
    wanted = folded(words)
    return next((each for each in form.policies if folded(each.asked.policy_name) == wanted), None)


def _for(form: RequestForm, words: str) -> tuple[RequestForm, Sequence[Person]]:
    """The people of that name whom one may ask for, and the form under a policy for them."""
    found = people_named(form.reports, words)
    if found:
        return form, found
    for policy in form.policies:
        if found := people_named(policy.reports, words):
            return replace(form, chosen=policy.asked), found
    return form, ()


def people_named(people: Sequence[Person], words: str) -> tuple[Person, ...]:
    """Those whom these words may mean: by whole name, else by every word of it."""
    wanted = folded(words).split()
    exact = [each for each in people if folded(each.name).split() == wanted]
    return tuple(exact or [each for each in people if wanted and set(wanted) <= set(folded(each.name).split())])
