"""What `doorman enrol` does, apart from reading the command line: the folder, the plan, and the services for both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date
from pathlib import Path

from bot.cli.file_search import find_files
from bot.cli.running import Stop
from bot.cli.session import Session, graph_session
from bot.cli.settings import CliSettings
from bot.config import Config, load_config
from bot.configured_projects import configured_projects
from bot.domain import UserId
from bot.files.checks import check_together
from bot.files.enrolment import read_enrolment
from bot.files.rows import EnrolmentFile, EnrolmentRow, Place
from bot.graph.client import CallFacts
from bot.graph.enrolment import EnrolmentGraph
from bot.graph.team_reader import TeamGraph
from bot.graph.writer import WriterGraph
from bot.plans.enrolment import EnrolmentPlan
from bot.plans.enrolment_planning import plan_ends, plan_enrolment
from bot.plans.enrolment_state import PlanRules
from bot.services.enrolling import Enrolling, InvitationRules
from bot.services.enrolment_state import EnrolmentStates, known_labels
from bot.services.project_packages import ProjectPackages
from bot.services.projects import Projects


@dataclass(slots=True)
class Calls:
    """How many requests went to Graph."""

    reads: int = 0
    writes: int = 0
    by_template: dict[str, int] = field(default_factory=dict)

    def __call__(self, call: CallFacts) -> None:
        self.reads += call.attempts
        self.by_template[call.template] = self.by_template.get(call.template, 0) + call.attempts


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything that planning and applying use."""

    settings: CliSettings
    session: Session
    config: Config
    projects: Projects
    graph: EnrolmentGraph
    states: EnrolmentStates
    calls: Calls

    def enrolling(self, *, poll_seconds: float = 2.0) -> Enrolling:
        writer = WriterGraph(self.session.client, self.session.tokens.graph, identity="pipeline")
        return Enrolling(
            writer, self.graph, self.session.clock, invitation_rules(self.config), poll_seconds=poll_seconds
        )

    async def plan(
        self, files: Sequence[Path], folder: Path, *, author: str = "", accepted: Sequence[str] = ()
    ) -> EnrolmentPlan:
        """Raises: Stop, when the author is nobody; DoormanError, when the tenant cannot be read."""
        roles = await self.states.roles()
        now = self.session.clock.now().astimezone(UTC)
        labels = known_labels(roles)
        conflicts = [(one, other) for one, other in self.config.enrolment.conflicts]
        read = check_together([read_file(each, folder, labels) for each in files], conflicts)
        state = await self.states.for_files(read, roles)
        rules = await self.rules(author, accepted)
        return plan_enrolment(read, state, rules, now)

    async def plan_ends(
        self, labels: Sequence[str], end: date, addresses: Sequence[str], *, author: str = ""
    ) -> EnrolmentPlan:
        """Another end for these people, or for everybody, in these access packages. Raises like `plan`."""
        roles = await self.states.roles()
        now = self.session.clock.now().astimezone(UTC)
        rows = tuple(EnrolmentRow(Place(""), "", each, label) for label in labels for each in addresses)
        state = await self.states.for_files([EnrolmentFile("", rows, (), "", tuple(labels))], roles)
        return plan_ends(labels, end, addresses, state, await self.rules(author, ()), now)

    async def rules(self, author: str, accepted: Sequence[str]) -> PlanRules:
        enrolment = self.config.enrolment
        named = [each for each in enrolment.protected if "@" in each]
        found = await self.states.people_with([*named, *([author] if author else [])])
        protected = {person.id for each in named for person in found.get(each.strip().casefold(), [])}
        protected |= {UserId(each.strip().casefold()) for each in enrolment.protected if "@" not in each}
        writers = found.get(author.strip().casefold(), []) if author else []
        if author and len(writers) != 1:
            raise Stop(f"{author}: is not the address of one person")
        return PlanRules(
            today=self.session.clock.now().date(),
            author_id=writers[0].id if writers else "",
            guest_domains=frozenset(each.casefold() for each in enrolment.guest_domains),
            protected=frozenset(protected),
            accepted=frozenset(each.strip().casefold() for each in accepted),
            brake_percent=enrolment.brake.percent,
            brake_people=enrolment.brake.people,
            sends_invitation=enrolment.invitation.by == "invitation" and enrolment.invitation.send_message,
        )


@asynccontextmanager
async def workbench(settings: CliSettings) -> AsyncIterator[Workbench]:
    """Raises: ConfigError and ValueError, in one line, for what cannot be used."""
    config = load_config(settings.config_path)
    calls = Calls()
    async with graph_session(settings, calls) as session:
        graph = EnrolmentGraph(session.client, session.tokens.graph, identity="pipeline")
        team = TeamGraph(session.client, session.tokens.graph, identity="pipeline")
        yield bench_with(settings, session, config, calls, graph, team)


def bench_with(
    settings: CliSettings, session: Session, config: Config, calls: Calls, graph: EnrolmentGraph, team: TeamGraph
) -> Workbench:
    projects = Projects(configured_projects(config), session.reader)
    states = EnrolmentStates(graph, ProjectPackages(team), projects)
    return Workbench(settings, session, config, projects, graph, states, calls)


def invitation_rules(config: Config) -> InvitationRules:
    chosen = config.enrolment.invitation
    return InvitationRules(
        redirect_url=chosen.redirect_url,
        by_email=chosen.by == "email",
        sends_message=chosen.send_message,
        message=chosen.message,
    )


def files_in(folder: Path) -> list[Path]:
    """The enrolment files in the folder and below it, as the linter finds them. Raises: Stop."""
    search = find_files([folder])
    if search.problems:
        raise Stop(search.problems[0])
    return [Path(each.name) for each in search.files]


def read_file(path: Path, folder: Path, labels: Sequence[str] = ()) -> EnrolmentFile:
    """Raises: Stop."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Stop(f"{path}: cannot be read ({error.strerror})") from None
    return read_enrolment(name_of(path, folder), content, known_labels=labels)


def name_of(path: Path, folder: Path) -> str:
    """The file's name as it stands in plans: the same wherever the folder lies."""
    return path.name if folder.is_file() else path.relative_to(folder).as_posix()
