"""The bot's edge: an HTTP body and its Authorization header in, a status and perhaps a body out.

Put together like this (`people` is what the messenger was given as well):

    people = KnownPeople(stored_people)
    messenger = build_messenger(settings, http, identity.app, people, metrics)
    edge = Edge(settings=settings, http=http, identity=identity, dispatcher=dispatcher, messenger=messenger,
                people=people, tickets=..., installations=..., sealer=sealer, clock=clock, metrics=metrics,
                languages=languages, personal=...)
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime

import aiohttp
import structlog
from botbuilder.core import TurnContext

from bot.clock import Clock
from bot.domain import Address
from bot.errors import DoormanError, ServiceBusy
from bot.identity.app_tokens import AppTokens
from bot.identity.identity import Identity
from bot.identity.sealing import Sealer
from bot.languages import Languages
from bot.metrics import Metrics
from bot.settings import Settings
from bot.teams.activities import error_answer, exchange_failed_answer, text_message
from bot.teams.adapter import Adapter
from bot.teams.background import Background
from bot.teams.connector import Connector
from bot.teams.inbound import ChannelTokens, DeniedError, ServiceHosts, channel_keys
from bot.teams.incoming import (
    Envelope,
    MalformedError,
    Press,
    attached_files,
    invoke_value,
    is_spoken_to,
    message_text,
    read_envelope,
    read_membership,
    read_press,
)
from bot.teams.known_people import KnownPeople
from bot.teams.messenger import Messenger
from bot.teams.offers import FILE_CONSENT_INVOKE, FileOffers
from bot.teams.pacer import Pacer
from bot.teams.ports import Dispatcher, Installations, People, Personal, SignInTickets
from bot.teams.questions import CHOICES, COMPOSE_ANONYMOUS_LINK, COMPOSE_LINK, COMPOSE_SEARCH, NO_CARDS, Questions
from bot.teams.replies import Outlet, ReplyWriter, TurnOutlet
from bot.teams.sign_in import Answer, SignIn
from bot.teams.sign_in_pages import SignInPages
from bot.teams.texts import Texts
from bot.teams.tickets import SignInDesk, as_code, utc_now
from bot.teams.turns import Limits, TurnRunner
from bot.turn import ConversationKind, Installed, TextMessage, Turn, Uninstalled

_CHANNEL = "msteams"
_SETTLE_SECONDS = 10.0
_EXTRAS_SECONDS = 2.0  # for what a turn can do without

_log = structlog.get_logger(__name__)

_DONE = Answer(201)


def build_messenger(
    settings: Settings,
    http: aiohttp.ClientSession,
    app_tokens: AppTokens,
    people: People,
    metrics: Metrics,
    pacer: Pacer | None = None,
) -> Messenger:
    """`pacer` keeps to what Teams lets the bot send; without one this process paces itself as if it were alone."""
    hosts = ServiceHosts(settings.connector_hosts)
    connector = Connector(http, app_tokens.connector, hosts, metrics, pacer)
    return Messenger(connector, people, bot_id=settings.bot_teams_id, tenant_id=settings.tenant_id)


class Edge:
    """Receives activities. `pages` serves the sign-in pages; `close` ends what still runs."""

    def __init__(
        self,
        *,
        settings: Settings,
        http: aiohttp.ClientSession,
        identity: Identity,
        dispatcher: Dispatcher,
        messenger: Messenger,
        people: KnownPeople,
        tickets: SignInTickets,
        installations: Installations,
        sealer: Sealer,
        clock: Clock,
        metrics: Metrics,
        languages: Languages,
        personal: Personal,
        texts: Texts | None = None,
        limits: Limits | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        texts, limits = texts or Texts(), limits or Limits()
        self._tenant_id = settings.tenant_id
        self._names = random.Random()  # noqa: S311  tells turns apart in logs, protects nothing
        self._hosts = ServiceHosts(settings.connector_hosts)
        self._channel_keys = channel_keys(http, settings.bot_openid_metadata_url)
        self._tokens = ChannelTokens(self._channel_keys, app_id=settings.app_id, issuer=settings.bot_token_issuer)
        self._adapter = Adapter(messenger.connector, settings.app_id)
        self._people = people
        self._installations = installations
        self._clock = clock
        self._metrics = metrics
        self._texts = texts
        self._languages = languages
        self._personal = personal
        # Whatever hangs outside of the dispatcher (the database, the connector) ends a little after its limit.
        self._overall_seconds = limits.turn + 6.0
        self._background = Background(metrics)
        self._desk = SignInDesk(
            tickets,
            sealer,
            public_url=settings.public_url,
            resource_uri=settings.application_id_uri,
            texts=texts,
            languages=languages,
            now=now,
        )
        writer = ReplyWriter(messenger, people, self._desk, self._background, texts)
        self._turns = TurnRunner(dispatcher, writer, self._desk, self._background, clock, metrics, texts, limits)
        self._sign_in = SignIn(self._desk, identity.people, identity.assertions, metrics, self._turns.go_on)
        self._offers = FileOffers(http, settings.file_hosts, dispatcher, messenger, self._background, texts)
        self._questions = Questions(dispatcher, self._desk, self._sign_in, texts)
        self.pages = SignInPages(
            self._desk, identity.people, sealer, languages, public_url=settings.public_url, metrics=metrics
        )

    async def receive(self, authorization: str | None, body: bytes) -> Answer:
        """Answer one call of the channel. Never raises but for cancellation."""
        try:
            verdict = await self._tokens.check(authorization)
            envelope = read_envelope(body)
            verdict.must_fit(envelope.service_url, envelope.channel_id)
        except DeniedError as error:
            return self._refused(401, error.reason)
        except MalformedError as error:
            return self._refused(400, f"malformed: {error}")
        except ServiceBusy:
            return self._refused(503, "signing keys")
        reason = self._not_ours(envelope)
        if reason:
            return self._refused(403, reason)
        correlation_id = str(uuid.UUID(int=self._names.getrandbits(128), version=4))
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            try:
                async with asyncio.timeout(self._overall_seconds):
                    return await self._handle(envelope, correlation_id)
            except TimeoutError:
                _log.error("turn.timed_out", activity=envelope.type)
            except DoormanError as error:
                _log.warning("turn.failed", activity=envelope.type, error=type(error).__name__)
            except Exception:
                _log.exception("turn.broken", activity=envelope.type)
            return self._failed(envelope)

    async def channel_is_reachable(self) -> None:
        """Raises ServiceBusy while the keys of the channel have never been fetched."""
        await self._channel_keys.find("")

    async def close(self) -> None:
        await self._background.settle(_SETTLE_SECONDS)

    def _not_ours(self, envelope: Envelope) -> str:
        if envelope.channel_id != _CHANNEL:
            return "channel"
        if not envelope.service_url or not self._hosts.allows(envelope.service_url):
            return "service URL host"
        if envelope.tenant_ids != {self._tenant_id}:
            return "tenant"
        return ""

    def _refused(self, status: int, reason: str) -> Answer:
        self._metrics.refused.labels(reason).inc()
        _log.warning("inbound.refused", status=status, reason=reason)
        return Answer(status)

    def _failed(self, envelope: Envelope) -> Answer:
        if envelope.name == "adaptiveCard/action":
            return Answer(
                200, error_answer(500, "InternalError", self._languages.choose(envelope.locale)(self._texts.not_shown))
            )
        return Answer(500) if envelope.is_invoke else _DONE

    async def _handle(self, envelope: Envelope, correlation_id: str) -> Answer:
        if not envelope.object_id:
            # System events and anonymous meeting guests: there is nobody to act for.
            if envelope.name in (COMPOSE_LINK, COMPOSE_ANONYMOUS_LINK, COMPOSE_SEARCH):
                return Answer(200, NO_CARDS)
            return Answer(200, error_answer(400, "BadRequest", "no sender")) if envelope.is_invoke else _DONE
        answer = _DONE
        work = self._work(envelope, await self._turn(envelope, correlation_id))
        if work is None:
            return answer

        async def logic(context: TurnContext) -> None:
            nonlocal answer
            answer = await work(TurnOutlet(context))

        await self._adapter.take_turn(envelope, logic)
        return answer

    def _work(self, envelope: Envelope, turn: Turn) -> Callable[[Outlet], Awaitable[Answer]] | None:
        """What this activity asks for; None when it asks for nothing."""
        match envelope.type:
            case "message":
                return (lambda outlet: self._message(envelope, turn, outlet)) if is_spoken_to(envelope) else None
            case "invoke":
                return lambda outlet: self._invoke(envelope, turn, outlet)
            case "installationUpdate" | "conversationUpdate":
                return lambda outlet: self._lifecycle(envelope, turn, outlet)
            case _:
                return None

    async def _turn(self, envelope: Envelope, correlation_id: str) -> Turn:
        words = self._languages.choose(envelope.locale)
        turn = Turn(
            actor=envelope.actor(self._tenant_id),
            conversation=envelope.conversation,
            now=self._clock.now(),
            correlation_id=correlation_id,
            locale=envelope.locale or words.tag,
            time_zone=envelope.time_zone,
            message_id=envelope.reply_to_id if envelope.is_invoke else None,
            words=words,
        )
        if (settled := self._personal.settled(turn)) is not None:
            return settled
        try:
            async with asyncio.timeout(_EXTRAS_SECONDS):
                return await self._personal.settle(turn)
        except (DoormanError, TimeoutError):
            # An answer in the language of their client is better than none.
            _log.warning("people.not_settled")
            return turn

    async def _message(self, envelope: Envelope, turn: Turn, outlet: Outlet) -> Answer:
        await self._note(envelope, turn)
        text = message_text(envelope)
        try:
            if not await self._typed_code(turn, text, outlet):
                await self._turns.message(turn, TextMessage(text, attached_files(envelope)), outlet)
        except Exception:
            # The dispatcher answers its own failures; this is the edge's (a ticket that cannot be stored, say).
            _log.exception("turn.unanswered")
            await outlet.send(text_message(turn.words(self._texts.not_shown)))
        return _DONE

    async def _typed_code(self, turn: Turn, text: str, outlet: Outlet) -> bool:
        """Whether the text was taken as a code of the sign-in page; without one waiting it is a text like any other."""
        if turn.conversation.kind is not ConversationKind.PERSONAL or as_code(text) is None:
            return False
        check = await self._desk.redeem(turn.actor, text)
        if check.case is not None:
            await self._sign_in.finish(check.case)
            return True
        if check.is_wrong or check.is_blocked:
            problem = self._texts.code_blocked if check.is_blocked else self._texts.wrong_code
            await outlet.send(text_message(turn.words(problem)))
            return True
        return False

    async def _invoke(self, envelope: Envelope, turn: Turn, outlet: Outlet) -> Answer:
        value = invoke_value(envelope)
        match envelope.name:
            case "adaptiveCard/action":
                return await self._press(envelope, turn, outlet)
            case name if name == CHOICES:
                return await self._questions.choices(turn, value)
            case name if name in (COMPOSE_SEARCH, COMPOSE_LINK):
                return await self._questions.compose(turn, name, value)
            case name if name == COMPOSE_ANONYMOUS_LINK:
                return Answer(200, NO_CARDS)
            case name if name == FILE_CONSENT_INVOKE:
                return self._offers.consent(turn, value)
            case "signin/tokenExchange":
                return await self._sign_in.token_exchange(turn.actor, value)
            case "signin/verifyState":
                return await self._sign_in.verify_state(turn.actor, value)
            case "signin/failure":
                return self._sign_in.failure(value)
            case _:
                return Answer(501, {"error": {"code": "NotImplemented", "message": "this invoke is not supported"}})

    async def _press(self, envelope: Envelope, turn: Turn, outlet: Outlet) -> Answer:
        try:
            read = read_press(envelope)
        except MalformedError as error:
            _log.warning("press.malformed", reason=str(error))
            return Answer(200, error_answer(400, "BadRequest", turn.words(self._texts.unreadable)))
        await self._note(envelope, turn)
        return Answer(200, await self._pressed(turn, read, outlet))

    async def _pressed(self, turn: Turn, read: Press, outlet: Outlet) -> dict[str, object]:
        case = None
        if read.assertion and (case := await self._desk.find(read.ticket_id, turn.actor)) is not None:
            # A ticket that was used up still says for what: a client repeats a press whose answer it did not get.
            if await self._sign_in.trade(case, read.assertion) is not None:
                return exchange_failed_answer(turn.words(self._texts.sign_in_first))
        elif read.code:
            case = (await self._desk.redeem(turn.actor, read.code)).case
        if case is not None:
            return await self._turns.press_after_sign_in(turn, read.press, outlet, case)
        return await self._turns.press(turn, read.press, outlet)

    async def _lifecycle(self, envelope: Envelope, turn: Turn, outlet: Outlet) -> Answer:
        """Two events tell of one installation; whichever comes first counts."""
        membership = read_membership(envelope)
        place = (turn.actor.tenant_id, turn.conversation.id)
        if membership.removed:
            # Also where the installation was never seen, as after a restored database; forgetting twice is harmless.
            await self._installations.remove(*place)
            self._people.forget(turn.actor.object_id)
            await self._people.mark_unreachable(turn.conversation.id, "Uninstalled")
            await self._turns.lifecycle(turn, Uninstalled(), outlet)
        elif membership.added:
            is_new = await self._installations.add(*place)
            if is_new or membership.is_upgrade:
                await self._note(envelope, turn)
                await self._turns.lifecycle(turn, Installed(membership.is_upgrade), outlet)
        return _DONE

    async def _note(self, envelope: Envelope, turn: Turn) -> None:
        """Keep up to date how this person can be reached, and what their client says of language and zone."""
        here = turn.conversation
        address = Address(here.id, here.service_url) if here.kind is ConversationKind.PERSONAL else None
        if self._people.is_old_news(turn.actor, address, envelope.locale, envelope.time_zone):
            return
        try:
            async with asyncio.timeout(_EXTRAS_SECONDS):
                await self._people.seen(turn.actor, address, envelope.locale, envelope.time_zone)
        except (DoormanError, TimeoutError):
            # Their question matters more; the next turn tries again.
            _log.warning("people.not_noted")
