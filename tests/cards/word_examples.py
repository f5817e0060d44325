"""The request form in words, what a teammate has, and what is searched in vain, in every state worth seeing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cards.actions import CompareWith, OpenDraft, RunCommand, SendDraft
from cards.notice import NoticeView, notice_card
from cards.packages import PackageLine, PackagesView, packages_card
from cards.rendering import Card
from cards.spoken_form import SpokenFormView, spoken_form_card
from cards.views import Button, ButtonStyle, Fact, Tone

OPEN: Final = Button("Open the form", OpenDraft(code="K7Q2"))
REGIONS: Final = "Choices: a) Europe, Middle East, Africa · b) Americas · c) Asia and Pacific"
MISSING: Final = SpokenFormView(
    "Travel booking",
    "Type fill K7Q2 and what is missing, parted by semicolons, for example: fill K7Q2 1: your answer; 3: a",
    lines=(
        Fact("Why do you need it?", "A fair in Lisbon"),
        Fact("1. Cost centre (two letters, four digits)", "Missing. Type: 1: your answer"),
        Fact("2. What is the trip for?", "Nothing yet, and not needed. Type: 2: your answer"),
        Fact("3. Region", f"Missing. {REGIONS}. Type: 3: a"),
        Fact("For how long?", "until 24 December"),
    ),
    code="K7Q2",
    buttons=(OPEN,),
)


def in_words() -> dict[str, Card]:
    wrong = (
        "The answer to “Cost centre (two letters, four digits)” does not have the expected form.",
        "You can ask for this for yourself alone, not for “Marc”.",
    )
    complete = SpokenFormView(
        "Office map",
        "Nothing is missing. Type send K7Q2 to send it, or fill K7Q2 to change something.",
        lines=(Fact("Why do you need it?", "Nothing yet, and not needed. Type: because your reason"),),
        code="K7Q2",
        buttons=(Button("Send", SendDraft(code="K7Q2"), ButtonStyle.POSITIVE), OPEN),
    )
    sent = NoticeView(
        "Your request for Travel booking is sent",
        "I tell you here how it goes.",
        Tone.GOOD,
        (Fact("Why do you need it?", "A fair in Lisbon"), Fact("Region", "Europe, Middle East, Africa")),
    )
    return {
        "words-missing": spoken_form_card(MISSING),
        "words-wrong": spoken_form_card(replace(MISSING, problems=wrong)),
        "words-complete": spoken_form_card(complete),
        "words-sent": notice_card(sent),
        **_compare(),
        "searches": notice_card(
            NoticeView(
                "What people look for and do not find",
                "Give a package that means this the same words, in its name, its description or in the synonyms "
                "of Doorman.",
                facts=(
                    Fact("payroll", "12 times on 5 days, first 2 November 2026, last 20 November 2026"),
                    Fact("quantum submarine", "3 times on 3 days, first 18 November 2026, last 20 November 2026"),
                ),
                footnote="Shown is what was looked for on at least 3 days. Who looked for it is not kept.",
            )
        ),
    }


def _compare() -> dict[str, Card]:
    buttons = (
        Button("Somebody else", RunCommand(text="compare")),
        Button("What I can request", RunCommand(text="packages")),
    )
    found = PackagesView(
        "What Asa Assigner has and you do not",
        (
            PackageLine("p1", "Sales data", "Figures of the sales department, to read", "General"),
            PackageLine("p2", "Office map", "Where everybody sits", "General"),
        ),
        "Asa Assigner has 2 access packages that you could ask for as well.",
        footnote="As of 3 minutes ago.",
        buttons=buttons,
    )
    nothing = "Asa Assigner has nothing that you could ask for and do not have."
    team = tuple(
        PackageLine("", name, title, action=CompareWith(person_id=key), call="Compare", title=f"Compare with {name}")
        for key, name, title in (("u1", "Asa Assigner", "Assistant"), ("u2", "**Bo** [x](y)", "Account manager"))
    )
    intro = "You see what they have, you do not have, and may request yourself."
    return {
        "compare": packages_card(found),
        "compare-nothing": packages_card(replace(found, packages=(), intro=nothing)),
        "compare-team": packages_card(PackagesView("With whom do you want to compare?", team, intro)),
    }
