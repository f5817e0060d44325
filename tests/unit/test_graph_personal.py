from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from bot.domain import (
    AccessPackageId,
    Answer,
    AssignmentId,
    Expiration,
    ExpirationKind,
    NewRequest,
    PolicyId,
    QuestionId,
    RequestId,
    RequestState,
    RequestType,
    Schedule,
    StageId,
    Verdict,
)
from bot.errors import Conflict, ConsentNeeded, GraphUnavailable, NotAllowed, NotFound, SignInNeeded
from bot.graph.bodies import decode_choices, encode_choices
from bot.graph.personal import PersonalGraph
from bot.graph.scopes import ENTITLEMENT_WRITE, SUBJECT_ACCESS
from tests.unit.graph_fakes import RITA, FakeGraph, FakeTokens, answer, page, refusal

EM = "https://graph.example/v1.0/identityGovernance/entitlementManagement"
CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}'
NEW = NewRequest(AccessPackageId("p1"), PolicyId("pol1"), "Because")


def challenge(claims: str = CLAIMS) -> httpx.Response:
    encoded = base64.b64encode(claims.encode()).decode()
    return refusal(401, "InvalidAuthenticationToken", WWW_Authenticate=f'Bearer realm="", claims="{encoded}"')


def personal(*answers: httpx.Response | Exception) -> tuple[PersonalGraph, FakeGraph, FakeTokens]:
    graph, tokens = FakeGraph(*answers), FakeTokens()
    return PersonalGraph(graph.client(), tokens), graph, tokens


def tokens_sent(graph: FakeGraph) -> list[str]:
    return [sent.headers["Authorization"].removeprefix("Bearer ") for sent in graph.requests]


async def test_self_service_uses_the_permission_that_needs_no_administrator() -> None:
    me, graph, tokens = personal(page({"id": "p1", "displayName": "Sales data"}))
    (package,) = await me.requestable_packages(RITA)
    assert (package.id, package.name) == ("p1", "Sales data")
    where = f"{EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')"
    assert str(graph.requests[0].url) == f"{where}?$expand=catalog"
    assert tokens.asked == [("rita", SUBJECT_ACCESS, None)]
    assert tokens_sent(graph) == ["token 1"]


async def test_packages_come_without_catalogs_where_graph_does_not_expand_them() -> None:
    plain = page({"id": "p1", "displayName": "Sales data"})
    me, graph, _ = personal(refusal(400, "BadRequest"), plain, plain)
    (package,) = await me.requestable_packages(RITA)
    await me.requestable_packages(RITA)
    assert (package.name, package.catalog_name) == ("Sales data", "")
    assert ["expand" in str(sent.url) for sent in graph.requests] == [True, False, False]


async def test_suggestions_say_why() -> None:
    kind = "#microsoft.graph.accessPackageSuggestion"
    reasons = [
        {"@odata.type": f"{kind}RelatedPeopleBased", "relatedPeopleAssignmentCount": 2, "relatedPeople": [{"id": "m"}]},
        {"@odata.type": f"{kind}SelfAssignmentHistoryBased", "pastAssignmentCount": 3},
        {"@odata.type": f"{kind}OfTheFuture", "somethingNew": {}},
    ]
    me, graph, _ = personal(page({"id": "s", "accessPackage": {"id": "p1"}, "reasons": reasons}, {"id": "p2"}))
    first, second = await me.suggestions(RITA)
    assert (first.package_id, first.colleague_count, first.colleagues, first.times_had) == ("p1", 2, (), 3)
    assert (second.package_id, second.colleague_count) == ("p2", 0)
    assert "accessPackageSuggestions/filterByCurrentUser" in str(graph.requests[0].url)


async def test_contents_of_many_packages_take_one_call() -> None:
    def part(number: int, status: int, body: object) -> dict[str, object]:
        return {"id": str(number), "status": status, "body": body}

    role = {"role": {"displayName": "Member", "resource": {"displayName": "Readers"}}}
    forbidden = {"error": {"code": "Forbidden", "message": "no"}}
    parts = [part(0, 200, {"value": [role]}), part(1, 403, forbidden), part(2, 400, {"error": {"code": "BadRequest"}})]
    me, graph, _ = personal(answer({"responses": parts}))
    found = await me.contents_of(RITA, [AccessPackageId("p1"), AccessPackageId("p2"), AccessPackageId("p3")])
    assert {package: [each.resource_name for each in roles] for package, roles in found.items()} == {
        "p1": ["Readers"],
        "p2": [],
    }
    assert len(graph.requests) == 1


async def test_requirements_are_asked_in_the_readers_language() -> None:
    me, graph, _ = personal(answer({"value": [{"policyId": "pol1"}]}))
    (found,) = await me.requirements(RITA, AccessPackageId("p1"), "nl-NL")
    assert found.policy_id == "pol1"
    sent = graph.requests[0]
    assert (sent.method, str(sent.url)) == ("POST", f"{EM}/accessPackages/p1/getApplicablePolicyRequirements")
    assert sent.headers["Accept-Language"] == "nl-NL"
    assert sent.content == b""


async def test_contents_come_from_the_available_packages() -> None:
    me, graph, _ = personal(page({"role": {"displayName": "Member", "resource": {"displayName": "Readers"}}}))
    (found,) = await me.contents(RITA, AccessPackageId("p1"))
    assert (found.role_name, found.resource_name) == ("Member", "Readers")
    assert graph.requests[0].url.path.endswith("/availableAccessPackages/p1/resourceRoleScopes")


async def test_a_request_is_filed_as_graph_wants_it() -> None:
    me, graph, _ = personal(answer({"id": "r1", "state": "submitted", "createdDateTime": None}, 201))
    new = NewRequest(
        AccessPackageId("p1"),
        PolicyId("pol1"),
        "Because",
        answers=(
            Answer(
                QuestionId("q1"), "Which?", "A; B", ("a", "b"), "#microsoft.graph.accessPackageMultipleChoiceQuestion"
            ),
            Answer(QuestionId("q2"), "Why?", "So", ("So",)),
        ),
        schedule=Schedule(
            datetime(2026, 11, 3, 8, tzinfo=UTC), Expiration(ExpirationKind.AFTER_DURATION, timedelta(days=30))
        ),
    )
    filed = await me.submit(RITA, new)
    assert (filed.id, filed.state, filed.created_at) == ("r1", RequestState.SUBMITTED, None)
    assert json.loads(graph.requests[0].content) == {
        "requestType": "userAdd",
        "assignment": {"accessPackageId": "p1", "assignmentPolicyId": "pol1"},
        "justification": "Because",
        "answers": [
            {
                "@odata.type": "#microsoft.graph.accessPackageAnswerString",
                "value": "a,b",
                "displayValue": "A; B",
                "answeredQuestion": {"@odata.type": "#microsoft.graph.accessPackageMultipleChoiceQuestion", "id": "q1"},
            },
            {
                "@odata.type": "#microsoft.graph.accessPackageAnswerString",
                "value": "So",
                "displayValue": "So",
                "answeredQuestion": {"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "id": "q2"},
            },
        ],
        "schedule": {
            "startDateTime": "2026-11-03T08:00:00Z",
            "expiration": {"type": "afterDuration", "duration": "P30D"},
        },
    }


@pytest.mark.parametrize("lost", [refusal(503), answer({"no": "id"}, 201), httpx.RemoteProtocolError("")])
async def test_a_request_whose_answer_was_lost_may_exist(lost: httpx.Response | Exception) -> None:
    me, graph, _ = personal(lost)
    with pytest.raises(GraphUnavailable) as raised:
        await me.submit(RITA, NEW)
    assert raised.value.may_have_happened
    assert len(graph.requests) == 1


async def test_a_second_open_request_is_a_conflict() -> None:
    me, _, _ = personal(refusal(400, "ExistingOpenRequest"))
    with pytest.raises(Conflict) as raised:
        await me.submit(RITA, NEW)
    assert raised.value.code == "ExistingOpenRequest"


async def test_my_requests_and_my_inbox() -> None:
    me, graph, tokens = personal(page({"id": "r1"}))
    assert [request.id for request in await me.my_requests(RITA)] == ["r1"]
    await me.my_requests(RITA, "createdBy")
    await me.inbox(RITA)
    assert [sent.url.path.rpartition("/")[2] for sent in graph.requests] == [
        "filterByCurrentUser(on='target')",
        "filterByCurrentUser(on='createdBy')",
        "filterByCurrentUser(on='approver')",
    ]
    assert {sent.url.params["$expand"] for sent in graph.requests} == {
        "requestor,accessPackage,assignment($expand=target,assignmentPolicy)"
    }
    assert {scopes for _, scopes, _ in tokens.asked} == {SUBJECT_ACCESS}


@pytest.mark.parametrize("success", [answer(None, 200), answer(None, 204)])
async def test_cancelling(success: httpx.Response) -> None:
    me, graph, _ = personal(success)
    await me.cancel(RITA, RequestId("r1"))
    assert str(graph.requests[0].url) == f"{EM}/assignmentRequests/r1/cancel"


async def test_an_id_from_a_card_cannot_address_something_else() -> None:
    me, graph, _ = personal(answer(None, 204))
    await me.cancel(RITA, RequestId("../../users/marc?x=#"))
    assert graph.requests[0].url.raw_path.endswith(b"/assignmentRequests/..%2F..%2Fusers%2Fmarc%3Fx%3D%23/cancel")
    with pytest.raises(NotFound):
        await me.cancel(RITA, RequestId(".."))


async def test_a_decision() -> None:
    me, graph, tokens = personal(page({"id": "s1", "status": "InProgress", "assignedToMe": True}), answer(None, 204))
    (stage,) = await me.stages(RITA, RequestId("r1"))
    assert stage.is_assigned_to_me
    await me.decide(RITA, RequestId("r1"), stage.id, Verdict.DENY, "No")
    sent = graph.requests[1]
    assert (sent.method, str(sent.url)) == ("PATCH", f"{EM}/accessPackageAssignmentApprovals/r1/stages/s1")
    assert json.loads(sent.content) == {"reviewResult": "Deny", "justification": "No"}
    assert {scopes for _, scopes, _ in tokens.asked} == {ENTITLEMENT_WRITE}


@pytest.mark.parametrize(
    ("fault", "kind"), [(refusal(409), Conflict), (refusal(403), NotAllowed), (refusal(404), NotFound)]
)
async def test_a_decision_that_is_refused(fault: httpx.Response, kind: type[Exception]) -> None:
    me, graph, _ = personal(fault)
    with pytest.raises(kind):
        await me.decide(RITA, RequestId("r1"), StageId("s1"), Verdict.APPROVE)
    assert len(graph.requests) == 1


async def test_a_decision_is_never_sent_twice_blindly() -> None:
    me, graph, _ = personal(refusal(504), answer(None, 204))
    with pytest.raises(GraphUnavailable) as raised:
        await me.decide(RITA, RequestId("r1"), StageId("s1"), Verdict.APPROVE)
    assert raised.value.may_have_happened
    assert len(graph.requests) == 1


async def test_my_assignments() -> None:
    me, graph, _ = personal(page({"id": "a1", "state": "delivered", "accessPackage": {"id": "p1"}}))
    (found,) = await me.my_assignments(RITA)
    assert found.package_id == "p1"
    assert graph.requests[0].url.path.endswith("/assignments/filterByCurrentUser(on='target')")


async def test_a_claims_challenge_is_answered_once_and_the_call_goes_on() -> None:
    me, graph, tokens = personal(challenge(), answer(None, 204))
    await me.decide(RITA, RequestId("r1"), StageId("s1"), Verdict.APPROVE)
    assert tokens.asked == [("rita", ENTITLEMENT_WRITE, None), ("rita", ENTITLEMENT_WRITE, CLAIMS)]
    assert tokens_sent(graph) == ["token 1", "token 2"]
    assert graph.requests[0].content == graph.requests[1].content


async def test_a_second_claims_challenge_asks_the_person() -> None:
    newer = '{"access_token":{"nbf":{"value":"1"}}}'
    me, graph, _ = personal(challenge(), challenge(newer))
    with pytest.raises(SignInNeeded) as raised:
        await me.inbox(RITA)
    assert (raised.value.scopes, raised.value.claims) == (SUBJECT_ACCESS, newer)
    assert len(graph.requests) == 2


async def test_a_token_that_is_refused_after_the_challenge_asks_the_person_too() -> None:
    me, _, _ = personal(challenge(), refusal(401))
    with pytest.raises(SignInNeeded) as raised:
        await me.inbox(RITA)
    assert raised.value.claims == CLAIMS


async def test_a_refused_token_asks_the_person_to_sign_in() -> None:
    me, graph, _ = personal(refusal(401, "InvalidAuthenticationToken"))
    with pytest.raises(SignInNeeded) as raised:
        await me.my_assignments(RITA)
    assert (raised.value.scopes, raised.value.claims) == (SUBJECT_ACCESS, None)
    assert len(graph.requests) == 1


async def test_without_consent_graph_is_not_asked() -> None:
    class NoConsent(FakeTokens):
        async def token(self, *_: object, **__: object) -> str:
            raise ConsentNeeded(ENTITLEMENT_WRITE)

    graph = FakeGraph(page())
    with pytest.raises(ConsentNeeded):
        await PersonalGraph(graph.client(), NoConsent()).stages(RITA, RequestId("r1"))
    assert graph.requests == []


@pytest.mark.parametrize("values", [(), ("a",), ("a", "b", "c")])
def test_choices_are_read_back_as_they_were_packed(values: tuple[str, ...]) -> None:
    assert decode_choices(encode_choices(values)) == values


async def test_an_update_names_its_target_and_a_removal_only_the_assignment() -> None:
    filed = answer({"id": "r1", "state": "submitted"}, 201)
    me, graph, _ = personal(filed, filed)
    update = replace(NEW, type=RequestType.USER_UPDATE, assignment_id=AssignmentId("a1"))
    await me.submit(RITA, update)
    await me.submit(RITA, replace(update, type=RequestType.USER_REMOVE))
    first, second = (json.loads(sent.content) for sent in graph.requests)
    assert first["requestType"] == "userUpdate"
    assert first["assignment"] == {"accessPackageId": "p1", "assignmentPolicyId": "pol1", "targetId": "rita"}
    assert second == {"requestType": "userRemove", "assignment": {"id": "a1"}, "justification": "Because"}
