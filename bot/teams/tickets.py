"""Sign-ins under way: what was asked for, what goes on afterwards, and the one-time codes that finish them."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from bot.domain import UserId
from bot.identity.sealing import BrokenSealError, Sealer
from bot.languages import Languages
from bot.teams.activities import sign_in_content
from bot.teams.ports import SignInTickets, Ticket
from bot.teams.texts import Texts
from bot.turn import (
    Actor,
    AttachedFile,
    CardPress,
    Conversation,
    ConversationKind,
    Incoming,
    SignInPrompt,
    TextMessage,
    Turn,
)

TICKET_LIFETIME = timedelta(minutes=15)
CODE_LIFETIME = timedelta(minutes=10)
_MOST_ATTEMPTS = 5
_CODE = re.compile(r"\d{8}")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignInCase:
    """One sign-in of one person. `pending` goes on after it, in the setting of `turn`."""

    ticket_id: str
    tenant_id: str
    object_id: UserId
    scopes: tuple[str, ...]
    claims: str | None
    attempts: int  # how many sign-ins for the same thing came before and did not help
    turn: Turn
    pending: Incoming | None
    is_claimed: bool = False

    @property
    def actor(self) -> Actor:
        return self.turn.actor


@dataclass(frozen=True, slots=True)
class CodeCheck:
    """What a typed code was good for. Without a case and with neither flag, no code is being waited for."""

    case: SignInCase | None = None
    is_wrong: bool = False
    is_blocked: bool = False


def utc_now() -> datetime:
    return datetime.now(UTC)


class SignInDesk:
    """Opens tickets and finds them again. A ticket is for one person and is used up once."""

    def __init__(
        self,
        tickets: SignInTickets,
        sealer: Sealer,
        *,
        public_url: str,
        resource_uri: str,
        texts: Texts,
        languages: Languages,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._tickets = tickets
        self._sealer = sealer
        self._public_url = public_url
        self._resource_uri = resource_uri
        self._texts = texts
        self._languages = languages
        self._now = now

    async def open(self, turn: Turn, pending: Incoming | None, prompt: SignInPrompt, attempts: int = 0) -> SignInCase:
        case = SignInCase(
            ticket_id=secrets.token_urlsafe(32),
            tenant_id=turn.actor.tenant_id,
            object_id=turn.actor.object_id,
            scopes=prompt.scopes,
            claims=prompt.claims,
            attempts=attempts,
            turn=turn,
            pending=pending,
        )
        await self._tickets.add(
            Ticket(case.ticket_id, case.tenant_id, case.object_id, self._sealed(case), self._now() + TICKET_LIFETIME)
        )
        return case

    def content(self, case: SignInCase) -> dict[str, Any]:
        """The content of an OAuthCard, or of a login request, for this case."""
        start = self.start_url(case.ticket_id)
        return sign_in_content(
            case.ticket_id,
            self._resource_uri,
            start,
            case.turn.words(self._texts.sign_in),
            case.turn.words(self._texts.sign_in_button),
        )

    def start_url(self, ticket_id: str) -> str:
        """Where a browser begins the sign-in of this ticket."""
        return f"{self._public_url}/auth/start?ticket={ticket_id}"

    async def find(self, ticket_id: str, actor: Actor | None = None) -> SignInCase | None:
        """The case of a ticket that has not expired and, when an actor is given, is theirs."""
        if not ticket_id or len(ticket_id) > 64:
            return None
        ticket = await self._tickets.find(ticket_id)
        if ticket is None or ticket.expires_at <= self._now():
            return None
        if actor is not None and (ticket.tenant_id, ticket.object_id) != (actor.tenant_id, actor.object_id):
            _log.warning("sign_in.foreign_ticket", person=actor.object_id)
            return None
        try:
            content = json.loads(self._sealer.open(ticket.sealed, _context(ticket.id)))
        except BrokenSealError:
            return None
        return _case(ticket, content, self._languages)

    async def rewrite(self, case: SignInCase) -> None:
        await self._tickets.rewrite(case.ticket_id, self._sealed(case))

    async def ask_for_more(self, case: SignInCase, prompt: SignInPrompt) -> SignInCase:
        """The same ticket for another try, with what turned out to be missing."""
        again = replace(case, scopes=prompt.scopes, claims=prompt.claims, attempts=case.attempts + 1)
        await self.rewrite(again)
        return again

    async def claim(self, case: SignInCase) -> bool:
        """True for exactly one caller: the one that goes on with what was pending."""
        return await self._tickets.claim(case.ticket_id)

    async def give_code(self, case: SignInCase) -> str:
        """A new one-time code of eight digits for this case, in place of an earlier one."""
        code = f"{secrets.randbelow(10**8):08d}"
        fingerprint = self._sealer.fingerprint(code, _context(case.ticket_id))
        await self._tickets.set_code(case.ticket_id, fingerprint, self._now() + CODE_LIFETIME)
        return code

    async def redeem(self, actor: Actor, typed: str) -> CodeCheck:
        """What this person's code is good for. Wrong ones are counted; after five the code is worth nothing."""
        code = as_code(typed)
        if code is None:
            return CodeCheck()
        waiting = await self._tickets.waiting_codes(actor.tenant_id, actor.object_id, self._now())
        if not waiting:
            return CodeCheck()
        open_codes = [one for one in waiting if one.attempts < _MOST_ATTEMPTS]
        for one in open_codes:
            if not self._sealer.fingerprint_matches(one.fingerprint, code, _context(one.ticket_id)):
                continue
            if await self._tickets.take_code(one.ticket_id, one.fingerprint):
                return CodeCheck(await self.find(one.ticket_id, actor))
        if not open_codes:
            return CodeCheck(is_blocked=True)
        await self._tickets.count_attempt([one.ticket_id for one in open_codes])
        return CodeCheck(is_wrong=True)

    def _sealed(self, case: SignInCase) -> str:
        return self._sealer.seal(json.dumps(_content(case)), _context(case.ticket_id))


def as_code(typed: str) -> str | None:
    """The eight digits of something that looks like one of our codes, however it was spaced; else None."""
    if len(typed) > 20:
        return None
    compact = _SEPARATORS.sub("", typed)
    return compact if _CODE.fullmatch(compact) and compact.isascii() else None


def _context(ticket_id: str) -> str:
    return f"sign-in/{ticket_id}"


def _content(case: SignInCase) -> dict[str, Any]:
    turn, actor, conversation = case.turn, case.turn.actor, case.turn.conversation
    return {
        "scopes": case.scopes,
        "claims": case.claims,
        "attempts": case.attempts,
        "pending": _pending(case.pending),
        "turn": {
            "name": actor.name,
            "teams_id": actor.teams_id,
            "conversation": [conversation.id, conversation.kind.value, conversation.service_url],
            "now": turn.now.isoformat(),
            "correlation_id": turn.correlation_id,
            "locale": turn.locale,
            "time_zone": turn.time_zone,
            "message_id": turn.message_id,
            "language": turn.words.tag,
        },
    }


def _pending(incoming: Incoming | None) -> dict[str, Any] | None:
    match incoming:
        case TextMessage(text, files):
            return {"text": text, "files": [[file.name, file.address] for file in files]}
        case CardPress(verb, data, _):
            return {"verb": verb, "data": dict(data)}
        case _:
            return None


def _message(pending: Mapping[str, Any]) -> TextMessage:
    return TextMessage(pending["text"], tuple(AttachedFile(*each) for each in pending.get("files", ())))


def _case(ticket: Ticket, content: dict[str, Any], languages: Languages) -> SignInCase:
    told = content["turn"]
    conversation_id, kind, service_url = told["conversation"]
    pending = content["pending"]
    incoming: Incoming | None = None
    if pending is not None:
        incoming = _message(pending) if "text" in pending else CardPress(pending["verb"], pending["data"])
    return SignInCase(
        ticket_id=ticket.id,
        tenant_id=ticket.tenant_id,
        object_id=ticket.object_id,
        scopes=tuple(content["scopes"]),
        claims=content["claims"],
        attempts=content["attempts"],
        turn=Turn(
            actor=Actor(ticket.tenant_id, ticket.object_id, told["name"], told["teams_id"]),
            conversation=Conversation(conversation_id, ConversationKind(kind), service_url),
            now=datetime.fromisoformat(told["now"]),
            correlation_id=told["correlation_id"],
            locale=told["locale"],
            time_zone=told["time_zone"],
            message_id=told["message_id"],
            words=languages.choose(told["language"], told["locale"]),
        ),
        pending=incoming,
        is_claimed=ticket.is_claimed,
    )
