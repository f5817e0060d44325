"""Who is in a conversation, and under which names: object ids, the "29:…" ids of this bot, the bot's own."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.connector.state import CHANNEL_ID, GROUP_ID, Chat, Json, Place
from sandbox.tenant.directory import User
from sandbox.tenant.identity import BOT_TEAMS_ID, teams_id
from sandbox.world import World

BOT_NAME = "Doorman"


class Roster:
    def __init__(self, world: World) -> None:
        self._world = world
        self._by_teams_id: dict[str, str] = {}

    def find_person(self, member_id: str) -> User | None:
        """The user with this object id or "29:…" id. Names and addresses are no ids, as in Teams: None for them."""
        users = self._world.tenant.users
        if member_id in users:
            return users[member_id]
        if not member_id.startswith("29:"):
            return None
        if member_id not in self._by_teams_id:
            self._by_teams_id |= {teams_id(user_id): user_id for user_id in users}
        return users.get(self._by_teams_id.get(member_id, ""))

    def members(self, place: Place) -> list[User]:
        """The people of a conversation, in a fixed order; the bot is not among them."""
        users, chats = self._world.tenant.users, self._world.chats
        if place.chat is Chat.PERSONAL:
            owner = users.get(place.owner or "")
            return [owner] if owner else []
        found: Iterable[User] = users.values()
        if place.chat is Chat.GROUP:
            found = [users[persona.user_id] for persona in self._world.tenant.personas if persona.user_id in users]
        return [user for user in found if not chats.is_absent(place.chat, user.id)]

    def is_member(self, place: Place, person: str) -> bool:
        if person not in self._world.tenant.users or self._world.chats.is_absent(place.chat, person):
            return False
        if place.chat is Chat.PERSONAL:
            return place.owner == person
        if place.chat is Chat.GROUP:
            return any(persona.user_id == person for persona in self._world.tenant.personas)
        return True

    def exists(self, place: Place) -> bool:
        """False for the 1:1 chat of somebody who is not in the directory."""
        return place.conversation_id in (CHANNEL_ID, GROUP_ID) or place.owner in self._world.tenant.users

    def member_json(self, user: User) -> Json:
        """A member as the connector tells it."""
        member = {
            "id": teams_id(user.id),
            "aadObjectId": user.id,
            "objectId": user.id,
            "name": user.display_name,
            "givenName": user.given_name,
            "surname": user.surname,
            "email": user.mail,
            "userPrincipalName": user.user_principal_name,
            "tenantId": self._world.tenant.id,
            "userRole": "guest" if user.is_guest else "user",
        }
        return {key: value for key, value in member.items() if value}

    def account(self, user: User) -> Json:
        """The `from` of an activity."""
        return {"id": teams_id(user.id), "name": user.display_name, "aadObjectId": user.id}

    @property
    def bot_account(self) -> Json:
        return {"id": BOT_TEAMS_ID, "name": BOT_NAME}
