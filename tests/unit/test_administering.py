"""Carrying out single steps of an administrator's plan when answers get lost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.errors import GraphUnavailable, NotFound
from bot.files.administration import Kind, Named, Wanted
from bot.files.rows import Place
from bot.plans.journal import Entry, RowState
from bot.plans.steps import Plan, Step, StepKind
from bot.services.administering import Administering
from bot.tenant import TenantGroup
from tests.support.journals import Kept


@dataclass
class LosesAnswers:
    """Takes away what it is told to, and loses the answer to that; what is gone is not found."""

    gone: set[str] = field(default_factory=set)

    async def delete(self, collection: str, object_id: str) -> None:
        self._take(f"{collection}/{object_id}")

    async def revoke(self, package_id: str, grant_id: str) -> None:
        self._take(f"{package_id}/{grant_id}")

    def _take(self, what: str) -> None:
        if what in self.gone:
            raise NotFound(what)
        self.gone.add(what)
        raise GraphUnavailable(504, "lost", may_have_happened=True)


async def at_once(_: float) -> None:
    return None


@pytest.mark.parametrize(
    ("kind", "details", "gone"),
    [
        (StepKind.DELETE_PACKAGE, {"package_key": "package:p"}, "accessPackages/p1"),
        (StepKind.DELETE_POLICY, {"policy_id": "policy"}, "assignmentPolicies/policy"),
        (StepKind.REVOKE, {"package_key": "package:p", "grant_id": "g"}, "p1/g"),
    ],
)
async def test_what_is_gone_although_the_answer_got_lost_is_done(
    kind: StepKind, details: dict[str, Any], gone: str
) -> None:
    step = Step("one", kind, "Sales data", Place(""), details)
    plan = Plan("tenant", Wanted("packages.yaml", ""), (step,), (), {"package:p": "p1"})
    journal, writes = Kept(), LosesAnswers()
    outcome = await Administering(cast("Any", None), cast("Any", writes), pause=at_once).apply(plan, journal)
    assert writes.gone == {gone}
    assert (outcome.is_done, journal.known["one"].state) == (True, RowState.DONE)


async def test_an_owner_who_is_named_twice_is_one_owner_of_the_new_group() -> None:
    """Entra refuses a new group with the same owner twice."""
    given: list[tuple[str, ...]] = []

    class Groups:
        async def create_group(self, name: str, description: str, nickname: str, owner_ids: tuple[str, ...]) -> str:
            given.append(owner_ids)
            return "group"

    owners = (Named(Kind.USER, "lena@example.com"), Named(Kind.USER, "lena.lead@example.com"))
    details = {"description": "", "nickname": "sales", "owners": owners}
    step = Step("one", StepKind.CREATE_GROUP, "Sales", Place(""), details, gives="group:sales")
    known = {"user:lena@example.com": "lena", "user:lena.lead@example.com": "lena"}
    plan = Plan("tenant", Wanted("projects.yaml", ""), (step,), (), known)
    outcome = await Administering(cast("Any", None), cast("Any", Groups()), pause=at_once).apply(plan, Kept())
    assert (outcome.is_done, given) == (True, [("lena",)])


@dataclass
class LateDirectory:
    """Finds groups by their ids at once, and by their names only later."""

    there: dict[str, str]
    made: list[str] = field(default_factory=list)

    async def groups(self, names: Iterable[str], ids: Iterable[str] = ()) -> dict[str, tuple[TenantGroup, ...]]:
        return {each: (TenantGroup(each, self.there[each]),) for each in ids if each in self.there}

    async def create_group(self, name: str, description: str, nickname: str, owner_ids: tuple[str, ...]) -> str:
        self.made.append(name)
        return "g2"


@pytest.mark.parametrize(
    ("there", "made", "known"),
    [({"g1": "sales"}, [], "g1"), ({}, ["Sales"], "g2"), ({"g1": "Renamed since"}, ["Sales"], "g2")],
)
async def test_a_group_of_a_moment_ago_is_not_made_again_when_a_run_is_begun_again(
    there: dict[str, str], made: list[str], known: str
) -> None:
    """The directory finds a new group by its name seconds late; the journal knows its id."""
    details: dict[str, Any] = {"description": "", "nickname": "sales", "owners": ()}
    step = Step("one", StepKind.CREATE_GROUP, "Sales", Place(""), details, gives="group:sales")
    plan = Plan("tenant", Wanted("projects.yaml", ""), (step,), ())
    journal = Kept({"one": Entry("one", RowState.DONE, {"kind": "create-group", "subject": "Sales", "id": "g1"})})
    late = LateDirectory(there)
    outcome = await Administering(cast("Any", late), cast("Any", late), pause=at_once).apply(plan, journal)
    assert (outcome.is_done, late.made) == (True, made)
    entry = journal.known["one"]
    assert (entry.state, entry.detail["id"]) == (RowState.DONE, known)
