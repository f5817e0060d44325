"""Puts together what the jobs do, with services of their own that have more patience than those of a turn."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta

from bot.clock import Clock
from bot.config import Config
from bot.delivery.desk import DeliveryDesk, Writer
from bot.delivery.enrolment import EnrolmentWriter
from bot.delivery.lead_digest import LeadDigestWriter
from bot.delivery.plan_runs import PlanRunWriter
from bot.delivery.suggestion import write_suggestion
from bot.delivery.weekly_health import WeeklyHealthWriter
from bot.jobs.work import JobRunner
from bot.languages import Languages
from bot.metrics import Metrics
from bot.services import plan_runs
from bot.services.administrators import Administrators
from bot.services.approvers import ApproverFinder
from bot.services.enrolment_cards import KIND
from bot.services.errands import Errands
from bot.services.expiries import Expiries
from bot.services.expiry_notices import ExpiryNotices
from bot.services.facts import FactsDesk
from bot.services.health.examination import Health
from bot.services.health.weekly import WeeklyHealth
from bot.services.incidents import IncidentDesk
from bot.services.lead_digest import LeadDigest
from bot.services.messages import AskingRules
from bot.services.nudge_plan import NudgePlan
from bot.services.reach import Reach
from bot.services.reminders import Reminders
from bot.services.review_notices import ReviewNotices
from bot.services.roster import Roster
from bot.services.run_work import RunWork
from bot.services.single_changes import SUGGESTION
from bot.services.stages import StageKnowledge
from bot.services.stale_cards import StaleCards
from bot.services.submissions import Submissions
from bot.services.tracking import Scheduler, Tracker
from bot.services.watching import Watch
from bot.settings import Settings
from bot.store import Store
from bot.teams.messenger import Messenger
from bot.wiring_administration import Administration
from bot.wiring_enrolment import Enrolment
from bot.wiring_parts import ADMIN_CENTER, Approving, GraphSide, hours_of, package_url, portal_url
from bot.wiring_team import Teams

_DAYS_PER_MONTH = 30.5


def build_watch(
    settings: Settings,
    config: Config,
    languages: Languages,
    store: Store,
    clock: Clock,
    graph: GraphSide,
    health: Health,
    messenger: Messenger,
    metrics: Metrics,
    jobs: JobRunner,
    poll_seconds: float,
) -> Watch:
    facts = graph.desk(clock)
    errands = graph.errands(store, facts, jobs, clock)
    approving = Approving(settings, config, store, clock, graph, facts, jobs)
    administrators = Administrators(config.administrators, graph.reader)
    teams = Teams(config, store, clock, graph)
    digest = LeadDigest(store, teams.desk, teams.rights, jobs, clock, hours_of(config))
    enrolment = Enrolment(settings, config, store, clock, graph, jobs)
    administration = Administration(settings, store, clock, graph, jobs)
    plan = NudgePlan(tuple(timedelta(days=days) for days in config.reminder_days))
    expiries = Expiries(store, graph.reader, facts, jobs, clock)
    review_notices = graph.review_notices(store, jobs, clock, hours_of(config), settings.tenant_id)
    return Watch(
        store,
        graph.reader,
        _tracker(settings, config, store, clock, graph, facts, approving, administrators, errands, plan, jobs),
        Submissions(store, graph.personal, jobs, clock),
        approving.decisions,
        approving.revoking,
        StaleCards(store, jobs, clock, metrics.found_stale_cards),
        ExpiryNotices(store, graph.reader, jobs, clock, hours_of(config), leads=config.expiry_notice_days),
        errands,
        RunWork(store, enrolment=enrolment.for_jobs(), administration=administration.for_jobs()),
        Reminders(store, jobs, clock, hours_of(config), plan),
        Reach(store, graph.installer, graph.reader, administrators, jobs, clock),
        _delivery(
            settings,
            languages,
            store,
            clock,
            approving,
            expiries,
            review_notices,
            {
                "lead_digest": LeadDigestWriter(digest).write,
                SUGGESTION: write_suggestion,
                KIND: EnrolmentWriter(enrolment.cards(), settings.tenant_id).write,
                plan_runs.KIND: _plan_run_writer(settings, administration).write,
                "health": WeeklyHealthWriter(health, clock, ADMIN_CENTER).write,
            },
            plan,
            messenger,
            metrics,
        ),
        jobs,
        clock,
        tenant_id=settings.tenant_id,
        retention=timedelta(days=config.retention_months * _DAYS_PER_MONTH),
        rounds=(
            review_notices.look,
            digest.round,
            WeeklyHealth(store, administrators, jobs, clock, hours_of(config)).round,
        ),
        poll_every=timedelta(seconds=poll_seconds),
    )


def _plan_run_writer(settings: Settings, administration: Administration) -> PlanRunWriter:
    def url(package_id: str) -> str:
        return package_url(settings.tenant_id, package_id)

    return PlanRunWriter(administration.runs(), settings.tenant_id, url)


def _tracker(
    settings: Settings,
    config: Config,
    store: Store,
    clock: Clock,
    graph: GraphSide,
    facts: FactsDesk,
    approving: Approving,
    administrators: Administrators,
    errands: Errands,
    plan: NudgePlan,
    jobs: Scheduler,
) -> Tracker:
    incidents = IncidentDesk(
        store,
        administrators,
        errands,
        jobs,
        tenant_id=settings.tenant_id,
        is_automatic=config.reprocess_automatically,
    )
    return Tracker(
        store,
        graph.reader,
        facts,
        Roster(ApproverFinder(graph.reader, clock)),
        approving.rules,
        administrators,
        StageKnowledge(store, graph.personal, settings.tenant_id),
        jobs,
        clock,
        AskingRules(plan, config.cards_up_to_approvers, hours_of(config)),
        incidents,
        stuck_after=timedelta(minutes=config.stuck_after_minutes),
    )


def _delivery(
    settings: Settings,
    languages: Languages,
    store: Store,
    clock: Clock,
    approving: Approving,
    expiries: Expiries,
    review_notices: ReviewNotices,
    others: Mapping[str, Writer],
    plan: NudgePlan,
    messenger: Messenger,
    metrics: Metrics,
) -> DeliveryDesk:
    return DeliveryDesk(
        store,
        approving.approvals,
        approving.context,
        expiries,
        review_notices,
        messenger,
        clock,
        languages,
        plan,
        canned_reasons=approving.canned_reasons,
        portal_url=lambda request_id: portal_url(settings.tenant_id, request_id),
        admin_url=ADMIN_CENTER,
        new_owner=lambda: secrets.token_hex(8),
        on_repeat=metrics.repeated_messages.inc,
        others=others,
    )
