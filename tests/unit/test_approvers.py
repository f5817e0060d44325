"""Who may decide a stage, worked out as Graph does it; and how often that is looked up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.clock import Clock
from bot.domain import (
    AccessPackageId,
    AssignmentPolicy,
    AssignmentRequest,
    GroupId,
    Person,
    PolicyId,
    RequestId,
    RequestState,
    RequestType,
    StageRule,
    Subject,
    SubjectSet,
    SubjectSetKind,
    UserId,
)
from bot.errors import NotFound
from bot.services.approvers import ApproverFinder, NobodyReason, Resolved
from bot.services.facts import RequestFacts
from bot.services.roster import Roster
from bot.store.records import MessageRecord, RequestRecord

NOW = datetime(2026, 11, 2, 10, tzinfo=UTC)
K = SubjectSetKind


@dataclass
class FakeDirectory:
    """People by id; `managers` say who leads whom. Counts what it is asked."""

    people: dict[str, Person] = field(default_factory=dict)
    managers: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    sponsors_of: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def add(self, *ids: str, **more: Any) -> None:
        for one in ids:
            self.people[one] = Person(UserId(one), one.capitalize(), **more)

    def named(self, ids: list[str]) -> list[Person]:
        return [self.people[one] for one in ids]

    async def person(self, user_id: UserId) -> Person:
        self.asked.append(f"person {user_id}")
        if user_id not in self.people:
            raise NotFound("user")
        return self.people[user_id]

    async def manager(self, user_id: UserId) -> Person | None:
        self.asked.append(f"manager {user_id}")
        return self.people.get(self.managers.get(user_id, ""))

    async def sponsors(self, user_id: UserId) -> list[Person]:
        return self.named(self.sponsors_of.get(user_id, []))

    async def group_members(self, group_id: GroupId) -> list[Person]:
        self.asked.append(f"group {group_id}")
        if group_id not in self.groups:
            raise NotFound("group")
        return self.named(self.groups[group_id])

    async def connected_organization_sponsors(self, organization_id: str, *, internal: bool) -> list[Person]:
        return self.named(self.sponsors_of.get(f"{organization_id}/{'in' if internal else 'out'}", []))


@pytest.fixture
def directory() -> FakeDirectory:
    made = FakeDirectory()
    made.add("rita", "marc", "dora", "sam", "lena", "petra", "gina")
    made.managers = {"rita": "marc", "marc": "dora"}
    return made


def request(requestor: str = "rita", target: str | None = None) -> AssignmentRequest:
    return AssignmentRequest(
        RequestId("r1"),
        RequestType.USER_ADD,
        RequestState.PENDING_APPROVAL,
        created_at=NOW,
        package_id=AccessPackageId("p1"),
        requestor=Subject(UserId(requestor), requestor, connected_organization_id="fernhill"),
        target=Subject(UserId(target or requestor)),
    )


def one(kind: SubjectSetKind, key: str = "", level: int = 1) -> SubjectSet:
    return SubjectSet(kind, key, level)


def rule(*primary: SubjectSet, **more: Any) -> StageRule:
    return StageRule(primary, **more)


async def resolve(
    directory: FakeDirectory, stage: StageRule, asked: AssignmentRequest | None = None, now: datetime = NOW
) -> Resolved:
    finder = ApproverFinder(directory, Clock())
    return await finder.for_stage(asked or request(), stage, started_at=NOW, now=now)


def ids(found: Resolved) -> list[str]:
    return [approver.person.id for approver in found.approvers]


@pytest.mark.parametrize(
    ("named", "who"),
    [
        (one(K.SINGLE_USER, "sam"), ["sam"]),
        (one(K.SINGLE_USER, "gone"), []),
        (one(K.GROUP_MEMBERS, "keepers"), ["lena", "petra"]),
        (one(K.GROUP_MEMBERS, "deleted"), []),
        (one(K.REQUESTOR_MANAGER), ["marc"]),
        (one(K.REQUESTOR_MANAGER, level=2), ["dora"]),
        (one(K.REQUESTOR_MANAGER, level=3), []),
        (one(K.INTERNAL_SPONSORS), ["lena"]),
        (one(K.EXTERNAL_SPONSORS), ["gina"]),
        (one(K.TARGET_USER_SPONSORS), ["petra"]),
        (one(K.OTHER), []),
    ],
)
async def test_each_kind_of_approver_is_found(directory: FakeDirectory, named: SubjectSet, who: list[str]) -> None:
    directory.groups["keepers"] = ["lena", "petra"]
    directory.sponsors_of = {"fernhill/in": ["lena"], "fernhill/out": ["gina"], "rita": ["petra"]}
    found = await resolve(directory, rule(named))
    assert ids(found) == who
    assert found.nobody is (None if who else NobodyReason.NOBODY)


async def test_sponsors_are_those_of_whoever_gets_the_access(directory: FakeDirectory) -> None:
    directory.sponsors_of = {"rita": ["petra"], "gina": ["lena"]}
    asked = request("rita", target="gina")
    assert ids(await resolve(directory, rule(one(K.TARGET_USER_SPONSORS)), asked)) == ["lena"]


async def test_the_fallback_stands_in_only_where_nobody_is_named(directory: FakeDirectory) -> None:
    stage = rule(one(K.REQUESTOR_MANAGER), fallback=(one(K.SINGLE_USER, "sam"),))
    assert ids(await resolve(directory, stage)) == ["marc"]
    del directory.managers["rita"]
    (stand_in,) = (await resolve(directory, stage)).approvers
    assert (stand_in.person.id, stand_in.is_fallback) == ("sam", True)


async def test_nobody_decides_their_own_request_nor_one_that_is_for_them(directory: FakeDirectory) -> None:
    directory.groups["keepers"] = ["rita", "lena", "petra"]
    keepers = rule(one(K.GROUP_MEMBERS, "keepers"), fallback=(one(K.SINGLE_USER, "sam"),))
    assert ids(await resolve(directory, keepers, request("rita", target="lena"))) == ["petra"]
    directory.groups["keepers"] = ["rita"]
    found = await resolve(directory, keepers)
    assert (ids(found), found.nobody) == ([], NobodyReason.OWN)


async def test_accounts_that_are_switched_off_decide_nothing_and_are_somebody_all_the_same(
    directory: FakeDirectory,
) -> None:
    directory.add("marc", is_enabled=False)
    stage = rule(one(K.REQUESTOR_MANAGER), fallback=(one(K.SINGLE_USER, "sam"),))
    found = await resolve(directory, stage)
    assert (ids(found), found.nobody) == ([], NobodyReason.DISABLED)


async def test_managers_in_a_loop_end_where_the_levels_end(directory: FakeDirectory) -> None:
    directory.managers = {"rita": "marc", "marc": "rita"}
    assert ids(await resolve(directory, rule(one(K.REQUESTOR_MANAGER)))) == ["marc"]
    assert (await resolve(directory, rule(one(K.REQUESTOR_MANAGER, level=2)))).nobody is NobodyReason.OWN
    directory.managers = {"rita": "rita"}
    assert (await resolve(directory, rule(one(K.REQUESTOR_MANAGER)))).nobody is NobodyReason.OWN


async def test_alternates_come_at_their_time_and_the_first_ones_stay(directory: FakeDirectory) -> None:
    stage = rule(one(K.REQUESTOR_MANAGER), escalation=(one(K.SINGLE_USER, "lena"),), escalation_after=timedelta(days=2))
    assert ids(await resolve(directory, stage, now=NOW + timedelta(hours=47))) == ["marc"]
    later = await resolve(directory, stage, now=NOW + timedelta(days=2))
    assert [(a.person.id, a.is_escalation) for a in later.approvers] == [("marc", False), ("lena", True)]


async def test_a_group_of_five_hundred_is_read_once_for_many_requests(directory: FakeDirectory) -> None:
    crowd = [f"member-{number}" for number in range(500)]
    directory.add(*crowd)
    directory.groups["crowd"] = crowd
    finder = ApproverFinder(directory, Clock())
    for _ in range(3):
        found = await finder.for_stage(request(), rule(one(K.GROUP_MEMBERS, "crowd")), started_at=NOW, now=NOW)
        assert len(found.approvers) == 500
    assert directory.asked == ["group crowd"]


# How often it is looked up


def facts(stage: StageRule) -> RequestFacts:
    policy = AssignmentPolicy(PolicyId("o1"), "Policy", is_approval_required=True, stages=(stage,))
    return RequestFacts(request(), None, policy, (), None)


def card(person: str, **detail: Any) -> MessageRecord:
    return MessageRecord(
        key=person,
        kind="approval",
        request_id=RequestId("r1"),
        stage=1,
        person_id=UserId(person),
        detail=detail,
        updated_at=NOW,
    )


async def test_a_stage_that_names_nobody_is_tried_less_and_less_often(directory: FakeDirectory) -> None:
    roster, about = Roster(ApproverFinder(directory, Clock())), facts(rule(one(K.SINGLE_USER, "gone")))
    minutes = 0
    tried = []
    for minutes in range(0, 24 * 60, 5):
        before = len(directory.asked)
        await roster.check(about, 1, (), (), NOW + timedelta(minutes=minutes))
        if len(directory.asked) > before:
            tried.append(minutes)
    assert tried[:5] == [0, 5, 20, 65, 200]
    assert len(tried) < 10, "not every five minutes of a day"


async def test_alternates_that_name_nobody_are_not_looked_up_every_time(directory: FakeDirectory) -> None:
    stage = rule(one(K.REQUESTOR_MANAGER), escalation=(one(K.SINGLE_USER, "gone"),), escalation_after=timedelta(days=1))
    roster, about = Roster(ApproverFinder(directory, Clock())), facts(stage)
    for minutes in range(60):
        await roster.check(about, 1, (card("marc"),), (), NOW + timedelta(days=1, minutes=minutes))
    assert directory.asked.count("person gone") == 3


async def test_once_an_hour_it_is_looked_at_whether_the_approvers_are_the_same(directory: FakeDirectory) -> None:
    directory.groups["keepers"] = ["lena", "petra"]
    roster, about = Roster(ApproverFinder(directory, Clock())), facts(rule(one(K.GROUP_MEMBERS, "keepers")))
    first = await roster.check(about, 1, (), (), NOW)
    assert [approver.person.id for approver in first.unasked] == ["lena", "petra"]
    cards = (card("lena"), card("petra"))
    directory.groups["keepers"] = ["petra", "sam"]
    soon = await roster.check(about, 1, cards, (), NOW + timedelta(minutes=59))
    assert (soon.unasked, soon.gone) == ((), ())
    roster_later = Roster(ApproverFinder(directory, Clock()))
    spread = [NOW + timedelta(minutes=minutes) for minutes in range(0, 61, 5)]
    changes = [await roster_later.check(about, 1, cards, (), moment) for moment in spread]
    changed = [change for change in changes if change.gone]
    assert len(changed) == 1, "a new process looks within the hour, once"
    assert changed[0].gone == ("lena",)
    assert [approver.person.id for approver in changed[0].unasked] == ["sam"]


async def test_somebody_who_comes_back_may_decide_again(directory: FakeDirectory) -> None:
    directory.groups["keepers"] = ["lena"]
    roster, about = Roster(ApproverFinder(directory, Clock())), facts(rule(one(K.GROUP_MEMBERS, "keepers")))
    await roster.check(about, 1, (), (), NOW)
    change = await roster.check(about, 1, (card("lena", is_gone=True),), (), NOW + timedelta(hours=1))
    assert (change.back, change.gone, change.unasked) == (("lena",), (), ())


async def test_looking_again_is_spread_when_there_are_very_many(directory: FakeDirectory) -> None:
    roster = Roster(ApproverFinder(directory, Clock()))
    about = facts(rule(one(K.REQUESTOR_MANAGER)))
    many = [replace(about, request=replace(about.request, id=RequestId(f"r{number}"))) for number in range(100)]
    for each in many:
        await roster.check(each, 1, (), (), NOW)
    directory.asked.clear()
    for each in many:
        await roster.check(each, 1, (card("marc"),), (), NOW + timedelta(hours=2))
    assert len(directory.asked) == 20


# Which stage it must be, by time alone


def at_stage(stage: int, days: list[int | None], began: datetime | None = None) -> RequestFacts:
    """A request that became pending at `NOW`, under stages that may last so many days each."""
    stages = [rule(automatic_denial_after=None if each is None else timedelta(days=each)) for each in days]
    policy = AssignmentPolicy(PolicyId("o1"), "Policy", is_approval_required=True, stages=tuple(stages))
    record = RequestRecord(
        request_id=RequestId("r1"),
        package_id=AccessPackageId("p1"),
        package_name="Package",
        requestor_id=UserId("rita"),
        requestor_name="Rita",
        target_id=UserId("rita"),
        state=RequestState.PENDING_APPROVAL,
        created_at=NOW - timedelta(days=5),
        looked_at=NOW,
        changed_at=NOW,
        stage=stage,
        stage_started_at=began,
    )
    return RequestFacts(request(), record, policy, (), None)


@pytest.mark.parametrize(
    ("stage", "days", "after", "expected"),
    [
        (1, [14, 7, 7], 14, 1),  # nothing says how soon a request that lapses is closed
        (1, [14, 7, 7], 15, 2),
        (2, [14, 7, 7], 21, 2),
        (1, [14, 7, 7], 22, 3),
        (1, [14, 7, 7], 400, 3),
        (1, [None, 7], 400, 1),
        (1, [14, None, 7], 400, 2),
    ],
)
def test_who_waits_longer_than_a_stage_may_last_is_at_the_next_one(
    stage: int, days: list[int | None], after: int, expected: int
) -> None:
    assert at_stage(stage, days).stage_at(NOW + timedelta(days=after)) == expected


def test_a_stage_whose_beginning_nothing_tells_has_no_deadline() -> None:
    assert at_stage(2, [14, 7]).deadline is None
    assert at_stage(2, [14, 7]).stage_began_by == NOW + timedelta(days=14)
    known = at_stage(2, [14, 7, 3], NOW + timedelta(days=2))
    assert known.deadline == NOW + timedelta(days=9)
    assert known.stage_at(NOW + timedelta(days=10)) == 3
