"""The addresses of the Bot Connector, and the clients that live as long as the server does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import aiohttp
from aiohttp import web

from sandbox.connector import drive_rest, rest
from sandbox.connector import rest_resources as more
from sandbox.connector.client import TEAMS, TeamsClient
from sandbox.world import World

_V3, _V1 = "/connector/v3", "/connector/v1"
_CONVERSATIONS = _V3 + "/conversations"
_CONVERSATION = _CONVERSATIONS + "/{conversation_id}"
_ACTIVITIES = _CONVERSATION + "/activities"
_ACTIVITY = _ACTIVITIES + "/{activity_id}"


def routes(world: World) -> Iterable[web.RouteDef]:
    return [
        web.post(_CONVERSATIONS, rest.create_conversation),
        web.post(_ACTIVITIES, rest.send_activity),
        web.post(_ACTIVITY, rest.send_activity),
        web.put(_ACTIVITY, rest.update_activity),
        web.delete(_ACTIVITY, rest.delete_activity),
        web.get(_CONVERSATION + "/members", rest.get_members),
        web.get(_CONVERSATION + "/members/{member_id}", rest.get_member),
        web.get(_CONVERSATION + "/pagedmembers", rest.get_paged_members),
        web.get(_ACTIVITY + "/members", more.get_activity_members),
        web.put(_ACTIVITY + "/reactions/{reaction}", more.put_reaction),
        web.delete(_ACTIVITY + "/reactions/{reaction}", more.delete_reaction),
        web.post(_CONVERSATION + "/attachments", more.post_attachment),
        web.get(_V3 + "/attachments/{attachment_id}", more.get_attachment),
        web.get(_V3 + "/attachments/{attachment_id}/views/{view_id}", more.get_attachment_view),
        web.get(_V3 + "/teams/{team_id}", more.get_team),
        web.get(_V3 + "/teams/{team_id}/conversations", more.get_channels),
        web.get(_V1 + "/meetings/{meeting_id}", more.get_meeting),
        web.get(_V1 + "/meetings/{meeting_id}/participants/{member_id}", more.get_participant),
        *drive_rest.routes(world),
    ]


def contexts(world: World) -> list[Callable[[web.Application], AsyncIterator[None]]]:
    async def teams(app: web.Application) -> AsyncIterator[None]:
        """The people's clients. Their connections to the bot are not limited: everybody has their own device."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            client = TeamsClient(world, session)
            app[TEAMS] = client
            world.tell_installation = client.installed_from_outside
            yield
            world.tell_installation = None
            await client.close()

    return [teams]
