"""`my requests`: everything this person asked for, with the state in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.dispatch import Router
from bot.domain import AssignmentRequest, RequestState
from bot.services.bundle import Services
from bot.turn import Reply, Turn
from bot.views.words import Reader, distance, reader_of
from cards.actions import OpenRequestForm
from cards.language import _
from cards.my_requests import MyRequestsView, RequestLine, my_requests_card
from cards.views import Button, Tone

_SHOWN = 10

_STATES = {
    RequestState.SUBMITTED: (_("Sent"), Tone.WAITING),
    RequestState.PENDING_APPROVAL: (_("Waiting for approval"), Tone.WAITING),
    RequestState.SCHEDULED: (_("Approved for later"), Tone.GOOD),
    RequestState.DELIVERING: (_("Being set up"), Tone.WAITING),
    RequestState.DELIVERED: (_("Works"), Tone.GOOD),
    RequestState.PARTIALLY_DELIVERED: (_("Partly set up"), Tone.WAITING),
    RequestState.DELIVERY_FAILED: (_("Could not be set up"), Tone.BAD),
    RequestState.DENIED: (_("Denied"), Tone.BAD),
    RequestState.CANCELED: (_("Cancelled"), Tone.NEUTRAL),
}


@dataclass(frozen=True, slots=True)
class MyRequests:
    services: Services

    def register(self, router: Router) -> None:
        router.command(
            "my requests",
            self.show,
            title=_("My requests"),
            help=_("See where your requests stand"),
            aliases=("requests", "my request", "status"),
            rank=20,
        )

    async def show(self, turn: Turn, words: str) -> Reply:
        mine = await self.services.my_requests.my_requests(turn.actor, "createdBy")
        asked = [request for request in mine if request.type.is_asked_by_a_person]
        asked.sort(key=lambda request: request.created_at or turn.now, reverse=True)
        lines = tuple(_line(request, reader_of(turn), turn.now) for request in asked[:_SHOWN])
        view = MyRequestsView(lines, max(0, len(asked) - _SHOWN), self.services.portal_url(""), turn.words)
        return Reply.with_card(my_requests_card(view), summary=turn.words("Your requests"))


def _line(request: AssignmentRequest, reader: Reader, now: datetime) -> RequestLine:
    words = reader.words
    state, tone = _STATES.get(request.state, (_("Being worked on"), Tone.WAITING))
    buttons: tuple[Button, ...] = ()
    if request.package_id and request.state in (RequestState.DENIED, RequestState.CANCELED):
        buttons = (Button(words("Ask again"), OpenRequestForm(access_package_id=request.package_id)),)
    when = distance(request.created_at, now, reader) if request.created_at else words("just now")
    return RequestLine(request.package_name or words("Access"), words(state), tone, when, buttons)


def feature(services: Services) -> MyRequests:
    return MyRequests(services)
