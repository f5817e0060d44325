"""Teams apps, their installations and the chats that come with these. Shapes: docs/sandbox.md."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Final

from sandbox.graph import wire
from sandbox.graph.reader import Reader
from sandbox.graph.types.base import EntityType, many, one
from sandbox.tenant.identity import BOT_APP_ID, TEAMS_APP_ID, stable_id
from sandbox.tenant.model import User

_MARK: Final = "##"


@dataclass(frozen=True, slots=True)
class TeamsApp:
    """An app of the organization's catalog. `external_id` is the one of its manifest, `id` the catalog's own."""

    id: str
    external_id: str
    display_name: str
    app_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Installation:
    """An app that somebody has in Teams."""

    user: User
    app: TeamsApp

    @property
    def id(self) -> str:
        return base64.b64encode(f"{self.user.id}{_MARK}{self.app.id}".encode()).decode()


@dataclass(frozen=True, slots=True)
class AppChat:
    """The chat of somebody with an app's bot."""

    installation: Installation

    @property
    def id(self) -> str:
        return f"19:{self.installation.user.id}_{self.installation.app.app_id}@unq.gbl.spaces"


def catalog(reader: Reader) -> list[TeamsApp]:
    """The apps of the organization: the bot's."""
    bot = reader.tenant.apps.get(BOT_APP_ID)
    if bot is None:
        return []
    version = reader.world.chats.app_version
    return [TeamsApp(stable_id("teams-app/" + TEAMS_APP_ID), TEAMS_APP_ID, bot.display_name, BOT_APP_ID, version)]


def app_of_installation(installation_id: str, user_id: str) -> str | None:
    """The id of the app that an installation of that person is of; None for what is no such id."""
    try:
        text = base64.b64decode(installation_id + "=" * (-len(installation_id) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    owner, mark, app_id = text.partition(_MARK)
    return app_id if mark and owner == user_id else None


TEAMS_APP: Final = EntityType(
    "teamsApp",
    {
        "id": lambda _, a: a.id,
        "externalId": lambda _, a: a.external_id,
        "displayName": lambda _, a: a.display_name,
        "distributionMethod": lambda _, a: "organization",
    },
    {"appDefinitions": many("teamsAppDefinition", lambda _, a: [a])},
)
TEAMS_APP_DEFINITION: Final = EntityType(
    "teamsAppDefinition",
    {
        "id": lambda _, a: base64.b64encode(f"{a.id}{_MARK}{a.version}".encode()).decode(),
        "teamsAppId": lambda _, a: a.id,
        "azureADAppId": lambda _, a: a.app_id,
        "displayName": lambda _, a: a.display_name,
        "version": lambda _, a: a.version,
        "publishingState": lambda _, a: "published",
        "shortDescription": lambda _, a: a.display_name,
        "description": lambda _, a: a.display_name,
        "lastModifiedDateTime": lambda _, a: None,
        "createdBy": lambda _, a: None,
    },
)
INSTALLATION: Final = EntityType(
    "userScopeTeamsAppInstallation",
    {"id": lambda _, i: i.id},
    {
        "teamsApp": one("teamsApp", lambda _, i: i.app),
        "teamsAppDefinition": one("teamsAppDefinition", lambda _, i: i.app),
    },
)
CHAT: Final = EntityType(
    "chat",
    {
        "id": lambda _, c: c.id,
        "topic": lambda _, c: None,
        "createdDateTime": lambda _, c: wire.moment(c.installation.user.created_at),
        "lastUpdatedDateTime": lambda _, c: wire.moment(c.installation.user.created_at),
        "chatType": lambda _, c: "oneOnOne",
        "tenantId": lambda r, c: r.tenant.id,
    },
)
