"""The cards around asking for access, in every state worth seeing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cards.actions import MYSELF, OpenRequestForm, RefreshRequestStatus, RunCommand, SubmitRequest, SubmitSeveral
from cards.notice import NoticeView, notice_card
from cards.rendering import Card
from cards.request_form import (
    AnswerKind,
    FormNote,
    PolicyChoice,
    QuestionView,
    RequestFormView,
    request_form_card,
)
from cards.request_several import PackageItem, PickView, SeveralView, pick_card, several_card
from cards.views import Button, Link, Tone

PORTAL: Final = "https://myaccess.microsoft.com/@woodgrove.example#/access-packages"

LAPTOP: Final = RequestFormView(
    package_name="Team laptop",
    eyebrow="Ask for access for somebody in your team",
    description="A laptop, also for somebody in your team",
    contents=("Laptop Users: Member",),
    contents_label="What it gives",
    submit=SubmitRequest(form_id="f1", access_package_id="p1", policy_id="o1", shown="4f1c"),
    people=(("u1", "Rita Requester"), ("u2", "Asa Assigner")),
    is_justification_required=True,
    justification_label="Why do they need it?",
    period="365 days",
    approval="Nobody has to approve this. The access is set up right after asking.",
)
TRIP: Final = RequestFormView(
    package_name="Travel booking",
    submit=SubmitRequest(form_id="f1", access_package_id="p1", policy_id="o1", shown="4f1c"),
    questions=(
        QuestionView("q1", AnswerKind.TEXT, "Cost centre", value="WG-1234", is_locked=True),
        QuestionView("q2", AnswerKind.SINGLE_CHOICE, "Region", is_required=True, choices=(("EMEA", "Europe"),)),
    ),
    asks_for_period=True,
    period_text="2 weeks",
    period_hint="At most 180 days; leave it empty for that.",
    period="180 days",
    approval="The decision is up to Sam Second. I will tell you as soon as it is made.",
    usual="Usually 3 hours, nine times out of ten within 2 days. That is how long the last 41 requests took.",
)
SEVERAL: Final = SeveralView(
    items=(
        PackageItem("Sales data", "Somebody has to approve this. I will tell you as soon as it is decided."),
        PackageItem("Travel booking", "Nobody has to approve this.", questions=TRIP.questions[1:]),
        PackageItem(
            "Purchase orders",
            "You cannot have this together with Invoice approval, which you have.",
            Tone.BAD,
            (Button("My access", RunCommand(text="my access")),),
        ),
        PackageItem(
            "keys",
            "Which one do you mean?",
            Tone.WAITING,
            (
                Button("Server room", OpenRequestForm(access_package_id="p3")),
                Button("Vault keys", OpenRequestForm(access_package_id="p4")),
            ),
        ),
        PackageItem("nothing of the kind", "I found nothing like that for you to request.", Tone.BAD),
    ),
    submit=SubmitSeveral(form_id="f1", package_ids="p1,p2", policy_ids="o1,o2", shown="4f1c"),
    asks_why=True,
    is_justification_required=True,
    asks_for_period=True,
    period_hint="This goes for Travel booking; leave it empty for as long as possible.",
)


def asking() -> dict[str, Card]:
    return {**_forms(), **_instead(), **_several(), **_why_not()}


def _forms() -> dict[str, Card]:
    smaller = OpenRequestForm(access_package_id="p2")
    notes = (
        FormNote("You already get Sales Readers: Member through Office map.", Tone.GOOD),
        FormNote(
            "Sales reports gives you what you need, without Sales Portal.",
            buttons=(Button("Ask for Sales reports", smaller),),
        ),
    )
    policies = (
        PolicyChoice("Everybody, at once", "", OpenRequestForm(access_package_id="p1", policy_id="o1"), True),
        PolicyChoice(
            "For my team", "For somebody in your team", OpenRequestForm(access_package_id="p1", policy_id="o2")
        ),
    )
    changed = replace(
        TRIP,
        problem="The rules for this access have changed meanwhile. Please look at the form again.",
        misfits=("A fair in Utrecht", "Region: APAC"),
    )
    many = tuple((f"u{number}", f"Person {number}") for number in range(1, 13))
    return {
        "form-on-behalf": request_form_card(LAPTOP),
        "form-myself-or-others": request_form_card(
            replace(
                LAPTOP,
                eyebrow="",
                justification_label="Why is it needed?",
                people=((MYSELF, "Myself"), *many),
                person_id=MYSELF,
                searches_people=True,
            )
        ),
        "form-notes": request_form_card(replace(TRIP, package_name="Sales data", questions=(), notes=notes)),
        "form-locked": request_form_card(TRIP),
        "form-changed": request_form_card(changed),
        "form-policies-for-others": request_form_card(replace(LAPTOP, eyebrow="", people=(), policies=policies)),
    }


def _instead() -> dict[str, Card]:
    mine = Button("My access", RunCommand(text="my access"))
    extend = Button("Extend", RunCommand(text="extend Sales data"))
    see = Button("See where it stands", RefreshRequestStatus(request_id="r1"))
    return {
        "instead-already": notice_card(
            NoticeView(
                "Sales data", "You have this access already, until 31 January 2027.", Tone.GOOD, (), (extend, mine)
            )
        ),
        "instead-open-request": notice_card(
            NoticeView(
                "Sales data",
                "You have already asked for this, and your request is still open.",
                Tone.WAITING,
                (),
                (see,),
            )
        ),
        "instead-conflict": notice_card(
            NoticeView(
                "Purchase orders",
                "You cannot have this together with Invoice approval, which you have. "
                "Give that back first, or ask whoever decides about your access.",
                Tone.BAD,
                (),
                (mine,),
            )
        ),
        "instead-verified-id": notice_card(
            NoticeView(
                "Board papers",
                "This access asks for a Verified ID, which can only be shown in My Access. Please ask for it there; "
                "I will tell you here how it goes.",
                Tone.WAITING,
                links=(Link("Open My Access", PORTAL),),
            )
        ),
    }


def _several() -> dict[str, Card]:
    results = SeveralView(
        items=(
            PackageItem("Sales data", "Asked. Its card tells you where it stands.", Tone.GOOD),
            PackageItem("Travel booking", "On its way. I will tell you when it has arrived.", Tone.GOOD),
            PackageItem(
                "Office map",
                "Microsoft 365 did not accept this one. Nothing was sent.",
                Tone.BAD,
                (Button("Look again", OpenRequestForm(access_package_id="p3")),),
            ),
        ),
        title="How it went",
        buttons=(Button("My requests", RunCommand(text="my requests")),),
    )
    return {
        "several": several_card(SEVERAL),
        "several-problem": several_card(replace(SEVERAL, problem="Please answer “Region”.", justification="New job")),
        "several-results": several_card(results),
        "several-ticks": pick_card(PickView((("p1", "Office map"), ("p2", "Sales data"), ("p3", "Travel booking")))),
    }


def _why_not() -> dict[str, Card]:
    contact = "Whom to ask: servicedesk@woodgrove.example"
    unknown = (
        "I know nothing called “Hidden vault” that I can tell you about. Please check that this is the whole name, "
        "or ask the person who told you about it."
    )
    scope = "This one is only for certain people or groups, and you are not among them."
    return {
        "why-not-scope": notice_card(NoticeView("Board papers", scope, footnote=contact)),
        "why-not-unknown": notice_card(NoticeView("I cannot say", unknown, footnote=contact)),
    }
