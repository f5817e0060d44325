"""The life of the app with a person or in a chat: installed, upgraded, removed; members who come and go."""

from __future__ import annotations

import hashlib

from sandbox.connector.activities import Activities
from sandbox.connector.delivery import BotAnswer, Delivery
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import Chat, Json, Place, Team
from sandbox.tenant.directory import User
from sandbox.tenant.identity import BOT_TEAMS_ID, teams_id
from sandbox.world import World


class Lifecycle:
    def __init__(self, world: World, activities: Activities, delivery: Delivery) -> None:
        self._world = world
        self._activities = activities
        self._delivery = delivery

    async def install(self, user: User, chat: Chat) -> Outcome:
        """Install the app and tell the bot, in the order that `behaviour.installation_first` says."""
        place = self._world.chats.place(chat, user.id)
        self._set_installed(place, user, installed=True)
        events = [
            self._activities.installation(user, place, "add"),
            self._activities.membership(user, place, added=[BOT_TEAMS_ID]),
        ]
        if not self._world.chats.behaviour.installation_first:
            events.reverse()
        return await self._tell(events)

    async def uninstall(self, user: User, chat: Chat) -> Outcome:
        """Remove the app and tell the bot. It can still not write back."""
        place = self._world.chats.place(chat, user.id)
        self._set_installed(place, user, installed=False)
        events = [self._activities.installation(user, place, "remove")]
        if chat is not Chat.PERSONAL:
            events.append(self._activities.membership(user, place, removed=[BOT_TEAMS_ID]))
        return await self._tell(events)

    async def upgrade(self, user: User, chat: Chat, version: str) -> Outcome:
        """Bring the app to `version` and tell the bot about one place where it is installed."""
        self._world.chats.app_version = version
        place = self._world.chats.place(chat, user.id)
        return await self._tell([self._activities.installation(user, place, "add-upgrade")])

    async def join(self, user: User, chat: Chat) -> Outcome:
        """A person comes into the channel or group chat; where the bot is, it is told."""
        return await self._move(user, chat, absent=False)

    async def leave(self, user: User, chat: Chat) -> Outcome:
        return await self._move(user, chat, absent=True)

    async def team_event(self, user: User, event: str, channel: str | None) -> Outcome:
        """Rename or archive the team, make or remove a channel. Raises PersonError (404, 409)."""
        team = self._world.chats.team
        about: tuple[str, str] | None = None
        if event.startswith("channel"):
            if not channel:
                raise PersonError(422, "no-channel", "Name the channel.")
            about = _channel(team, event, channel)
        elif event == "teamRenamed":
            team.name = channel or team.name
        elif event in ("teamArchived", "teamUnarchived"):
            team.is_archived = event == "teamArchived"
        if Chat.CHANNEL not in self._world.chats.bot_is_in:
            return Outcome(status=None, reason="the bot is not in this team")
        return await self._tell([self._activities.team_event(user, event, about)])

    async def _move(self, user: User, chat: Chat, *, absent: bool) -> Outcome:
        chats = self._world.chats
        chats.set_absent(chat, [user.id], absent)
        if chat not in chats.bot_is_in:
            return Outcome(status=None, reason="the bot is not in this chat")
        place, who = chats.place(chat, user.id), [teams_id(user.id)]
        event = self._activities.membership(user, place, removed=who if absent else (), added=() if absent else who)
        return await self._tell([event])

    def _set_installed(self, place: Place, user: User, *, installed: bool) -> None:
        chats = self._world.chats
        if place.chat is Chat.PERSONAL:
            chats.set_installed(user.id, installed)
        elif installed:
            chats.bot_is_in.add(place.chat)
        else:
            chats.bot_is_in.discard(place.chat)

    async def _tell(self, events: list[Json]) -> Outcome:
        """Deliver one after the other; the status is that of the first that failed, else of the last."""
        answers: list[BotAnswer] = [await self._delivery.send(event) for event in events]
        worst = next((answer for answer in answers if not answer.is_success), answers[-1])
        return Outcome(status=worst.status, answer=worst.body)


def _channel(team: Team, event: str, name: str) -> tuple[str, str]:
    """Id and name of the channel, after the change. Raises PersonError (404, 409)."""
    known = {each: channel_id for channel_id, each in team.channels.items()}
    if event in ("channelCreated", "channelRestored"):
        if name in known:
            raise PersonError(409, "is-there", f"There is a channel {name!r} already.")
        channel_id = f"19:{hashlib.sha256(name.encode()).hexdigest()[:32]}@thread.tacv2"
        team.channels[channel_id] = name
        return channel_id, name
    old, _, new = name.partition(" -> ")
    if old not in known:
        raise nothing_like("channel", old, list(known))
    if event == "channelRenamed":
        team.channels[known[old]] = new or old
        return known[old], new or old
    if event == "channelDeleted":
        del team.channels[known[old]]
    return known[old], old
