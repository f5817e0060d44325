"""The health of the tenant, on cards in every state worth seeing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cards.actions import OpenHealth, ReprocessRequest, ShowHealth
from cards.health import FindingLine, GroupLine, HealthDetailsView, HealthView, health_card, health_details_card
from cards.rendering import Card
from cards.views import Button, Link, Tone
from tests.cards.access_examples import PORTAL

ENTRA: Final = Link("Open in Entra", PORTAL)

HEALTH: Final = HealthView(
    headline="2 things have to be mended.",
    tone=Tone.BAD,
    when="Looked at Tue, 24 Nov, 14:05 (just now)",
    lines=(
        GroupLine(
            "Deliveries · 2",
            "Setting up Kiln for Luca Laurel failed.",
            Tone.BAD,
            OpenHealth(severity="problem", check="deliveries"),
            "Has to be mended",
        ),
        GroupLine(
            "People who decide · 4",
            "Nobody is in the group ProjectFir_Approver, which decides about Project Fir | Contributor.",
            Tone.WAITING,
            OpenHealth(severity="warning", check="approvers"),
            "Should be looked at",
        ),
        GroupLine(
            "Access without an end · 9",
            "[Click me](https://evil.example) **bold**: what is given under Everybody never ends.",
            Tone.WAITING,
            OpenHealth(severity="warning", check="endless"),
        ),
        GroupLine(
            "Guests",
            "Guests cannot be checked without AuditLog.Read.All.",
            Tone.NEUTRAL,
            OpenHealth(severity="unknown", check="guests"),
            "Could not be checked",
        ),
    ),
    next=ShowHealth(page=1),
    links=(Link("Open the Entra admin center", PORTAL),),
)

DETAILS: Final = HealthDetailsView(
    title="Deliveries",
    severity="Has to be mended",
    tone=Tone.BAD,
    lines=(
        FindingLine(
            "Setting up Kiln for Luca Laurel failed.",
            buttons=(Button("Try again", ReprocessRequest(request_id="r1")),),
        ),
        FindingLine(
            "Only a part of Lathe was set up for Koen Kestrel.",
            "Have it tried again; it works for 14 days after it failed.",
            buttons=(Button("Try again", ReprocessRequest(request_id="r2")),),
            links=(ENTRA,),
        ),
    ),
    place="1 to 2 of 7",
    next=OpenHealth(severity="problem", check="deliveries", page=1),
)


def health_examples() -> dict[str, Card]:
    fine = replace(HEALTH, headline="Everything is in order.", tone=Tone.GOOD, lines=(), next=None)
    return {
        "health": health_card(HEALTH),
        "health-in-order": health_card(fine),
        "health-details": health_details_card(DETAILS),
    }
