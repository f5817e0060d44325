"""What people have, keep, give back and lose, on cards in every state worth seeing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cards.actions import (
    ExtendAccess,
    ExtendSeveral,
    GiveBack,
    LetGo,
    LetGoSeveral,
    OpenExtension,
    OpenGiveBack,
    RunCommand,
    ShowAccess,
)
from cards.expiry import EndedLine, EndedView, ExpiryLine, ExpiryView, ended_card, expiry_card
from cards.extension import ExtensionView, extension_card
from cards.give_back import GiveBackView, give_back_card
from cards.my_access import AccessLine, MyAccessView, my_access_card
from cards.rendering import Card
from cards.views import Button, ButtonStyle, Fact, Link, Tone

PORTAL: Final = "https://myaccess.microsoft.com/@woodgrove.example#/access-packages"
MARKDOWN_NAME: Final = "[Click me](https://evil.example) **bold**"

_EXTEND: Final = Button("Extend", OpenExtension(assignment_id="a1", access_package_id="p1", policy_id="o1"))
_GIVE_BACK: Final = Button(
    "Give back",
    OpenGiveBack(assignment_id="a1", access_package_id="p1", policy_id="o1"),
    ButtonStyle.DESTRUCTIVE,
)
_MINE: Final = Button("My access", RunCommand(text="my access"))

ACCESS: Final = MyAccessView(
    lines=(
        AccessLine(
            "Audit archive",
            "Until 22 December 2026 (in 12 days)",
            Tone.WAITING,
            contents="audit: Readers",
            links=(Link("Open the site audit", PORTAL),),
            buttons=(_EXTEND, _GIVE_BACK),
        ),
        AccessLine(
            "Sales data",
            "Until 20 February 2027 (in 3 months)",
            Tone.GOOD,
            contents="Sales Readers: Member · Sales Portal: Viewer",
            links=(Link("Open the team Sales Readers", PORTAL), Link("Open Sales Portal", PORTAL)),
            buttons=(_EXTEND, _GIVE_BACK),
        ),
        AccessLine(MARKDOWN_NAME, "Without an end", Tone.GOOD, contents="Markdown Users: Member"),
        AccessLine("Lathe", "Without an end", Tone.WAITING, state="Partly set up"),
        AccessLine("Kiln", "Without an end", Tone.BAD, state="Could not be set up"),
    ),
    place="1 to 5 of 12",
    buttons=(Button("Show more", ShowAccess(start="5")),),
    links=(Link("Open My Access", PORTAL),),
)

EXTENSION: Final = ExtensionView(
    package_name="Sales data",
    text="Nobody has to approve this. It takes effect right away.",
    facts=(Fact("You have it", "until 20 February 2027 (in 12 days)"), Fact("At most", "9 May 2027")),
    extend=ExtendAccess(assignment_id="a1", access_package_id="p1", policy_id="o1", ends_at="2027-02-20T08:00:00"),
    let_go=LetGo(assignment_id="a1", access_package_id="p1", ends_at="2027-02-20T08:00:00"),
    asks_for_period=True,
    is_justification_required=True,
)

LEAVING: Final = GiveBackView(
    package_name="Project Alder | Contributor",
    text="Part of it ends as soon as you press Give back, and part of it stays.",
    lost=("ProjectAlder_Contributor: Member",),
    kept=("Default Users: Member, through Project Birch | Contributor until 21 May 2027",),
    give_back=GiveBack(assignment_id="a1", access_package_id="p1", policy_id="o1"),
    buttons=(_MINE,),
)

EXPIRY: Final = ExpiryView(
    headline="3 access packages end soon",
    lines=(
        ExpiryLine("Sales data", "Ends 15 March 2027 (in 2 weeks).", Tone.WAITING, "a1"),
        ExpiryLine(MARKDOWN_NAME, "Ends 15 March 2027 (in 2 weeks).", Tone.WAITING, "a2"),
        ExpiryLine(
            "Purchase orders",
            "Ends 16 March 2027 (in 2 weeks). It cannot be extended, but asked for again.",
            Tone.WAITING,
        ),
    ),
    text="Extend keeps what is ticked for longer. Do not extend lets it end.",
    extend=ExtendSeveral(day="2027-03-01"),
    let_go=LetGoSeveral(day="2027-03-01"),
    asks_for_justification=True,
    buttons=(_MINE,),
)

ENDED: Final = EndedView(
    "2 access packages have ended",
    (
        EndedLine("p1", "Audit archive", "Ended 15 March 2027. If you still need it, you can ask again."),
        EndedLine("p2", MARKDOWN_NAME, "Ended 15 March 2027. If you still need it, you can ask again."),
    ),
)


def access_examples() -> dict[str, Card]:
    plain = replace(EXTENSION, asks_for_period=False, is_justification_required=False)
    wrong = replace(
        EXTENSION,
        period="for ever",
        justification="Still in sales",
        problem="Please answer “How much longer?” with a length of time or a day: 2w, 3 months or until 24 December.",
    )
    closed = ExtensionView(
        "Sales data",
        "The rules do not let you extend this one. You can ask for it again when it has ended.",
        Tone.BAD,
        EXTENSION.facts,
        buttons=(_MINE,),
        links=(Link("Open My Access", PORTAL),),
    )
    pressed = replace(
        EXPIRY,
        headline="1 access package ends soon",
        lines=(
            ExpiryLine("Sales data", "Extended until 9 May 2027.", Tone.GOOD),
            ExpiryLine("Audit archive", "Asked for more time. I will tell you when it is decided.", Tone.WAITING),
            ExpiryLine(
                "Bench",
                "Ends 15 March 2027 (in 2 weeks). Please say why you still need it.",
                Tone.BAD,
                "a3",
            ),
            ExpiryLine("Lathe", "Ends 15 March 2027 (in 2 weeks). You do not want to extend it.", Tone.NEUTRAL),
        ),
        justification="Because",
    )
    done = replace(
        EXPIRY,
        headline="Nothing is left to decide here",
        text="",
        lines=(ExpiryLine("Sales data", "Extended until 9 May 2027.", Tone.GOOD),),
        asks_for_justification=False,
    )
    nobody = replace(
        LEAVING,
        text="You cannot end this one yourself. Please ask: servicedesk@woodgrove.example",
        tone=Tone.NEUTRAL,
        give_back=None,
        links=(Link("Open My Access", PORTAL),),
    )
    return {
        "access": my_access_card(ACCESS),
        "access-none": my_access_card(MyAccessView((), links=(Link("Open My Access", PORTAL),))),
        "extension": extension_card(EXTENSION),
        "extension-plain": extension_card(plain),
        "extension-problem": extension_card(wrong),
        "extension-closed": extension_card(closed),
        "leaving": give_back_card(LEAVING),
        "leaving-not-allowed": give_back_card(nobody),
        "expiry": expiry_card(EXPIRY),
        "expiry-pressed": expiry_card(pressed),
        "expiry-done": expiry_card(done),
        "ended": ended_card(ENDED),
    }
