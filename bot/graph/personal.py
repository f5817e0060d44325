"""Entitlement management as the signed-in person: what they may request, have requested, and may decide."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

from bot.domain import (
    AccessPackage,
    AccessPackageId,
    ApprovalStage,
    Assignment,
    AssignmentId,
    AssignmentRequest,
    NewRequest,
    PackageSuggestion,
    PolicyRequirements,
    RequestId,
    ResourceRole,
    StageId,
    Verdict,
)
from bot.errors import GraphContractError, GraphRefused, GraphUnavailable, NotAllowed, NotFound, SignInNeeded
from bot.graph import bodies, wire, wire_policy
from bot.graph.client import Caller, GraphClient
from bot.graph.errors import ClaimsChallenge, TokenRefused
from bot.graph.odata import GraphPath, Query, path
from bot.graph.scopes import ENTITLEMENT_WRITE, SUBJECT_ACCESS
from bot.graph.whole_lists import whole_lists
from bot.graph.wire_base import JsonObject
from bot.turn import Actor

T = TypeVar("T")

RequestRelation: TypeAlias = Literal["createdBy", "target"]
"""Requests that I filed, or requests that would give me something."""

_EM: Final = "/identityGovernance/entitlementManagement"
_APPROVALS: Final = f"{_EM}/accessPackageAssignmentApprovals"


class PersonTokenSource(Protocol):
    async def token(self, who: Actor, scopes: Sequence[str], *, claims: str | None = None) -> str:
        """An access token for Graph that acts as `who`.

        `claims` is a claims challenge as JSON text; then no cached token will do.
        Raises: SignInNeeded, ConsentNeeded, ServiceBusy.
        """
        ...


class PersonalGraph:
    """Every method takes the person who acts, and does no more than that person may.

    All of them raise: SignInNeeded, ConsentNeeded, ServiceBusy (no token), NotAllowed (403), Throttled (429),
    GraphUnavailable (5xx, time-out), GraphRefused (other 4xx), GraphContractError (an answer of unknown shape).
    """

    def __init__(self, client: GraphClient, tokens: PersonTokenSource) -> None:
        self._client = client
        self._tokens = tokens
        self._expands_catalogs = True  # until Graph says otherwise

    async def requestable_packages(self, who: Actor) -> list[AccessPackage]:
        """Every access package that `who` may request, in Graph's order, hidden ones among them.

        Whether Graph lists hidden packages here is not documented; a list for browsing filters `is_hidden`. Nor is it
        whether it takes `$expand` on this function: where it refuses, the packages come without their catalogs.
        """
        where = path(f"{_EM}/accessPackages/filterByCurrentUser(on='allowedRequestor')")

        async def collect(caller: Caller) -> list[JsonObject]:
            if self._expands_catalogs:
                try:
                    return await self._client.collect(caller, where, params=wire.PACKAGE_QUERY)
                except GraphRefused:
                    self._expands_catalogs = False
            return await self._client.collect(caller, where)

        found = await self._as(who, SUBJECT_ACCESS, collect)
        return [wire.access_package(item) for item in found]

    async def suggestions(self, who: Actor) -> list[PackageSuggestion]:
        """Packages that Graph proposes to `who`, because of people around them or because they had them before."""
        where = path(
            f"{_EM}/accessPackageSuggestions/filterByCurrentUser(on='relatedPeopleAssignments,assignmentHistory')"
        )
        found = await self._as(
            who, SUBJECT_ACCESS, lambda caller: self._client.collect(caller, where, params=wire.SUGGESTION_QUERY)
        )
        return [wire.package_suggestion(item) for item in found]

    async def contents_of(
        self, who: Actor, package_ids: Sequence[AccessPackageId]
    ) -> dict[AccessPackageId, list[ResourceRole]]:
        """What these packages grant, as `who` sees it, many at once: nothing where they may not look.

        Packages that Graph gave no answer for just now are left out.
        """
        wanted: dict[AccessPackageId, tuple[GraphPath, Query | None]] = {
            package_id: (_contents_path(package_id), wire.CONTENTS_QUERY) for package_id in package_ids
        }

        async def read(caller: Caller) -> dict[AccessPackageId, list[JsonObject]]:
            answers = await self._client.batch(caller, wanted)
            first = {
                package_id: (wanted[package_id][0], answer)
                for package_id, answer in answers.items()
                if isinstance(answer, dict) and isinstance(answer.get("value"), list)
            }
            closed = [each for each, answer in answers.items() if isinstance(answer, NotAllowed | NotFound)]
            return {**{each: [] for each in closed}, **await whole_lists(self._client, caller, first)}

        found = await self._as(who, SUBJECT_ACCESS, read)
        return {package_id: [wire.resource_role(item) for item in items] for package_id, items in found.items()}

    async def requirements(self, who: Actor, package_id: AccessPackageId, locale: str) -> list[PolicyRequirements]:
        """What each policy open to `who` asks for, questions in order and in the language `locale` where there is one.

        An empty list means that `who` may not request the package.
        Raises: NotFound.
        """
        where = path(f"{_EM}/accessPackages/{{package}}/getApplicablePolicyRequirements", package=package_id)
        answer = await self._as(
            who, SUBJECT_ACCESS, lambda caller: self._client.post(caller, where, is_read=True, locale=locale)
        )
        return wire_policy.policy_requirements(answer, locale)

    async def contents(self, who: Actor, package_id: AccessPackageId) -> list[ResourceRole]:
        """What the package grants, as somebody who may request it sees it. Raises: NotFound."""
        where = _contents_path(package_id)
        found = await self._as(
            who, SUBJECT_ACCESS, lambda caller: self._client.collect(caller, where, params=wire.CONTENTS_QUERY)
        )
        return [wire.resource_role(item) for item in found]

    async def submit(self, who: Actor, new: NewRequest) -> AssignmentRequest:
        """File a request for `who`, as `who`, and give back the request that Graph created.

        Sends {requestType, assignment: {accessPackageId, assignmentPolicyId}, justification, answers, schedule?}; an
        update names its target besides, and a removal only the assignment.
        `created_at` is None in what comes back, and so are the package and the people. Not sent again unless Graph
        said 429 or could not be connected to: after anything else the request may exist already.

        Raises: Conflict (code "ExistingOpenRequest" when one is undecided), and GraphUnavailable with
        `may_have_happened` when the answer was lost or could not be read.
        Source: Graph v1.0, "Create accessPackageAssignmentRequest".
        """
        where = path(f"{_EM}/assignmentRequests")
        body = bodies.new_request(new, who.object_id)
        answer = await self._as(who, SUBJECT_ACCESS, lambda caller: self._client.post(caller, where, body))
        try:
            return wire.assignment_request(answer)
        except GraphContractError as unreadable:
            raise GraphUnavailable(unreadable.status, unreadable.code, may_have_happened=True) from unreadable

    async def my_requests(self, who: Actor, on: RequestRelation = "target") -> list[AssignmentRequest]:
        """Requests of `who`, open and finished: those that give them something, or those that they filed."""
        return await self._requests(who, SUBJECT_ACCESS, on)

    async def cancel(self, who: Actor, request_id: RequestId) -> None:
        """Take back an undecided request of `who`.

        Raises: NotFound, and GraphRefused or Conflict when the request has gone too far to be cancelled.
        """
        where = path(f"{_EM}/assignmentRequests/{{request}}/cancel", request=request_id)
        await self._as(who, SUBJECT_ACCESS, lambda caller: self._client.post(caller, where))

    async def reprocess(self, who: Actor, request_id: RequestId) -> None:
        """Have the failed delivery of a request tried again, with the administrative rights of `who`.

        Raises: NotFound, and GraphRefused when there is nothing to try again (any more).
        """
        where = path(f"{_EM}/assignmentRequests/{{request}}/reprocess", request=request_id)
        await self._as(who, ENTITLEMENT_WRITE, lambda caller: self._client.post(caller, where))

    async def take_back(self, who: Actor, assignment_id: AssignmentId, reason: str) -> None:
        """End an assignment that `who` approved (`approverRemove`). Needs the ID Governance licence.

        Raises: NotAllowed (not the approver of it, or no licence), GraphRefused or Conflict (it has ended, or its end
        was asked for already), and GraphUnavailable with `may_have_happened` when the answer was lost.
        """
        where = path(f"{_EM}/assignmentRequests")
        body = bodies.removal_by_approver(assignment_id, reason)
        await self._as(who, SUBJECT_ACCESS, lambda caller: self._client.post(caller, where, body))

    async def inbox(self, who: Actor) -> list[AssignmentRequest]:
        """Requests that wait for a decision of `who` now."""
        return await self._requests(who, SUBJECT_ACCESS, "approver")

    async def stages(self, who: Actor, request_id: RequestId) -> list[ApprovalStage]:
        """The stages of the request's approval, in order, as `who` sees them.

        Raises: NotFound, also for a request that never had an approval.
        """
        where = path(f"{_APPROVALS}/{{request}}/stages", request=request_id)
        found = await self._as(who, ENTITLEMENT_WRITE, lambda caller: self._client.collect(caller, where))
        return [wire.approval_stage(item) for item in found]

    async def decide(
        self, who: Actor, request_id: RequestId, stage_id: StageId, verdict: Verdict, justification: str = ""
    ) -> None:
        """Record the decision of `who` on one stage.

        Sent again only after 429 or when no connection was made: after a lost answer the stage has to be read first.
        Raises: NotAllowed (no approver of this stage, or the requestor), NotFound, Conflict (already decided),
        and GraphUnavailable with `may_have_happened` when the answer was lost.
        Source: Graph v1.0, "Update approvalStage".
        """
        where = path(f"{_APPROVALS}/{{request}}/stages/{{stage}}", request=request_id, stage=stage_id)
        body = bodies.decision(verdict, justification)
        await self._as(who, ENTITLEMENT_WRITE, lambda caller: self._client.patch(caller, where, body))

    async def my_assignments(self, who: Actor) -> list[Assignment]:
        """Assignments of `who` in every state, expired ones among them."""
        where = path(f"{_EM}/assignments/filterByCurrentUser(on='target')")
        found = await self._as(
            who, SUBJECT_ACCESS, lambda caller: self._client.collect(caller, where, params=wire.ASSIGNMENT_QUERY)
        )
        return [wire.assignment(item) for item in found]

    async def acting(self, who: Actor, scopes: tuple[str, ...], call: Callable[[Caller], Awaitable[T]]) -> T:
        """Make a call of another part of Graph as `who`, as the methods here make theirs."""
        return await self._as(who, scopes, call)

    async def _requests(self, who: Actor, scopes: tuple[str, ...], on: str) -> list[AssignmentRequest]:
        where = _requests_path(on)
        found = await self._as(
            who, scopes, lambda caller: self._client.collect(caller, where, params=wire.MY_REQUEST_QUERY)
        )
        return [wire.assignment_request(item) for item in found]

    async def _as(self, who: Actor, scopes: tuple[str, ...], call: Callable[[Caller], Awaitable[T]]) -> T:
        """Make `call` with a token of `who`, once more if Graph asks for more proof (a claims challenge).

        A refused token means that nothing was done, so a write may be repeated as well.
        """
        try:
            return await call(Caller(who.object_id, await self._tokens.token(who, scopes)))
        except ClaimsChallenge as challenge:
            claims = challenge.claims
        except TokenRefused as refused:
            raise SignInNeeded(scopes, reason=f"Graph refused the token: {refused.code}") from refused
        try:
            return await call(Caller(who.object_id, await self._tokens.token(who, scopes, claims=claims)))
        except TokenRefused as again:
            asked = again.claims if isinstance(again, ClaimsChallenge) else claims
            raise SignInNeeded(scopes, claims=asked, reason="Graph asked for more proof twice") from again


def _contents_path(package_id: AccessPackageId) -> GraphPath:
    return path(f"{_EM}/availableAccessPackages/{{package}}/resourceRoleScopes", package=package_id)


def _requests_path(on: str) -> GraphPath:
    return path(f"{_EM}/assignmentRequests/filterByCurrentUser(on='{on}')")
