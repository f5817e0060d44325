"""Puts the rooms together. Only this module, and the two beside it, know them all.

Everything that lives as long as the app is opened in one place, in order, and closed in the opposite one: database,
HTTP clients, identities, services, jobs, edge.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import quote

import aiohttp
import httpx
from aiohttp import web

from bot.clock import Clock
from bot.commands import build_router
from bot.config import Config, load_config
from bot.dispatch import Dispatcher, Router
from bot.error_replies import ErrorReplies
from bot.graph.budget import BACKGROUND, INTERACTIVE
from bot.graph.transport import graph_http
from bot.hooks import CalloutHook
from bot.identity.identity import Identity, registrations
from bot.identity.sealing import Sealer
from bot.jobs.jobs import Jobs
from bot.jobs.work import JobRunner, JobSettings
from bot.languages import Languages, load_languages
from bot.metrics import Metrics
from bot.services.access import AccessDesk
from bot.services.administrators import Administrators
from bot.services.approval_lists import ApprovalLists
from bot.services.askings import Askings
from bot.services.bundle import Services
from bot.services.callouts import CalloutService
from bot.services.catalog_words import Synonyms
from bot.services.chores import Chores
from bot.services.codes import Codes
from bot.services.comparing import Comparing
from bot.services.drafts import Drafts
from bot.services.enrolments import Enrolments
from bot.services.expiries import Expiries
from bot.services.keeping import Keeping
from bot.services.missed_searches import MissedSearches
from bot.services.muting import Muting
from bot.services.outlook import History
from bot.services.packages import PackageFinder
from bot.services.personal import Personal
from bot.services.places import Places
from bot.services.remarks import Remarks
from bot.services.request_form import RequestForms
from bot.services.reviews import Reviews
from bot.services.submissions import Submissions
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
from bot.teams.files import FileReader
from bot.teams.known_people import KnownPeople
from bot.teams.pacer import Pacer
from bot.teams.ports import Ticket, WaitingCode
from bot.teams.texts import Texts
from bot.web import EDGE, HOOK, METRICS, READY_CHECKS, add_routes
from bot.wiring_administration import Administration
from bot.wiring_background import build_watch
from bot.wiring_enrolment import Enrolment
from bot.wiring_health import build_health
from bot.wiring_parts import ADMIN_CENTER, PORTAL, Approving, GraphSide, hours_of, package_url, portal_url
from bot.wiring_team import Teams

WATCH: web.AppKey[Watch] = web.AppKey("watch", Watch)
ROUTER: web.AppKey[Router] = web.AppKey("router", Router)
STORE: web.AppKey[Store] = web.AppKey("store", Store)
ENROLMENTS: web.AppKey[Enrolments] = web.AppKey("enrolments", Enrolments)

_CHAT = "https://teams.microsoft.com/l/chat/0/0"


def create_app(
    settings: Settings,
    config: Config | None = None,
    *,
    graph_transport: httpx.AsyncBaseTransport | None = None,
    job_settings: JobSettings | None = None,
    clock: Clock | None = None,
    jobs: JobRunner | None = None,
) -> web.Application:
    """The bot as a web application. Opens nothing before it is started.

    `graph_transport` and `job_settings` are for tests, `clock` and `jobs` for a rehearsal, in which time is moved.
    Raises ConfigError when `DOORMAN_CONFIG` cannot be used, and SettingsError when a certificate cannot.
    """
    registrations(settings)  # what is wrong with them is said before anything is opened
    chosen = config or load_config(settings.config_path)
    app = web.Application()
    add_routes(app)

    async def resources(app: web.Application) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            plan = job_settings or _job_settings(settings, chosen)
            await _open(app, settings, chosen, stack, graph_transport, plan, clock or Clock(), jobs)
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
    clock: Clock,
    runner: JobRunner | None,
) -> None:
    metrics = Metrics()
    languages = load_languages(config.languages)
    sealer = Sealer([key.get_secret_value() for key in settings.secret_keys])
    store = await open_store(job_settings.database_url, sealer, clock)
    stack.push_async_callback(store.close)
    http = await stack.enter_async_context(aiohttp.ClientSession())
    identity = Identity(settings, http, StoredTokenCaches(store), sealer, StoredProofs(store))
    stack.push_async_callback(identity.close)
    graph = await stack.enter_async_context(graph_http(settings.graph_url, transport=graph_transport))
    people = KnownPeople(StoredPeople(store))
    jobs = runner or Jobs(job_settings, sealer)
    messenger = build_messenger(settings, http, identity.app, people, metrics, Pacer(lambda: jobs.processes))

    turns = GraphSide(settings, graph, clock, identity, INTERACTIVE, metrics)
    patient = GraphSide(settings, graph, clock, identity, BACKGROUND, metrics)
    chores = Chores()
    stack.push_async_callback(chores.close)
    files = FileReader(http, settings.file_hosts)
    services = _services(settings, config, languages, store, clock, identity, files, turns, patient, jobs, chores)
    watch = build_watch(
        settings,
        config,
        languages,
        store,
        clock,
        patient,
        services.health,
        messenger,
        metrics,
        jobs,
        job_settings.poll_seconds,
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
    app[ENROLMENTS] = services.enrolments
    app[HOOK] = CalloutHook(identity.callers, CalloutService(jobs), metrics)
    app[READY_CHECKS] = {"store": store.ping, "entra": identity.is_reachable, "graph": turns.reader.ping}


def _services(
    settings: Settings,
    config: Config,
    languages: Languages,
    store: Store,
    clock: Clock,
    identity: Identity,
    files: FileReader,
    graph: GraphSide,
    patient: GraphSide,
    jobs: JobRunner,
    chores: Chores,
) -> Services:
    packages = PackageFinder(
        graph.personal, patient.personal, identity.people, chores, clock, Synonyms(config.synonyms)
    )
    facts = graph.desk(clock)
    submissions = Submissions(store, graph.personal, jobs, clock)
    places = Places(graph.reader, settings.tenant_id)
    approving = Approving(settings, config, store, clock, graph, facts, jobs)
    teams = Teams(config, store, clock, graph)
    enrolment = Enrolment(settings, config, store, clock, patient, jobs)
    administration = Administration(settings, store, clock, graph, jobs)
    return Services(
        store=store,
        clock=clock,
        languages=languages,
        personal=Personal(store, languages),
        muting=Muting(store),
        sign_in=identity.people,
        files=files,
        enrolments=enrolment.for_turns(),
        enrolment_cards=enrolment.cards(),
        packages=packages,
        package_office=administration.office,
        plan_runs=administration.runs(),
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
        review_notices=graph.review_notices(store, jobs, clock, hours_of(config), settings.tenant_id),
        approvals=approving.approvals,
        approval_lists=ApprovalLists(store, approving.approvals, facts, clock),
        askings=Askings(store),
        context=approving.context,
        revoking=approving.revoking,
        canned_reasons=approving.canned_reasons,
        facts=facts,
        codes=Codes(store),
        remarks=Remarks(store, jobs, clock, hours_of(config)),
        errands=graph.errands(store, facts, jobs, clock),
        administrators=Administrators(config.administrators, graph.reader),
        health=build_health(settings, config, store, clock, identity, patient, chores),
        projects=teams.projects,
        team_desk=teams.desk,
        team_rights=teams.rights,
        invitations=teams.invitations,
        single_changes=teams.single_changes(store, jobs),
        admin_url=ADMIN_CENTER,
        new_id=_new_id,
        portal_url=lambda request_id: portal_url(settings.tenant_id, request_id),
        package_url=lambda package_id: package_url(settings.tenant_id, package_id),
        access_url=f"{PORTAL}/@{settings.tenant_id}#/access-packages",
        chat_url=lambda words: f"{_CHAT}?users={settings.bot_teams_id}&message={quote(words)}",
        support_contact=config.support_contact,
        version=_version(),
    )


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
