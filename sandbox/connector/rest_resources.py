"""The connector's smaller calls: teams, attachments, reactions of the bot, meetings, and who sees a message.

Source: the Bot Connector's published description (`botframework-channel.json`), Microsoft's Teams SDK.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import timedelta
from typing import get_args

from aiohttp import web

from sandbox.connector.client import TEAMS
from sandbox.connector.errors import (
    ConnectorError,
    bad_argument,
    missing_property,
    no_activity,
    no_conversation,
    no_member,
    not_in_roster,
)
from sandbox.connector.rest import connector_call, is_in, json_body, place_of, throttle
from sandbox.connector.state import (
    BOT,
    CHANNEL_ID,
    GROUP_ID,
    TEAM_GROUP_ID,
    Chat,
    Json,
    Message,
    Place,
    Reaction,
    StoredAttachment,
)
from sandbox.connector.throttle import Operation
from sandbox.tenant.identity import teams_id
from sandbox.world import WORLD

MEETING_ID = base64.b64encode(f"0#{GROUP_ID}#0".encode()).decode()
"""The one meeting there is: the group chat's own, with everybody in it."""
_LARGEST_ATTACHMENT = 4 * 1024 * 1024


@connector_call
async def get_team(request: web.Request) -> web.Response:
    """The team of the channel, by the id that its channel General has too."""
    _in_team(request)
    world, roster = request.app[WORLD], request.app[TEAMS].board.roster
    throttle(world, Operation.CONVERSATIONS, CHANNEL_ID)
    team = world.chats.team
    return web.json_response(
        {
            "id": CHANNEL_ID,
            "name": team.name,
            "aadGroupId": TEAM_GROUP_ID,
            "channelCount": 1 + len(team.channels),
            "memberCount": len(roster.members(Place(CHANNEL_ID, Chat.CHANNEL))),
            "type": "standard",
        }
    )


@connector_call
async def get_channels(request: web.Request) -> web.Response:
    """The team's channels. General has no name, because every client calls it in its own language."""
    _in_team(request)
    world = request.app[WORLD]
    throttle(world, Operation.CONVERSATIONS, CHANNEL_ID)
    listed: list[Json] = [{"id": CHANNEL_ID, "name": None, "type": "standard"}]
    listed += [{"id": id_, "name": name, "type": "standard"} for id_, name in world.chats.team.channels.items()]
    return web.json_response({"conversations": listed})


def _in_team(request: web.Request) -> None:
    """Raises ConnectorError (403, 404)."""
    if request.match_info["team_id"] != CHANNEL_ID:
        raise no_conversation()
    if Chat.CHANNEL not in request.app[WORLD].chats.bot_is_in:
        raise not_in_roster()


@connector_call
async def get_activity_members(request: web.Request) -> web.Response:
    """Who sees a message: everybody in the conversation, or the one person whom a targeted message is for."""
    place = place_of(request, Operation.MEMBERS)
    board = request.app[TEAMS].board
    message = _message(request, place)
    people = [user for user in board.roster.members(place) if board.sees(message, user.id)]
    return web.json_response([board.roster.member_json(user) for user in people])


@connector_call
async def put_reaction(request: web.Request) -> web.Response:
    return _react(request, remove=False)


@connector_call
async def delete_reaction(request: web.Request) -> web.Response:
    return _react(request, remove=True)


def _react(request: web.Request, *, remove: bool) -> web.Response:
    place = place_of(request)
    board = request.app[TEAMS].board
    board.admit_bot(place)
    throttle(request.app[WORLD], Operation.SEND, place.conversation_id)
    kind = request.match_info["reaction"]
    if kind not in get_args(Reaction):
        raise bad_argument(f"There is no reaction {kind!r}; there is {', '.join(get_args(Reaction))}.")
    message = _message(request, place)
    if message.visible_to is not None:
        raise bad_argument("Targeted messages take no reactions.")
    board.react(message, BOT, kind, remove=remove)
    return web.Response(status=200)


def _message(request: web.Request, place: Place) -> Message:
    """Raises ConnectorError (404)."""
    message = request.app[WORLD].chats.find(request.match_info["activity_id"])
    if message is None or message.is_deleted or message.place.conversation_id != place.conversation_id:
        raise no_activity()
    return message


@connector_call
async def post_attachment(request: web.Request) -> web.Response:
    """Keep a file, so that messages can refer to it by the connector's own address."""
    place = place_of(request)
    request.app[TEAMS].board.admit_bot(place)
    throttle(request.app[WORLD], Operation.SEND, place.conversation_id)
    body = await json_body(request)
    content_type, name = body.get("type"), body.get("name")
    if not isinstance(content_type, str) or not content_type or not isinstance(name, str):
        raise missing_property("An attachment needs its type and name.")
    original = _decoded(body, "originalBase64")
    if original is None:
        raise missing_property("An attachment needs originalBase64.")
    kept = StoredAttachment(name, content_type, original, _decoded(body, "thumbnailBase64"))
    attachment_id = str(uuid.uuid4())
    request.app[WORLD].chats.stored[attachment_id] = kept
    return web.json_response({"id": attachment_id}, status=201)


def _decoded(body: Json, name: str) -> bytes | None:
    """Raises ConnectorError (400, 413)."""
    text = body.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        raise bad_argument(f"{name} has to be a string.")
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise bad_argument(f"{name} is not base64.") from None
    if len(content) > _LARGEST_ATTACHMENT:
        raise ConnectorError(413, "MessageSizeTooBig", f"{name} has more than {_LARGEST_ATTACHMENT} bytes.")
    return content


@connector_call
async def get_attachment(request: web.Request) -> web.Response:
    kept = _stored(request)
    views = [{"viewId": "original", "size": len(kept.original)}]
    if kept.thumbnail is not None:
        views.append({"viewId": "thumbnail", "size": len(kept.thumbnail)})
    return web.json_response({"name": kept.name, "type": kept.content_type, "views": views})


@connector_call
async def get_attachment_view(request: web.Request) -> web.Response:
    kept = _stored(request)
    content = {"original": kept.original, "thumbnail": kept.thumbnail}.get(request.match_info["view_id"])
    if content is None:
        raise ConnectorError(404, "NotFound", "The attachment has no such view.")
    return web.Response(body=content, headers={"Content-Type": "application/octet-stream"})


def _stored(request: web.Request) -> StoredAttachment:
    kept = request.app[WORLD].chats.stored.get(request.match_info["attachment_id"])
    if kept is None:
        raise ConnectorError(404, "NotFound", "There is no such attachment.")
    return kept


@connector_call
async def get_meeting(request: web.Request) -> web.Response:
    place = _meeting(request)
    world, roster = request.app[WORLD], request.app[TEAMS].board.roster
    now = world.clock.now().replace(minute=0, second=0, microsecond=0)
    first = roster.members(place)[0]
    details = {
        "id": MEETING_ID,
        "msGraphResourceId": base64.b64encode(f"1*{first.id}*0**{GROUP_ID}".encode()).decode(),
        "scheduledStartTime": now.isoformat(),
        "scheduledEndTime": (now + timedelta(hours=1)).isoformat(),
        "joinUrl": f"{world.base_url}/meetings/1",
        "title": "Weekly meeting",
        "type": "Scheduled",
    }
    organizer = {"id": teams_id(first.id), "aadObjectId": first.id, "tenantId": world.tenant.id}
    conversation = {"id": GROUP_ID, "isGroup": True, "conversationType": "groupChat"}
    return web.json_response({"details": details, "conversation": conversation, "organizer": organizer})


@connector_call
async def get_participant(request: web.Request) -> web.Response:
    """Somebody in the meeting, by their Entra object id; `tenantId` is needed."""
    place = _meeting(request)
    world, roster = request.app[WORLD], request.app[TEAMS].board.roster
    if request.query.get("tenantId") != world.tenant.id:
        raise bad_argument("tenantId has to be the tenant of the meeting.")
    members = roster.members(place)
    user = next((each for each in members if each.id == request.match_info["member_id"]), None)
    if user is None:
        raise no_member()
    role = "Organizer" if user is members[0] else "Attendee"
    conversation = {"id": GROUP_ID, "isGroup": True, "conversationType": "groupChat"}
    meeting = {"role": role, "inMeeting": True}
    return web.json_response({"user": roster.member_json(user), "meeting": meeting, "conversation": conversation})


def _meeting(request: web.Request) -> Place:
    """Raises ConnectorError (403, 404)."""
    world = request.app[WORLD]
    place = Place(GROUP_ID, Chat.GROUP)
    if request.match_info["meeting_id"] != MEETING_ID or not request.app[TEAMS].board.roster.members(place):
        raise ConnectorError(404, "MeetingNotFound", "There is no such meeting.")
    if not is_in(world, place):
        raise not_in_roster()
    throttle(world, Operation.MEMBERS, GROUP_ID)
    return place
