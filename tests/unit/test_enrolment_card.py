"""The card of a plan with many rows: small enough for Teams at every page and in every phase."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.clock import Clock
from bot.domain import UserId
from bot.languages import load_languages
from bot.plans.enrolment import Action, plan_json
from bot.plans.journal import RowState
from bot.services.enrolment_cards import RunFacts
from bot.services.enrolment_runs import RowResult, Run, RunProgress, run_of
from bot.store.records import EnrolmentRun, EnrolmentRunState
from bot.views.enrolment import plan_name, run_view, title_of
from bot.views.words import Reader, moment
from cards.actions import ChooseRows
from cards.enrolment import enrolment_card
from cards.rendering import MOST_BYTES
from tests.support.enrolment import NOW, file, holding, package, person, planned, row, tenant

LONG = "Maximiliane Konstantinopolitanische von und zu Hohenlohe-Waldenburg-Schillingsfürst "
MANY = tuple(person(f"p{number}", name=LONG + str(number)) for number in range(700))
SECOND = UserId("sam")


READER = Reader("en-GB", "Europe/Vienna", "29:reader", load_languages().choose("en-GB"))


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


def test_turning_the_page_sends_what_is_ticked_on_this_one() -> None:
    facts = RunFacts(RunProgress(a_run(), {}, 700), is_author=True)
    view = run_view(facts, READER, page=2)
    turning = [each.action for each in view.small_buttons if isinstance(each.action, ChooseRows)]
    assert [(each.page, each.next_page) for each in turning] == [(2, 1), (2, 3)]
    buttons = [
        column["selectAction"]
        for part in enrolment_card(view)["body"]
        if part["type"] == "ColumnSet"
        for column in part["columns"]
        if "selectAction" in column
    ]
    # Without `associatedInputs` a button sends what is ticked.
    assert [each.get("associatedInputs") for each in buttons] == [None, None, "none"]

    asked = run_view(RunFacts(RunProgress(a_run(), {}, 700), may_agree=True), READER, page=2)
    assert not [each for each in asked.small_buttons if isinstance(each.action, ChooseRows)]


def test_what_is_left_out_is_not_counted_among_what_happens() -> None:
    run = a_run()
    kept_out = frozenset(row.id for row in run.changes if row.action is Action.REMOVE)
    run = replace(run, excluded=kept_out)
    view = run_view(RunFacts(RunProgress(run, {}, 400), is_author=True), READER)
    assert {fact.label: fact.value for fact in view.counts} == {"Add": "400", "Left out": "300"}


def test_a_plan_about_one_project_names_it_once_and_says_what_it_was_about_when_it_is_over() -> None:
    run = a_run("done")
    few = frozenset(row.id for row in run.changes[2:])
    run = replace(run, excluded=few)
    view = run_view(RunFacts(RunProgress(run, {RowState.DONE: 2}, 2), is_author=True), READER)
    assert len(view.lines) == 2
    assert {line.package for line in view.lines} == {run.changes[0].label.partition("| ")[2]}
    assert all("@" in line.address and "@" not in line.who for line in view.lines)


def test_plans_in_a_list_are_told_apart_by_project_and_the_reader_s_time() -> None:
    assert plan_name(a_run(), READER) == f"{title_of(a_run(), READER)}: {moment(NOW, READER)}"
