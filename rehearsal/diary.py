"""Writing down what happens: each new message of the bot, and each step that Entra takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from bot.domain import SubjectSetKind, UserId
from bot.store.records import MessageRecord
from rehearsal.course import Entry
from rehearsal.theatre import Theatre
from sandbox.connector.cards import texts
from sandbox.connector.state import BOT, Message
from sandbox.tenant.model import AssignmentRequest, Transition

ENTRA: Final = "Entra"

_KINDS: Final = {
    "approval": "card to decide",
    "reminder": "reminder",
    "status": "card",
    "question": "card",
    "incident": "card",
    "expiry": "card",
    "ended": "card",
}
_WHY: Final = {
    SubjectSetKind.SINGLE_USER.value: "named in the policy",
    SubjectSetKind.INTERNAL_SPONSORS.value: "internal sponsor",
    SubjectSetKind.EXTERNAL_SPONSORS.value: "external sponsor",
    SubjectSetKind.TARGET_USER_SPONSORS.value: "sponsor",
}


class Diary:
    """`expiry_told_at` is when the person first heard that their access ends."""

    def __init__(self, theatre: Theatre, person_id: str) -> None:
        self._theatre = theatre
        self._person_id = person_id
        self._entries: list[Entry] = []
        self._messages_seen: set[str] = set()
        self._changes_seen = 0
        self._steps_seen: dict[str, int] = {}
        self.expiry_told_at: datetime | None = None

    @property
    def entries(self) -> tuple[Entry, ...]:
        """In order of time; what came at one moment in the order in which it happened."""
        return tuple(sorted(self._entries, key=lambda entry: entry.at))

    def did(self, who: str, what: str) -> None:
        self._entries.append(Entry(self._theatre.now, "does", who, what))

    def overlook_answers(self) -> None:
        """What a person is shown at once for what they just did is no news to them."""
        self._messages_seen.update(message.id for message in self._new_messages())

    async def observe(self) -> None:
        """Write down what is new since the last time."""
        self._observe_requests()
        for message in self._new_messages():
            if message.id in self._messages_seen or message.sender != BOT:
                continue
            self._messages_seen.add(message.id)
            record = await self._record_of(message)
            if record is not None and record.kind == "expiry" and message.place.owner == self._person_id:
                self.expiry_told_at = self.expiry_told_at or message.at
            self._entries.append(Entry(message.at, "told", self._reader(message), _told(message, record)))

    def _new_messages(self) -> list[Message]:
        chats = self._theatre.world.chats
        found = chats.changed_since(self._changes_seen, "")
        self._changes_seen = chats.change_count
        return found

    def _reader(self, message: Message) -> str:
        user = self._theatre.world.tenant.users.get(message.place.owner or "")
        return user.display_name if user is not None else message.place.chat.value.capitalize()

    async def _record_of(self, message: Message) -> MessageRecord | None:
        if message.place.owner is None:
            return None
        async with self._theatre.store.unit(read_only=True) as unit:
            records = await unit.messages.for_person(UserId(message.place.owner))
        return next((record for record in records if record.message_id == message.id), None)

    def _observe_requests(self) -> None:
        tenant = self._theatre.world.tenant
        for request in tenant.requests.values():
            seen = self._steps_seen.get(request.id, 0)
            self._steps_seen[request.id] = len(request.history)
            for step in request.history[seen:]:
                if words := self._step(request, step):
                    self._entries.append(Entry(step.at, "entra", ENTRA, words))

    def _step(self, request: AssignmentRequest, step: Transition) -> str:
        if request.removes:
            return "takes the access away: its time is over" if step.status == "Fulfilled" else ""
        stage = next((number for number, each in enumerate(request.stages, 1) if each.status == "InProgress"), 0)
        where = f"stage {stage} of {len(request.stages)}"
        match step.status:
            case "PendingApproval":
                return f"waits for approval, {where}"
            case "PendingApprovalEscalated":
                return f"escalates {where}"
            case "Denied" if step.by is None:
                return "denies the request: nobody decided in time"
            case "DeliveryFailed":
                return "could not deliver the access"
            case "PendingNotBefore":
                return "waits for the day on which the access begins"
            case "Fulfilled":
                return self._works(request)
            case _:
                return ""

    def _works(self, request: AssignmentRequest) -> str:
        assignment = self._theatre.world.tenant.assignments[request.assignment_id]
        changed = "extends" if request.updates or request.is_renewal else "gives"
        if assignment.ends_at is None:
            return f"{changed} the access, without an end"
        return f"{changed} the access, until {assignment.ends_at:%Y-%m-%d}"


def _told(message: Message, record: MessageRecord | None) -> str:
    shown: Iterable[str] = texts(message.card) if message.card else ()
    text = (message.summary or message.text or next(iter(shown), "")).replace("\\", "")
    kind = _KINDS.get(record.kind, "message") if record is not None else "message"
    why = _why(record) if record is not None and record.kind == "approval" else ""
    return f"{kind}: {text}{why}"


def _why(record: MessageRecord) -> str:
    kind, detail = str(record.detail.get("why", "")), str(record.detail.get("detail", ""))
    level = int(record.detail.get("level") or 1)
    if kind == SubjectSetKind.REQUESTOR_MANAGER.value:
        reason = "manager" if level == 1 else f"manager, {level} levels up"
    elif kind == SubjectSetKind.GROUP_MEMBERS.value:
        reason = f"in {detail}" if detail else "in a group"
    else:
        reason = _WHY.get(kind, kind)
    if record.detail.get("is_escalation"):
        reason += ", after the escalation"
    elif record.detail.get("is_fallback"):
        reason += ", as the fallback"
    proof = "" if record.detail.get("is_proved", True) else "; it may be their turn"
    return f" (stage {record.stage}; {reason}{proof})"
