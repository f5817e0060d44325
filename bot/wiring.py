"""Puts the rooms together. The only module that knows them all.

Everything that lives as long as the app is opened in one place, in order, and closed in the opposite one: database,
HTTP clients, identities, services, jobs, edge.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import time, timedelta
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import quote

import aiohttp
import httpx
from aiohttp import web

from bot.clock import Clock
from bot.commands import build_router
from bot.config import DAYS, Config, load_config
from bot.delivery.desk import DeliveryDesk
from bot.dispatch import Dispatcher, Router
from bot.error_replies import ErrorReplies
from bot.graph.budget import BACKGROUND, INTERACTIVE, Budget
from bot.graph.client import CallFacts, GraphClient
from bot.graph.installer import AppInstaller
from bot.graph.personal import PersonalGraph
from bot.graph.reader import ReaderGraph
from bot.graph.reviews import ReviewGraph
from bot.graph.transport import graph_http
from bot.graph.writer import WriterGraph
from bot.hooks import CalloutHook
from bot.identity.identity import Identity
from bot.identity.sealing import Sealer
from bot.jobs.jobs import Jobs
from bot.jobs.work import JobSettings
from bot.languages import Languages, load_languages
from bot.metrics import Metrics
from bot.services.access import AccessDesk
from bot.services.administrators import Administrators
from bot.services.approval_lists import ApprovalLists
from bot.services.approvals import Approvals
from bot.services.approvers import ApproverFinder
from bot.services.bundle import Services
from bot.services.callouts import CalloutService
from bot.services.catalog_words import Synonyms
from bot.services.chores import Chores
from bot.services.codes import Codes
from bot.services.comparing import Comparing
from bot.services.context import ContextDesk, Shown
from bot.services.decision_desk import DecisionDesk
from bot.services.drafts import Drafts
from bot.services.errands import Errands
from bot.services.expiries import Expiries
from bot.services.expiry_notices import ExpiryNotices
from bot.services.facts import FactsDesk
from bot.services.grants import GrantDesk
from bot.services.hours import Hours
from bot.services.incidents import IncidentDesk
from bot.services.keeping import Keeping
from bot.services.messages import AskingRules
from bot.services.missed_searches import MissedSearches
from bot.services.muting import Muting
from bot.services.nudge_plan import NudgePlan
from bot.services.outlook import History
from bot.services.packages import PackageFinder
from bot.services.personal import Personal
from bot.services.places import Places
from bot.services.reach import Reach
from bot.services.remarks import Remarks
from bot.services.reminders import Reminders
from bot.services.request_form import RequestForms
from bot.services.reviews import Reviews
from bot.services.revoking import Revoking
from bot.services.roster import Roster
from bot.services.rules import ChosenRules, Mode, PackageRules, StepUp
from bot.services.stages import StageKnowledge
from bot.services.stale_cards import StaleCards
from bot.services.submissions import Submissions
from bot.services.tracking import Scheduler, Tracker
from bot.services.watching import Watch
from bot.services.why_not import WhyNot
from bot.settings import Settings
from bot.store import (
    Store,
    StoredInstallations,
    StoredPeople,
    StoredProofs,
    StoredTickets,
    StoredTokenCaches,
    open_store,
)
from bot.teams.edge import Edge, build_messenger
from bot.teams.known_people import KnownPeople
from bot.teams.messenger import Messenger
from bot.teams.ports import Ticket, WaitingCode
from bot.teams.texts import Texts
from bot.web import EDGE, HOOK, METRICS, READY_CHECKS, add_routes

WATCH: web.AppKey[Watch] = web.AppKey("watch", Watch)
ROUTER: web.AppKey[Router] = web.AppKey("router", Router)
STORE: web.AppKey[Store] = web.AppKey("store", Store)

_CHAT = "https://teams.microsoft.com/l/chat/0/0"
_PORTAL = "https://myaccess.microsoft.com"
_ADMIN_CENTER = "https://entra.microsoft.com/#view/Microsoft_AAD_ERM/DashboardBlade/~/elmEntitlement"
_DAYS_PER_MONTH = 30.5


def create_app(
    settings: Settings,
    config: Config | None = None,
    *,
    graph_transport: httpx.AsyncBaseTransport | None = None,
    job_settings: JobSettings | None = None,
) -> web.Application:
    """The bot as a web application. Opens nothing before it is started.

    `graph_transport` and `job_settings` are for tests. Raises ConfigError when `DOORMAN_CONFIG` cannot be used.
    """
    chosen = config or load_config(settings.config_path)
    app = web.Application()
    add_routes(app)

    async def resources(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await _open(app, settings, chosen, stack, graph_transport, job_settings or _job_settings(settings, chosen))
            yield

    app.cleanup_ctx.append(resources)
    return app


async def _open(
    app: web.Application,
    settings: Settings,
    config: Config,
    stack: AsyncExitStack,
    graph_transport: httpx.AsyncBaseTransport | None,
    job_settings: JobSettings,
) -> None:
    clock, metrics = Clock(), Metrics()
    languages = load_languages(config.languages)
    sealer = Sealer([key.get_secret_value() for key in settings.secret_keys])
    store = await open_store(job_settings.database_url, sealer, clock)
    stack.push_async_callback(store.close)
    http = await stack.enter_async_context(aiohttp.ClientSession())
    identity = Identity(settings, http, StoredTokenCaches(store), sealer, StoredProofs(store))
    stack.push_async_callback(identity.close)
    graph = await stack.enter_async_context(graph_http(settings.graph_url, transport=graph_transport))
    people = KnownPeople(StoredPeople(store))
    messenger = build_messenger(settings, http, identity.app, people, metrics)
    jobs = Jobs(job_settings, sealer)

    turns = _GraphSide(settings, graph, clock, identity, INTERACTIVE, metrics)
    patient = _GraphSide(settings, graph, clock, identity, BACKGROUND, metrics)
    chores = Chores()
    stack.push_async_callback(chores.close)
    services = _services(settings, config, languages, store, clock, identity, turns, patient, jobs, chores)
    watch = _watch(
        settings, config, languages, store, clock, patient, messenger, metrics, jobs, job_settings.poll_seconds
    )
    router = build_router(services)
    edge = Edge(
        settings=settings,
        http=http,
        identity=identity,
        dispatcher=Dispatcher(router, ErrorReplies(config.support_contact, services.access_url)),
        texts=Texts(portal_url=services.access_url),
        messenger=messenger,
        people=people,
        tickets=StoredTickets(store, Ticket, WaitingCode),
        installations=StoredInstallations(store),
        sealer=sealer,
        clock=clock,
        metrics=metrics,
        languages=languages,
        personal=services.personal,
    )
    await stack.enter_async_context(jobs.running(watch))
    stack.push_async_callback(edge.close)
    app[EDGE], app[METRICS], app[WATCH], app[ROUTER], app[STORE] = edge, metrics, watch, router, store
    app[HOOK] = CalloutHook(identity.callers, CalloutService(jobs), metrics)
    app[READY_CHECKS] = {"store": store.ping, "entra": identity.is_reachable, "graph": turns.reader.ping}


class _GraphSide:
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
        self.reader = ReaderGraph(client, identity.app.graph)
        self.writer = WriterGraph(client, identity.writer.graph) if identity.writer else None
        self.installer = AppInstaller(
            client, identity.app.graph, graph_url=settings.graph_url, external_id=settings.teams_app_id
        )

    def desk(self, clock: Clock) -> FactsDesk:
        return FactsDesk(self.reader, clock, GrantDesk(self.reader))

    def errands(self, store: Store, desk: FactsDesk, jobs: Scheduler, clock: Clock) -> Errands:
        return Errands(store, self.personal, self.writer, self.reader, desk, jobs, clock)


class _Approving:
    """What approving needs, as an administrator has chosen it."""

    def __init__(
        self,
        settings: Settings,
        config: Config,
        store: Store,
        clock: Clock,
        graph: _GraphSide,
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
        )
        self.rules = PackageRules(chosen, graph.reader)
        self.decisions = DecisionDesk(
            store, graph.personal, jobs, clock, settings.tenant_id, timedelta(seconds=config.undo_seconds)
        )
        proof = StepUp(StoredProofs(store), step_up.authentication_context, timedelta(minutes=step_up.minutes))
        self.approvals = Approvals(store, graph.personal, facts, self.decisions, self.rules, proof, jobs, clock)
        shown = Shown(config.approver_facts.department_share, config.approver_facts.earlier_denials)
        self.context = ContextDesk(graph.reader, clock, shown)
        self.revoking = Revoking(store, graph.personal, facts, jobs, clock)
        self.canned_reasons = None if config.canned_reasons is None else tuple(config.canned_reasons)


def _services(
    settings: Settings,
    config: Config,
    languages: Languages,
    store: Store,
    clock: Clock,
    identity: Identity,
    graph: _GraphSide,
    patient: _GraphSide,
    jobs: Scheduler,
    chores: Chores,
) -> Services:
    packages = PackageFinder(
        graph.personal, patient.personal, identity.people, chores, clock, Synonyms(config.synonyms)
    )
    facts = graph.desk(clock)
    submissions = Submissions(store, graph.personal, jobs, clock)
    places = Places(graph.reader, settings.tenant_id)
    approving = _Approving(settings, config, store, clock, graph, facts, jobs)
    return Services(
        store=store,
        clock=clock,
        languages=languages,
        personal=Personal(store, languages),
        muting=Muting(store),
        sign_in=identity.people,
        packages=packages,
        forms=RequestForms(graph.personal, graph.reader, known=packages.known, indirect=config.indirect_reports),
        history=History(store),
        why_not=WhyNot(graph.personal, graph.reader, is_on=config.why_not, for_guests=config.why_not_for_guests),
        comparing=Comparing(graph.personal, graph.reader, packages, is_on=config.compare_with_team),
        missed_searches=MissedSearches(store, clock),
        submissions=submissions,
        drafts=Drafts(store, _new_id, clock),
        access=AccessDesk(graph.personal, graph.reader, places, clock),
        keeping=Keeping(store, graph.personal, facts, submissions, clock),
        expiries=Expiries(store, graph.reader, facts, jobs, clock),
        my_requests=graph.personal,
        reviews=Reviews(graph.reviews),
        approvals=approving.approvals,
        approval_lists=ApprovalLists(store, approving.approvals, facts, clock),
        context=approving.context,
        revoking=approving.revoking,
        canned_reasons=approving.canned_reasons,
        facts=facts,
        codes=Codes(store),
        remarks=Remarks(store, jobs, clock),
        errands=graph.errands(store, facts, jobs, clock),
        administrators=Administrators(config.administrators, graph.reader),
        admin_url=_ADMIN_CENTER,
        new_id=_new_id,
        portal_url=lambda request_id: portal_url(settings.tenant_id, request_id),
        package_url=lambda package_id: f"{_PORTAL}/@{settings.tenant_id}#/access-packages/{package_id}",
        access_url=f"{_PORTAL}/@{settings.tenant_id}#/access-packages",
        chat_url=lambda words: f"{_CHAT}?users={settings.bot_teams_id}&message={quote(words)}",
        support_contact=config.support_contact,
        version=_version(),
    )


def _watch(
    settings: Settings,
    config: Config,
    languages: Languages,
    store: Store,
    clock: Clock,
    graph: _GraphSide,
    messenger: Messenger,
    metrics: Metrics,
    jobs: Scheduler,
    poll_seconds: float,
) -> Watch:
    """What the jobs do, with services of their own that have more patience than those of a turn."""
    facts = graph.desk(clock)
    errands = graph.errands(store, facts, jobs, clock)
    approving = _Approving(settings, config, store, clock, graph, facts, jobs)
    knowledge = StageKnowledge(store, graph.personal, settings.tenant_id)
    administrators = Administrators(config.administrators, graph.reader)
    incidents = IncidentDesk(
        store,
        administrators,
        errands,
        jobs,
        tenant_id=settings.tenant_id,
        is_automatic=config.reprocess_automatically,
    )
    plan = NudgePlan(tuple(timedelta(days=days) for days in config.reminder_days))
    asking = AskingRules(plan, cards_up_to=config.cards_up_to_approvers)
    roster = Roster(ApproverFinder(graph.reader, clock))
    tracker = Tracker(
        store,
        graph.reader,
        facts,
        roster,
        approving.rules,
        administrators,
        knowledge,
        jobs,
        clock,
        asking,
        incidents,
        stuck_after=timedelta(minutes=config.stuck_after_minutes),
    )
    delivery = DeliveryDesk(
        store,
        approving.approvals,
        approving.context,
        Expiries(store, graph.reader, facts, jobs, clock),
        messenger,
        clock,
        languages,
        canned_reasons=approving.canned_reasons,
        portal_url=lambda request_id: portal_url(settings.tenant_id, request_id),
        admin_url=_ADMIN_CENTER,
        new_owner=lambda: secrets.token_hex(8),
        on_repeat=metrics.repeated_messages.inc,
    )
    return Watch(
        store,
        graph.reader,
        tracker,
        Submissions(store, graph.personal, jobs, clock),
        approving.decisions,
        approving.revoking,
        StaleCards(store, jobs, clock, metrics.found_stale_cards),
        ExpiryNotices(store, graph.reader, jobs, clock, _hours(config), leads=config.expiry_notice_days),
        errands,
        Reminders(store, jobs, clock, _hours(config), plan),
        Reach(store, graph.installer, graph.reader, administrators, jobs, clock),
        delivery,
        jobs,
        clock,
        tenant_id=settings.tenant_id,
        retention=timedelta(days=config.retention_months * _DAYS_PER_MONTH),
        poll_every=timedelta(seconds=poll_seconds),
    )


def _hours(config: Config) -> Hours:
    told = config.quiet_hours
    return Hours(
        time.fromisoformat(told.quiet_from),
        time.fromisoformat(told.quiet_until),
        frozenset(DAYS.index(day) for day in told.working_days),
        told.time_zone,
    )


def portal_url(tenant_id: str, request_id: str) -> str:
    """Where approvers decide in My Access; the portal has no address for one request."""
    return f"{_PORTAL}/@{tenant_id}#/{'request-approvals' if request_id else 'requests'}"


def _job_settings(settings: Settings, config: Config) -> JobSettings:
    return JobSettings(
        database_url=settings.database_url.get_secret_value(),
        process_id=_process_id(),
        poll_seconds=config.poll_seconds,
    )


def _new_id() -> str:
    return secrets.token_urlsafe(16)


def _process_id() -> str:
    """Different for every process that ever shares the database."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def _version() -> str:
    try:
        return version("doorman")
    except PackageNotFoundError:  # run from a checkout, where nothing is installed
        return "development"
