"""The form for one access package, in the order and with the rules that the policy gives it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.domain import (
    Answer,
    ApproverVisibility,
    Expiration,
    ExpirationKind,
    Question,
    QuestionId,
    QuestionKind,
    SubjectSet,
    SubjectSetKind,
)
from bot.rules import Spread, fingerprint
from bot.services.request_form import RequestForm
from bot.services.standing import Standing, Through, fitted_answer
from bot.views.words import Reader, last_day, listed, rough_span, span
from cards.actions import MYSELF, OpenRequestForm, RefreshRequestStatus, RunCommand, SubmitRequest, choice_value
from cards.notice import NoticeView
from cards.request_form import AnswerKind, FormNote, PolicyChoice, QuestionView, RequestFormView
from cards.views import Button, Link, Tone

_KINDS: Mapping[QuestionKind, AnswerKind] = {
    QuestionKind.TEXT: AnswerKind.TEXT,
    QuestionKind.MULTILINE_TEXT: AnswerKind.MULTILINE_TEXT,
    QuestionKind.SINGLE_CHOICE: AnswerKind.SINGLE_CHOICE,
    QuestionKind.MULTIPLE_CHOICE: AnswerKind.MULTIPLE_CHOICE,
}
_MOST_NAMED: Final = 25


@dataclass(frozen=True, slots=True)
class Before:
    """What was typed into a form that is shown again, and why it came back."""

    problem: str = ""
    justification: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)  # question id -> what the input sent
    start_date: str = ""
    end_date: str = ""
    period: str = ""
    target_id: str = ""


def form_view(
    form: RequestForm, form_id: str, reader: Reader, before: Before | None = None, usual: Spread | None = None
) -> RequestFormView:
    before = before or _earlier(form) or Before()
    package, chosen, words = form.package, form.chosen, reader.words
    people = _people(form, reader)
    return RequestFormView(
        package_name=package.name,
        eyebrow="" if form.is_for_self else words("Ask for access for somebody in your team"),
        description=package.description,
        contents=tuple(f"{role.resource_name}: {role.role_name}" for role in form.contents),
        contents_label=reader.words("What it gives") if form.reports else "",
        submit=SubmitRequest(
            form_id=form_id,
            access_package_id=package.id,
            policy_id=chosen.policy_id,
            shown=shown_digest(form),
        ),
        notes=_notes(form, reader),
        policies=_policies(form, reader),
        people=people,
        person_id=before.target_id or (MYSELF if form.is_for_self else ""),
        searches_people=len(form.reports) > _MOST_NAMED,
        is_justification_required=chosen.is_justification_required,
        justification_label=why_label(form, reader),
        justification=before.justification,
        questions=_questions(form, before),
        asks_for_period=chosen.is_custom_schedule_allowed,
        period_text=before.period,
        period_hint=period_hint(chosen.expiration, reader),
        start_date=before.start_date,
        end_date=before.end_date,
        period=period_words(chosen.expiration, reader),
        approval=_outlook(form, reader),
        usual=usual_words(usual, reader) if usual else "",
        problem=before.problem,
        misfits=_misfits(form, before),
        words=words,
    )


def shown_digest(form: RequestForm) -> str:
    """A fingerprint of what the form asks and promises, to notice when that has changed before it is sent."""
    text = json.dumps(fingerprint(form.chosen), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def why_label(form: RequestForm, reader: Reader) -> str:
    if not form.reports:
        return reader.words("Why do you need it?")
    if form.is_for_self:
        return reader.words("Why is it needed?")
    return reader.words("Why do they need it?")


def blocked_view(form: RequestForm, reader: Reader) -> NoticeView:
    """Why asking is no use now, and what to do instead."""
    standing, name, words = form.standing, form.package.name, reader.words
    if standing.assignment is not None:
        text = _have_it(standing, reader)
        buttons: tuple[Button, ...] = (Button(words("My access"), RunCommand(text="my access")),)
        if standing.assignment.expires_at is not None:
            buttons = (Button(words("Extend"), RunCommand(text=f"extend {name}")), *buttons)
        return NoticeView(name, text, Tone.GOOD, buttons=buttons, words=words)
    if standing.open_request is not None:
        text = words("You have already asked for this, and your request is still open.")
        see = RefreshRequestStatus(request_id=standing.open_request.id)
        return NoticeView(name, text, Tone.WAITING, buttons=(Button(words("See where it stands"), see),), words=words)
    return NoticeView(name, _in_the_way(standing, reader), Tone.BAD, buttons=_give_back(standing, reader), words=words)


def verified_id_view(form: RequestForm, url: str, reader: Reader) -> NoticeView:
    text = reader.words(
        "This access asks for a Verified ID, which can only be shown in My Access. Please ask for it there; "
        "I will tell you here how it goes."
    )
    return NoticeView(
        form.package.name, text, Tone.WAITING, links=(Link(reader.words("Open My Access"), url),), words=reader.words
    )


def period_words(expiration: Expiration, reader: Reader) -> str:
    if expiration.kind is ExpirationKind.NO_EXPIRATION:
        return reader.words("without an end")
    if expiration.end_at is not None:
        return reader.words("until {day}", day=last_day(expiration.end_at, reader))
    return span(expiration.duration, reader) if expiration.duration is not None else ""


def usual_words(usual: Spread, reader: Reader) -> str:
    """`Usually 3 hours, nine times out of ten within 2 days`, and how many requests that comes from."""
    return reader.words.plural(
        "Usually {median}, nine times out of ten within {longest}. That is how long the last {count} request took.",
        "Usually {median}, nine times out of ten within {longest}. That is how long the last {count} requests took.",
        usual.count,
        median=rough_span(usual.median, reader),
        longest=rough_span(usual.longest, reader),
    )


def period_hint(expiration: Expiration, reader: Reader) -> str:
    longest = period_words(expiration, reader)
    if not longest or expiration.kind is ExpirationKind.NO_EXPIRATION:
        return reader.words("Leave it empty for access without an end.")
    if expiration.end_at is not None:
        return reader.words(
            "At most until {day}. Leave it empty for as long as possible.", day=last_day(expiration.end_at, reader)
        )
    return reader.words("At most {period}. Leave it empty for as long as possible.", period=longest)


def _people(form: RequestForm, reader: Reader) -> tuple[tuple[str, str], ...]:
    if not form.reports:
        return ()
    own = ((MYSELF, reader.words("Myself")),) if form.is_for_self else ()
    return (*own, *((str(person.id), person.name) for person in form.reports[:_MOST_NAMED]))


def _policies(form: RequestForm, reader: Reader) -> tuple[PolicyChoice, ...]:
    if len(form.policies) < 2:
        return ()
    return tuple(
        PolicyChoice(
            name=policy.asked.policy_name,
            description=policy.asked.policy_description
            or ("" if policy.is_for_self else reader.words("For somebody in your team")),
            open=OpenRequestForm(access_package_id=form.package.id, policy_id=policy.asked.policy_id),
            is_current=policy.asked.policy_id == form.chosen.policy_id,
        )
        for policy in form.policies
    )


def _questions(form: RequestForm, before: Before) -> tuple[QuestionView, ...]:
    locked = form.locked if form.is_for_self and not form.reports else {}
    return tuple(_question(question, _value(form, question, before), locked) for question in form.chosen.questions)


def _value(form: RequestForm, question: Question, before: Before) -> str:
    if question.id in before.answers:
        return before.answers[question.id]
    accepted = form.accepted.get(question.id)
    return "" if accepted is None else sent_value(fitted_answer(question, accepted), question.kind)


def sent_value(answer: Answer, kind: QuestionKind) -> str:
    """An answer as its input holds it."""
    if kind is QuestionKind.MULTIPLE_CHOICE:
        return ",".join(choice_value(value) for value in answer.values)
    return answer.values[0] if answer.values else ""


def _question(question: Question, value: str, locked: Mapping[QuestionId, Answer]) -> QuestionView:
    fixed = locked.get(question.id)
    return QuestionView(
        question_id=question.id,
        kind=_KINDS.get(question.kind, AnswerKind.TEXT),
        label=question.text,
        is_required=question.is_required,
        regex=question.regex or "",
        choices=tuple((choice.value, choice.text) for choice in question.choices),
        value=fixed.display_value if fixed else value,
        is_locked=fixed is not None,
    )


def _earlier(form: RequestForm) -> Before | None:
    """The form as it was filled in for an earlier request; the period belongs to that time and is left out."""
    request = form.earlier
    if request is None:
        return None
    questions = {question.id: question for question in form.chosen.questions}
    answers = {
        str(answer.question_id): sent_value(fitted_answer(questions[answer.question_id], answer), kind)
        if (kind := questions[answer.question_id].kind if answer.question_id in questions else None)
        else answer.display_value
        for answer in request.answers
    }
    target, requestor = request.target, request.requestor
    is_own = target is None or requestor is None or target.object_id == requestor.object_id
    return Before(
        justification=request.justification,
        answers=answers,
        target_id=MYSELF if is_own or target is None else str(target.object_id or ""),
    )


def _misfits(form: RequestForm, before: Before) -> tuple[str, ...]:
    """What was typed for questions that are gone, and choices that are no longer offered."""
    lost: list[str] = []
    questions = {str(question.id): question for question in form.chosen.questions}
    for question_id, value in before.answers.items():
        question = questions.get(question_id)
        if not value.strip():
            continue
        if question is None:
            lost.append(value)
        elif question.choices:
            known = {choice.value for choice in question.choices} | {
                choice_value(choice.value) for choice in question.choices
            }
            values = value.split(",") if question.kind is QuestionKind.MULTIPLE_CHOICE else [value]
            lost += [f"{question.text}: {each}" for each in values if each and each not in known]
    if not form.chosen.is_custom_schedule_allowed:
        lost += [each for each in (before.period, before.start_date, before.end_date) if each]
    return tuple(lost)


def _notes(form: RequestForm, reader: Reader) -> tuple[FormNote, ...]:
    standing, words = form.standing, reader.words
    notes: list[FormNote] = []
    if standing.assignment is not None:
        notes.append(FormNote(_have_it(standing, reader), Tone.GOOD))
    elif standing.open_request is not None:
        notes.append(FormNote(words("You have already asked for this for yourself."), Tone.WAITING))
    elif standing.conflicts:
        notes.append(FormNote(_in_the_way(standing, reader), Tone.BAD))
    else:
        notes += [FormNote(_through(through, reader), Tone.GOOD) for through in standing.already[:3]]
    if standing.smaller is not None:
        smaller = standing.smaller
        spared = listed(tuple(role.resource_name for role in smaller.spared), reader)
        text = words("{package} gives you what you need, without {spared}.", package=smaller.name, spared=spared)
        see = OpenRequestForm(access_package_id=smaller.package_id)
        notes.append(FormNote(text, buttons=(Button(words("Ask for {package}", package=smaller.name), see),)))
    return tuple(notes)


def _have_it(standing: Standing, reader: Reader) -> str:
    ends_at = standing.assignment.expires_at if standing.assignment else None
    if ends_at is None:
        return reader.words("You have this access already.")
    return reader.words("You have this access already, until {day}.", day=last_day(ends_at, reader))


def _in_the_way(standing: Standing, reader: Reader) -> str:
    return reader.words(
        "You cannot have this together with {access}, which you have. "
        "Give that back first, or ask whoever decides about your access.",
        access=" + ".join(standing.conflicts[:3]),
    )


def _give_back(standing: Standing, reader: Reader) -> tuple[Button, ...]:
    return (Button(reader.words("My access"), RunCommand(text="my access")),) if standing.conflicts else ()


def _through(through: Through, reader: Reader) -> str:
    if through.is_all:
        return reader.words("You already get all of this through {package}.", package=through.package_name)
    roles = ", ".join(f"{role.resource_name}: {role.role_name}" for role in through.roles[:3])
    return reader.words("You already get {roles} through {package}.", roles=roles, package=through.package_name)


def _outlook(form: RequestForm, reader: Reader) -> str:
    words = reader.words
    if not form.chosen.is_approval_required:
        if form.reports:
            return words("Nobody has to approve this. The access is set up right after asking.")
        return words("Nobody has to approve this. You get it right after asking.")
    who = _deciders(form, reader)
    if who:
        return words("The decision is up to {who}. I will tell you as soon as it is made.", who=who)
    return words("Somebody has to approve this. I will tell you as soon as it is decided.")


def _deciders(form: RequestForm, reader: Reader) -> str:
    """Who is asked first, where the policy lets the person who asks know it; else nothing."""
    rule = form.policy.rule
    stages = rule.policy.stages if rule else ()
    if not stages or stages[0].visibility is not ApproverVisibility.VISIBLE:
        return ""
    names = [name for each in stages[0].primary if (name := _decider(each, form, reader))]
    if not names:
        names = [name for each in stages[0].fallback if (name := _decider(each, form, reader))]
    return listed(tuple(dict.fromkeys(names)), reader)


def _decider(approver: SubjectSet, form: RequestForm, reader: Reader) -> str:
    match approver.kind:
        case SubjectSetKind.SINGLE_USER:
            return approver.description
        case SubjectSetKind.GROUP_MEMBERS:
            return reader.words("somebody in {group}", group=approver.description) if approver.description else ""
        case SubjectSetKind.REQUESTOR_MANAGER if approver.manager_level == 1:
            return form.manager.name if form.manager else ""
        case SubjectSetKind.REQUESTOR_MANAGER:
            return reader.words("a manager above yours")
        case SubjectSetKind.INTERNAL_SPONSORS | SubjectSetKind.EXTERNAL_SPONSORS:
            return reader.words("a sponsor of your organization")
        case SubjectSetKind.TARGET_USER_SPONSORS:
            return reader.words("a sponsor of yours")
        case _:
            return ""
