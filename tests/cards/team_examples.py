"""The cards that leads see, in every state worth seeing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cards.actions import (
    AskExport,
    ResendInvitation,
    ShowExtras,
    ShowGuests,
    ShowHolders,
    ShowMatrix,
    ShowPersonAccess,
    ShowTeam,
)
from cards.rendering import Card
from cards.team import Cell, Line, TableNotice, TableView, TeamFilterView, table_card
from cards.views import Button, Fact, Tone

_PROJECT: Final = "Project Alder"
_PEOPLE: Final = (
    ("Hana Heather", "Woodgrove Labs", "Approver", "No end", "", Tone.NEUTRAL),
    (
        "Ignatius Maximilian von Hohenfels-Fernhill",
        "Fernhill Engineering Consultants International",
        "Contributor",
        "Until 24 December 2026",
        "in 4 weeks",
        Tone.WAITING,
    ),
    (
        "Gina Guest",
        "gina@fernhill.example",
        "Contributor",
        "No end",
        "Invitation not accepted",
        None,
    ),
    (
        "Rita Requester",
        "Woodgrove",
        "Contributor",
        "Waits for approval",
        "",
        Tone.WAITING,
    ),
    ("Otto Orchard", "Woodgrove", "Manager", "Could not be set up", "", Tone.BAD),
    ("Paul Pebble", "Woodgrove Labs", "Manager", "In the group only", "", Tone.WAITING),
)


def _line(name: str, detail: str, role: str, status: str, more: str, tone: Tone | None) -> Line:
    return Line((Cell(name, detail), Cell(role), Cell(status, more, tone)))


def team_examples() -> Mapping[str, Card]:
    wanted = ShowTeam(project=_PROJECT, role="Contributor", page=1)
    team = TableView(
        _PROJECT,
        ("Person", "Role", "Status"),
        (5, 4, 5),
        tuple(_line(*each) for each in _PEOPLE),
        facts=(
            Fact("Approver", "14 people"),
            Fact("Contributor", "212 people, 3 pending, 12 end within 30 days, 2 invitations open"),
            Fact("Manager", "5 people, 1 failed"),
        ),
        notices=(
            TableNotice("Reader: There are several access packages “Project Alder | Reader” (a1, b2).", Tone.BAD),
            TableNotice(
                "2 people are in a group of this project, but not through one of its access packages.",
                button=Button("Show them", ShowExtras(project=_PROJECT)),
            ),
        ),
        place="13 to 18 of 233",
        filter=TeamFilterView(
            wanted,
            (("Approver", "Approver"), ("Contributor", "Contributor"), ("Manager", "Manager")),
            (("Woodgrove", "Woodgrove"), ("fernhill.example", "fernhill.example")),
            (("pending", "Pending"), ("expiring", "Ends within 30 days")),
        ),
        buttons=(
            Button("Back", ShowTeam(project=_PROJECT, page=0)),
            Button("Next page", ShowTeam(project=_PROJECT, page=2)),
            Button("Export", AskExport(project=_PROJECT)),
            Button("Guests", ShowGuests(project=_PROJECT)),
        ),
        way_back=Button("All projects", ShowMatrix()),
    )
    matrix = TableView(
        "Your projects",
        ("Project", "People in each role"),
        (2, 3),
        tuple(
            Line(
                (Cell(f"Project {name}"), Cell("Approver 4 · Contributor 212 · Manager ?")),
                Button(f"Open Project {name}", ShowTeam(project=f"Project {name}")),
            )
            for name in ("Alder", "Birch", "Cedar")
        ),
        place="1 to 3 of 24",
        buttons=(Button("Next page", ShowMatrix(page=1)),),
    )
    guests = TableView(
        "Project Alder: guests",
        ("Guest", "Status"),
        (2, 3),
        (
            Line(
                (
                    Cell("Gina Guest", "gina@fernhill.example"),
                    Cell(
                        "Invited on 18 October 2025. Has not accepted the invitation. Has Contributor.",
                        "Sponsor: Lena Lead",
                        Tone.WAITING,
                    ),
                ),
                buttons=(Button("Send again", ResendInvitation(project=_PROJECT, person_id="g1")),),
            ),
            Line(
                (
                    Cell("Nadia Napkin", "nadia@lakeside.example"),
                    Cell("Invited on 18 October 2025. Accepted on 20 October 2025. Has Contributor.", "No sponsor"),
                )
            ),
        ),
        intro="2 guests. 1 has not accepted the invitation yet.",
        notices=(TableNotice("The invitation is on its way again.", Tone.GOOD),),
        buttons=(Button("Back to the project", ShowTeam(project=_PROJECT)),),
        footnote="Doorman may not see here when guests signed in: it has no permission to read sign-ins.",
    )
    nobody = TableView(_PROJECT, ("Person", "Role", "Status"), (5, 4, 5), (), intro="Nobody is in this project yet.")
    holders = TableView(
        "Project Alder | Contributor",
        ("Person", "Status"),
        (3, 2),
        (Line((Cell("Hana Heather", "Woodgrove Labs"), Cell("No end"))),),
        intro="212 people, 3 pending",
        place="1 to 12 of 212",
        buttons=(Button("Next page", ShowHolders(access_package_id="p1", page=1)),),
    )
    show = Button("Show Rita Requester", ShowPersonAccess(person_id="r1"))
    people = TableView(
        "Whom do you mean?",
        ("Person",),
        (1,),
        (Line((Cell("Rita Requester", "rita@woodgrove.example"),), show),),
    )
    return {
        "team": table_card(team),
        "team-empty": table_card(nobody),
        "team-matrix": table_card(matrix),
        "team-guests": table_card(guests),
        "team-holders": table_card(holders),
        "team-people": table_card(people),
    }
