"""`my requests`: everything this person asked for, here or elsewhere, with the state in words; open ones first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.dispatch import Router
from bot.domain import AssignmentRequest, RequestState
from bot.services.bundle import Services
from bot.store.records import RequestRecord
from bot.turn import Card, Reply, Turn
from bot.views.request_status import ask_again
from bot.views.words import Reader, distance, reader_of
from cards.actions import CancelRequest, ShowMyRequests, ShowRequest
from cards.language import _
from cards.my_requests import MyRequestsView, RequestLine, my_requests_card
from cards.views import Button, ButtonStyle, Tone

_PER_PAGE = 8

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
            aliases=("requests", "my request"),
            rank=20,
        )
        router.action(ShowMyRequests, self.turn_page)

    async def show(self, turn: Turn, words: str) -> Reply:
        return Reply.with_card(await self._page(turn, 0), summary=turn.words("Your requests"))

    async def turn_page(self, turn: Turn, action: ShowMyRequests) -> Reply:
        return Reply.view(await self._page(turn, action.page))

    async def _page(self, turn: Turn, page: int) -> Card:
        mine = await self.services.my_requests.my_requests(turn.actor, "createdBy")
        asked = [request for request in mine if request.type.is_asked_by_a_person]
        asked.sort(key=lambda request: request.created_at or turn.now, reverse=True)
        asked.sort(key=lambda request: not request.state.is_open)
        return await list_card(self.services, turn, asked, page=page)


async def list_card(
    services: Services, turn: Turn, requests: Sequence[AssignmentRequest], *, page: int = 0, title: str = ""
) -> Card:
    """One page of these requests, with what can be done about each."""
    last_page = max(0, (len(requests) - 1) // _PER_PAGE)
    page = min(max(page, 0), last_page)
    shown = requests[page * _PER_PAGE : (page + 1) * _PER_PAGE]
    known = await services.codes.known([request.id for request in shown])
    reader = reader_of(turn)
    view = MyRequestsView(
        tuple(_line(request, known.get(request.id), reader, turn.now) for request in shown),
        portal_url=services.portal_url(""),
        words=turn.words,
        title=title,
        before=ShowMyRequests(page=page - 1) if page > 0 and not title else None,
        after=ShowMyRequests(page=page + 1) if page < last_page and not title else None,
        more_count=len(requests) - len(shown) if title else 0,
        page=page + 1 if last_page and not title else 0,
        pages=last_page + 1,
    )
    return my_requests_card(view)


def _line(request: AssignmentRequest, record: RequestRecord | None, reader: Reader, now: datetime) -> RequestLine:
    words = reader.words
    state, tone = _STATES.get(request.state, (_("Being worked on"), Tone.WAITING))
    buttons = [Button(words("Open"), ShowRequest(request_id=request.id))]
    if request.package_id and request.state in (RequestState.DENIED, RequestState.CANCELED):
        buttons.append(Button(words("Ask again"), ask_again(request)))
    if request.may_be_cancelled:
        buttons.append(Button(words("Cancel"), CancelRequest(request_id=request.id), ButtonStyle.DESTRUCTIVE))
    return RequestLine(
        request.package_name or words("Access"),
        words(state),
        tone,
        distance(request.created_at, now, reader) if request.created_at else words("just now"),
        tuple(buttons),
        code=record.code if record and request.state.is_open else "",
        beneficiary=_beneficiary(request),
    )


def _beneficiary(request: AssignmentRequest) -> str:
    target, requestor = request.target, request.requestor
    if target is None or requestor is None or target.object_id == requestor.object_id:
        return ""
    return target.name or target.mail


def feature(services: Services) -> MyRequests:
    return MyRequests(services)
