"""The Graph client against the sandbox: real tokens, real permissions, real order of events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import pytest

from bot.clock import Clock
from bot.domain import (
    AccessPackage,
    AccessPackageId,
    Answer,
    AssignmentRequest,
    AssignmentState,
    ExpirationKind,
    GroupId,
    NewRequest,
    PolicyId,
    Question,
    QuestionKind,
    RequestId,
    RequestState,
    RequestType,
    ReviewResult,
    StageId,
    StageStatus,
    SubjectSetKind,
    UserId,
    Verdict,
)
from bot.errors import Conflict, GraphRefused, GraphUnavailable, NotAllowed, NotFound, SignInNeeded
from bot.graph.client import CallFacts, GraphClient
from bot.graph.personal import PersonalGraph
from bot.graph.reader import ReaderGraph
from bot.graph.transport import graph_http
from bot.turn import Actor
from sandbox.app import serving
from sandbox.entra.tokens import issue_graph_token
from sandbox.faults import Fault
from sandbox.services import Service
from sandbox.world import World
from tests.support.moments import story_clock
from tests.unit.graph_fakes import QUICK


class SandboxTokens:
    """A token of the person from the sandbox, as if they had signed in; every permission consented to is in it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.scopes_only = False
        self.challenges: list[str] = []

    async def token(self, who: Actor, scopes: Sequence[str], *, claims: str | None = None) -> str:
        if claims is not None:
            self.challenges.append(claims)
        return issue_graph_token(
            self._world, user_id=who.object_id, permissions=list(scopes) if self.scopes_only else None
        )


@dataclass
class Tried:
    world: World
    me: PersonalGraph
    reader: ReaderGraph
    client: GraphClient
    tokens: SandboxTokens
    calls: list[CallFacts]
    clock: Clock

    def actor(self, key: str) -> Actor:
        user = self.world.tenant.persona(key)
        return Actor(self.world.tenant.id, UserId(user.id), user.display_name)

    def package_id(self, name: str) -> AccessPackageId:
        found = next(package for package in self.world.tenant.packages.values() if package.display_name == name)
        return AccessPackageId(found.id)

    async def ask(self, who: Actor, name: str, why: str = "Q3 forecast") -> AssignmentRequest:
        (policy,) = await self.me.requirements(who, self.package_id(name), "en")
        return await self.me.submit(who, NewRequest(self.package_id(name), policy.policy_id, why))

    async def look(self, request: AssignmentRequest) -> AssignmentRequest:
        return await self.reader.request(request.id)


@pytest.fixture
async def tried() -> AsyncIterator[Tried]:
    world = World(clock=story_clock())
    world.clock.freeze()
    calls: list[CallFacts] = []
    clock = Clock()
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(serving(world)) + "/v1.0"
        http = await stack.enter_async_context(graph_http(base))
        client = GraphClient(base, http, clock, budget=QUICK, observer=calls.append)
        tokens = SandboxTokens(world)

        async def app_token() -> str:
            return issue_graph_token(world)

        yield Tried(world, PersonalGraph(client, tokens), ReaderGraph(client, app_token), client, tokens, calls, clock)


def settle(tried: Tried, seconds: float = 60) -> None:
    tried.world.clock.advance(timedelta(seconds=seconds))


async def test_a_request_goes_from_the_list_to_its_delivery(tried: Tried) -> None:
    rita, marc = tried.actor("requester"), tried.actor("manager")
    listed = await tried.me.requestable_packages(rita)
    package = next(package for package in listed if package.name == "Sales data")
    (policy,) = await tried.me.requirements(rita, package.id, "en")
    assert policy.is_approval_required
    assert policy.is_justification_required
    assert policy.expiration.duration == timedelta(days=90)
    contents = await tried.me.contents(rita, package.id)
    assert {(role.role_name, role.resource_name) for role in contents} == {
        ("Member", "Sales Readers"),
        ("Viewer", "Sales Portal"),
    }

    filed = await tried.me.submit(rita, NewRequest(package.id, policy.policy_id, "Q3 forecast"))
    assert (filed.type, filed.state, filed.created_at) == (RequestType.USER_ADD, RequestState.SUBMITTED, None)
    settle(tried)
    waiting = await tried.look(filed)
    assert waiting.state is RequestState.PENDING_APPROVAL
    assert waiting.created_at is not None
    assert waiting.justification == "Q3 forecast"

    (asked,) = [request for request in await tried.me.inbox(marc) if request.id == filed.id]
    assert asked.requestor is not None
    assert (asked.requestor.object_id, asked.requestor.name) == (rita.object_id, "Rita Requester")
    assert (asked.package_name, asked.policy_id) == ("Sales data", policy.policy_id)
    (stage,) = await tried.me.stages(marc, filed.id)
    assert (stage.status, stage.is_assigned_to_me) == (StageStatus.IN_PROGRESS, True)
    await tried.me.decide(marc, filed.id, stage.id, Verdict.APPROVE, "Fine")
    (decided,) = await tried.me.stages(marc, filed.id)
    assert (decided.result, decided.reviewed_by_id, decided.justification) == (
        ReviewResult.APPROVED,
        marc.object_id,
        "Fine",
    )
    assert decided.reviewed_at is not None
    assert filed.id not in [request.id for request in await tried.me.inbox(marc)]

    settle(tried)
    delivered = await tried.look(filed)
    assert delivered.state is RequestState.DELIVERED
    assert delivered.completed_at is not None
    (held,) = [one for one in await tried.me.my_assignments(rita) if one.package_id == package.id]
    assert held.state is AssignmentState.DELIVERED
    assert held.expires_at is not None
    assert held.id == delivered.assignment_id


async def test_two_approvers_press_and_the_second_hears_of_it(tried: Tried) -> None:
    filed = await tried.ask(tried.actor("requester"), "Design tools")
    settle(tried)
    sam, lena = tried.actor("approver"), tried.actor("lead")
    (stage,) = await tried.me.stages(sam, filed.id)
    await tried.me.decide(sam, filed.id, stage.id, Verdict.DENY, "Not now")
    with pytest.raises(Conflict):
        await tried.me.decide(lena, filed.id, stage.id, Verdict.APPROVE, "Yes")
    assert (await tried.look(filed)).state is RequestState.DENIED


async def test_only_approvers_decide(tried: Tried) -> None:
    rita = tried.actor("requester")
    filed = await tried.ask(rita, "Sales data")
    settle(tried)
    (stage,) = await tried.me.stages(tried.actor("manager"), filed.id)
    for nobody in ("requester", "approver"):
        with pytest.raises(NotAllowed):
            await tried.me.decide(tried.actor(nobody), filed.id, stage.id, Verdict.APPROVE, "Yes")
    with pytest.raises(NotFound):
        await tried.me.stages(tried.actor("manager"), RequestId("d0000000-0000-4000-8000-00000000aaaa"))


async def test_a_second_open_request_is_a_conflict(tried: Tried) -> None:
    rita = tried.actor("requester")
    await tried.ask(rita, "Sales data")
    with pytest.raises(Conflict) as raised:
        await tried.ask(rita, "Sales data")
    assert raised.value.code == "ExistingOpenRequest"


async def test_a_request_without_its_justification_is_refused(tried: Tried) -> None:
    with pytest.raises(GraphRefused):
        await tried.ask(tried.actor("requester"), "Sales data", why="")


async def test_cancelling_and_looking_at_my_requests(tried: Tried) -> None:
    rita = tried.actor("requester")
    filed = await tried.ask(rita, "Sales data")
    settle(tried)
    for on in ("target", "createdBy"):
        mine = {request.id: request for request in await tried.me.my_requests(rita, on)}
        assert mine[filed.id].package_name == "Sales data"
        assert mine[filed.id].target is not None
    await tried.me.cancel(rita, filed.id)
    assert (await tried.look(filed)).state is RequestState.CANCELED
    with pytest.raises((GraphRefused, Conflict)):
        await tried.me.cancel(rita, filed.id)


def chosen(question: Question) -> Answer:
    """An acceptable answer: the first choice, both choices, or digits."""
    texts = [choice.text for choice in question.choices]
    values = tuple(choice.value for choice in question.choices)
    if question.kind is QuestionKind.MULTIPLE_CHOICE:
        return Answer(question.id, question.text, "; ".join(texts[:2]), values[:2], question.odata_type)
    if question.kind is QuestionKind.SINGLE_CHOICE:
        return Answer(question.id, question.text, texts[0], values[:1], question.odata_type)
    text = "CC-1234" if question.regex else "Some words"
    return Answer(question.id, question.text, text, (text,), question.odata_type)


async def test_every_kind_of_question_is_asked_and_answered(tried: Tried) -> None:
    rita = tried.actor("requester")
    package = tried.package_id("Travel booking")
    (policy,) = await tried.me.requirements(rita, package, "en")
    assert {question.kind for question in policy.questions} == {
        QuestionKind.TEXT,
        QuestionKind.MULTILINE_TEXT,
        QuestionKind.SINGLE_CHOICE,
        QuestionKind.MULTIPLE_CHOICE,
    }
    assert policy.is_custom_schedule_allowed
    answers = tuple(chosen(question) for question in policy.questions)
    filed = await tried.me.submit(rita, NewRequest(package, policy.policy_id, "Trip", answers))
    found = await tried.look(filed)
    assert [(one.question_id, one.display_value) for one in found.answers] == [
        (one.question_id, one.display_value) for one in answers
    ]


async def test_questions_come_in_the_readers_language(tried: Tried) -> None:
    rita, package = tried.actor("requester"), tried.package_id("Travel booking")
    english = (await tried.me.requirements(rita, package, "en"))[0].questions
    german = (await tried.me.requirements(rita, package, "de-DE"))[0].questions
    assert [question.id for question in english] == [question.id for question in german]
    assert any(one.text != other.text for one, other in zip(english, german, strict=True))


async def test_two_policies_are_a_choice_and_foreign_packages_none(tried: Tried) -> None:
    rita = tried.actor("requester")
    both = await tried.me.requirements(rita, tried.package_id("Partner portal"), "en")
    assert {policy.policy_name for policy in both} == {"Short visit", "Long visit"}
    assert "Board papers" not in [package.name for package in await tried.me.requestable_packages(rita)]
    assert await tried.me.requirements(rita, tried.package_id("Board papers"), "en") == []


async def test_the_permissions_asked_for_are_enough(tried: Tried) -> None:
    tried.tokens.scopes_only = True
    rita, marc = tried.actor("requester"), tried.actor("manager")
    await tried.me.requestable_packages(rita)
    await tried.me.contents(rita, tried.package_id("Sales data"))
    filed = await tried.ask(rita, "Sales data")
    settle(tried)
    await tried.me.my_requests(rita)
    await tried.me.my_assignments(rita)
    assert await tried.me.inbox(marc)
    (stage,) = await tried.me.stages(marc, filed.id)
    await tried.me.decide(marc, filed.id, stage.id, Verdict.DENY, "No")


async def test_a_revoked_session_is_challenged(tried: Tried) -> None:
    """The challenge is answered once; the token that comes back is as old, so the person has to sign in."""
    rita = tried.actor("requester")
    tried.world.options.cae_users[rita.object_id] = 32503680000.0  # the year 3000
    with pytest.raises(SignInNeeded) as raised:
        await tried.me.my_assignments(rita)
    assert tried.tokens.challenges == [raised.value.claims]
    assert '"access_token"' in str(raised.value.claims)


async def test_the_reader_sees_requests(tried: Tried) -> None:
    rita = tried.actor("requester")
    before = tried.world.clock.now()
    first = await tried.ask(rita, "Sales data")
    settle(tried)
    second = await tried.ask(rita, "Design tools")
    settle(tried)
    gone = RequestId("d0000000-0000-4000-8000-00000000aaaa")
    found = await tried.reader.requests([first.id, gone, second.id])
    assert found[gone] is None
    assert {key: request.package_name for key, request in found.items() if request} == {
        first.id: "Sales data",
        second.id: "Design tools",
    }
    since = await tried.reader.requests_created_since(before)
    assert {first.id, second.id} <= {request.id for request in since}
    assert {request.id for request in await tried.reader.requests_created_since(tried.world.clock.now())} == set()
    everything = await tried.reader.requests_created_since(before - timedelta(days=4000))
    assert len(everything) == len(tried.world.tenant.requests)
    with pytest.raises(NotFound):
        await tried.reader.request(gone)
    assert "/$batch" in [call.template for call in tried.calls]


async def test_very_many_requests_in_batches(tried: Tried) -> None:
    ids = [RequestId(request_id) for request_id in list(tried.world.tenant.requests)[:95]]
    found = await tried.reader.requests(ids)
    assert {key: request.id for key, request in found.items() if request} == {each: each for each in ids}


async def test_the_reader_sees_policies_and_packages(tried: Tried) -> None:
    for package_id, package in list(tried.world.tenant.packages.items())[:30]:
        found = await tried.reader.package(AccessPackageId(package_id))
        assert found == AccessPackage(
            AccessPackageId(package_id),
            package.display_name,
            package.description or "",
            package.is_hidden,
            tried.world.tenant.catalogs[package.catalog_id].display_name,
            package.catalog_id,
        )
    finance = tried.package_id("Finance reports")
    policy_id = next(key for key, policy in tried.world.tenant.policies.items() if policy.package_id == finance)
    policy = await tried.reader.policy(PolicyId(policy_id))
    assert policy.is_approval_required
    assert [stage.primary[0].kind for stage in policy.stages] == [
        SubjectSetKind.REQUESTOR_MANAGER,
        SubjectSetKind.SINGLE_USER,
    ]
    assert policy.stages[1].primary[0].id == tried.actor("approver").object_id
    assert policy.expiration.kind is not ExpirationKind.OTHER
    contents = await tried.reader.contents(tried.package_id("Sales data"))
    assert ("Member", "Sales Readers", "AadGroup") in [
        (role.role_name, role.resource_name, role.origin_system) for role in contents
    ]


async def test_every_policy_of_the_tenant_is_understood(tried: Tried) -> None:
    for policy_id in tried.world.tenant.policies:
        policy = await tried.reader.policy(PolicyId(policy_id))
        assert policy.expiration.kind is not ExpirationKind.OTHER
        assert all(each.kind is not SubjectSetKind.OTHER for stage in policy.stages for each in stage.primary)


async def test_the_reader_knows_people(tried: Tried) -> None:
    rita, gina = tried.actor("requester"), tried.actor("guest")
    user = tried.world.tenant.users[rita.object_id]
    found = await tried.reader.person(rita.object_id)
    assert (found.name, found.mail, found.user_principal_name, found.job_title, found.company, found.is_guest) == (
        user.display_name,
        user.mail,
        user.user_principal_name,
        user.job_title or "",
        user.company_name or "",
        False,
    )
    assert (await tried.reader.person(gina.object_id)).is_guest
    everybody = [UserId(user_id) for user_id in tried.world.tenant.users]
    gone = UserId("d0000000-0000-4000-8000-00000000aaaa")
    assert set(await tried.reader.people([*everybody[:60], gone])) == set(everybody[:60])
    manager = await tried.reader.manager(rita.object_id)
    assert manager is not None
    assert manager.id == tried.actor("manager").object_id
    assert await tried.reader.manager(tried.actor("nomanager").object_id) is None
    assert [sponsor.id for sponsor in await tried.reader.sponsors(gina.object_id)] == list(
        tried.world.tenant.users[gina.object_id].sponsor_ids
    )


async def test_the_reader_knows_groups_and_sponsors(tried: Tried) -> None:
    for group_id in tried.world.tenant.groups:
        members = await tried.reader.group_members(GroupId(group_id))
        assert {member.id for member in members} == set(tried.world.tenant.member_users(group_id))
    for organization_id, organization in tried.world.tenant.connected_organizations.items():
        for internal, ids in ((True, organization.internal_sponsor_ids), (False, organization.external_sponsor_ids)):
            sponsors = await tried.reader.connected_organization_sponsors(organization_id, internal)
            expected = {
                member
                for each in ids
                for member in ([each] if each in tried.world.tenant.users else tried.world.tenant.member_users(each))
            }
            assert {sponsor.id for sponsor in sponsors} == expected


async def test_pages_of_a_group_are_all_read(tried: Tried) -> None:
    tried.world.options.page_size = 2
    rita = tried.actor("requester")
    assert len(await tried.me.requestable_packages(rita)) > 10
    assert len([call for call in tried.calls if "filterByCurrentUser" in call.template]) > 5


async def test_the_reader_sees_what_somebody_holds(tried: Tried) -> None:
    tenant = tried.world.tenant
    target = next(iter(tenant.assignments.values())).target_id
    person = tenant.subjects[target].object_id
    assert person is not None
    found = await tried.reader.assignments_of(UserId(person))
    assert {one.id for one in found} == {one.id for one in tenant.assignments.values() if one.target_id == target}
    assert all(one.package_name for one in found)


async def test_ping_and_graphs_time(tried: Tried) -> None:
    tried.world.clock.advance(timedelta(days=40))
    await tried.reader.ping()
    assert abs(tried.clock.now() - tried.world.clock.now()) < timedelta(seconds=3)


async def test_the_app_cannot_act_for_a_person(tried: Tried) -> None:
    class AppOnly(SandboxTokens):
        async def token(self, *_: object, **__: object) -> str:
            return issue_graph_token(self._world)

    me = PersonalGraph(tried.client, AppOnly(tried.world))
    with pytest.raises(NotAllowed):
        await me.decide(tried.actor("manager"), RequestId("r"), StageId("s"), Verdict.APPROVE)
    with pytest.raises(NotAllowed):
        await me.requestable_packages(tried.actor("requester"))


@pytest.mark.parametrize(
    "fault",
    [
        Fault(Service.GRAPH, "status", status=429, retry_after=0.05),
        Fault(Service.GRAPH, "status", status=503),
        Fault(Service.GRAPH, "reset"),
        Fault(Service.GRAPH, "truncate"),
    ],
    ids=["busy", "unavailable", "reset", "cut"],
)
async def test_reads_survive_a_graph_that_stumbles(tried: Tried, fault: Fault) -> None:
    tried.world.faults.add(replace(fault, times=2))
    assert await tried.me.requestable_packages(tried.actor("requester"))
    assert tried.calls[0].attempts > 1  # aiohttp itself repeats a read once when a connection was reset


@pytest.mark.parametrize("kind", ["reset", "truncate", "status"])
async def test_a_request_whose_answer_was_lost_is_filed_once(
    tried: Tried, kind: Literal["reset", "truncate", "status"]
) -> None:
    rita = tried.actor("requester")
    before = len(tried.world.tenant.requests)
    tried.world.faults.add(Fault(Service.GRAPH, kind, path="assignmentRequests$", method="POST", after=True, times=5))
    with pytest.raises(GraphUnavailable) as raised:
        await tried.ask(rita, "Sales data")
    assert raised.value.may_have_happened
    assert len(tried.world.tenant.requests) == before + 1


async def test_a_busy_graph_files_a_request_a_little_later(tried: Tried) -> None:
    busy = Fault(Service.GRAPH, "status", status=429, retry_after=0.05, path="assignmentRequests$", times=2)
    tried.world.faults.add(busy)
    assert (await tried.ask(tried.actor("requester"), "Sales data")).state is RequestState.SUBMITTED
