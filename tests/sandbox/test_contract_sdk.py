"""Microsoft's published Python client, unmodified, against the sandbox: what it sends works, what it gets it can read.

Every answer is held against the client's own models: nothing on the wire may lack a typed field or be lost in it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.serialization import ParseNodeFactoryRegistry
from msgraph.generated.directory_objects.get_by_ids.get_by_ids_post_request_body import GetByIdsPostRequestBody
from msgraph.generated.models.access_package import AccessPackage
from msgraph.generated.models.access_package_answer_string import AccessPackageAnswerString
from msgraph.generated.models.access_package_assignment import AccessPackageAssignment
from msgraph.generated.models.access_package_assignment_policy import AccessPackageAssignmentPolicy
from msgraph.generated.models.access_package_assignment_request import AccessPackageAssignmentRequest
from msgraph.generated.models.access_package_multiple_choice_question import AccessPackageMultipleChoiceQuestion
from msgraph.generated.models.access_package_question import AccessPackageQuestion
from msgraph.generated.models.access_package_request_state import AccessPackageRequestState
from msgraph.generated.models.access_package_request_type import AccessPackageRequestType
from msgraph.generated.models.access_package_subject import AccessPackageSubject
from msgraph.generated.models.access_package_text_input_question import AccessPackageTextInputQuestion
from msgraph.generated.models.app_role_assignment import AppRoleAssignment
from msgraph.generated.models.approval_stage import ApprovalStage
from msgraph.generated.models.expiration_pattern import ExpirationPattern
from msgraph.generated.models.expiration_pattern_type import ExpirationPatternType
from msgraph.generated.models.group import Group
from msgraph.generated.models.group_members import GroupMembers
from msgraph.generated.models.invitation import Invitation
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.requestor_manager import RequestorManager
from msgraph.generated.models.single_user import SingleUser
from msgraph.generated.models.user import User
from msgraph.generated.models.user_collection_response import UserCollectionResponse
from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
    CheckMemberGroupsPostRequestBody,
)
from msgraph_core.requests.batch_request_content import BatchRequestContent
from msgraph_core.requests.batch_request_item import BatchRequestItem
from msgraph_core.tasks.page_iterator import PageIterator

from sandbox.entra.tokens import issue_graph_token
from sandbox.tenant.identity import WRITER_APP_ID
from tests.sandbox.graph_support import SELF, WRITE, Graph, serve_graph
from tests.support.graph_sdk import SdkCaller, losses, sdk_caller

# The generated modules still build on classes that their own base library calls deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:GetQueryParameters is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This class is deprecated. Please use the generic:DeprecationWarning"),
]

DIRECTORY = ("User.Read.All", "GroupMember.Read.All", "Group.Read.All", "Application.Read.All", "User.Invite.All")


class Sdk:
    """Callers for whoever is wanted, on one served world."""

    def __init__(self, graph: Graph, stack: AsyncExitStack) -> None:
        self.graph = graph
        self._stack = stack

    async def person(self, key: str, permissions: Iterable[str] = (SELF, WRITE, "User.Read")) -> SdkCaller:
        token = issue_graph_token(self.graph.world, user_id=self.graph.id_of(key), permissions=permissions)
        return await self._stack.enter_async_context(sdk_caller(self.graph.world.base_url, token))

    async def app(self, permissions: Iterable[str], app_id: str = WRITER_APP_ID) -> SdkCaller:
        token = issue_graph_token(self.graph.world, app_id=app_id, permissions=permissions)
        return await self._stack.enter_async_context(sdk_caller(self.graph.world.base_url, token))


@pytest.fixture
async def sdk() -> AsyncIterator[Sdk]:
    async with serve_graph() as graph, AsyncExitStack() as stack:
        yield Sdk(graph, stack)


def em(caller: SdkCaller) -> Any:
    return caller.client.identity_governance.entitlement_management


async def read(builder: Any, headers: Mapping[str, str] | None = None, **parameters: Any) -> Any:
    """GET with the builder's own query parameters: $select, $expand and the like by their names without `$`."""
    return await builder.get(asking(builder, headers, **parameters))


def asking(builder: Any, headers: Mapping[str, str] | None = None, **parameters: Any) -> Any:
    known = next(kind for name, kind in vars(type(builder)).items() if name.endswith("GetQueryParameters"))
    configuration: Any = RequestConfiguration(query_parameters=known(**parameters))
    for name, value in (headers or {}).items():
        configuration.headers.add(name, value)
    return configuration


def user_add(package_id: str, policy_id: str, user_id: str, **more: Any) -> Any:
    """A request with everything in the client's typed places."""
    return AccessPackageAssignmentRequest(
        request_type=AccessPackageRequestType.UserAdd,
        assignment=AccessPackageAssignment(
            target=AccessPackageSubject(object_id=user_id),
            access_package=AccessPackage(id=package_id),
            assignment_policy=AccessPackageAssignmentPolicy(id=policy_id),
        ),
        **more,
    )


# Looking around


async def test_packages_to_request_and_what_they_require(sdk: Sdk) -> None:
    rita = await sdk.person("requester")
    found = rita.check(await em(rita).access_packages.filter_by_current_user_with_on("allowedRequestor").get())
    names = {package.display_name: package for package in found.value}
    assert "Sales data" in names
    assert "Board papers" not in names
    wanted = names["Travel booking"]
    answer = await em(rita).access_packages.by_access_package_id(wanted.id).get_applicable_policy_requirements.post()
    requirements = rita.check(answer).value
    kinds = {type(question) for question in requirements[0].questions}
    assert kinds == {AccessPackageTextInputQuestion, AccessPackageMultipleChoiceQuestion}
    assert all(isinstance(question, AccessPackageQuestion) and question.text for question in requirements[0].questions)
    choices = [q for q in requirements[0].questions if isinstance(q, AccessPackageMultipleChoiceQuestion)]
    assert all(choice.actual_value and choice.text for choice in choices[0].choices)


@pytest.mark.parametrize(
    ("builder", "parameters"),
    [
        ("access_packages", {"expand": ["catalog", "assignmentPolicies", "resourceRoleScopes($expand=role,scope)"]}),
        ("access_packages", {"filter": "contains(tolower(displayName),'project')", "top": 5}),
        ("access_packages", {"expand": ["incompatibleAccessPackages", "incompatibleGroups"]}),
        ("catalogs", {"expand": ["accessPackages", "resources"]}),
        ("assignment_policies", {"expand": ["accessPackage", "catalog", "questions"]}),
        ("assignment_requests", {"expand": ["requestor", "accessPackage", "assignment($expand=target)"]}),
        ("assignments", {"expand": ["target", "accessPackage", "assignmentPolicy"], "filter": "state eq 'delivered'"}),
        ("connected_organizations", {"expand": ["internalSponsors", "externalSponsors"]}),
        ("subjects", {}),
    ],
)
async def test_an_administrator_lists(sdk: Sdk, builder: str, parameters: dict[str, Any]) -> None:
    adam = await sdk.person("admin")
    page = adam.check(await read(getattr(em(adam), builder), **parameters))
    assert page.value
    assert all(entity.id for entity in page.value)


async def test_single_things_under_their_ids(sdk: Sdk) -> None:
    adam = await sdk.person("admin")
    tenant = sdk.graph.tenant
    package = sdk.graph.package("Design tools")
    policy = tenant.policies_of(package.id)[0]
    policy_read = adam.check(await em(adam).assignment_policies.by_access_package_assignment_policy_id(policy.id).get())
    approvers = policy_read.request_approval_settings.stages[0].primary_approvers
    assert isinstance(approvers[0], GroupMembers)
    assert approvers[0].group_id in tenant.groups
    contents = adam.check(
        await read(
            em(adam).access_packages.by_access_package_id(package.id).resource_role_scopes, expand=["role", "scope"]
        )
    )
    assert all(scope.role.display_name for scope in contents.value)
    catalog_id = package.catalog_id
    catalog = em(adam).catalogs.by_access_package_catalog_id(catalog_id)
    assert adam.check(await catalog.get()).display_name == tenant.catalogs[catalog_id].display_name
    assert adam.check(await catalog.resources.get()).value
    assert adam.check(await read(catalog.resource_roles, filter="originSystem eq 'AadGroup'")).value
    assert adam.check(await em(adam).settings.get()).duration_until_external_user_deleted_after_blocked
    roles = adam.client.role_management.entitlement_management
    assert adam.check(await read(roles.role_assignments, expand=["roleDefinition"])).value
    assert adam.check(await roles.role_definitions.get()).value


async def test_a_policy_is_replaced(sdk: Sdk) -> None:
    adam = await sdk.person("admin")
    package = sdk.graph.package("Sales data")
    item = em(adam).assignment_policies.by_access_package_assignment_policy_id(
        sdk.graph.tenant.policies_of(package.id)[0].id
    )
    policy = adam.check(await read(item, expand=["accessPackage", "questions"]))
    stage = policy.request_approval_settings.stages[0]
    assert isinstance(stage.primary_approvers[0], RequestorManager)
    stage.primary_approvers = [SingleUser(user_id=sdk.graph.id_of("approver"))]
    # This version of the client writes durations as Python does ("90 days, 0:00:00"), which no Graph can read.
    stage.duration_before_automatic_denial = stage.duration_before_escalation = None
    policy.review_settings = None
    policy.expiration = ExpirationPattern(type=ExpirationPatternType.NoExpiration)
    replaced = adam.check(await item.put(policy))
    assert isinstance(replaced.request_approval_settings.stages[0].primary_approvers[0], SingleUser)


async def test_pages_and_prepared_iteration(sdk: Sdk) -> None:
    adam = await sdk.person("admin")
    first = adam.check(await read(em(adam).assignments, top=40))
    assert len(first.value) == 40
    assert first.odata_next_link
    seen: list[str] = []

    def keep(item: Any) -> bool:
        seen.append(item.id)
        return True

    await PageIterator(first, adam.adapter).iterate(keep)
    assert sorted(seen) == sorted(sdk.graph.tenant.assignments)


# Asking and deciding


async def test_a_request_is_made_approved_and_delivered(sdk: Sdk) -> None:
    rita, marc = await sdk.person("requester"), await sdk.person("manager")
    package = sdk.graph.package("Sales data")
    policy = sdk.graph.tenant.policies_of(package.id)[0]
    body = user_add(package.id, policy.id, sdk.graph.id_of("requester"), justification="Q3 forecast")
    made = rita.check(await em(rita).assignment_requests.post(body))
    assert (made.state, made.created_date_time) == (AccessPackageRequestState.Submitted, None)
    sdk.graph.advance(seconds=5)
    mine = rita.check(
        await read(
            em(rita).assignment_requests.filter_by_current_user_with_on("target"),
            expand=["accessPackage", "requestor", "assignment"],
        )
    )
    waiting = next(request for request in mine.value if request.id == made.id)
    assert waiting.state == AccessPackageRequestState.PendingApproval
    assert (waiting.access_package.display_name, waiting.requestor.object_id) == (
        "Sales data",
        sdk.graph.id_of("requester"),
    )
    approvals = em(marc).access_package_assignment_approvals
    listed = marc.check(await approvals.filter_by_current_user_with_on("approver").get())
    assert made.id in {approval.id for approval in listed.value}
    approval = approvals.by_approval_id(made.id)
    whole = marc.check(await read(approval, expand=["stages"]))
    stage = next(stage for stage in whole.stages if stage.assigned_to_me)
    decision = ApprovalStage(review_result="Approve", justification="Needed")
    await approval.stages.by_approval_stage_id(stage.id).patch(decision)
    decided = marc.check(await approval.stages.by_approval_stage_id(stage.id).get())
    assert (decided.review_result, decided.reviewed_by.display_name) == ("Approved", "Marc Manager")
    with pytest.raises(ODataError) as second:
        await approval.stages.by_approval_stage_id(stage.id).patch(decision)
    assert second.value.response_status_code == 409
    sdk.graph.advance(seconds=10)
    held = rita.check(
        await read(em(rita).assignments.filter_by_current_user_with_on("target"), expand=["accessPackage"])
    )
    assert "Sales data" in {each.access_package.display_name for each in held.value}


async def test_answers_travel_in_their_types(sdk: Sdk) -> None:
    rita = await sdk.person("requester")
    package = sdk.graph.package("Travel booking")
    policy = sdk.graph.tenant.policies_of(package.id)[0]
    requirements = rita.check(
        await em(rita).access_packages.by_access_package_id(package.id).get_applicable_policy_requirements.post()
    ).value[0]
    given = []
    for question in requirements.questions:
        is_choice = isinstance(question, AccessPackageMultipleChoiceQuestion)
        value = question.choices[0].actual_value if is_choice else _fitting(question.regex_pattern)
        given.append(AccessPackageAnswerString(value=value, answered_question=_asked(question)))
    body = user_add(package.id, policy.id, sdk.graph.id_of("requester"), answers=given)
    made = rita.check(await em(rita).assignment_requests.post(body))
    assert [answer.value for answer in made.answers] == [answer.value for answer in given]
    assert all(isinstance(answer, AccessPackageAnswerString) for answer in made.answers)


def _asked(question: Any) -> Any:
    return type(question)(id=question.id)


def _fitting(pattern: str | None) -> str:
    return "Woodgrove" if pattern is None else "NL-1234"


async def test_a_request_is_cancelled_and_another_processed_again(sdk: Sdk) -> None:
    rita, adam = await sdk.person("requester"), await sdk.person("admin")
    package = sdk.graph.package("Finance reports")
    policy = sdk.graph.tenant.policies_of(package.id)[0]
    body = user_add(package.id, policy.id, sdk.graph.id_of("requester"), justification="Budget")
    made = rita.check(await em(rita).assignment_requests.post(body))
    sdk.graph.advance(seconds=5)
    item = em(rita).assignment_requests.by_access_package_assignment_request_id(made.id)
    await item.cancel.post()
    asked = em(adam).assignment_requests.by_access_package_assignment_request_id(made.id)
    assert adam.check(await asked.get()).state == AccessPackageRequestState.Canceled
    with pytest.raises(ODataError) as refused:
        await asked.reprocess.post()
    assert refused.value.response_status_code == 400
    await asked.delete()
    with pytest.raises(ODataError) as gone:
        await asked.get()
    assert (gone.value.response_status_code, bool(gone.value.error.inner_error.request_id)) == (404, True)


async def test_an_application_assigns_and_removes(sdk: Sdk) -> None:
    writer = await sdk.app([WRITE])
    tenant = sdk.graph.tenant
    package = sdk.graph.package("Project Oak | Contributor")
    policy = tenant.policies_of(package.id)[0]
    body = user_add(package.id, policy.id, sdk.graph.id_of("nomanager"))
    body.request_type = AccessPackageRequestType.AdminAdd
    writer.check(await em(writer).assignment_requests.post(body))
    sdk.graph.advance(seconds=10)
    by_target = f"accessPackage/id eq '{package.id}' and target/objectId eq '{sdk.graph.id_of('nomanager')}'"
    held = writer.check(await read(em(writer).assignments, filter=by_target, expand=["target"])).value
    assert [each.target.display_name for each in held] == ["Nora Nomanager"]
    await em(writer).assignments.by_access_package_assignment_id(held[0].id).reprocess.post()
    removal = AccessPackageAssignmentRequest(
        request_type=AccessPackageRequestType.AdminRemove, assignment=AccessPackageAssignment(id=held[0].id)
    )
    writer.check(await em(writer).assignment_requests.post(removal))
    sdk.graph.advance(seconds=10)
    gone = writer.check(await read(em(writer).assignments, filter=by_target))
    assert [each.state.value for each in gone.value] == ["expired"]


# The directory


async def test_people_managers_and_groups(sdk: Sdk) -> None:
    reader = await sdk.app(DIRECTORY)
    rita_id, users = sdk.graph.id_of("requester"), reader.client.users
    rita = reader.check(await read(users.by_user_id(rita_id), select=["id", "displayName", "department"]))
    assert (rita.display_name, bool(rita.department)) == ("Rita Requester", True)
    manager = reader.check(await users.by_user_id(rita_id).manager.get())
    assert isinstance(manager, User)
    assert manager.display_name == "Marc Manager"
    with pytest.raises(ODataError) as nobody:
        await users.by_user_id(sdk.graph.id_of("nomanager")).manager.get()
    assert (nobody.value.response_status_code, nobody.value.error.code) == (404, "Request_ResourceNotFound")
    chain = reader.check(await read(users.by_user_id(rita_id), expand=["manager($levels=max)"]))
    assert chain.manager.display_name == "Marc Manager"
    groups = reader.check(await users.by_user_id(rita_id).transitive_member_of.graph_group.get())
    asked = CheckMemberGroupsPostRequestBody(group_ids=[group.id for group in groups.value][:20])
    inside = reader.check(await users.by_user_id(rita_id).check_member_groups.post(asked))
    assert sorted(inside.value) == sorted(group.id for group in groups.value)
    assert reader.check(await users.by_user_id(manager.id).direct_reports.get()).value
    guest = reader.check(await users.by_user_id(sdk.graph.id_of("guest")).sponsors.get())
    assert all(isinstance(each, User) for each in guest.value)


async def test_searching_counting_and_filtering_people(sdk: Sdk) -> None:
    reader = await sdk.app(DIRECTORY)
    eventual = {"ConsistencyLevel": "eventual"}
    found = reader.check(
        await read(reader.client.users, eventual, search='"displayName:rita"', count=True, select=["displayName"])
    )
    assert [user.display_name for user in found.value] == ["Rita Requester"]
    assert found.odata_count == 1
    by_mail = reader.check(
        await read(reader.client.users, filter=f"mail eq '{sdk.graph.tenant.persona('manager').mail}'")
    )
    assert [user.display_name for user in by_mail.value] == ["Marc Manager"]
    with pytest.raises(ODataError) as refused:
        await read(reader.client.users, search='"displayName:rita"')
    assert refused.value.error.code == "Request_UnsupportedQuery"


async def test_groups_service_principals_and_app_roles(sdk: Sdk) -> None:
    reader = await sdk.app(DIRECTORY)
    groups = reader.check(await read(reader.client.groups, filter="displayName eq 'Design Approvers'"))
    item = reader.client.groups.by_group_id(groups.value[0].id)
    assert isinstance(reader.check(await item.get()), Group)
    assert {type(one) for one in reader.check(await item.members.get()).value} == {User}
    assert reader.check(await item.transitive_members.graph_user.get()).value
    apps = reader.check(await read(reader.client.service_principals, filter="displayName eq 'Project Hub'"))
    hub = apps.value[0]
    assert hub.app_roles[0].value
    item = reader.client.service_principals.by_service_principal_id(hub.id)
    holders = reader.check(await item.app_role_assigned_to.get())
    assert all(holder.resource_display_name == "Project Hub" for holder in holders.value)
    by_app_id = reader.check(await reader.client.service_principals_with_app_id(hub.app_id).get())
    assert by_app_id.id == hub.id


async def test_a_guest_is_invited(sdk: Sdk) -> None:
    writer = await sdk.app(DIRECTORY)
    body = Invitation(
        invited_user_email_address="ann@fabrikam.example",
        invite_redirect_url="https://fabrikam.example",
        invited_user_display_name="Ann Other",
    )
    made = writer.check(await writer.client.invitations.post(body))
    assert made.invited_user.id in sdk.graph.tenant.users
    assert (made.status, made.invited_user_type) == ("PendingAcceptance", "Guest")


async def test_an_app_role_is_assigned_and_taken_back(sdk: Sdk) -> None:
    rights = (*DIRECTORY, "AppRoleAssignment.ReadWrite.All", "Application.ReadWrite.All", "Directory.Read.All")
    writer = await sdk.app(rights)
    apps = writer.check(await read(writer.client.service_principals, filter="displayName eq 'Project Hub'"))
    hub, nora = apps.value[0], sdk.graph.id_of("nomanager")
    holders = writer.client.service_principals.by_service_principal_id(hub.id).app_role_assigned_to
    wanted = AppRoleAssignment(principal_id=UUID(nora), resource_id=UUID(hub.id), app_role_id=hub.app_roles[0].id)
    made = writer.check(await holders.post(wanted))
    assert (made.principal_display_name, made.resource_display_name) == ("Nora Nomanager", "Project Hub")
    assert made.created_date_time is not None
    held = writer.check(await writer.client.users.by_user_id(nora).app_role_assignments.get())
    assert made.id in [one.id for one in held.value]
    await holders.by_app_role_assignment_id(made.id).delete()
    held = writer.check(await writer.client.users.by_user_id(nora).app_role_assignments.get())
    assert made.id not in [one.id for one in held.value]


async def test_people_and_their_groups_by_id(sdk: Sdk) -> None:
    reader = await sdk.app((*DIRECTORY, "Directory.Read.All", "LicenseAssignment.Read.All"))
    designers = next(one for one in sdk.graph.tenant.groups.values() if one.display_name == "Design Approvers")
    someone = next(one for one in designers.member_ids if one in sdk.graph.tenant.users)
    mine = reader.check(await reader.client.users.by_user_id(someone).member_of.get()).value
    assert {type(one) for one in mine} == {Group}
    asked = GetByIdsPostRequestBody(ids=[someone, mine[0].id], types=["user", "group"])
    found = reader.check(await reader.client.directory_objects.get_by_ids.post(asked)).value
    assert [type(one) for one in found] == [User, Group]
    licences = reader.check(await reader.client.users.by_user_id(someone).license_details.get()).value
    assert all(one.sku_part_number and one.service_plans for one in licences)


async def test_me(sdk: Sdk) -> None:
    rita = await sdk.person("requester")
    assert rita.check(await rita.client.me.get()).display_name == "Rita Requester"


# Batches


async def test_a_batch_of_reads(sdk: Sdk) -> None:
    adam = await sdk.person("admin", [WRITE, *DIRECTORY, "User.Read"])
    package = sdk.graph.package("Sales data")
    item = em(adam).access_packages.by_access_package_id(package.id)
    wanted = {
        "one": (item.to_get_request_information(), AccessPackage),
        "people": (
            adam.client.users.to_get_request_information(asking(adam.client.users, top=3)),
            UserCollectionResponse,
        ),
        "nobody": (adam.client.users.by_user_id("nobody").to_get_request_information(), None),
    }
    content = BatchRequestContent()
    for name, (information, _) in wanted.items():
        content.add_request(name, BatchRequestItem(request_information=information, id=name))
    answer = await adam.client.batch.post(content)
    parts = {part["id"]: part for part in adam.wire[-1]["responses"]}
    assert answer.get_response_status_codes() == {"one": 200, "people": 200, "nobody": 404}
    for name, (_, model) in wanted.items():
        if model is not None:
            raw = json.dumps(parts[name]["body"]).encode()
            node = ParseNodeFactoryRegistry().get_root_parse_node("application/json", raw)
            assert losses(parts[name]["body"], node.get_object_value(model)) == []


def test_what_the_client_cannot_read_is_noticed() -> None:
    """The check itself: an unknown property, an unknown member and a wrong type are each named."""
    wire = {"id": "1", "state": "daydreaming", "status": 7, "colour": "red", "assignment": {"id": "2", "shade": "dark"}}
    node = ParseNodeFactoryRegistry().get_root_parse_node("application/json", json.dumps(wire).encode())
    found = losses(wire, node.get_object_value(AccessPackageAssignmentRequest))
    assert found == [
        "AccessPackageAssignmentRequest: no field for 'colour'",
        "AccessPackageAssignmentRequest.assignment: no field for 'shade'",
        "/state: 'daydreaming' became None",
        "/status: 7 became None",
    ]
