"""What else a Teams client does: searching in cards, dialogs, files, the message extension."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sandbox.connector.app_manifest import read_manifest
from sandbox.control import answers
from sandbox.control.answers import ChatName
from sandbox.control.chat_operations import WaitFor, waiting
from sandbox.control.operations import Body, Call, Operation, RefusedError
from sandbox.control.people import find_person

_PERSON = "Persona key (requester, manager, …), display name, user principal name or object id"


class Search(Body):
    person: str = Field(description=_PERSON)
    input: str = Field(description="Id or label of the choice set")
    text: str = Field(max_length=1_000, description="What was typed so far")
    message: str | None = Field(default=None, description="Id of the message; else the newest card with the input")
    inputs: dict[str, Any] = Field(default_factory=dict, description="What stands in the card's other inputs, by id")
    device: int = Field(default=1, ge=1, le=5)
    dialog: bool = Field(default=False, description="The input is in the open dialog")


class SubmitDialog(Body):
    person: str = Field(description=_PERSON)
    button: str | None = Field(default=None, description="Title or id of a button in the dialog")
    inputs: dict[str, Any] = Field(default_factory=dict, description="What is typed or chosen, by input id or label")
    data: Any = Field(default=None, description="Sent in place of the button's own payload")
    check_inputs: bool = Field(default=False, alias="validate", description="Refuse (422) inputs no client would send")
    close: bool = Field(default=False, description="Close it with its cross instead")

    @model_validator(mode="after")
    def _does_one_thing(self) -> SubmitDialog:
        if self.close == (self.button is not None):
            raise ValueError("give a button, or close: true")
        return self


class Upload(Body):
    person: str = Field(description=_PERSON)
    name: str = Field(min_length=1, max_length=255, pattern=r'^[^/\\:*?"<>|\x00-\x1f]+$')
    content: str = Field(description="The file, in base64")
    text: str = Field(default="", max_length=28_000, description="A message that goes with it")
    chat: ChatName = Field(default="personal", description="Other chats refuse: Teams hands files over in 1:1 only")
    host: str | None = Field(
        default=None, pattern=r"^https?://[^/?#]+$", description="Scheme and host of the link, in place of the usual"
    )
    redirect_to: str | None = Field(default=None, description="The link leads here in place of the file")
    picture: str | None = Field(
        default=None, pattern=r"^image/[a-z+.-]+$", description="Paste it into the message as a picture of this type"
    )
    wait_for: WaitFor | None = None

    @field_validator("content")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise ValueError("is not base64") from error
        return value


class Consent(Body):
    person: str = Field(description=_PERSON)
    action: Literal["accept", "decline"]
    message: str | None = Field(default=None, description="Id of the message with the card; else the newest")


class FileQuery(Body):
    person: str = Field(description=_PERSON)
    id: str = Field(description="`uniqueId` of a file")


class Query(Body):
    person: str = Field(description=_PERSON)
    text: str | None = Field(default=None, max_length=1_000, description="null: it was just opened")
    chat: ChatName = "personal"
    command: str | None = Field(default=None, description="Id or title; else the first one")
    state: str | None = Field(default=None, description="The code that a sign-in page ended with")


class Pick(Body):
    person: str = Field(description=_PERSON)
    result: int = Field(ge=0, description="Number of the result, from 0")
    chat: ChatName = "personal"


class Unfurl(Body):
    person: str = Field(description=_PERSON)
    url: str = Field(min_length=1, max_length=4_000)
    chat: ChatName = "personal"


class PersonInChat(Body):
    person: str = Field(description=_PERSON)
    chat: ChatName = "personal"


class Manifest(Body):
    manifest: dict[str, Any] = Field(description="The app's manifest.json")


async def search(call: Call) -> Any:
    body: Search = call.body
    found = await call.teams.searcher.search(
        _id(call),
        body.input,
        body.text,
        message_id=body.message,
        inputs=body.inputs,
        device=body.device,
        in_dialog=body.dialog,
    )
    return found.to_json()


async def dialog(call: Call) -> Any:
    body: SubmitDialog = call.body
    if body.button is None:
        return call.teams.dialogs.dismiss(_id(call)).to_json()
    outcome = await call.teams.dialogs.submit(
        _id(call), body.button, inputs=body.inputs, data=body.data, validate=body.check_inputs
    )
    return outcome.to_json()


async def upload(call: Call) -> Any:
    body: Upload = call.body
    if body.picture is not None:
        pasted = await call.teams.files.paste(
            _id(call), body.name, base64.b64decode(body.content), body.picture, text=body.text, chat=body.chat
        )
        return pasted.to_json()
    outcome = await call.teams.files.attach(
        _id(call),
        body.name,
        base64.b64decode(body.content),
        text=body.text,
        chat=body.chat,
        host=body.host,
        redirect_to=body.redirect_to,
        **waiting(body.wait_for),
    )
    return outcome.to_json()


async def file_consent(call: Call) -> Any:
    body: Consent = call.body
    return (await call.teams.files.answer_consent(_id(call), body.action, message_id=body.message)).to_json()


async def file(call: Call) -> Any:
    found, url = call.teams.files.link_to(find_person(call.world, call.query.person).id, call.query.id)
    return {"name": found.name, "size": len(found.content), "url": url}


async def extension_query(call: Call) -> Any:
    body: Query = call.body
    composed = await call.teams.extension.query(_id(call), body.text, body.chat, command=body.command, state=body.state)
    return composed.to_json()


async def extension_pick(call: Call) -> Any:
    return (await call.teams.extension.pick(_id(call), call.body.result, call.body.chat)).to_json()


async def unfurl(call: Call) -> Any:
    return (await call.teams.extension.unfurl(_id(call), call.body.url, call.body.chat)).to_json()


async def discard_draft(call: Call) -> Any:
    call.teams.extension.discard(_id(call), call.body.chat)
    return {"done": True}


async def app(call: Call) -> Any:
    return asdict(call.world.chats.app)


async def set_manifest(call: Call) -> Any:
    try:
        call.world.chats.app = read_manifest(call.body.manifest)
    except ValueError as error:
        raise RefusedError(422, "not-valid", f"The manifest is not right: {error}.") from error
    call.world.events.publish("teams")
    return await app(call)


def _id(call: Call) -> str:
    return find_person(call.world, call.body.person).id


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/control/search",
        "Type into a choice set that asks for its choices",
        search,
        answers.Found,
        Search,
        tag="Chat",
        description="Datasets of the app are asked for with `application/search`; `graph.microsoft.com/users`, also"
        " with `?scope=currentContext`, is looked up without the bot and gives object ids.",
    ),
    Operation(
        "POST",
        "/control/dialog",
        "Press a button in the open dialog, or close it",
        dialog,
        answers.Outcome,
        SubmitDialog,
        tag="Chat",
        description="A dialog opens by pressing an `Action.Submit` with `msteams: {type: task/fetch}`. After trouble"
        " (`told`) it stays open.",
    ),
    Operation(
        "POST",
        "/control/upload",
        "Send the bot a file",
        upload,
        answers.Outcome,
        Upload,
        tag="Files",
        description="The link in the message opens the file for a while, without a bearer token and only without one."
        " With `picture` it is an `image/*` attachment that the bot fetches from the connector with its own token.",
    ),
    Operation(
        "POST",
        "/control/file-consent",
        "Answer a file consent card",
        file_consent,
        answers.Outcome,
        Consent,
        tag="Files",
    ),
    Operation(
        "GET", "/control/file", "A link to a file of a person", file, answers.FileLink, query=FileQuery, tag="Files"
    ),
    Operation(
        "POST",
        "/control/extension/query",
        "Search with the message extension",
        extension_query,
        answers.Composed,
        Query,
        tag="Compose box",
        description="It has five seconds. /control/extension/pick takes a result, and /control/say with `draft` sends"
        " it.",
    ),
    Operation(
        "POST",
        "/control/extension/pick",
        "Put a result into the compose box",
        extension_pick,
        answers.Composed,
        Pick,
        tag="Compose box",
    ),
    Operation(
        "POST",
        "/control/unfurl",
        "Paste a link into the compose box",
        unfurl,
        answers.Composed,
        Unfurl,
        tag="Compose box",
        description="Links of the app's domains become a card, by `composeExtension/queryLink`; for people who have not"
        " installed the app by `composeExtension/anonymousQueryLink`. Answers are kept for 30 minutes.",
    ),
    Operation(
        "POST",
        "/control/discard-draft",
        "Take the card out of the compose box",
        discard_draft,
        answers.Done,
        PersonInChat,
        tag="Compose box",
    ),
    Operation("GET", "/control/manifest", "What the clients know of the app", app, answers.App, tag="App"),
    Operation(
        "POST",
        "/control/manifest",
        "Give the clients the app's manifest",
        set_manifest,
        answers.App,
        Manifest,
        tag="App",
    ),
)
