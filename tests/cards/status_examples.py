"""Every state of a request as its cards tell it, made the whole way from what Graph and Doorman know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.domain import (
    AccessPackageId,
    ApproverVisibility,
    AssignmentPolicy,
    AssignmentRequest,
    Held,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
    ResourceRole,
    Schedule,
    StageRule,
    Subject,
    UserId,
    Verdict,
)
from bot.services.facts import RequestFacts
from bot.services.grants import RoleGrant
from bot.store.records import Remark, RemarkKind, RequestRecord
from bot.views.incident import incident_view
from bot.views.remarks import question_view, writing_view
from bot.views.request_status import status_view
from bot.views.words import Reader
from cards.incident import incident_card
from cards.remarks import write_card
from cards.rendering import Card
from cards.request_status import request_status_card

NOW: Final = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
ASKED: Final = NOW - timedelta(hours=20)
READER: Final = Reader("en-GB", "Europe/Amsterdam", "29:rita")
RITA, MARC = UserId("rita"), UserId("marc")
GROUP: Final = ResourceRole("Member", "Sales Readers", "AadGroup", "g1", "Member_g1")
APP: Final = ResourceRole("Viewer", "Sales Portal", "AadApplication", "a1", "v1")
SITE: Final = ResourceRole("Readers", "Sales site", "SharePointOnline", "https://woodgrove.example/sites/sales", "4")
ADMIN: Final = "https://myaccess.microsoft.com/@woodgrove.example#/access-packages"


def facts(state: RequestState = RequestState.PENDING_APPROVAL, stages: int = 1, **changes: Any) -> RequestFacts:
    """Rita's request for Sales data. `changes` are fields of the request, of its record, or of the facts."""
    rules = tuple(
        StageRule((), automatic_denial_after=timedelta(days=14), visibility=ApproverVisibility.VISIBLE)
        for _ in range(stages)
    )
    status = {RequestState.PENDING_APPROVAL: "PendingApproval", RequestState.SUBMITTED: "Accepted"}.get(state, "")
    request = AssignmentRequest(
        RequestId("r1"),
        RequestType.USER_ADD,
        state,
        status=status,
        created_at=ASKED,
        justification="I prepare the Q3 forecast.",
        package_id=AccessPackageId("p1"),
        package_name="Sales data",
        requestor=Subject(RITA, "Rita Requester"),
        target=Subject(RITA, "Rita Requester"),
    )
    record = RequestRecord(
        request_id=request.id,
        package_id=AccessPackageId("p1"),
        package_name="Sales data",
        requestor_id=RITA,
        requestor_name="Rita Requester",
        target_id=RITA,
        state=state,
        stage=1 if stages else 0,
        stages_total=stages,
        created_at=ASKED,
        changed_at=NOW - timedelta(minutes=40),
        looked_at=NOW,
        code="K7Q2",
    )
    of_request = {name: changes.pop(name) for name in list(changes) if hasattr(request, name)}
    of_record = {name: changes.pop(name) for name in list(changes) if hasattr(record, name)}
    policy = AssignmentPolicy(PolicyId("o1"), "Everybody", is_approval_required=bool(stages), stages=rules)
    return replace(
        RequestFacts(replace(request, **of_request), replace(record, **of_record), policy, (GROUP, APP, SITE), None),
        **changes,
    )


def remark(kind: RemarkKind, author: str, text: str = "", *, name: str = "q1", about: str = "") -> Remark:
    return Remark(
        id=name,
        request_id=RequestId("r1"),
        kind=kind,
        stage=1,
        author_id=UserId(author.split()[0].lower()),
        author_name=author,
        about_id=about,
        text=text,
        made_at=NOW - timedelta(hours=2),
    )


def grants(*held: Held) -> tuple[RoleGrant, ...]:
    return tuple(RoleGrant(role, is_held) for role, is_held in zip((GROUP, APP, SITE), held, strict=False))


DECIDED: Final[Mapping[str, Any]] = {
    "decided_verdict": Verdict.APPROVE.value,
    "decided_by_id": MARC,
    "decided_by_name": "Marc Manager",
}
TALK: Final = (
    remark("note", "Rita Requester", "The forecast is due on Friday.", name="n1"),
    remark("question", "Marc Manager", "Do you need *all* regions?", name="q1"),
    remark("answer", "Rita Requester", "Only North.", name="a1", about="q1"),
    remark("question", "Marc Manager", "And for how long?", name="q2"),
)


def _states() -> dict[str, RequestFacts]:
    denied = {**DECIDED, "decided_verdict": Verdict.DENY.value, "decided_reason": "Not for interns"}
    lapsed_at = ASKED + timedelta(days=14)
    other = {"target": Subject(UserId("ina"), "Ina Intern")}
    return {
        "sent": facts(RequestState.SUBMITTED),
        "checked-elsewhere": facts(RequestState.SUBMITTED, status="WaitingForCallback"),
        "waiting": facts(),
        "waiting-second-stage": facts(stages=2, stage=2, stage_started_at=NOW - timedelta(hours=1)),
        "waiting-escalated": facts(status="PendingApprovalEscalated"),
        "waiting-reminded": facts(remarks=(remark("nudge", "Rita Requester"),)),
        "waiting-with-remarks": facts(remarks=TALK),
        "scheduled": facts(
            RequestState.SCHEDULED, status="PendingNotBefore", schedule=Schedule(NOW + timedelta(days=9)), **DECIDED
        ),
        "delivering": facts(RequestState.DELIVERING, grants=grants(Held.YES, Held.NOT_YET, Held.UNKNOWN), **DECIDED),
        "delivering-at-once": facts(RequestState.DELIVERING, stages=0),
        "stuck": facts(RequestState.DELIVERING, stuck_at=NOW, grants=grants(Held.YES, Held.NOT_YET), **DECIDED),
        "works": facts(RequestState.DELIVERED, grants=grants(Held.YES, Held.YES, Held.UNKNOWN), **DECIDED),
        "works-for-another": facts(RequestState.DELIVERED, stages=0, **other),
        "almost-there": facts(RequestState.DELIVERED, grants=grants(Held.YES, Held.NOT_YET), **DECIDED),
        "partial": facts(RequestState.PARTIALLY_DELIVERED, grants=grants(Held.YES, Held.NOT_YET), **DECIDED),
        "partial-stuck": facts(RequestState.PARTIALLY_DELIVERED, stuck_at=NOW, **DECIDED),
        "failed": facts(RequestState.DELIVERY_FAILED, stuck_at=NOW, **DECIDED),
        "denied": facts(RequestState.DENIED, **denied),
        "denied-without-reason": facts(RequestState.DENIED),
        "lapsed": facts(RequestState.DENIED, completed_at=lapsed_at),
        "cancelled": facts(RequestState.CANCELED),
        "unknown": facts(RequestState.OTHER, status="SomethingNew"),
    }


def status_examples() -> dict[str, Card]:
    shown = {
        f"request-{name}": request_status_card(status_view(known, ("Marc Manager",), READER, NOW))
        for name, known in _states().items()
    }
    for_me = facts(requestor=Subject(MARC, "Marc Manager"))
    shown["request-asked-by-another"] = request_status_card(status_view(for_me, (), READER, NOW, reader_id=RITA))
    return shown


def remark_examples() -> dict[str, Card]:
    known = facts(remarks=TALK)
    hidden = replace(known, policy=None)
    over = facts(RequestState.DENIED, remarks=TALK)
    views = {
        "question-open": question_view(TALK[3], known, READER),
        "question-unnamed": question_view(TALK[3], hidden, READER, "Until", "Please keep “Your message” to 1,000."),
        "question-answered": question_view(TALK[1], known, READER),
        "question-over": question_view(TALK[3], over, READER),
        "write-question": writing_view(known, READER, is_question=True),
        "write-note": writing_view(known, READER, is_question=False),
    }
    return {name: write_card(view) for name, view in views.items()}


def incident_examples() -> dict[str, Card]:
    partial = grants(Held.YES, Held.NOT_YET)
    states = {
        "failed": facts(RequestState.DELIVERY_FAILED, stuck_at=NOW, status="Failed"),
        "partial": facts(RequestState.PARTIALLY_DELIVERED, stuck_at=NOW, grants=partial),
        "stuck": facts(RequestState.DELIVERING, stuck_at=NOW, status="Delivering", grants=partial),
        "again": facts(RequestState.DELIVERING, status="Delivering"),
        "mended": facts(RequestState.DELIVERED, grants=grants(Held.YES, Held.YES)),
    }
    return {
        f"incident-{name}": incident_card(incident_view(known, READER, NOW, admin_url=ADMIN))
        for name, known in states.items()
    }
