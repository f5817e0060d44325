"""Puts together what enrolment needs, for turns and for jobs."""

from __future__ import annotations

from bot.clock import Clock
from bot.config import Config
from bot.configured_projects import configured_projects
from bot.services.enrolling import Enrolling, InvitationRules
from bot.services.enrolment_cards import CardTeller, EnrolmentCards
from bot.services.enrolment_runs import Applier
from bot.services.enrolment_state import EnrolmentStates
from bot.services.enrolment_work import EnrolmentWork
from bot.services.enrolments import EnrolmentRules, Enrolments
from bot.services.project_packages import ProjectPackages
from bot.services.projects import Projects
from bot.settings import Settings
from bot.store import Store
from bot.wiring_parts import GraphSide


class Enrolment:
    """`graph` is the patient one: a plan takes some dozens of requests."""

    def __init__(
        self,
        settings: Settings,
        config: Config,
        store: Store,
        clock: Clock,
        graph: GraphSide,
        jobs: Applier,
    ) -> None:
        self._settings = settings
        self._config = config
        self._store = store
        self._clock = clock
        self._graph = graph
        self._jobs = jobs
        self._teller = CardTeller()
        self.projects = Projects(configured_projects(config), graph.reader)
        self.states = EnrolmentStates(graph.enrolment, ProjectPackages(graph.team), self.projects)

    def for_turns(self) -> Enrolments:
        return Enrolments(
            self._store,
            self.projects,
            self.states,
            self._jobs,
            self._clock,
            self._rules(),
            self._settings.tenant_id,
            has_writer=self._graph.writer is not None,
            teller=self._teller,
        )

    def cards(self) -> EnrolmentCards:
        return EnrolmentCards(self._store, self.for_turns(), self._jobs)

    def for_jobs(self) -> EnrolmentWork:
        writer = self._graph.writer
        enrolling = Enrolling(writer, self._graph.enrolment, self._clock, self._invitations()) if writer else None
        return EnrolmentWork(self._store, self.states, enrolling, self._jobs, self._clock, self._teller)

    def _rules(self) -> EnrolmentRules:
        given = self._config.enrolment
        return EnrolmentRules(
            guest_domains=frozenset(each.casefold() for each in given.guest_domains),
            protected=tuple(given.protected),
            brake_percent=given.brake.percent,
            brake_people=given.brake.people,
            sends_invitation=given.invitation.by == "invitation" and given.invitation.send_message,
            conflicts=tuple((one, other) for one, other in given.conflicts),
        )

    def _invitations(self) -> InvitationRules:
        given = self._config.enrolment.invitation
        return InvitationRules(
            redirect_url=given.redirect_url,
            by_email=given.by == "email",
            sends_message=given.send_message,
            message=given.message,
        )
