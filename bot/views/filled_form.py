"""What was filled into a form, as the answers to its questions."""

from __future__ import annotations

from bot.domain import QuestionKind
from bot.errors import AnswerProblem, InvalidAnswer
from bot.services.request_form import RequestForm, Typed
from bot.views.request_form import sent_value
from cards.actions import FormInputs


def typed_into(form: RequestForm, action: FormInputs, *, is_own: bool) -> Typed:
    """What was typed into the form. Raises: InvalidAnswer, for another answer than one that has to stay."""
    questions = form.chosen.questions
    locked = form.locked if is_own else {}
    for question in questions:
        if question.id not in locked or not action.answer(question.id).strip():
            continue
        if action.answer(question.id).strip() != sent_value(locked[question.id], question.kind):
            raise InvalidAnswer(AnswerProblem.LOCKED, question.text)
    several = {q.id for q in questions if q.kind is QuestionKind.MULTIPLE_CHOICE}
    return Typed(
        justification=action.justification,
        answers={q.id: action.answer(q.id) for q in questions if q.id not in several},
        chosen={question_id: action.chosen(question_id) for question_id in several},
        start_date=action.start_date,
        end_date=action.end_date,
        period=action.period,
        locked=locked,
    )
