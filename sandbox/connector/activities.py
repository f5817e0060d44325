"""The activities that Teams sends to the bot, field by field as the Bot Connector writes them.

Source: Bot Framework Activity schema, and the payloads shown in Microsoft's Teams documentation.
"""

from __future__ import annotations

import copy
import html
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.connector.roster import BOT_NAME, Roster
from sandbox.connector.state import CHANNEL_ID, TEAM_GROUP_ID, Chat, Json, Message, Place
from sandbox.tenant.directory import User
from sandbox.tenant.identity import BOT_TEAMS_ID, TEAMS_APP_ID
from sandbox.world import World

_CONVERSATION_TYPES = {Chat.PERSONAL: "personal", Chat.GROUP: "groupChat", Chat.CHANNEL: "channel"}
_MENTION = f"<at>{BOT_NAME}</at>"

InstallAction = Literal["add", "remove", "add-upgrade", "remove-upgrade"]


class Activities:
    """Makes activities of one person in one place. Nothing is sent or kept here."""

    def __init__(self, world: World, roster: Roster) -> None:
        self._world = world
        self._roster = roster

    @property
    def service_url(self) -> str:
        return f"{self._world.base_url}/connector/"

    def text(self, user: User, message: Message) -> Json:
        """What a person wrote; in a channel or group chat with the mention and the blanks that Teams puts there."""
        activity = self._base("message", user, message.place, message.id)
        sent = copy.deepcopy(message.attachments)
        if message.place.chat is Chat.PERSONAL:
            activity["attachments"] = sent
            if message.text or not sent:  # a file or card alone comes without any text
                activity["textFormat"] = "plain"
                activity["text"] = message.text
                activity["attachments"].append(_html_twin(f"<p>{html.escape(message.text, quote=False)}</p>"))
            return activity
        activity["textFormat"] = "plain"
        escaped = html.escape(message.text, quote=False)
        activity["text"] = f"{_MENTION} {escaped}&nbsp;\n"
        activity["attachments"] = [
            *sent,
            _html_twin(
                f'<div><div><span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">{BOT_NAME}</span>'
                f" {escaped}&nbsp;</div>\n</div>"
            ),
        ]
        mention = {"type": "mention", "mentioned": {"id": BOT_TEAMS_ID, "name": BOT_NAME}, "text": _MENTION}
        activity["entities"] = [mention, *activity["entities"]]
        if message.visible_to is not None:
            activity["entities"].append({"type": "targetedMessageInfo", "messageId": message.id})
        return activity

    def edited(self, user: User, message: Message, event: Literal["editMessage", "undeleteMessage"]) -> Json:
        """A `messageUpdate`: a person changed what they wrote, or brought it back."""
        activity = self.text(user, message)
        activity["type"] = "messageUpdate"
        activity["channelData"]["eventType"] = event
        return activity

    def deleted(self, user: User, message: Message) -> Json:
        """A `messageDelete`. The message is deleted softly: the person may bring it back."""
        activity = self._base("messageDelete", user, message.place, message.id)
        activity["channelData"]["eventType"] = "softDeleteMessage"
        return activity

    def reaction(self, user: User, message: Message, *, added: str | None = None, removed: str | None = None) -> Json:
        activity = self._base("messageReaction", user, message.place, f"f:{uuid.uuid4()}")
        activity["replyToId"] = message.id
        activity["channelData"] |= {"legacy": {"replyToId": message.id}}
        if added is not None:
            activity["reactionsAdded"] = [{"type": added}]
        if removed is not None:
            activity["reactionsRemoved"] = [{"type": removed}]
        return activity

    def event(self, user: User, place: Place, name: str, value: Any) -> Json:
        activity = self._base("event", user, place, f"f:{uuid.uuid4()}")
        return {**activity, "name": name, "value": value}

    def team_event(self, user: User, event: str, channel: tuple[str, str] | None) -> Json:
        """A `conversationUpdate` about the team, or about one of its channels (id and name)."""
        activity = self._base("conversationUpdate", user, Place(CHANNEL_ID, Chat.CHANNEL), f"f:{uuid.uuid4()}")
        activity["channelData"]["eventType"] = event
        if channel is not None:
            activity["channelData"]["channel"] = {"id": channel[0], "name": channel[1]}
            activity["channelData"]["teamsChannelId"] = channel[0]
        return activity

    def any(self, user: User, place: Place, given: Json) -> Json:
        """An activity of any kind: what every activity has, with members replaced by those given (null: left out)."""
        activity = self._base(str(given.get("type", "message")), user, place, f"f:{uuid.uuid4()}")
        return _merged(activity, copy.deepcopy(given))

    def submitted(self, user: User, message: Message, message_id: str, value: Any, text: str | None = None) -> Json:
        """An `Action.Submit` of a card: a message with `value`, and with text only for `messageBack`."""
        activity = self._base("message", user, message.place, message_id)
        activity["replyToId"] = message.id
        activity["value"] = value
        if text is not None:
            activity["text"] = text
            activity["textFormat"] = "plain"
        activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": message.id}}
        return activity

    def invoke(self, user: User, place: Place, name: str | None, value: Any, reply_to: str | None = None) -> Json:
        """`name` is None for the plain `invoke` of a card's button."""
        activity = self._base("invoke", user, place, f"f:{uuid.uuid4()}")
        if name is not None:
            activity["name"] = name
        activity["value"] = value
        if reply_to is not None:
            activity["replyToId"] = reply_to
            activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": reply_to}}
        return activity

    def installation(self, user: User, place: Place, action: InstallAction) -> Json:
        activity = self._base("installationUpdate", user, place, f"f:{uuid.uuid4()}")
        activity["action"] = action
        if place.chat is Chat.CHANNEL:
            activity["channelData"]["settings"] = {"selectedChannel": {"id": CHANNEL_ID}}
        return activity

    def membership(self, user: User, place: Place, *, added: Sequence[str] = (), removed: Sequence[str] = ()) -> Json:
        """A `conversationUpdate` that tells of members ("28:…" and "29:…" ids) who came or went."""
        activity = self._base("conversationUpdate", user, place, f"f:{uuid.uuid4()}")
        if added:
            activity["membersAdded"] = [self._member(each) for each in added]
        if removed:
            activity["membersRemoved"] = [self._member(each) for each in removed]
        if place.chat is Chat.CHANNEL:
            activity["channelData"]["eventType"] = "teamMemberAdded" if added else "teamMemberRemoved"
        return activity

    def _member(self, member_id: str) -> Json:
        user = self._roster.find_person(member_id)
        return {"id": member_id, "aadObjectId": user.id} if user else {"id": member_id}

    def _base(self, kind: str, user: User, place: Place, activity_id: str) -> Json:
        now = self._world.clock.now()
        return {
            "type": kind,
            "id": activity_id,
            "timestamp": _iso(now),
            "localTimestamp": now.astimezone(_zone(user)).isoformat(timespec="milliseconds"),
            "localTimezone": _zone(user).key,
            "locale": user.preferred_language,
            "channelId": "msteams",
            "serviceUrl": self.service_url,
            "from": self._roster.account(user),
            "recipient": self._roster.bot_account,
            "conversation": self._conversation(place),
            "entities": [self._client_info(user)],
            "channelData": self._channel_data(place),
        }

    def _conversation(self, place: Place) -> Json:
        conversation: Json = {
            "id": place.activity_id,
            "conversationType": _CONVERSATION_TYPES[place.chat],
            "tenantId": self._world.tenant.id,
        }
        if place.chat is not Chat.PERSONAL:
            conversation["isGroup"] = True
        return conversation

    def _channel_data(self, place: Place) -> Json:
        data: Json = {
            "tenant": {"id": self._world.tenant.id},
            "app": {"id": TEAMS_APP_ID, "version": self._world.chats.app_version},
        }
        if place.chat is Chat.CHANNEL:
            data["team"] = {"id": CHANNEL_ID, "name": self._world.chats.team.name, "aadGroupId": TEAM_GROUP_ID}
            data["channel"] = {"id": CHANNEL_ID}
            data["teamsTeamId"] = data["teamsChannelId"] = CHANNEL_ID
        return data

    def _client_info(self, user: User) -> Json:
        language, _, country = user.preferred_language.partition("-")
        info = {
            "type": "clientInfo",
            "locale": user.preferred_language,
            "country": (country or language).upper(),
            "platform": "Web",
            "timezone": _zone(user).key,
        }
        return {key: value for key, value in info.items() if value}


def _merged(one: Json, other: Json) -> Json:
    """Objects inside of objects are merged too; null takes a member away."""
    merged = dict(one)
    for name, value in other.items():
        known = merged.get(name)
        merged[name] = _merged(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return {name: value for name, value in merged.items() if value is not None}


def _html_twin(content: str) -> Json:
    return {"contentType": "text/html", "content": content}


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _zone(user: User) -> ZoneInfo:
    """The person's zone. One that this machine does not know (Windows names, say) counts as UTC."""
    try:
        return ZoneInfo(user.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
