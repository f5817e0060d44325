"""`doorman enrol migration`: which access packages could do without their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.cli.auditing import database
from bot.cli.enrolment import Workbench
from bot.domain import AccessPackageId, UserId
from bot.graph.enrolment_history import EnrolmentHistoryGraph
from bot.plans.enrolment_state import PackageState
from bot.plans.migration import History, Organization, PackageMigration, migration
from bot.services.missed_searches import MissedSearches
from bot.services.projects import Project


async def migration_report(
    bench: Workbench, projects: Sequence[Project], days: int, graph: EnrolmentHistoryGraph | None = None
) -> tuple[PackageMigration, ...]:
    """Looks back on so many days."""
    packages = [each for each in await bench.states.for_projects(projects) if each.problem is None]
    history = graph or EnrolmentHistoryGraph(bench.session.client, bench.session.tokens.graph, identity="pipeline")
    return migration(packages, await _history(bench, packages, days, history))


async def searched_in_vain(bench: Workbench, days: int, env: Mapping[str, str]) -> list[tuple[str, int]]:
    """What nothing was found for in chat and how often; nothing where the bot's database is not at hand."""
    async with database(env, bench.session.clock) as store:
        if store is None:
            return []
        clock = bench.session.clock
        found = await MissedSearches(store, clock).report(since=clock.now() - timedelta(days=days))
    return [(each.words, each.count) for each in found]


async def _history(
    bench: Workbench, packages: Sequence[PackageState], days: int, graph: EnrolmentHistoryGraph
) -> History:
    since = bench.session.clock.now() - timedelta(days=days)
    requests = await graph.changes([AccessPackageId(each.package_id) for each in packages], since)
    targets = [each.target for package in packages for each in package.assignments]
    targets += [each.target for found in requests.values() for each in found]
    ids = sorted({UserId(each.object_id) for each in targets if each is not None and each.object_id})
    people = await bench.session.reader.people(ids)
    managers = await graph.managers([each for each, person in people.items() if not person.is_guest])
    organizations = []
    for each in await graph.organizations():
        sponsors = [
            person
            for internal in (True, False)
            for person in await bench.session.reader.connected_organization_sponsors(each.id, internal)
        ]
        names = tuple(sorted({person.name for person in sponsors if person.is_enabled}))
        organizations.append(Organization(each.id, each.name, each.domains, names))
    return History(requests, people, managers, organizations)
