"""Every change of a conversation: it is made here, checked here, and told to whoever watches."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from sandbox.connector.check import check_card, check_message
from sandbox.connector.errors import (
    ConnectorError,
    bad_argument,
    blocked,
    no_activity,
    not_in_roster,
    not_yours,
    refusal,
)
from sandbox.connector.roster import BOT_NAME, Roster
from sandbox.connector.state import BOT, TARGETED_LIFETIME, Chat, Json, Message, Place, SignIn
from sandbox.tenant.identity import BOT_TEAMS_ID, teams_id
from sandbox.world import World

SUGGESTIONS_SHOWN = 3
EVERYWHERE = "*"


class Board:
    """The conversations of one sandbox. Looks `world.chats` up anew each time, because a restore replaces it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.roster = Roster(world)

    # What the bot does

    def admit_bot(self, place: Place) -> None:
        """Raises ConnectorError (403, 412) when the bot may not write here just now."""
        chats = self._world.chats
        if code := chats.refused.get(place.conversation_id) or chats.refused.get(EVERYWHERE):
            raise refusal(code)
        if place.owner is None:
            if place.chat not in chats.bot_is_in:
                raise not_in_roster()
            return
        if not chats.has_installed(place.owner):
            raise not_in_roster()
        if blocking := chats.blocked.get(place.owner):
            raise blocked(blocking)

    def post(
        self, place: Place, activity: Json, *, visible_to: str | None = None, reply_to: str | None = None
    ) -> list[Message]:
        """Take a message of the bot: one, or two when text and attachments came together and Teams splits them.

        Raises ConnectorError (400, 413).
        """
        warnings = check_message(activity)
        text, attachments = activity.get("text") or "", activity.get("attachments") or []
        parts = [(text, []), ("", attachments)] if text and attachments else [(text, attachments)]
        posted = []
        for part_text, part_attachments in parts:
            message = self._new(place, BOT, part_text)
            message.text_format = activity.get("textFormat") or "markdown"
            message.attachments = copy.deepcopy(part_attachments)
            message.entities = _objects(activity.get("entities"))
            message.summary = str(activity.get("summary") or "")
            message.visible_to = visible_to
            message.reply_to = reply_to
            message.suggestions = _suggestions(activity, place)
            message.warnings = list(warnings) if part_attachments or not attachments else []
            message.feedback = _feedback(activity)
            self._start_sign_in(message)
            self._world.chats.add(message)
            self._publish(message)
            posted.append(message)
        return posted

    def edit(self, message: Message, activity: Json) -> None:
        """Replace the content of a message of the bot. Everybody's own view of it is gone.

        Raises ConnectorError (400, 413).
        """
        warnings = check_message(activity)
        message.text = activity.get("text") or ""
        message.text_format = activity.get("textFormat") or "markdown"
        message.attachments = copy.deepcopy(activity.get("attachments") or [])
        message.entities = _objects(activity.get("entities"))
        message.summary = str(activity.get("summary") or "")
        message.warnings = warnings
        message.feedback = _feedback(activity)
        message.suggestions = _suggestions(activity, message.place)
        message.edited_at = self._world.clock.now()
        message.edits += 1
        message.shown.clear()
        message.shown_warnings.clear()
        message.refreshed_at.clear()
        self._start_sign_in(message)
        self._changed(message)

    def delete(self, message: Message) -> None:
        message.is_deleted = True
        self._changed(message)

    def own_message(self, place: Place, message_id: str, *, targeted: bool) -> Message:
        """The bot's message to edit or delete. Raises ConnectorError (403, 404)."""
        message = self._world.chats.find(message_id)
        if message is None or message.is_deleted or message.place.conversation_id != place.conversation_id:
            raise no_activity()
        if message.sender != BOT:
            raise not_yours()
        if targeted != (message.visible_to is not None) or self._is_over(message):
            raise no_activity()
        return message

    def recipient(self, place: Place, activity: Json) -> str:
        """The person that a targeted message is for. Raises ConnectorError (400, 404)."""
        recipient = activity.get("recipient")
        member_id = recipient.get("id") if isinstance(recipient, dict) else None
        if not isinstance(member_id, str) or not member_id:
            raise bad_argument("A targeted message needs a recipient.")
        user = self.roster.find_person(member_id)
        if user is None or not self.roster.is_member(place, user.id):
            raise ConnectorError(404, "BotNotInConversationRoster", "The recipient is not in this conversation.")
        return user.id

    # What people and their clients do

    def said(
        self,
        place: Place,
        person: str,
        text: str,
        reply_to: str | None = None,
        *,
        attachments: Sequence[Json] = (),
        warnings: Sequence[str] = (),
        visible_to: str | None = None,
    ) -> Message:
        """Keep what a person wrote, with the files and cards that they sent along."""
        message = self._new(place, person, text)
        message.visible_to = visible_to
        message.text_format = "plain"
        message.reply_to = reply_to
        message.attachments = copy.deepcopy(list(attachments))
        message.warnings = list(warnings)
        self._world.chats.add(message)
        self._publish(message)
        return message

    def rewrite(self, message: Message, text: str) -> None:
        """A person changes what they wrote."""
        message.text = text
        message.edited_at = self._world.clock.now()
        message.edits += 1
        self._changed(message)

    def restore(self, message: Message) -> None:
        message.is_deleted = False
        self._changed(message)

    def react(self, message: Message, who: str, kind: str, *, remove: bool = False) -> bool:
        """Put a reaction under a message, or take it away; False when nothing changed by it."""
        people = message.reactions.setdefault(kind, [])
        if (who in people) != remove:
            return False
        if remove:
            people.remove(who)
        else:
            people.append(who)
        message.reactions = {each: names for each, names in message.reactions.items() if names}
        self._changed(message)
        return True

    def note(self, message: Message, person: str, text: str) -> None:
        """Show a line under the message, to this person only."""
        message.notes.setdefault(person, []).append(text)
        self._changed(message, person)

    def show(self, message: Message, person: str, card: Json, device: int = 1) -> None:
        """Let this person see `card` in place of the message's own, on one of their devices.

        Raises ConnectorError (400) for what no client can show.
        """
        message.shown[person, device] = copy.deepcopy(card)
        message.shown_warnings[person, device] = check_card(card)
        message.refreshed_at[person, device] = self._world.clock.now()
        self._changed(message, person)

    def touched(self, message: Message, person: str) -> None:
        """Tell that something beside the message's content changed for this person."""
        self._changed(message, person)

    def signed_in(self, message: Message, state: SignIn) -> None:
        message.sign_in = state
        self._changed(message)

    # What a person sees

    def sees(self, message: Message, person: str) -> bool:
        if message.visible_to not in (None, person) or self._is_over(message):
            return False
        return self.roster.is_member(message.place, person)

    def newest_seen(self, place: Place, person: str) -> list[Message]:
        """The messages of a conversation that a person sees, newest first, without deleted ones."""
        found = self._world.chats.messages_of(place.conversation_id)
        return [message for message in found if not message.is_deleted and self.sees(message, person)]

    def changed_since(self, count: int, person: str) -> list[Message]:
        return [each for each in self._world.chats.changed_since(count, person) if self.sees(each, person)]

    def message_json(self, message: Message, person: str, device: int = 1) -> Json:
        """A message as the control plane shows it to `person` on one of their devices."""
        user = self._world.tenant.users.get(message.sender)
        sender = {"id": BOT_TEAMS_ID, "name": BOT_NAME, "is_bot": True}
        if message.sender != BOT:
            name = user.display_name if user else "Somebody who left"
            sender = {"id": teams_id(message.sender), "name": name, "is_bot": False}
        gone = message.is_deleted
        pending = self._world.chats.pending.get(person)
        return {
            "id": message.id,
            "chat": message.place.chat.value,
            "thread": message.place.thread,
            "from": sender,
            "text": "" if gone else message.text,
            "text_format": message.text_format,
            "card": None if gone else message.card,
            "shown": None if gone else message.view(person, device),
            "summary": message.summary,
            "attachments": [] if gone else message.attachments,
            "entities": [] if gone else message.entities,
            "at": message.at.isoformat(),
            "edited_at": message.edited_at.isoformat() if message.edited_at else None,
            "deleted": gone,
            "edits": message.edits,
            "notes": list(message.notes.get(person, ())),
            "warnings": list(message.shown_warnings.get((person, device), message.warnings)),
            "sign_in": message.sign_in.value if message.sign_in else None,
            "login": {"url": pending.url} if pending and pending.message_id == message.id else None,
            "only_you": message.visible_to is not None,
            "reply_to": message.reply_to,
            "suggestions": [] if gone else message.suggestions[:SUGGESTIONS_SHOWN],
            "reactions": [] if gone else self._reactions(message, person),
            "feedback": None if gone else message.feedback,
            "given_feedback": message.given_feedback.get(person),
        }

    def _reactions(self, message: Message, person: str) -> list[Json]:
        users = self._world.tenant.users
        return [
            {
                "type": kind,
                "people": [users[each].display_name if each in users else BOT_NAME for each in who],
                "mine": person in who,
            }
            for kind, who in message.reactions.items()
        ]

    def _new(self, place: Place, sender: str, text: str) -> Message:
        """A message that is not kept yet. In a channel one without a thread begins its own."""
        now = self._world.clock.now()
        message_id = self._world.chats.new_id(now)
        if place.chat is Chat.CHANNEL and place.thread is None:
            place = replace(place, thread=message_id)
        return Message(id=message_id, place=place, sender=sender, at=now, text=text)

    def _start_sign_in(self, message: Message) -> None:
        message.sign_in = SignIn.BUTTON if message.oauth_card is not None else None

    def _is_over(self, message: Message) -> bool:
        return message.visible_to is not None and self._world.clock.now() >= message.at + TARGETED_LIFETIME

    def _changed(self, message: Message, person: str | None = None) -> None:
        self._world.chats.changed(message.id, person)
        self._publish(message, person)

    def _publish(self, message: Message, person: str | None = None) -> None:
        """`person` is None when everybody in the chat may see the change."""
        who = person or message.visible_to or message.place.owner
        self._world.events.publish("chat", person=who, chat=message.place.chat.value, message_id=message.id)


def _suggestions(activity: Json, place: Place) -> list[Json]:
    """The bot's suggested actions, which Teams shows in 1:1 chats only and as far as they write something."""
    suggested = activity.get("suggestedActions")
    actions = _objects(suggested.get("actions")) if isinstance(suggested, dict) else []
    if place.chat is not Chat.PERSONAL:
        return []
    usable = [each for each in actions if each.get("type") == "imBack" and isinstance(each.get("value"), str)]
    return [{"title": str(each.get("title") or each["value"]), "value": each["value"]} for each in usable]


def _feedback(activity: Json) -> Literal["default", "custom"] | None:
    """Whether the message asks for feedback, in the newer way of saying so or the older one."""
    data = activity.get("channelData")
    if not isinstance(data, dict):
        return None
    loop = data.get("feedbackLoop")
    if isinstance(loop, dict) and loop.get("type") in ("default", "custom"):
        return "custom" if loop["type"] == "custom" else "default"
    return "default" if data.get("feedbackLoopEnabled") is True else None


def _objects(value: object) -> list[Json]:
    return [copy.deepcopy(each) for each in value if isinstance(each, dict)] if isinstance(value, list) else []
