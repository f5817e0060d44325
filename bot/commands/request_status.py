"""Where a request stands, reminding those who decide it, and taking it back: on its card or by its code."""

from __future__ import annotations

from dataclasses import dataclass

from bot.commands.decide import DecideOne
from bot.commands.my_requests import MyRequests, list_card
from bot.dispatch import Router
from bot.domain import RequestId, UserId
from bot.errors import NotAllowed, NotFound, NotYourDecision, UnknownCode
from bot.services.bundle import Services
from bot.services.codes import split_code
from bot.services.facts import RequestFacts
from bot.turn import Card, Placement, Reply, Turn
from bot.views.incident import incident_view
from bot.views.request_status import status_view
from bot.views.words import reader_of
from cards.actions import CancelRequest, NudgeApprovers, RefreshApproval, RefreshRequestStatus, ShowRequest
from cards.incident import incident_card
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.request_status import request_status_card
from cards.views import Button, ButtonStyle, Tone


@dataclass(frozen=True, slots=True)
class RequestStatus:
    services: Services

    def register(self, router: Router) -> None:
        router.command("status", self.status, help=_("See where one request stands"), is_listed=False, takes_words=True)
        router.command(
            "cancel",
            self.cancel_by_code,
            help=_("Take back a request that is not decided yet"),
            aliases=("cancel request", "withdraw"),
            is_listed=False,
            takes_words=True,
        )
        router.command(
            "remind",
            self.nudge_by_code,
            help=_("Remind those who decide your request"),
            aliases=("nudge",),
            is_listed=False,
            takes_words=True,
        )
        router.action(ShowRequest, self.show)
        router.action(CancelRequest, self.cancel)
        router.action(NudgeApprovers, self.nudge)

    async def status(self, turn: Turn, words: str) -> Reply:
        code, _rest = split_code(words)
        if not code:
            return await MyRequests(self.services).show(turn, words)
        record = await self.services.codes.find(code)
        if record is None:
            raise UnknownCode(code, "my requests")
        facts = await self._read(record.request_id, code)
        if is_concerned(facts, turn.actor.object_id):
            return Reply.with_card(await status_card(self.services, turn, facts), summary=facts.request.package_name)
        try:
            return await DecideOne(self.services).refresh(turn, RefreshApproval(request_id=record.request_id))
        except NotYourDecision:
            if not await self.services.administrators.includes(turn.actor.object_id):
                raise UnknownCode(code, "my requests") from None
        incident = incident_view(facts, reader_of(turn), turn.now, admin_url=self.services.admin_url)
        return Reply.with_card(incident_card(incident), summary=incident.title)

    async def show(self, turn: Turn, action: ShowRequest) -> Reply:
        facts = await own_facts(self.services, turn, RequestId(action.request_id))
        return Reply.with_card(await status_card(self.services, turn, facts), summary=facts.request.package_name)

    async def cancel_by_code(self, turn: Turn, words: str) -> Reply:
        code, rest = split_code(words)
        if code:
            record = await self.services.codes.find(code)
            if record is None or record.requestor_id != turn.actor.object_id:
                raise UnknownCode(code, "my requests")
            return await self._confirm(turn, await self._read(record.request_id, code))
        mine = await self.services.my_requests.my_requests(turn.actor, "createdBy")
        open_ones = [request for request in mine if request.may_be_cancelled and request.type.is_asked_by_a_person]
        named = [request for request in open_ones if rest and rest.casefold() in request.package_name.casefold()]
        if len(named) == 1:
            return await self._confirm(turn, await self.services.approvals.facts(named[0].id))
        if not open_ones:
            return Reply.with_text(turn.words("You have no request that could be cancelled."))
        which = turn.words("Which one do you want to cancel?")
        return Reply.with_card(await list_card(self.services, turn, named or open_ones, title=which), summary=which)

    async def cancel(self, turn: Turn, action: CancelRequest) -> Reply:
        facts = await own_facts(self.services, turn, RequestId(action.request_id))
        if not action.is_confirmed:
            return await self._confirm(turn, facts)
        ended = await self.services.errands.cancel(turn.actor, facts, turn.conversation.id)
        words, package = turn.words, facts.request.package_name
        if ended.how == "on_its_way":
            text = words("Microsoft 365 is slow to answer. I keep at it, and tell you if it does not work.")
            title = words("Cancelling your request for {package}", package=package)
            return Reply.view(notice_card(NoticeView(title, text, Tone.WAITING, words=words)))
        card = await status_card(self.services, turn, ended.facts)
        if ended.how == "too_late":
            told = words("It is too late to cancel your request for {package}. This is how it stands.", package=package)
            return Reply.replace(card).and_also([Reply.with_text(told)])
        return Reply.replace(card)

    async def nudge_by_code(self, turn: Turn, words: str) -> Reply:
        code, _rest = split_code(words)
        record = await self.services.codes.find(code)
        if record is None or record.requestor_id != turn.actor.object_id:
            raise UnknownCode(code, "my requests")
        facts = await self._read(record.request_id, code)
        count = await self.services.remarks.nudge(turn.actor, facts)
        if not count:
            return _nobody_to_remind(turn)
        told = turn.words.plural("I have reminded {count} person.", "I have reminded {count} people.", count)
        return Reply.with_text(told)

    async def nudge(self, turn: Turn, action: NudgeApprovers) -> Reply:
        request_id = RequestId(action.request_id)
        facts = await own_facts(self.services, turn, request_id)
        if not await self.services.remarks.nudge(turn.actor, facts):
            return _nobody_to_remind(turn)
        fresh = await self.services.approvals.facts(request_id)
        return Reply.view(await status_card(self.services, turn, fresh))

    async def _read(self, request_id: RequestId, code: str) -> RequestFacts:
        try:
            return await self.services.approvals.facts(request_id)
        except NotFound:
            raise UnknownCode(code, "my requests") from None

    async def _confirm(self, turn: Turn, facts: RequestFacts) -> Reply:
        """Ask once more: cancelling cannot be taken back."""
        words, request = turn.words, facts.request
        if not request.may_be_cancelled:
            told = words("Your request for {package} cannot be cancelled any more.", package=request.package_name)
            shown = Reply(card=await status_card(self.services, turn, facts), placement=Placement.VIEW)
            return shown.and_also([Reply.with_text(told)])
        confirmed = CancelRequest(request_id=request.id, is_confirmed=True)
        view = NoticeView(
            words("Cancel your request for {package}?", package=request.package_name),
            words("Nobody will decide it then, and you get nothing. You can ask again later."),
            buttons=(
                Button(words("Yes, cancel it"), confirmed, ButtonStyle.DESTRUCTIVE),
                Button(words("Keep it"), RefreshRequestStatus(request_id=request.id)),
            ),
            words=words,
        )
        return Reply.view(notice_card(view))


def _nobody_to_remind(turn: Turn) -> Reply:
    """Who wants to be left in peace is not told to others."""
    return Reply.with_text(
        turn.words("Those who decide know of your request. I will write to you as soon as it is decided.")
    )


def is_concerned(facts: RequestFacts, person_id: UserId) -> bool:
    """Whether the person asked for it or would receive it."""
    return person_id in {subject.object_id for subject in (facts.request.requestor, facts.request.target) if subject}


async def own_facts(services: Services, turn: Turn, request_id: RequestId) -> RequestFacts:
    """The facts of a request that the person asked for or would receive. Raises: NotAllowed, NotFound."""
    facts = await services.approvals.facts(request_id)
    if not is_concerned(facts, turn.actor.object_id):
        raise NotAllowed("somebody else's request")
    return facts


async def status_card(services: Services, turn: Turn, facts: RequestFacts) -> Card:
    approvers = await services.approvals.approver_names(facts)
    own = turn.actor.object_id
    return request_status_card(status_view(facts, approvers, reader_of(turn), turn.now, reader_id=own))


def feature(services: Services) -> RequestStatus:
    return RequestStatus(services)
