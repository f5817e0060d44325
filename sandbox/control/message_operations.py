"""Messages that are there, the message extension's commands, the team, refusals, and activities of any kind."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.connector.board import EVERYWHERE
from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import Chat, Reaction, RefusalCode
from sandbox.control import answers
from sandbox.control.answers import ChatName
from sandbox.control.operations import Body, Call, Operation
from sandbox.control.people import find_person

_PERSON = "Persona key (requester, manager, …), display name, user principal name or object id"


class React(Body):
    person: str = Field(description=_PERSON)
    message: str = Field(description="Id of the message")
    reaction: Reaction = "like"
    remove: bool = Field(default=False, description="Take it away")


class EditMessage(Body):
    person: str = Field(description=_PERSON)
    message: str = Field(description="Id of a message of this person")
    text: str = Field(min_length=1, max_length=28_000)


class OwnMessage(Body):
    person: str = Field(description=_PERSON)
    message: str = Field(description="Id of a message of this person")


class ChatOfPerson(Body):
    person: str = Field(description=_PERSON)
    chat: ChatName = "personal"


class GiveFeedback(Body):
    person: str = Field(description=_PERSON)
    message: str = Field(description="Id of a message that asks for feedback")
    reaction: Literal["like", "dislike"] = "like"
    text: str = Field(default="", max_length=4_000, description="What is written in Teams' own form")


class RunCommand(Body):
    person: str = Field(description=_PERSON)
    command: str = Field(description="Id or title")
    chat: ChatName = "personal"
    context: Literal["compose", "commandbox"] = "compose"
    message: str | None = Field(default=None, description="Id of a message: the command is of its menu")


class AnswerPreview(Body):
    person: str = Field(description=_PERSON)
    action: Literal["edit", "send"]
    chat: ChatName = "personal"


class ExtensionSettings(Body):
    person: str = Field(description=_PERSON)
    chat: ChatName = "personal"
    state: str | None = Field(default=None, description="What the settings page ended with; null asks for the page")


class TeamEvent(Body):
    person: str = Field(default="admin", description=f"Who does it. {_PERSON}")
    event: Literal[
        "channelCreated",
        "channelRenamed",
        "channelDeleted",
        "channelRestored",
        "channelShared",
        "channelUnshared",
        "teamRenamed",
        "teamArchived",
        "teamUnarchived",
        "teamDeleted",
        "teamHardDeleted",
        "teamRestored",
    ]
    name: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description='The channel, "old -> new" to rename it; the team\'s name',
    )

    @model_validator(mode="after")
    def _names_the_channel(self) -> TeamEvent:
        if self.name is None and (self.event.startswith("channel") or self.event == "teamRenamed"):
            raise ValueError("give a name")
        return self


class Refuse(Body):
    code: RefusalCode | None = Field(description="How the bot's next writing is refused; null: no more")
    person: str | None = Field(default=None, description=f"In this person's 1:1 chat. {_PERSON}")
    chat: Literal["group", "channel"] | None = Field(default=None, description="Or in this chat; else everywhere")


class AnyActivity(Body):
    person: str = Field(description=_PERSON)
    activity: dict[str, Any] = Field(
        description="Members that differ from the usual ones; objects are merged, null takes a member away"
    )
    chat: ChatName = "personal"


async def react(call: Call) -> Any:
    body: React = call.body
    return (await call.teams.changes.react(_id(call), body.message, body.reaction, remove=body.remove)).to_json()


async def edit(call: Call) -> Any:
    return (await call.teams.changes.edit(_id(call), call.body.message, call.body.text)).to_json()


async def delete(call: Call) -> Any:
    return (await call.teams.changes.delete(_id(call), call.body.message)).to_json()


async def undelete(call: Call) -> Any:
    return (await call.teams.changes.undelete(_id(call), call.body.message)).to_json()


async def read(call: Call) -> Any:
    return (await call.teams.changes.read(_id(call), call.body.chat)).to_json()


async def feedback(call: Call) -> Any:
    body: GiveFeedback = call.body
    return (await call.teams.feedback.give(_id(call), body.message, body.reaction, body.text)).to_json()


async def command(call: Call) -> Any:
    body: RunCommand = call.body
    outcome = await call.teams.commands.run(
        _id(call), body.command, body.chat, context=body.context, message_id=body.message
    )
    return outcome.to_json()


async def preview(call: Call) -> Any:
    return (await call.teams.commands.answer_preview(_id(call), call.body.action, call.body.chat)).to_json()


async def extension_settings(call: Call) -> Any:
    return (await call.teams.extension.settings(_id(call), call.body.chat, state=call.body.state)).to_json()


async def configure(call: Call) -> Any:
    return (await call.teams.dialogs.configure(_id(call), call.body.chat)).to_json()


async def team_event(call: Call) -> Any:
    return (await call.teams.team_event(_id(call), call.body.event, call.body.name)).to_json()


async def refuse(call: Call) -> Any:
    body: Refuse = call.body
    chats = call.world.chats
    where = EVERYWHERE
    if body.person is not None:
        where = chats.personal(_id(call)).conversation_id
    elif body.chat is not None:
        where = chats.place(Chat(body.chat), "").conversation_id
    if body.code is None:
        chats.refused.pop(where, None)
    else:
        chats.refused[where] = body.code
    call.world.events.publish("teams")
    return Outcome(status=None, reason="the bot hears of it when it writes next").to_json()


async def activity(call: Call) -> Any:
    return (await call.teams.anything(_id(call), call.body.activity, call.body.chat)).to_json()


def _id(call: Call) -> str:
    return find_person(call.world, call.body.person).id


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/control/react",
        "React to a message",
        react,
        answers.Outcome,
        React,
        tag="Messages",
        description="The bot hears of reactions to its own messages (`messageReaction`).",
    ),
    Operation(
        "POST",
        "/control/edit",
        "Edit one's own message",
        edit,
        answers.Outcome,
        EditMessage,
        tag="Messages",
        description="`messageUpdate` with the event `editMessage`.",
    ),
    Operation(
        "POST",
        "/control/delete",
        "Delete one's own message",
        delete,
        answers.Outcome,
        OwnMessage,
        tag="Messages",
        description="`messageDelete` with the event `softDeleteMessage`: it can be brought back.",
    ),
    Operation(
        "POST",
        "/control/undelete",
        "Bring back a message that one deleted",
        undelete,
        answers.Outcome,
        OwnMessage,
        tag="Messages",
        description="`messageUpdate` with the event `undeleteMessage`.",
    ),
    Operation(
        "POST",
        "/control/read",
        "Have read a chat",
        read,
        answers.Outcome,
        ChatOfPerson,
        tag="Messages",
        description="The bot gets the event `application/vnd.microsoft.readReceipt` where `read_receipts` of"
        " /control/teams is on.",
    ),
    Operation(
        "POST",
        "/control/feedback",
        "Press a thumb under a message of the bot",
        feedback,
        answers.Outcome,
        GiveFeedback,
        tag="Messages",
        description="Under messages with `channelData.feedbackLoop`: `message/submitAction`, or `message/fetchTask`"
        " for a form of the bot's own, which /control/dialog submits.",
    ),
    Operation(
        "POST",
        "/control/extension/command",
        "Choose an action command of the message extension",
        command,
        answers.Outcome,
        RunCommand,
        tag="Compose box",
        description="`composeExtension/fetchTask`, or a form of the client's own for commands without it. The dialog"
        " goes on with /control/dialog, which sends `composeExtension/submitAction`.",
    ),
    Operation(
        "POST",
        "/control/extension/preview",
        "Edit or send the message that the bot would send",
        preview,
        answers.Outcome,
        AnswerPreview,
        tag="Compose box",
        description="After an answer of the type `botMessagePreview`.",
    ),
    Operation(
        "POST",
        "/control/extension/settings",
        "Open or change the message extension's settings",
        extension_settings,
        answers.Composed,
        ExtensionSettings,
        tag="Compose box",
        description="`composeExtension/querySettingUrl`, then `composeExtension/setting`.",
    ),
    Operation(
        "POST",
        "/control/configure",
        "Open the bot's settings in a channel or group chat",
        configure,
        answers.Outcome,
        ChatOfPerson,
        tag="App",
        description="`config/fetch`; the dialog that comes back submits `config/submit`.",
    ),
    Operation(
        "POST",
        "/control/team-event",
        "Change the team or its channels",
        team_event,
        answers.Outcome,
        TeamEvent,
        tag="App",
        description="A `conversationUpdate` with that `eventType`. Nobody writes in other channels than General.",
    ),
    Operation(
        "POST",
        "/control/refuse",
        "Let the connector refuse what the bot writes",
        refuse,
        answers.Outcome,
        Refuse,
        tag="App",
        description="With any of the 403 codes, or 412; people can still write. See also /control/block.",
    ),
    Operation(
        "POST",
        "/control/activity",
        "Send the bot an activity of any kind",
        activity,
        answers.Outcome,
        AnyActivity,
        tag="Chat",
        description="For what no other operation sends: event and invoke names of all kinds, other tenants, members"
        " that are missing or wrong. Nothing of it shows in the chat.",
    ),
)
