"""What the control plane answers, described for the OpenAPI document; the tests hold the answers to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ChatName = Literal["personal", "group", "channel"]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Done(Answer):
    done: bool = True


class Sender(Answer):
    id: str = Field(description="29:… for people, 28:… for the bot")
    name: str
    is_bot: bool


class Login(Answer):
    url: str


class Suggestion(Answer):
    title: str
    value: str = Field(description="What pressing it writes")


class Reaction(Answer):
    type: str
    people: list[str] = Field(description="Names")
    mine: bool = Field(description="One of them is this person's")


class Message(Answer):
    """A message as one person sees it."""

    id: str = Field(description="Milliseconds since 1970; later messages have larger ids")
    chat: ChatName
    thread: str | None = Field(description="Id of the message that began the channel thread")
    sender: Sender = Field(alias="from")
    text: str
    text_format: str = Field(description="plain, markdown, xml or extendedMarkdown")
    card: dict[str, Any] | None = Field(description="The Adaptive Card as everybody has it")
    shown: dict[str, Any] | None = Field(
        description="The card as this person sees it; `card` unless they have an own view"
    )
    summary: str
    attachments: list[dict[str, Any]] = Field(description="As the bot sent them, OAuthCards too")
    entities: list[dict[str, Any]]
    at: datetime
    edited_at: datetime | None
    deleted: bool
    edits: int
    notes: list[str] = Field(description="Lines that this person's client showed under the message")
    warnings: list[str] = Field(description="What Teams would take and perhaps not show")
    sign_in: Literal["silent", "done", "button"] | None = Field(description="How far the OAuthCard of the message is")
    login: Login | None = Field(description="The sign-in button that a press on this card waits for")
    only_you: bool = Field(description="A targeted message: nobody else in the chat sees it")
    reply_to: str | None
    suggestions: list[Suggestion] = Field(description="Suggested actions, as many as Teams shows")
    reactions: list[Reaction]
    feedback: Literal["default", "custom"] | None = Field(
        description="Thumbs under the message: with Teams' own form, or one of the bot's"
    )
    given_feedback: str | None = Field(description="This person's: like or dislike")


class Dialog(Answer):
    message: str | None = Field(description="The message whose button opened it")
    title: str
    height: str | int = Field(description="small, medium, large or pixels")
    width: str | int
    card: dict[str, Any] | None
    url: str | None = Field(description="The page that it shows in place of a card")
    warnings: list[str] = Field(description="What Teams would perhaps not show of the card")


class Preview(Answer):
    title: str
    text: str
    image: str | None


class Composed(Answer):
    status: int | None = Field(description="HTTP status of the bot's answer; null when it was not asked")
    answer: Any
    kind: str | None = Field(description="result, message, auth, silentAuth or config; null for a useless answer")
    layout: Literal["list", "grid"]
    results: list[Preview] = Field(description="At most 25")
    draft: dict[str, Any] | None = Field(description="The attachment that stands in the compose box")
    warnings: list[str]
    text: str | None = Field(description="What the compose box says")
    url: str | None = Field(description="The page of a sign-in or of settings")
    reason: str | None = Field(description="Why the bot was not asked")
    preview: dict[str, Any] | None = Field(
        description="The message that the bot would send in its own name: see /control/extension/preview"
    )


class LoginRequired(Answer):
    message: str
    url: str


class Outcome(Answer):
    status: int | None = Field(
        description="HTTP status of the bot's answer: 0 when it could not be reached, 504 when it took longer than"
        " 10 s, null when it was not asked"
    )
    answer: Any = Field(description="Body of the answer to an invoke, else null")
    messages: list[Message] = Field(
        description="Messages that appeared or changed for this person meanwhile, oldest first; what the person wrote"
        " is not among them, unless the client put a note under it"
    )
    message_id: str | None = Field(description="The message that was written, or whose card was pressed")
    login_required: LoginRequired | None = Field(description="A sign-in has to come first: see /control/sign-in")
    url: str | None = Field(description="Where the pressed button leads")
    reason: str | None = Field(description="Why the bot was not asked")
    dialog: Dialog | None = Field(description="The dialog that is open after this; see /control/dialog")
    told: str | None = Field(description="What the client says in a dialog, or in place of one")
    composed: Composed | None = Field(description="The compose box after a command of the message extension")


class Choice(Answer):
    title: str
    value: str
    subtitle: str | None = None


class Found(Answer):
    results: list[Choice] = Field(description="What the drop-down shows, at most 15")
    status: int | None = Field(description="HTTP status of the bot's answer; null when it was not asked")
    answer: Any
    trouble: str | None = Field(description="What stands there when the bot's answer was of no use")


class FileLink(Answer):
    name: str
    size: int
    url: str = Field(description="Opens the file for a while, to whoever has it")


class ActionCommand(Answer):
    id: str
    title: str
    contexts: list[Literal["compose", "commandbox", "message"]]
    fetch_task: bool
    parameters: list[list[str]] = Field(description="Name, title and kind of each")


class Command(Answer):
    id: str
    title: str
    parameter: str
    initial_run: bool


class App(Answer):
    """What the clients know of the app."""

    supports_files: bool
    commands: list[Command]
    link_domains: list[str]
    anonymous_links: bool
    actions: list[ActionCommand] = Field(description="Action commands: see /control/extension/command")
    has_settings: bool
    is_configurable: bool


class SignIn(Outcome):
    code: str | None = Field(description="The code that the sign-in ended with")
    page_url: str = Field(description="Where the sign-in ended, without its query")
    page_status: int
    page_text: str = Field(description="What that page says")


class Transcript(Answer):
    messages: list[Message]
    changes: int = Field(description="Give this as `since` to get only what changed after this answer")


class Waited(Answer):
    message: Message | None
    changes: int


class Person(Answer):
    key: str | None
    title: str | None
    id: str
    teams_id: str
    name: str
    user_principal_name: str
    mail: str
    company: str
    is_guest: bool
    manager: str | None
    account_enabled: bool
    mfa_required: bool
    sign_in: Literal["silent", "interactive"]
    locale: str
    time_zone: str
    has_installed: bool
    has_blocked: bool


class People(Answer):
    people: list[Person]


class GraphLog(Answer):
    calls: list[dict[str, Any]] = Field(description="Calls of Graph, oldest first, each with its `number`")


class Clock(Answer):
    now: datetime
    frozen: bool


class Faults(Answer):
    faults: list[dict[str, Any]]


class Latency(Answer):
    graph_ms: int = Field(description="The median, as the others")
    entra_ms: int
    connector_ms: int
    spread: float


class Licence(Answer):
    licence: Literal["none", "P2", "governance"]


class Keys(Answer):
    entra: list[str] = Field(description="Ids; tokens are signed with the newest")
    channel: list[str]


class Snapshots(Answer):
    ids: list[str] = Field(description="Oldest first; twenty are kept")


class RotatedKey(Answer):
    ring: Literal["entra", "channel"]
    kid: str


class Snapshot(Answer):
    id: str


class Token(Answer):
    token: str


class Json(Answer):
    """Members as described."""

    model_config = ConfigDict(extra="allow")


class Request(Answer):
    """An assignment request. `stage` counts from 1 and is null unless the request waits for a decision."""

    id: str
    type: str
    package: str
    package_id: str
    policy_id: str
    requestor: str
    target: str
    state: str
    status: str
    justification: str | None
    posted_at: datetime
    stage: int | None
    stages: int
    approvers: list[str] = Field(description="Names of those who may decide the current stage")


class Requests(Answer):
    requests: list[Request]
