"""What the turns of people and the jobs in the background are both wired from."""

from __future__ import annotations

from datetime import time, timedelta

import httpx

from bot.clock import Clock
from bot.config import DAYS, Config
from bot.graph.budget import Budget
from bot.graph.client import CallFacts, GraphClient
from bot.graph.enrolment import EnrolmentGraph
from bot.graph.installer import AppInstaller
from bot.graph.personal import PersonalGraph
from bot.graph.reader import ReaderGraph
from bot.graph.reviews import ReviewGraph
from bot.graph.survey import SurveyGraph
from bot.graph.team_reader import TeamGraph
from bot.graph.writer import WriterGraph
from bot.identity.identity import Identity
from bot.metrics import Metrics
from bot.services.approvals import Approvals
from bot.services.context import ContextDesk, Shown
from bot.services.decision_desk import DecisionDesk
from bot.services.errands import Errands
from bot.services.facts import FactsDesk
from bot.services.grants import GrantDesk
from bot.services.hours import Hours
from bot.services.review_notices import ReviewNotices
from bot.services.revoking import Revoking
from bot.services.rules import ChosenRules, Mode, PackageRules, StepUp
from bot.services.tracking import Scheduler
from bot.settings import Settings
from bot.store import (
    Store,
    StoredProofs,
)

PORTAL = "https://myaccess.microsoft.com"
ADMIN_CENTER = "https://entra.microsoft.com/#view/Microsoft_AAD_ERM/DashboardBlade/~/elmEntitlement"


class GraphSide:
    """Graph with one kind of patience: as a person, and as the app."""

    def __init__(
        self,
        settings: Settings,
        http: httpx.AsyncClient,
        clock: Clock,
        identity: Identity,
        budget: Budget,
        metrics: Metrics,
    ) -> None:
        def count(call: CallFacts) -> None:
            metrics.graph_calls.labels(call.method, call.status).inc()

        client = GraphClient(settings.graph_url, http, clock, budget=budget, observer=count)
        self.personal = PersonalGraph(client, identity.people)
        self.reviews = ReviewGraph(client, identity.people)
        self.client = client
        self.identity = identity
        self.reader = ReaderGraph(client, identity.app.graph)
        self.survey = SurveyGraph(client, identity.app.graph)
        self.enrolment = EnrolmentGraph(client, identity.app.graph)
        self.team = TeamGraph(client, identity.app.graph)
        self.writer = WriterGraph(client, identity.writer.graph) if identity.writer else None
        self.installer = AppInstaller(
            client, identity.app.graph, graph_url=settings.graph_url, external_id=settings.teams_app_id
        )

    def desk(self, clock: Clock) -> FactsDesk:
        return FactsDesk(self.reader, clock, GrantDesk(self.reader))

    def review_notices(
        self, store: Store, jobs: Scheduler, clock: Clock, hours: Hours, tenant_id: str
    ) -> ReviewNotices:
        return ReviewNotices(store, self.reviews, jobs, clock, hours, tenant_id)

    def errands(self, store: Store, desk: FactsDesk, jobs: Scheduler, clock: Clock) -> Errands:
        return Errands(store, self.personal, self.writer, self.reader, desk, jobs, clock)


class Approving:
    """What approving needs, as an administrator has chosen it."""

    def __init__(
        self,
        settings: Settings,
        config: Config,
        store: Store,
        clock: Clock,
        graph: GraphSide,
        facts: FactsDesk,
        jobs: Scheduler,
    ) -> None:
        modes, step_up = config.modes, config.step_up
        chosen = ChosenRules(
            default=Mode(modes.default),
            packages={name: Mode(mode) for name, mode in modes.packages.items()},
            catalogs={name: Mode(mode) for name, mode in modes.catalogs.items()},
            step_up_packages=frozenset(step_up.packages),
            step_up_catalogs=frozenset(step_up.catalogs),
            package_channels=config.approval_channels.packages,
            catalog_channels=config.approval_channels.catalogs,
        )
        self.rules = PackageRules(chosen, graph.reader)
        self.decisions = DecisionDesk(
            store, graph.personal, facts, jobs, clock, settings.tenant_id, timedelta(seconds=config.undo_seconds)
        )
        proof = StepUp(StoredProofs(store), step_up.authentication_context, timedelta(minutes=step_up.minutes))
        self.approvals = Approvals(store, graph.personal, facts, self.decisions, self.rules, proof, jobs, clock)
        shown = Shown(config.approver_facts.department_share, config.approver_facts.earlier_denials)
        self.context = ContextDesk(graph.reader, clock, shown)
        self.revoking = Revoking(store, graph.personal, facts, jobs, clock)
        self.canned_reasons = None if config.canned_reasons is None else tuple(config.canned_reasons)


def hours_of(config: Config) -> Hours:
    told = config.quiet_hours
    return Hours(
        time.fromisoformat(told.quiet_from),
        time.fromisoformat(told.quiet_until),
        frozenset(DAYS.index(day) for day in told.working_days),
        told.time_zone,
    )


def portal_url(tenant_id: str, request_id: str) -> str:
    """Where approvers decide in My Access; the portal has no address for one request."""
    return f"{PORTAL}/@{tenant_id}#/{'request-approvals' if request_id else 'requests'}"


def package_url(tenant_id: str, package_id: str) -> str:
    """Where the access package can be requested in My Access."""
    return f"{PORTAL}/@{tenant_id}#/access-packages/{package_id}"
