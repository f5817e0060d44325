"""What a run takes for its own work when somebody else asks for the same person at the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.clock import Clock
from bot.domain import (
    AccessPackageId,
    Assignment,
    AssignmentRequest,
    Person,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
    UserId,
)
from bot.errors import Conflict, DoormanError
from bot.orders import Order, PeriodChange
from bot.plans.enrolment import EnrolmentPlan
from bot.plans.journal import Entry, RowState
from bot.services.enrolling import Enrolling, InvitationRules
from tests.support.enrolment import MANAGED, NOW, OTHER, asking, file, holding, package, person, planned, row, tenant
from tests.support.journals import Kept

ANN = person("ann")
OLD, NEW = datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 7, 1, tzinfo=UTC)


@dataclass
class Graph:
    """One package: Graph refuses what is filed while `other`, somebody else's request, is open."""

    held: list[Assignment] = field(default_factory=list)
    other: AssignmentRequest | None = None
    filed: list[Order] = field(default_factory=list)

    async def invite(self, wanted: Mapping[str, Any]) -> dict[str, UserId | DoormanError]:
        return {}

    async def file(self, orders: Mapping[str, Order]) -> dict[str, RequestId | DoormanError]:
        if self.other is not None:
            return dict.fromkeys(orders, Conflict("open request", code="ExistingOpenRequest"))
        for each in orders.values():
            self.filed.append(each)
            if isinstance(each, PeriodChange) and each.end is not None:
                ends_at = datetime.combine(each.end + timedelta(days=1), datetime.min.time(), UTC)
                self.held = [replace(one, expires_at=ends_at) for one in self.held]
        return dict.fromkeys(orders, RequestId("own"))

    async def people_with(self, addresses: Iterable[str]) -> dict[str, list[Person]]:
        return {each: [ANN] for each in addresses}

    async def holders(
        self, ids: Iterable[AccessPackageId]
    ) -> dict[AccessPackageId, tuple[list[Assignment], list[AssignmentRequest]]]:
        return {each: (list(self.held), [self.other] if self.other else []) for each in ids}

    async def requests(self, ids: Sequence[RequestId]) -> dict[RequestId, AssignmentRequest | None]:
        own = AssignmentRequest(RequestId("own"), RequestType.ADMIN_ADD, RequestState.DELIVERED)
        return {each: self.other if self.other and each == self.other.id else own for each in ids}

    async def visible(self, ids: Iterable[UserId]) -> frozenset[UserId]:
        return frozenset(ids)


async def advanced(graph: Graph, plan: EnrolmentPlan, journal: Kept, times: int) -> Entry:
    enrolling = Enrolling(graph, graph, Clock(lambda: NOW), InvitationRules("https://example.com"))
    for _ in range(times):
        await enrolling.advance(plan, journal, justification="A test")
    return journal.known[plan.changes[0].id]


async def test_an_end_is_not_said_to_be_given_because_somebody_else_changed_something() -> None:
    graph = Graph([holding(ANN, ends_at=OLD)])
    state = tenant([package(graph.held, is_period_allowed=True)], [ANN])
    plan = planned(state, file(row("ann@example.com", end="2027-06-30")))
    graph.other = replace(asking(ANN, RequestType.USER_UPDATE), state=RequestState.DELIVERED)
    journal = Kept()
    waiting = await advanced(graph, plan, journal, 3)
    assert (waiting.state, graph.filed) == (RowState.PENDING, [])
    graph.other = None
    assert (await advanced(graph, plan, journal, 2)).state is RowState.DONE
    assert [each.expires_at for each in graph.held] == [NEW]


async def test_nobody_is_said_to_be_added_because_they_asked_themselves() -> None:
    graph = Graph()
    plan = planned(tenant([package()], [ANN]), file(row("ann@example.com")))
    graph.other = replace(asking(ANN, RequestType.USER_ADD), state=RequestState.PENDING_APPROVAL)
    failed = await advanced(graph, plan, Kept(), 30)
    assert (failed.state, failed.detail["reason"]) == (RowState.FAILED, "ExistingOpenRequest")


async def test_access_through_another_policy_is_not_what_the_plan_gives() -> None:
    graph = Graph()
    plan = planned(tenant([package()], [ANN]), file(row("ann@example.com")))
    graph.other = replace(asking(ANN, RequestType.USER_ADD), state=RequestState.DELIVERING)
    graph.held = [holding(ANN, OTHER)]
    assert (await advanced(graph, plan, Kept(), 30)).state is RowState.FAILED
    graph.held = [holding(ANN, MANAGED)]
    assert (await advanced(graph, plan, Kept(), 3)).state is RowState.DONE


async def test_what_another_run_has_filed_is_followed() -> None:
    graph = Graph()
    plan = planned(tenant([package()], [ANN]), file(row("ann@example.com")))
    graph.other = replace(asking(ANN), policy_id=PolicyId(MANAGED))
    followed = await advanced(graph, plan, Kept(), 1)
    assert (followed.state, followed.detail["request"]) == (RowState.BEGUN, graph.other.id)
