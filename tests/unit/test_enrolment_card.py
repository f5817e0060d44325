"""The card of a plan with many rows: small enough for Teams at every page and in every phase."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.domain import UserId
from bot.languages import load_languages
from bot.plans.enrolment import plan_json
from bot.plans.journal import RowState
from bot.services.enrolment_cards import RunFacts
from bot.services.enrolment_runs import RowResult, Run, RunProgress, run_of
from bot.store.records import EnrolmentRun, EnrolmentRunState
from bot.views.enrolment import run_view
from bot.views.words import Reader
from cards.enrolment import enrolment_card
from cards.rendering import MOST_BYTES
from tests.support.enrolment import NOW, file, holding, package, person, planned, row, tenant

LONG = "Maximiliane Konstantinopolitanische von und zu Hohenlohe-Waldenburg-Schillingsfürst "
MANY = tuple(person(f"p{number}", name=LONG + str(number)) for number in range(700))
SECOND = UserId("sam")


def a_run(state: EnrolmentRunState = "waiting") -> Run:
    """400 people come and 300 go."""
    held = tenant([package([holding(each) for each in MANY[:300]])], MANY)
    plan = planned(held, file(*(row(each.mail, name=each.name) for each in MANY[300:])))
    assert len(plan.changes) == 700
    agreed_at = None if state == "waiting" else NOW
    record = EnrolmentRun(
        id="run-1",
        tenant_id="tenant",
        author_id=UserId("lena"),
        author_name="Lena Lead",
        second_id=SECOND,
        second_name="Sam Second",
        state=state,
        digest=plan.digest,
        plan=plan_json(plan),
        package_ids=plan.package_ids,
        created_at=NOW,
        expires_at=Clock().now() + timedelta(hours=1),
        agreed_at=agreed_at,
        updated_at=NOW,
    )
    return run_of(record, Clock())


@pytest.mark.parametrize("tag", ["en", "de", "nl"])
def test_seven_hundred_rows_fit_on_every_page_and_in_every_phase(tag: str) -> None:
    reader = Reader(tag, "Europe/Vienna", "29:leser", load_languages().choose(tag))
    run = a_run()
    waiting = RunProgress(run, {}, 700)
    shown = [
        run_view(facts, reader, page=page)
        for facts in (RunFacts(waiting, is_author=True), RunFacts(waiting, may_agree=True))
        for page in (0, 40, 69, 10_000)
    ]
    assert {len(view.lines) for view in shown} == {10}
    done = a_run("done")
    failed = tuple(RowResult(each, RowState.FAILED, "SubjectNotFound") for each in done.changes)
    ended = RunFacts(RunProgress(done, {RowState.FAILED: 700}, 700), failed, is_author=True)
    for view in (*shown, run_view(ended, reader)):
        assert len(json.dumps(enrolment_card(view), ensure_ascii=False).encode()) <= MOST_BYTES
