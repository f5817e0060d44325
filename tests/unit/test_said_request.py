"""A request in one sentence: what is taken for what, and that nothing typed is lost."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import Choice, Question, QuestionId, QuestionKind
from bot.services.said_request import Said, SentenceReader, Vocabulary
from bot.services.spoken_form import meant

TODAY = date(2026, 11, 24)
WORDS = Vocabulary(["because", "weil", "omdat"], ["for", "für", "voor"], ["policy", "richtlinie", "beleid"])
READER = SentenceReader(WORDS, TODAY, "en")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("sales data", Said("sales data")),
        ("sales data because quarterly report", Said("sales data", reason="quarterly report")),
        (
            "sales data because quarterly report for 2w",
            Said("sales data", reason="quarterly report", period="for 2w", long_reason="quarterly report for 2w"),
        ),
        ("sales data for 2w because audit", Said("sales data", reason="audit", period="for 2w")),
        ("sales data until 24 December", Said("sales data", period="until 24 December")),
        ("laptop for Rita", Said("laptop", person="Rita")),
        ("laptop for Rita for 2 weeks, because new", Said("laptop", "Rita", reason="new", period="for 2 weeks")),
        ("access for partners until 24 December", Said("access", "partners", period="until 24 December")),
        ("tools because we stand in for Rita", Said("tools", reason="we stand in for Rita")),
        ("because", Said("because")),
        ("trip; 1: Europe; 2: a, b; from Monday for a week", Said("trip", period="from Monday for a week")),
        ("trip 1: Europe 2: a and b", Said("trip")),
        ("trip because of this; and that; 1: a; more", Said("trip", reason="of this; and that")),
        ("portal; policy 2", Said("portal", policy="2")),
        ("Umsatz für 2 Wochen weil Bericht", Said("Umsatz", reason="Bericht", period="für 2 Wochen")),
        ("verkoop omdat verslag tot 24 december", Said("verkoop", reason="verslag", period="tot 24 december")),
        ("room at 10:30", Said("room at 10:30")),
    ],
)
def test_every_part_is_taken_for_what_it_is(typed: str, said: Said) -> None:
    found = READER.request(typed)
    plain = Said(found.name, found.person, found.reason, said.long_reason, found.period, found.policy, {}, found.loose)
    assert plain == said
    answers = (
        {1: "Europe", 2: "a, b"} if "2: a, b" in typed else {1: "Europe", 2: "a and b"} if "Europe 2" in typed else {}
    )
    assert dict(found.answers) == (answers or ({1: "a; more"} if "more" in typed else {}))


def test_what_fills_a_form_has_no_name() -> None:
    said = READER.filling("for Rita; 3: b; because new here until 1 March; policy: Long visit; hm")
    assert (said.person, said.reason, said.period) == ("Rita", "new here", "until 1 March")
    assert (said.policy, dict(said.answers), said.loose) == ("Long visit", {3: "b"}, "hm")
    assert READER.filling("2w").loose == "2w"


@given(st.text(alphabet="abf or2:;1 , weil until 3 May because policy", max_size=80))
def test_nothing_typed_is_lost(typed: str) -> None:
    said = READER.request(typed)
    answers = [f"{number} {text}" for number, text in said.answers.items()]
    parts = (said.name, said.person, said.reason, said.long_reason, said.period, said.policy, said.loose)
    kept = " ".join((*parts, *answers))
    marks = {"because", "weil", "omdat", "for", "policy"}
    lost = [
        word for word in re.findall(r"[^\W\d_]+", typed) if word not in marks and typed.count(word) and word not in kept
    ]
    assert not lost, (typed, said)


REGION = Question(
    QuestionId("q"),
    QuestionKind.MULTIPLE_CHOICE,
    "Region",
    choices=(Choice("EMEA", "Europe, Africa"), Choice("AMER", "Americas"), Choice("b", "Bee")),
)


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("a, b", ("EMEA", "b")),
        ("Europe, Africa", ("EMEA",)),
        ("AMERICAS und 1", ("AMER", "EMEA")),
        ("3", ("b",)),
        ("Mars", ("Mars",)),
        ("", ()),
    ],
)
def test_choices_go_by_letter_number_text_or_value(typed: str, values: tuple[str, ...]) -> None:
    assert meant(REGION, typed) == values
