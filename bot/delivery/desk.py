"""Bringing tracked messages into chats: render what is true now, post it once, edit it when it changes.

A message says what it is about, never what it shows: the card is built from the present state at the moment of
delivery. "posting" is written before the connector is called and the message id after, so after a crash in between, or
when the connector's answer was lost, the message is posted again; that possible duplicate cannot be avoided, and it is
counted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from bot.clock import Clock
from bot.domain import Address, RequestState, UserId
from bot.errors import (
    ConnectorRefused,
    DoormanError,
    GraphUnavailable,
    MessageGone,
    NotFound,
    ServiceBusy,
    Throttled,
    Unreachable,
)
from bot.languages import Languages
from bot.services.approvals import Approvals
from bot.services.context import ContextDesk
from bot.services.expiries import Expiries
from bot.services.facts import RequestFacts
from bot.services.messages import NOBODY
from bot.services.nudge_plan import NudgePlan
from bot.services.personal import locale_of
from bot.services.reminders import named_now
from bot.services.review_notices import ReviewNotices
from bot.store import Store
from bot.store.records import MessageRecord, PersonalSettings, PersonRecord
from bot.turn import Actor, Card
from bot.views.approval import Asked, Setting, approval_view, requestor_name
from bot.views.approver_words import APPROVER_EVENTS, approver_notice
from bot.views.channel import channel_view
from bot.views.expiry import ended_view, expiry_view
from bot.views.incident import incident_view
from bot.views.remarks import question_view, remark_notice
from bot.views.reminder import reminder_view
from bot.views.request_status import notice_words, status_view, unsent_words
from bot.views.review_notices import review_waiting_view, reviews_due_view
from bot.views.unreached import unreached_view
from bot.views.words import Reader
from cards.approval import approval_card
from cards.channel import channel_request_card
from cards.expiry import ended_card, expiry_card
from cards.incident import incident_card
from cards.notice import notice_card
from cards.remarks import write_card
from cards.reminder import reminder_card
from cards.request_status import request_status_card
from cards.review_waiting import review_waiting_card
from cards.reviews import rounds_card

_CLAIM_SECONDS = 120.0  # as long as an attempt may take: a second one beside it would post the message again
_MOST_REMEMBERED = 500
_UNAUTHORIZED = 401

_log = structlog.get_logger(__name__)


class Messenger(Protocol):
    async def post(
        self, to: Address, *, card: Card | None = None, text: str | None = None, summary: str = ""
    ) -> str: ...
    async def edit(self, to: Address, message_id: str, card: Card) -> None: ...
    async def open_chat(self, person: UserId) -> Address: ...
    async def place(self, conversation_id: str) -> Address: ...


@dataclass(frozen=True, slots=True)
class Content:
    """What a message shows: a card or a plain text, and the line of the notification."""

    card: Card | None = None
    text: str = ""
    summary: str = ""
    noted: Mapping[str, Any] = field(default_factory=dict)  # for later: what the card showed
    offers_decision: bool = False

    @property
    def digest(self) -> str:
        shown = self.text if self.card is None else json.dumps(self.card, sort_keys=True)
        return hashlib.sha256(shown.encode()).hexdigest()[:32]


Writer = Callable[[MessageRecord, Reader], Awaitable[Content | None]]
"""Gives what a message shows; None when there is nothing to send any more."""


class DeliveryDesk:
    def __init__(
        self,
        store: Store,
        approvals: Approvals,
        context: ContextDesk,
        expiries: Expiries,
        review_notices: ReviewNotices,
        messenger: Messenger,
        clock: Clock,
        languages: Languages,
        plan: NudgePlan,
        *,
        canned_reasons: tuple[str, ...] | None = None,
        portal_url: Callable[[str], str],
        admin_url: str,
        new_owner: Callable[[], str],
        on_repeat: Callable[[], None] = lambda: None,
        others: Mapping[str, Writer] | None = None,
    ) -> None:
        """`others` write the kinds of messages that are about no request, by the name of the kind."""
        self._store = store
        self._approvals = approvals
        self._expiries = expiries
        self._review_notices = review_notices
        self._context = context
        self._canned_reasons = canned_reasons
        self._messenger = messenger
        self._clock = clock
        self._languages = languages
        self._plan = plan
        self._portal_url = portal_url
        self._admin_url = admin_url
        self._new_owner = new_owner
        self._on_repeat = on_repeat
        self._others = dict(others or {})

    async def deliver(self, key: str) -> bool:
        """Bring one message up to date. True when nothing is left to do; False while another attempt has it.

        That attempt may be one that died: its claim runs out, so False means to try again a little later.

        Raises: Throttled, ServiceBusy, GraphUnavailable. Then the message still waits and may be tried again.
        """
        owner = self._new_owner()
        async with self._store.unit() as unit:
            message = await unit.messages.claim(key, owner, self._clock.now(), _CLAIM_SECONDS)
            person = await unit.people.find(message.person_id) if message else None
            settings = await unit.personal.of(message.person_id) if message else PersonalSettings()
            is_settled = message is None and await unit.messages.is_settled(key)
        if message is None:
            return is_settled
        if message.is_interrupted:
            self._on_repeat()
            _log.warning("message_posted_again", key=key)
        try:
            await self._bring(message, person, settings)
        except Unreachable as error:
            await self._unreachable(message, person, error)
        except (Throttled, ServiceBusy, GraphUnavailable) as error:
            may_be_there = isinstance(error, ServiceBusy) and error.may_have_happened
            await self._release(key, "waiting", may_be_there=may_be_there)
            raise
        except DoormanError as error:
            # A message that Teams does not take stays as it is. Rights that are missing an operator can mend.
            is_hopeless = isinstance(error, ConnectorRefused) and error.status != _UNAUTHORIZED
            await self._release(key, type(error).__name__, retry=not is_hopeless)
            _log.warning("message_not_delivered", key=key, reason=type(error).__name__, detail=str(error)[:200])
            return is_hopeless
        return True

    async def _bring(self, message: MessageRecord, person: PersonRecord | None, settings: PersonalSettings) -> None:
        reader = await self._reader(message.person_id, person, settings)
        content = await self._content(message, reader, settings)
        if content is None:
            async with self._store.unit() as unit:
                await unit.messages.mark(message.key, "retired")
            return
        address = message.address or (person.address if person else None)
        if address is None and message.kind == "channel":
            address = await self._messenger.place(str(message.detail["channel"]))
        elif address is None or (person is not None and not person.is_reachable and message.message_id is None):
            address = await self._messenger.open_chat(message.person_id)
        message_id = message.message_id
        if message_id is None:
            message_id = await self._messenger.post(
                address, card=content.card, text=content.text or None, summary=content.summary
            )
        elif content.digest != message.shown and content.card is not None:
            await self._messenger.edit(address, message_id, content.card)
        async with self._store.unit() as unit:
            await unit.messages.settle(
                message.key,
                message_id,
                address,
                content.digest,
                message.wanted,
                offers_decision=content.offers_decision,
            )
            if content.noted:
                await unit.messages.note(message.key, content.noted)

    async def _reader(self, who: UserId, person: PersonRecord | None, settings: PersonalSettings) -> Reader:
        """How this person is written to: by their own choice, as their Teams says, or as the directory says."""
        locale = person.locale if person else ""
        if not locale and who != NOBODY:
            locale = await self._approvals.preferred_language(who)
        return Reader(
            locale_of(settings, locale),
            settings.time_zone or (person.time_zone if person else None),
            person.teams_id if person else "",
            self._languages.choose(settings.language, locale),
        )

    async def _content(self, message: MessageRecord, reader: Reader, settings: PersonalSettings) -> Content | None:
        if message.kind in self._others:
            return await self._others[message.kind](message, reader)
        if message.kind == "reminder":
            return await self._reminder(message, reader, settings.muted_packages)
        if message.kind in ("expiry", "ended"):
            return await self._ends(message, reader)
        if message.kind in ("review", "review_due"):
            return await self._review(message, reader)
        event = str(message.detail.get("event", ""))
        if event in ("lost", "refused"):
            package, purpose = (str(message.detail.get(key, "")) for key in ("package", "purpose"))
            return Content(text=unsent_words(event, package, purpose, reader))
        if event == "unreached":
            return await self._unreached(reader)
        try:
            facts = await self._approvals.shared_facts(message.request_id)
        except NotFound:
            return None
        now = self._clock.now()
        if event in APPROVER_EVENTS:
            decided = await self._approvals.decision_about(facts, message.stage or facts.stage)
            name = requestor_name(facts, reader.words)
            return Content(text=approver_notice(event, message.stage, facts, name, decided, reader.words))
        if message.kind in ("notice", "question"):
            return _short(message, facts, reader)
        if message.kind == "incident":
            incident = incident_view(facts, reader, now, admin_url=self._admin_url)
            return Content(incident_card(incident), summary=f"{incident.title}: {incident.headline}")
        if message.kind == "status":
            names = await self._approvals.approver_names(facts)
            status = status_view(facts, names, reader, now, reader_id=message.person_id)
            return Content(request_status_card(status), summary=f"{status.package_name}: {status.headline}")
        if message.kind == "channel":
            return await self._channel(message, facts, reader)
        return await self._approval(message, facts, reader)

    async def _approval(self, message: MessageRecord, facts: RequestFacts, reader: Reader) -> Content:
        """An approver's card; what else they should know is read only while there is something to decide."""
        decided = await self._approvals.decision_about(facts, message.stage)
        setting = Setting()
        if decided is None and facts.request.state is RequestState.PENDING_APPROVAL:
            approver = Actor("", message.person_id)
            setting = Setting(
                mode=(await self._approvals.rule_of(facts.request)).mode,
                context=None if message.detail.get("is_gone") else await self._context.about(facts),
                earlier=await self._approvals.earlier(facts, message.stage),
                wish=await self._approvals.own_wish(approver, message.request_id),
                canned_reasons=self._canned_reasons,
            )
        view = approval_view(
            facts,
            Asked(message.person_id, message.stage, message.detail),
            decided,
            reader,
            self._clock.now(),
            portal_url=self._portal_url(message.request_id),
            setting=setting,
        )
        return Content(
            approval_card(view),
            summary=view.outcome or view.headline,
            offers_decision=view.approve is not None,
            noted={"digest": facts.digest(message.stage)} if view.approve is not None else {},
        )

    async def _channel(self, message: MessageRecord, facts: RequestFacts, reader: Reader) -> Content:
        """What everybody in the channel sees; the clients of the approvers ask for their own view of it."""
        decided = await self._approvals.decision_about(facts, message.stage)
        asked = [UserId(one) for one in message.detail["asked"]]
        async with self._store.unit(read_only=True) as unit:
            teams_ids = await unit.people.teams_ids(asked)
        is_proved = bool(message.detail.get("is_proved"))
        now = self._clock.now()
        view = channel_view(facts, message.stage, decided, teams_ids, reader, now, is_proved=is_proved)
        return Content(channel_request_card(view), summary=view.headline, offers_decision=view.open is not None)

    async def _ends(self, message: MessageRecord, reader: Reader) -> Content:
        facts = await self._expiries.present_facts(message)
        if message.kind == "ended":
            ended = ended_view(facts, reader)
            return Content(ended_card(ended), summary=ended.headline)
        view = expiry_view(facts, reader, self._clock.now())
        return Content(expiry_card(view), summary=view.headline)

    async def _review(self, message: MessageRecord, reader: Reader) -> Content | None:
        """A review that waits; or those that end soon, of which nothing is sent once everything is decided."""
        told, now = await self._review_notices.told_of(message), self._clock.now()
        if message.kind == "review":
            view = review_waiting_view(told[0], reader, now)
            return Content(review_waiting_card(view), summary=view.summary)
        due = reviews_due_view(told, reader, now)
        if not due.lines and message.message_id is None:
            return None
        return Content(rounds_card(due), summary=due.title)

    async def _reminder(self, message: MessageRecord, reader: Reader, muted: frozenset[str]) -> Content | None:
        """What waits for the person now and is not muted. Nothing at all is not sent, but is shown once it was."""
        async with self._store.unit(read_only=True) as unit:
            waiting = await unit.nudges.waiting_for(message.person_id)
            requests = await unit.requests.find_many([nudge.request_id for nudge in waiting[:_MOST_REMEMBERED]])
        now = self._clock.now()
        named = named_now(self._plan, waiting, requests, muted, now)
        if not named and message.message_id is None:
            return None
        view = reminder_view(named, requests, reader, now, portal_url=self._portal_url(message.request_id))
        return Content(reminder_card(view), summary=view.summary)

    async def _unreached(self, reader: Reader) -> Content | None:
        async with self._store.unit(read_only=True) as unit:
            messages = await unit.messages.unreached("approval")
            requests = await unit.requests.find_many([message.request_id for message in messages])
        view = unreached_view(messages, requests, reader)
        return None if view is None else Content(notice_card(view), summary=view.title)

    async def _unreachable(self, message: MessageRecord, person: PersonRecord | None, error: Unreachable) -> None:
        """Blocked, uninstalled, or the message was deleted: trying again would not help until something changes."""
        _log.info("message_unreachable", key=message.key, code=error.code)
        async with self._store.unit() as unit:
            if isinstance(error, MessageGone) and message.message_id is not None:
                await unit.messages.mark(message.key, "retired", error.code)
                return
            await unit.messages.mark(message.key, "unreachable", error.code)
            if message.kind == "channel":
                await unit.nudges.hurry(message.request_id, message.stage, self._clock.now())
            if person is not None:
                await unit.people.mark_unreachable(message.person_id)

    async def _release(self, key: str, error: str, *, retry: bool = True, may_be_there: bool = False) -> None:
        async with self._store.unit() as unit:
            await unit.messages.release(key, error, retry=retry, may_be_there=may_be_there)


def _short(message: MessageRecord, facts: RequestFacts, reader: Reader) -> Content | None:
    """A short message, or an approver's question with the way to answer it. None once there is no point in it."""
    if message.kind == "question":
        question = next((remark for remark in facts.remarks if remark.id == message.detail.get("remark")), None)
        if question is None:
            return None
        view = question_view(question, facts, reader)
        return Content(write_card(view), summary=f"{view.title}: {question.text}")
    event, about = str(message.detail.get("event", "")), str(message.detail.get("about", ""))
    if event in ("nudge", "answered"):
        told = remark_notice(event, facts, message.stage, about, reader)
        return Content(text=told) if told else None
    return Content(text=notice_words(event, facts, message.person_id, reader))
