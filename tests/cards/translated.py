"""The cards as people read them in other languages: made of facts, by the same views that make them in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Answer,
    ApproverVisibility,
    AssignmentPolicy,
    AssignmentRequest,
    Choice,
    Expiration,
    ExpirationKind,
    Person,
    PolicyId,
    PolicyRequirements,
    Question,
    QuestionId,
    QuestionKind,
    RequestId,
    RequestState,
    RequestType,
    ResourceRole,
    Schedule,
    StageRule,
    Subject,
    SubjectSet,
    SubjectSetKind,
    UserId,
    Verdict,
)
from bot.error_replies import invalid_answer
from bot.errors import AnswerProblem, InvalidAnswer
from bot.languages import load_languages
from bot.services.facts import RequestFacts
from bot.services.request_form import OpenPolicy, RequestForm
from bot.services.stages import Decided
from bot.store import PersonalSettings
from bot.views.approval import Asked, Typed, approval_view
from bot.views.request_form import Before, form_view
from bot.views.request_status import status_view
from bot.views.settings import settings_of, settings_view
from bot.views.words import Reader
from cards.approval import approval_card
from cards.rendering import Card
from cards.request_form import request_form_card
from cards.request_status import request_status_card
from cards.settings import settings_card
from tests.cards.translated_leads import translated_for_leads

LANGUAGES: Final = load_languages()
READERS: Final = {
    "de": Reader("de-AT", "Europe/Vienna", "29:leser", LANGUAGES.choose("de")),
    "nl": Reader("nl-BE", "Europe/Brussels", "29:lezer", LANGUAGES.choose("nl")),
}
NOW: Final = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
PORTAL: Final = "https://myaccess.microsoft.com/@woodgrove.example#/access-packages"
RITA: Final = UserId("rita")
MARC: Final = UserId("marc")

_CONTENTS: Final = (ResourceRole("Member", "Sales Readers"), ResourceRole("Viewer", "Sales Portal"))
_DAYS_90: Final = Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=90))
_STAGE: Final = StageRule(
    (SubjectSet(SubjectSetKind.REQUESTOR_MANAGER),),
    automatic_denial_after=timedelta(days=14),
    visibility=ApproverVisibility.VISIBLE,
)
_POLICY: Final = AssignmentPolicy(PolicyId("o1"), "Sales", True, (_STAGE, _STAGE), _DAYS_90)
_RITA: Final = Subject(RITA, "Rita Requester")


def _facts(state: RequestState) -> RequestFacts:
    request = AssignmentRequest(
        RequestId("r1"),
        RequestType.USER_ADD,
        state,
        created_at=NOW - timedelta(hours=2),
        justification="Prognose für das dritte Quartal",
        answers=(Answer(QuestionId("q1"), "Region", "Nord", ("n",)),),
        schedule=Schedule(start_at=NOW + timedelta(days=3)),
        package_id=AccessPackageId("p1"),
        package_name="Sales data",
        requestor=_RITA,
        target=_RITA,
        policy_id=_POLICY.id,
    )
    rita = Person(RITA, "Rita Requester", job_title="Account Manager", department="Sales", is_guest=True)
    return RequestFacts(request, None, _POLICY, _CONTENTS, rita)


def _form(reader: Reader) -> Card:
    questions = (
        Question(QuestionId("q1"), QuestionKind.TEXT, "Kostenstelle", is_required=True, regex="[0-9]{4}"),
        Question(
            QuestionId("q2"),
            QuestionKind.SINGLE_CHOICE,
            "Region",
            choices=(Choice("n", "Nord"), Choice("s", "Süd")),
        ),
    )
    chosen = PolicyRequirements(
        _POLICY.id, "Sales", "", True, True, is_custom_schedule_allowed=True, expiration=_DAYS_90, questions=questions
    )
    package = AccessPackage(AccessPackageId("p1"), "Sales data", "Zahlen aller Regionen")
    form = RequestForm(package, _CONTENTS, (OpenPolicy(chosen),), chosen)
    problem = invalid_answer(InvalidAnswer(AnswerProblem.WRONG_FORM, "Kostenstelle"), reader.words)
    before = Before(problem, "Prognose", {"q1": "12a"})
    return request_form_card(form_view(form, "f1", reader, before))


def _approval(reader: Reader, state: RequestState, decided: Decided | None = None, typed: Typed | None = None) -> Card:
    asked = Asked(MARC, 1, {"why": SubjectSetKind.REQUESTOR_MANAGER.value})
    view = approval_view(_facts(state), asked, decided, reader, NOW, portal_url=PORTAL, typed=typed)
    return approval_card(view)


def _status(reader: Reader, state: RequestState, approvers: tuple[str, ...] = ()) -> Card:
    return request_status_card(status_view(_facts(state), approvers, reader, NOW))


def _settings(reader: Reader) -> Card:
    kept = PersonalSettings(language=reader.words.tag)
    return settings_card(settings_view(settings_of(LANGUAGES), kept, reader))


def translated() -> Mapping[str, Card]:
    """The card of every example in each of the other languages, by a name that is fit for a file."""
    pending, decided = RequestState.PENDING_APPROVAL, Decided(Verdict.APPROVE, 1, MARC, "Marc Manager", "Viel Erfolg")
    names = ("Marc Manager", "Sam Second", "Lena Lead", "Adam Admin", "Nora Nomanager")
    made: dict[str, Card] = {}
    for tag, reader in READERS.items():
        made |= {
            f"{tag}-form": _form(reader),
            f"{tag}-status": _status(reader, pending, names),
            f"{tag}-status-works": _status(reader, RequestState.DELIVERED),
            f"{tag}-approval": _approval(reader, pending),
            f"{tag}-approval-changed": _approval(reader, pending, typed=Typed("ok", shown="2~x~y.z")),
            f"{tag}-approval-approved": _approval(reader, pending, decided),
            f"{tag}-approval-denied": _approval(reader, pending, replace(decided, verdict=Verdict.DENY, by_id="lena")),
            f"{tag}-settings": _settings(reader),
            **translated_for_leads(tag, reader),
        }
    return made
