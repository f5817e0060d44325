"""What leads and administrators read in other languages: made of facts, by the views that make the cards in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain import AccessPackageId, AssignmentState, Person, UserId
from bot.plans.enrolment import EnrolmentPlan
from bot.services.enrolment_cards import RunFacts
from bot.services.enrolment_runs import Run, RunProgress
from bot.services.health.findings import Finding, Report, Severity
from bot.services.team_rows import Standing, Team, TeamRow
from bot.store.records import EnrolmentRun
from bot.views.administration import form_view
from bot.views.enrolment import run_view
from bot.views.health import health_view
from bot.views.team import team_view
from bot.views.words import Reader
from cards.actions import PackageAnswers, ShowTeam
from cards.administration import package_form_card
from cards.enrolment import enrolment_card
from cards.health import health_card
from cards.rendering import Card
from cards.team import table_card
from tests.cards.access_examples import PORTAL
from tests.cards.administration_examples import ANSWERS
from tests.support.enrolment import file, holding, package, person, planned, row, tenant

NOW: Final = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)
_PROJECT: Final = "Project Alder"
_LABEL: Final = "Project Alder | Contributor"
_LENA: Final = UserId("lena")
_PEOPLE: Final = (
    (Person(UserId("hana"), "Hana Heather", company="Woodgrove Labs"), "Approver", Standing.ACTIVE, None, None),
    (
        Person(UserId("ignatius"), "Ignatius Maximilian von Hohenfels-Fernhill", company="Fernhill Consultants"),
        "Contributor",
        Standing.ACTIVE,
        30,
        None,
    ),
    (
        Person(UserId("gina"), "Gina Guest", mail="gina@fernhill.example", is_guest=True),
        "Contributor",
        Standing.DELIVERING,
        None,
        False,
    ),
    (Person(UserId("rita"), "Rita Requester", company="Woodgrove"), "Contributor", Standing.WAITING, None, None),
    (Person(UserId("otto"), "Otto Orchard", company="Woodgrove"), "Manager", Standing.FAILED, None, None),
    (Person(UserId("paul"), "Paul Pebble", company="Woodgrove Labs"), "Manager", Standing.EXTRA, None, None),
)


def _team(reader: Reader) -> Card:
    rows = tuple(
        TeamRow(
            role,
            AccessPackageId(f"p-{role}"),
            f"{_PROJECT} | {role}",
            who,
            standing,
            None if days is None else NOW + timedelta(days=days),
            has_redeemed,
            group_name="Alder managers" if standing is Standing.EXTRA else "",
        )
        for who, role, standing, days, has_redeemed in _PEOPLE
    )
    team = Team(_PROJECT, rows, ("Approver", "Contributor", "Manager"), NOW)
    return table_card(team_view(team, ShowTeam(project=_PROJECT), reader))


def _plan() -> EnrolmentPlan:
    """Everything that can become of a row, with a brake that is on."""
    stays, goes, waits = person("ann"), person("ben"), person("cem")
    off = person("dan", is_enabled=False)
    held = package([holding(stays), holding(goes), holding(waits, state=AssignmentState.DELIVERING)], label=_LABEL)
    listed = file(
        *(
            row(f"{name}@{domain}.example" if domain else f"{name}@example.com", _LABEL, name.replace(".", " ").title())
            for name, domain in (("ann", ""), ("cem", ""), ("dan", ""), ("nina.new", "partner"), ("eva", "elsewhere"))
        )
    )
    return planned(tenant([held], [stays, goes, waits, off]), listed, brake_percent=10)


def _run(is_author: bool) -> RunFacts:
    record = EnrolmentRun(
        id="run-1",
        tenant_id="t1",
        author_id=_LENA,
        author_name="Lena Lead",
        digest="d1",
        plan=b"",
        package_ids=(),
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
        updated_at=NOW,
    )
    run = Run("run-1", _plan(), "waiting", _LENA, "Lena Lead", None, "", frozenset(), False, "", record)
    return RunFacts(RunProgress(run, {}, 0), is_author=is_author, may_agree=not is_author)


def _enrolment(reader: Reader, *, is_author: bool) -> Card:
    return enrolment_card(run_view(_run(is_author), reader))


def _health(reader: Reader) -> Card:
    names = (_LABEL, "Sales data", "Office map", "Kiln", "Lathe")
    findings = (
        Finding(
            "delivery.failed",
            Severity.PROBLEM,
            "r1",
            {"package": "Kiln", "person": "Luca Laurel"},
            check="deliveries",
        ),
        Finding(
            "approver.empty-group",
            Severity.WARNING,
            "g1",
            {"group": "ProjectFir_Approver"},
            names,
            len(names),
            check="approvers",
        ),
        Finding(
            "policy.endless",
            Severity.WARNING,
            "o1",
            {"package": "Sales data", "policy": "Everybody"},
            check="endless",
        ),
        Finding("guest.stale", Severity.WARNING, names=("Gina Guest", "Nadia Napkin"), count=2, check="guests"),
        Finding("licence.enough", Severity.NOTE, values={"needed": "412", "bought": "500"}, check="licences"),
    )
    report = Report(NOW - timedelta(minutes=2), findings)
    return health_card(health_view(report, 0, reader, NOW, admin_url=PORTAL))


def _package_form(reader: Reader) -> Card:
    problem = reader.words("Please give a name, what it is for, a catalog and at least one group.")
    answers = PackageAnswers(**{**ANSWERS.model_dump(), "name": ""})
    return package_form_card(form_view(answers, reader, problem))


def translated_for_leads(tag: str, reader: Reader) -> Mapping[str, Card]:
    return {
        f"{tag}-team": _team(reader),
        f"{tag}-enrolment": _enrolment(reader, is_author=True),
        f"{tag}-enrolment-agreeing": _enrolment(reader, is_author=False),
        f"{tag}-health": _health(reader),
        f"{tag}-new-package": _package_form(reader),
    }
