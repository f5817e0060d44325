from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import (
    Answer,
    ApproverVisibility,
    AssignmentState,
    Choice,
    Expiration,
    ExpirationKind,
    QuestionId,
    QuestionKind,
    RequestState,
    RequestType,
    ReviewResult,
    StageStatus,
    Subject,
    SubjectSet,
    SubjectSetKind,
    UserId,
)
from bot.errors import GraphContractError
from bot.graph import wire, wire_policy, wire_rules
from bot.graph.wire_base import format_span, parse_moment, parse_span
from tests.unit.graph_samples import (
    ASSIGNMENT,
    EPOCH,
    PACKAGE,
    POLICY,
    REQUEST,
    REQUIREMENTS,
    ROLE_SCOPE,
    STAGE,
    USER,
)

PARSERS: list[tuple[Callable[[dict[str, Any]], object], dict[str, Any]]] = [
    (wire.assignment_request, REQUEST),
    (wire.assignment, ASSIGNMENT),
    (wire.approval_stage, STAGE),
    (wire.access_package, PACKAGE),
    (wire.resource_role, ROLE_SCOPE),
    (wire.person, USER),
    (wire.directory_kind, USER),
    (wire_policy.assignment_policy, POLICY),
    (lambda data: wire_policy.policy_requirements(data, "de"), REQUIREMENTS),
]


def test_a_request_in_full() -> None:
    found = wire.assignment_request(REQUEST)
    assert (found.type, found.state, found.status) == (
        RequestType.USER_ADD,
        RequestState.PENDING_APPROVAL,
        "PendingApproval",
    )
    assert found.created_at == EPOCH + timedelta(microseconds=123456)
    assert found.completed_at is None
    assert found.schedule.expiration == Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=90))
    assert found.answers == (
        Answer(
            QuestionId("q1"),
            "Which?",
            "A and B",
            ("a", "b"),
            "#microsoft.graph.accessPackageMultipleChoiceQuestion",
        ),
    )
    assert (found.package_id, found.package_name, found.policy_id, found.assignment_id) == (
        "p1",
        "Sales data",
        "pol1",
        "a1",
    )
    assert found.requestor == Subject(UserId("rita"), "Rita Requester", "rita@example.com", "org")
    assert found.target == Subject(None, "", "new@example.com")


def test_the_short_and_the_beta_spellings_are_read_too() -> None:
    found = wire.assignment_request(
        {
            "id": "r1",
            "requestState": "Denied",
            "requestStatus": "Denied",
            "completedDate": "2026-11-02T09:00:00Z",
            "accessPackageAssignment": {"accessPackageId": "p1", "assignmentPolicyId": "pol1"},
        }
    )
    assert (found.state, found.status, found.completed_at) == (RequestState.DENIED, "Denied", EPOCH)
    assert (found.package_id, found.policy_id, found.assignment_id) == ("p1", "pol1", None)


def test_a_fresh_request_has_almost_nothing() -> None:
    found = wire.assignment_request({"id": "r1", "requestType": "userAdd", "state": "submitted"})
    assert found.created_at is None
    assert found.requestor is None
    assert found.package_id is None
    assert found.schedule.expiration.kind is ExpirationKind.NOT_SPECIFIED


@pytest.mark.parametrize("word", ["unknownFutureValue", "approvedByMagic", "", None])
def test_unknown_members_are_other(word: str | None) -> None:
    request = wire.assignment_request({"id": "r1", "state": word, "requestType": word})
    assert (request.state, request.type) == (RequestState.OTHER, RequestType.OTHER)
    assert wire.assignment({"id": "a1", "state": word}).state is AssignmentState.OTHER
    assert wire.approval_stage({"id": "s1", "status": word}).status is StageStatus.OTHER
    stage = {"primaryApprovers": [{"@odata.type": word}]}
    policy = wire_policy.assignment_policy({"id": "p", "requestApprovalSettings": {"stages": [stage]}})
    assert policy.stages[0].primary[0].kind is SubjectSetKind.OTHER


@pytest.mark.parametrize(
    ("schedule", "expired", "expected"),
    [
        ({"expiration": {"type": "afterDateTime", "endDateTime": "2026-11-02T09:00:00Z"}}, None, EPOCH),
        (ASSIGNMENT["schedule"], None, EPOCH + timedelta(days=90)),
        ({"expiration": {"type": "noExpiration", "endDateTime": "2026-11-02T09:00:00Z"}}, None, None),
        ({"expiration": {"type": "afterDuration", "duration": "P90D"}}, None, None),
        (
            {"startDateTime": "2026-11-02T09:00:00Z", "expiration": {"type": "afterDuration", "duration": "P9999999D"}},
            None,
            None,
        ),
        (None, "2026-11-02T09:00:00Z", EPOCH),
        (None, None, None),
    ],
)
def test_when_an_assignment_ends(schedule: object, expired: str | None, expected: datetime | None) -> None:
    found = wire.assignment({"id": "a1", "state": "delivered", "schedule": schedule, "expiredDateTime": expired})
    assert found.expires_at == expected


def test_a_stage_nobody_has_decided() -> None:
    nobody = {"id": "00000000-0000-0000-0000-000000000000", "displayName": "Nobody"}
    found = wire.approval_stage({"id": "s1", "status": "InProgress", "reviewedBy": nobody})
    assert (found.result, found.reviewed_by_id, found.reviewed_by_name) == (ReviewResult.NOT_REVIEWED, None, "")
    decided = wire.approval_stage(STAGE)
    assert (decided.result, decided.reviewed_by_id, decided.reviewed_at) == (ReviewResult.APPROVED, "marc", EPOCH)


def test_a_policy_with_every_kind_of_approver() -> None:
    found = wire_policy.assignment_policy(POLICY)
    first, second = found.stages
    assert first.primary == (
        SubjectSet(SubjectSetKind.REQUESTOR_MANAGER, manager_level=2),
        SubjectSet(SubjectSetKind.INTERNAL_SPONSORS),
    )
    assert first.fallback == (
        SubjectSet(SubjectSetKind.SINGLE_USER, "sam", description="Sam"),
        SubjectSet(SubjectSetKind.SINGLE_USER, "beta"),
    )
    assert first.escalation == (SubjectSet(SubjectSetKind.GROUP_MEMBERS, "g1"),)
    assert first.automatic_denial_after == timedelta(days=14)
    assert first.escalation_after == timedelta(hours=12)
    assert first.is_justification_required
    assert first.visibility is ApproverVisibility.NOT_VISIBLE
    assert second.escalation == ()
    assert second.escalation_after is None
    assert found.expiration.duration == timedelta(days=365)


def test_requirements_come_in_order_and_in_the_readers_language() -> None:
    (found,) = wire_policy.policy_requirements(REQUIREMENTS, "de")
    assert found.is_justification_required
    assert [question.id for question in found.questions] == ["q1", "q2", "q3", "q4", "q5"]
    assert [question.kind for question in found.questions] == [
        QuestionKind.TEXT,
        QuestionKind.MULTIPLE_CHOICE,
        QuestionKind.MULTILINE_TEXT,
        QuestionKind.SINGLE_CHOICE,
        QuestionKind.OTHER,
    ]
    assert found.questions[0].regex == "[0-9]{4}"
    assert found.questions[1].text == "Welche?"
    assert found.questions[1].choices == (Choice("a", "Erste"), Choice("b", "b"))
    assert found.questions[1].odata_type == "#microsoft.graph.accessPackageMultipleChoiceQuestion"


@pytest.mark.parametrize(
    ("locale", "text"), [("de-DE", "Welche?"), ("DE-at", "Welche?"), ("nl", "Which?"), ("", "Which?")]
)
def test_a_text_without_translation_stays_as_it_was_written(locale: str, text: str) -> None:
    assert wire_policy.policy_requirements(REQUIREMENTS, locale)[0].questions[1].text == text


def test_nobody_may_request_is_an_empty_list() -> None:
    assert wire_policy.policy_requirements({"value": []}, "en") == []


def test_contents_name_role_and_resource() -> None:
    found = wire.resource_role(ROLE_SCOPE)
    assert (found.role_name, found.resource_name, found.origin_system, found.origin_id) == (
        "Member",
        "Sales Readers",
        "AadGroup",
        "g1",
    )
    assert wire.resource_role({"scope": {"originId": "g1"}}).origin_id == "g1"


def test_people_and_what_else_the_directory_holds() -> None:
    found = wire.person(USER)
    assert (found.id, found.name, found.mail) == ("rita", "Rita Requester", "")
    assert found.is_guest
    assert not found.is_enabled
    assert wire.person({"id": "x", "accountEnabled": None}).is_enabled
    assert wire.directory_kind(USER) == "user"
    assert wire.directory_kind({"id": "x"}) == ""


@pytest.mark.parametrize(("parse", "sample"), PARSERS)
@pytest.mark.parametrize("data", [{}, None, [], "x", {"id": None}, {"id": {}}, {"id": "1", "schedule": "soon"}])
def test_another_shape_breaks_the_contract_or_is_harmless(
    parse: Callable[[Any], object], sample: object, data: object
) -> None:
    with suppress(GraphContractError):
        parse(data)


def test_a_contract_error_names_the_place_and_not_what_stood_there() -> None:
    written = "x" * 20
    with pytest.raises(GraphContractError) as raised:
        wire.assignment_request({"id": "r1", "schedule": {"startDateTime": written}, "answers": written})
    assert "schedule.startDateTime" in raised.value.message
    assert written not in raised.value.message + "".join(traceback.format_exception(raised.value))


def _everywhere(value: Any, draw: Callable[[Any], Any]) -> Any:
    """The same JSON with any part of it replaced as `draw` says, ids excepted."""
    if isinstance(value, dict):
        kept = {
            name: part
            if name in ("id", "policyId", "actualValue", "value") and not isinstance(part, list)
            else draw(_everywhere(part, draw))
            for name, part in value.items()
        }
        return kept | {"addedLater": {"x": 1}}
    if isinstance(value, list):
        return [draw(_everywhere(part, draw)) for part in value]
    return value


@pytest.mark.parametrize(("parse", "sample"), PARSERS)
@settings(deadline=None)  # the machine may be busy
@given(data=st.data())
def test_nulls_anywhere_break_nothing(parse: Callable[[Any], object], sample: Any, data: st.DataObject) -> None:
    kept = {"value"} if "value" in sample else set()

    def maybe_null(part: Any) -> Any:
        return None if data.draw(st.integers(0, 3)) == 0 else part

    changed = _everywhere(sample, maybe_null)
    for name in kept:
        if changed[name] is None:
            changed[name] = []
    parse(changed)


@pytest.mark.parametrize(("parse", "sample"), PARSERS)
@settings(deadline=None)  # the machine may be busy
@given(data=st.data())
def test_nonsense_anywhere_is_a_contract_error_at_worst(
    parse: Callable[[Any], object], sample: Any, data: st.DataObject
) -> None:
    nonsense = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}))

    def maybe_other(part: Any) -> Any:
        return data.draw(nonsense) if data.draw(st.integers(0, 5)) == 0 else part

    with suppress(GraphContractError):
        parse(_everywhere(sample, maybe_other))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-02T09:00:00Z", EPOCH),
        ("2026-11-02T09:00:00.0000009Z", EPOCH),
        ("2026-11-02T09:00:00", EPOCH),
        ("2026-11-02T10:00:00+01:00", EPOCH),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_moments(text: str, expected: datetime | None) -> None:
    assert parse_moment(text) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", 7, True, {}])
def test_what_is_no_moment(text: object) -> None:
    with pytest.raises(GraphContractError):
        wire.approval_stage({"id": "s1", "reviewedDateTime": text})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P90D", timedelta(days=90)),
        ("p14d", timedelta(days=14)),
        ("PT1H", timedelta(hours=1)),
        ("P1Y", timedelta(days=365)),
        ("P2W", timedelta(weeks=2)),
        ("P1DT2H30M", timedelta(days=1, hours=2, minutes=30)),
        ("PT0S", timedelta()),
    ],
)
def test_spans(text: str, expected: timedelta) -> None:
    assert parse_span(text) == expected


@pytest.mark.parametrize("text", ["", "P", "a week", "P99999999999D", 7, True, {}])
def test_what_is_no_span(text: object) -> None:
    with pytest.raises(GraphContractError):
        wire_policy.assignment_policy({"id": "p1", "expiration": {"duration": text}})


@settings(deadline=None)  # the machine may be busy
@given(st.timedeltas())
def test_a_span_is_read_back_as_it_was_written(span: timedelta) -> None:
    assert parse_span(format_span(span)) == span


@pytest.mark.parametrize(
    ("told", "is_automatic"),
    [
        (None, False),
        ({}, False),
        ({"requestAccessForAllowedTargets": False}, False),
        ({"requestAccessForAllowedTargets": True}, True),
    ],
)
def test_a_policy_is_automatic_when_it_says_so(told: object, is_automatic: bool) -> None:
    policy = {"id": "policy", "automaticRequestSettings": told}
    (rule,) = wire_rules.package_rules({"id": "package", "assignmentPolicies": [policy]}, "en").policies
    assert rule.is_automatic is is_automatic
