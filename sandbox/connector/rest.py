"""The Bot Connector's REST calls: HTTP in, HTTP out. The rules are in `board`, `check` and `roster`."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from aiohttp import web

from sandbox.connector.board import EVERYWHERE
from sandbox.connector.client import TEAMS
from sandbox.connector.errors import (
    ConnectorError,
    bad_argument,
    bad_syntax,
    blocked,
    missing_property,
    no_conversation,
    no_member,
    not_in_roster,
    not_installed,
    refusal,
    throttled,
    unauthorized,
)
from sandbox.connector.state import CHANNEL_ID, Chat, Json, Message, Place
from sandbox.connector.throttle import Operation
from sandbox.entra.tokens import TokenRejected, read_connector_token
from sandbox.tenant.identity import BOT_APP_ID
from sandbox.world import WORLD, World

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.Response]]

_PAGE_SIZES = (50, 500)
_DEFAULT_PAGE = 200
_MOST_MEMBERS = 10_000


def connector_call(handle: Handler) -> Handler:
    """Check the caller's token and the app's rate before `handle`, and word refusals as the connector does."""

    async def call(request: web.Request) -> web.Response:
        world = request.app[WORLD]
        try:
            _check_caller(world, request)
            throttle(world, None, "")
            return await handle(request)
        except ConnectorError as error:
            headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
            return web.json_response(error.body(), status=error.status, headers=headers)

    return call


@connector_call
async def create_conversation(request: web.Request) -> web.Response:
    """A 1:1 chat with one member, the same each time, or a new thread in the channel."""
    body = await json_body(request)
    world = request.app[WORLD]
    _check_tenant(world, body)
    activity = body.get("activity")
    if activity is not None and not isinstance(activity, dict):
        raise bad_syntax("activity has to be a JSON object.")
    if body.get("isGroup"):
        return _create_thread(request, body, activity)
    place = _personal_place(request, body)
    throttle(world, Operation.CREATE, place.conversation_id)
    answer = {"id": place.conversation_id, "serviceUrl": f"{world.base_url}/connector/"}
    if activity is not None:
        posted = _post(request, place, activity)
        if posted is not None:
            answer["activityId"] = posted
    return web.json_response(answer, status=201)


def _personal_place(request: web.Request, body: Json) -> Place:
    """The 1:1 chat with the one member named. Raises ConnectorError (400, 403)."""
    world, board = request.app[WORLD], request.app[TEAMS].board
    members = body.get("members")
    if not isinstance(members, list) or len(members) != 1:
        raise bad_argument("A conversation that is no group has exactly one member; bots cannot begin group chats.")
    member_id = members[0].get("id") if isinstance(members[0], dict) else None
    user = board.roster.find_person(member_id) if isinstance(member_id, str) else None
    if user is None:
        raise bad_argument("Invalid user identity in provided tenant: give a member's 29: id or Entra object id.")
    place = world.chats.personal(user.id)
    if refused := world.chats.refused.get(place.conversation_id) or world.chats.refused.get(EVERYWHERE):
        raise refusal(refused)
    if not world.chats.has_installed(user.id):
        raise not_installed()
    if code := world.chats.blocked.get(user.id):
        raise blocked(code)
    return place


def _create_thread(request: web.Request, body: Json, activity: Json | None) -> web.Response:
    channel_data = body.get("channelData")
    channel = channel_data.get("channel") if isinstance(channel_data, dict) else None
    if not isinstance(channel, dict) or not isinstance(channel.get("id"), str):
        raise bad_argument("Bots cannot begin group chats. For a channel, name it in channelData.channel.id.")
    if channel["id"] != CHANNEL_ID:
        raise no_conversation()
    if activity is None:
        raise missing_property("A new thread needs its first activity.")
    world = request.app[WORLD]
    throttle(world, Operation.CREATE, CHANNEL_ID)
    place = Place(CHANNEL_ID, Chat.CHANNEL)
    posted = _post(request, place, activity)
    answer = {"id": f"{CHANNEL_ID};messageid={posted}", "serviceUrl": f"{world.base_url}/connector/"}
    return web.json_response({**answer, "activityId": posted} if posted else answer, status=201)


@connector_call
async def send_activity(request: web.Request) -> web.Response:
    """A message into a conversation, or (with an activity id in the path) as a reply to one."""
    place = place_of(request)
    activity = await json_body(request)
    posted = _post(request, place, activity, request.match_info.get("activity_id"))
    return web.json_response({"id": posted} if posted else {}, status=201)


@connector_call
async def update_activity(request: web.Request) -> web.Response:
    """Replace one of the bot's own messages."""
    place = place_of(request)
    activity = await json_body(request)
    teams = request.app[TEAMS]
    message = _own_message(request, place, activity)
    if activity.get("type", "message") != "message":
        raise bad_argument("A message can be replaced only by a message.")
    teams.board.edit(message, activity)
    teams.bot_edited(message)
    return web.json_response({"id": message.id})


@connector_call
async def delete_activity(request: web.Request) -> web.Response:
    place = place_of(request)
    message = _own_message(request, place, {})
    request.app[TEAMS].board.delete(message)
    return web.Response(status=200)


@connector_call
async def get_members(request: web.Request) -> web.Response:
    """Everybody at once, which Teams allows five times a minute."""
    place = place_of(request, Operation.ALL_MEMBERS)
    roster = request.app[TEAMS].board.roster
    return web.json_response([roster.member_json(user) for user in roster.members(place)[:_MOST_MEMBERS]])


@connector_call
async def get_member(request: web.Request) -> web.Response:
    place = place_of(request, Operation.MEMBERS)
    roster = request.app[TEAMS].board.roster
    user = roster.find_person(request.match_info["member_id"])
    if user is None or not roster.is_member(place, user.id):
        raise no_member()
    return web.json_response(roster.member_json(user))


@connector_call
async def get_paged_members(request: web.Request) -> web.Response:
    place = place_of(request, Operation.MEMBERS)
    roster = request.app[TEAMS].board.roster
    start, size = _page(request)
    members = roster.members(place)
    answer: Json = {"members": [roster.member_json(user) for user in members[start : start + size]]}
    if start + size < len(members):
        answer["continuationToken"] = base64.urlsafe_b64encode(f"from {start + size}".encode()).decode()
    return web.json_response(answer)


def _page(request: web.Request) -> tuple[int, int]:
    """Where the page starts and how long it is. Raises ConnectorError (400)."""
    text = request.query.get("pageSize", str(_DEFAULT_PAGE))
    if not text.isascii() or not text.isdigit():
        raise bad_argument("pageSize has to be a number.")
    size = min(max(int(text), _PAGE_SIZES[0]), _PAGE_SIZES[1])
    token = request.query.get("continuationToken")
    if not token:
        return 0, size
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("from ")), size
    except (binascii.Error, ValueError):
        raise bad_argument("The continuationToken was not given out by this service.") from None


def _post(request: web.Request, place: Place, activity: Json, reply_to: str | None = None) -> str | None:
    """Take an activity; gives its id, or None when Teams gives none: typing, and what it splits in two.

    Raises ConnectorError.
    """
    world, teams = request.app[WORLD], request.app[TEAMS]
    teams.board.admit_bot(place)
    kind = activity.get("type", "message")
    if kind not in ("message", "typing"):
        raise bad_argument(f"Teams takes messages and typing, not activities of type {kind!r}.")
    parts = 2 if kind == "message" and activity.get("text") and activity.get("attachments") else 1
    for _ in range(parts):
        throttle(world, Operation.SEND, place.conversation_id)
    if kind == "typing":
        world.events.publish("typing", person=place.owner, chat=place.chat.value)
        return None
    visible_to = teams.board.recipient(place, activity) if _is_targeted(request) else None
    posted = teams.board.post(place, activity, visible_to=visible_to, reply_to=reply_to)
    teams.bot_posted(posted)
    return posted[0].id if len(posted) == 1 else None


def _own_message(request: web.Request, place: Place, activity: Json) -> Message:
    world, board = request.app[WORLD], request.app[TEAMS].board
    board.admit_bot(place)
    throttle(world, Operation.SEND, place.conversation_id)
    targeted = _is_targeted(request)
    if targeted and activity.get("recipient"):
        raise bad_argument("The recipient of a targeted message cannot be given again.")
    return board.own_message(place, request.match_info["activity_id"], targeted=targeted)


def place_of(request: web.Request, reading: Operation | None = None) -> Place:
    """The conversation of the path. Raises ConnectorError (403, 404, 429)."""
    world, board = request.app[WORLD], request.app[TEAMS].board
    place = world.chats.find_place(request.match_info["conversation_id"])
    if place is None or not board.roster.exists(place):
        raise no_conversation()
    if reading is not None:
        if not is_in(world, place):
            raise not_in_roster()
        throttle(world, reading, place.conversation_id)
    return place


def is_in(world: World, place: Place) -> bool:
    if place.owner is not None:
        return world.chats.has_installed(place.owner)
    return place.chat in world.chats.bot_is_in


def throttle(world: World, operation: Operation | None, conversation_id: str) -> None:
    """Count one call of the app (no operation) or in a conversation. Raises ConnectorError (429)."""
    chats = world.chats
    if not chats.behaviour.throttling:
        return
    wait = chats.throttle.admit_app() if operation is None else chats.throttle.admit(operation, conversation_id)
    if wait:
        raise throttled(wait)


def _check_caller(world: World, request: web.Request) -> None:
    try:
        app_id = read_connector_token(world, request.headers.get("Authorization"))
    except TokenRejected as error:
        raise unauthorized(error.message) from error
    if app_id != BOT_APP_ID:
        raise ConnectorError(401, "BotNotRegistered", "The app of this token is not registered as a bot.")


def _check_tenant(world: World, body: Json) -> None:
    """The tenant may be named in three places; the service does not mind how `tenantId` is capitalised."""
    channel_data = body.get("channelData")
    tenant = channel_data.get("tenant") if isinstance(channel_data, dict) else None
    named = [body.get("tenantId"), body.get("tenantID"), tenant.get("id") if isinstance(tenant, dict) else None]
    given = [each for each in named if each]
    if not given and not body.get("isGroup"):
        raise missing_property("The conversation needs a tenantId.")
    if any(each != world.tenant.id for each in given):
        raise bad_argument("The tenant is not the one the bot is installed in.")


def _is_targeted(request: web.Request) -> bool:
    return request.query.get("isTargetedActivity", "").casefold() == "true"


async def json_body(request: web.Request) -> Json:
    try:
        body: Any = json.loads(await request.read())
    except ValueError:
        raise bad_syntax("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise bad_syntax("The body has to be a JSON object.")
    return body
