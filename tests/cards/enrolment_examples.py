"""The card of an enrolment plan in every phase of its life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from cards.actions import AgreeToPlan, AskAgreement, ChooseRows, GetPlanFile, RefusePlan, ShowPlan, StopPlan, UndoPlan
from cards.enrolment import EnrolmentView, FindingLine, PlanLine, enrolment_card
from cards.progress import Progress
from cards.rendering import Card
from cards.views import Button, ButtonStyle, Fact, Tone

RUN: Final = "run-1"
LINES: Final = (
    PlanLine("r1", "Add", "Ada Archer", "Contributor", "ada.archer@woodgrove.example"),
    PlanLine("r2", "Invite and add", "Nina New", "Contributor", "nina.new@fernhill.example"),
    PlanLine("r3", "Remove", "Max Member", "Manager", "max.member@woodgrove.example"),
    PlanLine(
        "r4",
        "Must stay",
        "Dora Director",
        "Approver",
        "dora.director@woodgrove.example",
        "This person is protected and is never removed.",
        is_kept=False,
        can_choose=False,
    ),
)
DRAFT: Final = EnrolmentView(
    title="Project Alder",
    headline="Please read this before you hand it to a second person",
    tone=Tone.WAITING,
    counts=(Fact("Add", "1"), Fact("Invite and add", "1"), Fact("Remove", "1"), Fact("Unchanged", "42")),
    notes=(
        ("Microsoft writes to everybody who is removed; the mail may invite them to ask again.", Tone.NEUTRAL),
        ("About 2 minutes once somebody has agreed.", Tone.NEUTRAL),
    ),
    lines=LINES,
    page_note="Rows 1 to 4 of 4",
    choose=ChooseRows(run_id=RUN),
    buttons=(
        Button("Ask for agreement", AskAgreement(run_id=RUN), ButtonStyle.POSITIVE),
        Button("Save my choice", ChooseRows(run_id=RUN)),
        Button("Throw away", StopPlan(run_id=RUN), ButtonStyle.DESTRUCTIVE),
    ),
    small_buttons=(
        Button("Next page", ChooseRows(run_id=RUN, next_page=1)),
        Button("Download the plan", GetPlanFile(run_id=RUN)),
    ),
)
AGREEING: Final = replace(
    DRAFT,
    headline="Lena Lead asks for your agreement",
    choose=None,
    removals=37,
    notes=(("37 of 40 people would be removed. Please make sure that this is meant.", Tone.BAD),),
    buttons=(
        Button("Agree", AgreeToPlan(run_id=RUN, digest="d1"), ButtonStyle.POSITIVE),
        Button("Do not agree", RefusePlan(run_id=RUN), ButtonStyle.DESTRUCTIVE),
    ),
    small_buttons=(
        Button("Next page", ShowPlan(run_id=RUN, page=1)),
        Button("Download the plan", GetPlanFile(run_id=RUN)),
    ),
)
ENROLMENTS: Final[Mapping[str, EnrolmentView]] = {
    "draft": DRAFT,
    "findings": EnrolmentView(
        title="alder.csv",
        headline="I found mistakes. Please correct them and attach the file again.",
        tone=Tone.BAD,
        findings=(
            FindingLine("Line 3, column 7", "ada@wood grove is not an e-mail address.", Tone.BAD),
            FindingLine("Line 9", "There are unusual spaces here.", Tone.WAITING, "Max Member"),
        ),
        more_findings=4,
        is_about_files=True,
    ),
    "nothing to change": replace(
        DRAFT, headline="Nothing to change", tone=Tone.GOOD, notes=(), lines=(), choose=None, buttons=(), page_note=""
    ),
    "agreeing": AGREEING,
    "agreeing, wrong number": replace(AGREEING, problem="You typed 73. The plan removes 37 people."),
    "waiting": replace(
        DRAFT, headline="Waits for Sam Second", choose=None, buttons=(Button("Throw away", StopPlan(run_id=RUN)),)
    ),
    "working": replace(
        DRAFT,
        headline="Being carried out",
        choose=None,
        progress=Progress(120, 700),
        lines=(),
        page_note="",
        counts=(Fact("Done", "117"), Fact("Failed", "3")),
        notes=(("Agreed to by Sam Second", Tone.GOOD),),
        buttons=(Button("Stop", StopPlan(run_id=RUN), ButtonStyle.DESTRUCTIVE),),
        small_buttons=(),
    ),
    "done": replace(
        DRAFT,
        headline="Done",
        tone=Tone.GOOD,
        choose=None,
        progress=Progress(1, 1),
        lines=LINES[2:3],
        page_note="",
        counts=(Fact("Done", "1"),),
        notes=(("Proposed by Lena Lead, agreed to by Sam Second", Tone.NEUTRAL),),
        buttons=(),
        small_buttons=(Button("Download the result", GetPlanFile(run_id=RUN, which="result")),),
    ),
    "done with failures": replace(
        DRAFT,
        headline="Done, but for 1 row",
        choose=None,
        progress=Progress(700, 700),
        lines=(replace(LINES[0], reason="The account is disabled."),),
        has_failed_lines=True,
        page_note="",
        counts=(Fact("Done", "699"), Fact("Failed", "1")),
        notes=(("Agreed to by Sam Second", Tone.GOOD),),
        buttons=(),
        small_buttons=(
            Button("Download the result", GetPlanFile(run_id=RUN, which="result")),
            Button("Take it back", UndoPlan(run_id=RUN)),
        ),
    ),
}


def enrolment_examples() -> dict[str, Card]:
    return {f"enrolment {name}": enrolment_card(view) for name, view in ENROLMENTS.items()}
