"""The rules of a package as the reader sees them, against the sandbox."""

from __future__ import annotations

from bot.domain import GroupId, UserId
from bot.rules import TargetScope
from sandbox.tenant.identity import stable_id
from tests.unit.test_graph_sandbox import Tried, tried

__all__ = ["tried"]


async def test_a_package_comes_with_its_policies_and_what_is_incompatible(tried: Tried) -> None:
    orders = await tried.reader.package_rules(tried.package_id("Purchase orders"))
    assert [name for _, name in orders.incompatible_packages] == ["Invoice approval"]
    desk = await tried.reader.package_rules(tried.package_id("Auditor desk"))
    assert [name for _, name in desk.incompatible_groups] == ["Accounting"]
    laptop = await tried.reader.package_rules(tried.package_id("Team laptop"))
    (rule,) = laptop.policies
    assert rule.manager_levels == 1
    assert rule.lets_ask_for_self
    assert rule.scope is TargetScope.ALL_MEMBERS


async def test_questions_come_in_the_language_that_is_asked_for(tried: Tried) -> None:
    rules = await tried.reader.package_rules(tried.package_id("Travel booking"), "nl-NL")
    (rule,) = rules.policies
    assert rule.requirements == (await tried.me.requirements(tried.actor("requester"), rules.package.id, "nl-NL"))[0]
    assert "Kostenplaats" in rule.requirements.questions[0].text


async def test_packages_are_found_by_their_whole_name(tried: Tried) -> None:
    assert await tried.reader.packages_named("müller's r&d 100 %") == [tried.package_id("Müller's R&D 100 %")]
    assert await tried.reader.packages_named("Müller") == []


async def test_who_somebody_is_to_the_rules(tried: Tried) -> None:
    board = await tried.reader.package_rules(tried.package_id("Board papers"))
    (rule,) = board.policies
    director = await tried.reader.person(UserId(tried.world.tenant.persona("requester").manager_id or ""))
    boss = await tried.reader.manager(director.id)
    assert boss is not None
    assert rule.covers(await tried.reader.applicant(boss, board.group_ids))
    assert not rule.covers(await tried.reader.applicant(director, board.group_ids))
    guest = await tried.reader.person(tried.actor("guest").object_id)
    gina = await tried.reader.applicant(guest, [GroupId(stable_id("group/nobody"))])
    assert gina.is_guest
    assert gina.organization_id
    assert gina.is_organization_configured


async def test_reports_and_the_contents_of_several_packages(tried: Tried) -> None:
    reports = await tried.reader.reports(tried.actor("manager").object_id)
    assert "Rita Requester" in {person.name for person in reports}
    ids = [tried.package_id("Sales data"), tried.package_id("Office map")]
    contents = await tried.reader.contents_of(ids)
    assert contents[ids[0]] == await tried.reader.contents(ids[0])
    assert len(contents[ids[1]]) == 1


async def test_what_does_not_fit_on_one_page_of_a_batch_is_read_on(tried: Tried) -> None:
    package_id = tried.package_id("Sales data")
    whole = await tried.reader.contents(package_id)
    assert len(whole) > 1
    everything = await tried.me.contents(tried.actor("requester"), package_id)
    tried.world.options.page_size = 1
    assert (await tried.reader.contents_of([package_id]))[package_id] == whole
    mine = await tried.me.contents_of(tried.actor("requester"), [package_id])
    assert mine[package_id] == everything
