"""Being a person in Teams: writing, pressing, looking, waiting, signing in, installing and blocking the app."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field, model_validator

from sandbox.connector.outcomes import Outcome
from sandbox.connector.state import BlockCode
from sandbox.control import answers
from sandbox.control.answers import ChatName
from sandbox.control.operations import Body, Call, Operation
from sandbox.control.people import find_person

_PERSON = "Persona key (requester, manager, …), display name, user principal name or object id"
_WAIT = "Come back as soon as the bot shows this person the text, in a message, on a card or below one"


class WaitFor(Body):
    text: str = Field(min_length=1)
    seconds: float = Field(default=5.0, gt=0, le=120)


class Say(Body):
    person: str = Field(description=_PERSON)
    text: str = Field(max_length=28_000)
    chat: ChatName = Field(default="personal", description="In group and channel the bot is mentioned")
    draft: bool = Field(default=False, description="Send the card that stands in the compose box along")
    thread: str | None = Field(default=None, description="Id of the message that began a channel thread")
    mention: bool = Field(default=True, description="False: write in group or channel without mentioning the bot")
    targeted: bool = Field(default=False, description="In group and channel: nobody but the bot sees it")
    wait_for: WaitFor | None = Field(default=None, description=_WAIT)

    @model_validator(mode="after")
    def _says_something(self) -> Say:
        if not self.text and not self.draft:
            raise ValueError("give a text, or send the draft")
        return self


class Press(Body):
    person: str = Field(description=_PERSON)
    button: str | None = Field(default=None, description="Title, id or verb; needed unless verb is given")
    message: str | None = Field(default=None, description="Id of the message; else the newest that has the button")
    inputs: dict[str, Any] = Field(default_factory=dict, description="What is typed or chosen, by input id or label")
    data: Any = Field(default=None, description="Sent in place of the button's own payload")
    verb: str | None = Field(default=None, description="Sent in place of the button's own verb")
    check_inputs: bool = Field(
        default=False, alias="validate", description="Refuse (422) inputs that a client would not send"
    )
    device: int = Field(
        default=1, ge=1, le=5, description="Which of this person's devices; each has its own view of a card"
    )
    wait_for: WaitFor | None = Field(default=None, description=_WAIT)

    @model_validator(mode="after")
    def _names_something(self) -> Press:
        if self.button is None and self.verb is None:
            raise ValueError("give the button's title, id or verb")
        return self


class Refresh(Body):
    person: str = Field(description=_PERSON)
    message: str | None = Field(default=None, description="Id of the message; else every card of the chat that is due")
    chat: ChatName = "personal"
    by_hand: bool = Field(default=False, description='The menu\'s "Refresh card": also when it is not due')
    device: int = Field(default=1, ge=1, le=5, description="Which of this person's devices looks")


class TranscriptQuery(Body):
    person: str = Field(description=_PERSON)
    chat: ChatName = "personal"
    since: int = Field(default=0, ge=0, description="`changes` of an earlier answer: only what changed after it")
    device: int = Field(default=1, ge=1, le=5, description="Which of this person's devices shows it")


class Wait(WaitFor):
    person: str = Field(description=_PERSON)
    since: int = Field(default=0, ge=0, description="`changes` of an earlier answer: only what changed after it counts")


class FollowSignIn(Body):
    person: str = Field(description=_PERSON)
    url: str | None = Field(default=None, description="Where the sign-in button leads; else the one that waits")
    then: Literal["continue", "paste", "nothing"] = Field(
        default="continue", description="Hand the code over as Teams does, paste it into the chat, or keep it"
    )
    as_person: str | None = Field(default=None, description="Sign in there as somebody else")


class Code(Body):
    person: str = Field(description=_PERSON)
    code: str = Field(min_length=1)


class PersonInChat(Body):
    person: str = Field(description=_PERSON)
    chat: ChatName = "personal"


class Upgrade(PersonInChat):
    version: str = Field(default="1.1.0", description="The app's new version")


class Block(Body):
    person: str = Field(description=_PERSON)
    code: BlockCode = Field(default="ConversationBlockedByUser", description="How the bot's next message is refused")


class OnlyPerson(Body):
    person: str = Field(description=_PERSON)


async def say(call: Call) -> Any:
    body: Say = call.body
    outcome = await call.teams.say(
        _id(call, body.person),
        body.text,
        body.chat,
        thread=body.thread,
        mention=body.mention,
        draft=body.draft,
        targeted=body.targeted,
        **waiting(body.wait_for),
    )
    return outcome.to_json()


async def press(call: Call) -> Any:
    body: Press = call.body
    outcome = await call.teams.press(
        _id(call, body.person),
        body.button,
        message_id=body.message,
        inputs=body.inputs,
        data=body.data,
        verb=body.verb,
        validate=body.check_inputs,
        device=body.device,
        **waiting(body.wait_for),
    )
    return outcome.to_json()


async def refresh(call: Call) -> Any:
    body: Refresh = call.body
    person = _id(call, body.person)
    if body.message is None:
        return (await call.teams.look(person, body.chat, device=body.device)).to_json()
    outcome = await call.teams.refresh(person, body.message, by_hand=body.by_hand, device=body.device)
    return outcome.to_json()


async def transcript(call: Call) -> Any:
    query: TranscriptQuery = call.query
    messages = call.teams.messages(_id(call, query.person), query.chat, since=query.since, device=query.device)
    return {"messages": messages, "changes": call.world.chats.change_count}


async def wait(call: Call) -> Any:
    body: Wait = call.body
    message = await call.teams.wait_for(_id(call, body.person), body.text, seconds=body.seconds, since=body.since)
    return {"message": message, "changes": call.world.chats.change_count}


async def sign_in(call: Call) -> Any:
    body: FollowSignIn = call.body
    as_person = _id(call, body.as_person) if body.as_person else None
    page, outcome = await call.teams.complete_sign_in(
        _id(call, body.person), body.url, then=body.then, as_person=as_person
    )
    told = {f"page_{name}": value for name, value in asdict(page).items() if name != "code"}
    return {**outcome.to_json(), "code": page.code, **told}


async def paste_code(call: Call) -> Any:
    return (await call.teams.paste_code(_id(call, call.body.person), call.body.code)).to_json()


async def enter_code(call: Call) -> Any:
    return (await call.teams.enter_code(_id(call, call.body.person), call.body.code)).to_json()


async def install(call: Call) -> Any:
    return (await call.teams.install(*_person_and_chat(call))).to_json()


async def uninstall(call: Call) -> Any:
    return (await call.teams.uninstall(*_person_and_chat(call))).to_json()


async def upgrade(call: Call) -> Any:
    return (await call.teams.upgrade(*_person_and_chat(call), version=call.body.version)).to_json()


async def join(call: Call) -> Any:
    return (await call.teams.join(*_person_and_chat(call))).to_json()


async def leave(call: Call) -> Any:
    return (await call.teams.leave(*_person_and_chat(call))).to_json()


async def block(call: Call) -> Any:
    call.teams.block(_id(call, call.body.person), call.body.code)
    return Outcome(status=None, reason="nothing tells the bot that it is blocked").to_json()


async def unblock(call: Call) -> Any:
    call.teams.unblock(_id(call, call.body.person))
    return Outcome(status=None, reason="nothing tells the bot that it is no longer blocked").to_json()


def _id(call: Call, who: str) -> str:
    return find_person(call.world, who).id


def _person_and_chat(call: Call) -> tuple[str, str]:
    return _id(call, call.body.person), call.body.chat


def waiting(wait_for: WaitFor | None) -> dict[str, Any]:
    return {} if wait_for is None else {"wait_for": wait_for.text, "seconds": wait_for.seconds}


_LIFE = "The answer's status is that of the first event the bot did not take, else of the last."

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "POST",
        "/control/say",
        "Write to the bot as a person",
        say,
        answers.Outcome,
        Say,
        tag="Chat",
        description="Comes back after the bot's HTTP answer. What the bot sends later shows up in the transcript; use"
        " `wait_for` or /control/wait for it.",
    ),
    Operation(
        "POST",
        "/control/press",
        "Press a button on a card as a person",
        press,
        answers.Outcome,
        Press,
        tag="Chat",
        description="Looks for the button on what this person sees, newest message first. When the bot asks for a"
        " sign-in and the person's client has a session, the sign-in happens silently and the press is repeated with"
        " the token; else `login_required` says where the sign-in button leads. To send a payload that no button has,"
        " give `verb` and `data`.",
    ),
    Operation(
        "POST",
        "/control/refresh",
        "Look at a card, or open a chat, as a person",
        refresh,
        answers.Outcome,
        Refresh,
        tag="Chat",
        description="Cards with `refresh` ask the bot for this person's own view, as far as the card names them and the"
        " last answer is older than a minute by the sandbox's clock.",
    ),
    Operation(
        "GET",
        "/control/transcript",
        "Read a chat as a person sees it",
        transcript,
        answers.Transcript,
        query=TranscriptQuery,
        tag="Chat",
    ),
    Operation(
        "POST",
        "/control/wait",
        "Wait until the bot has shown a person a text",
        wait,
        answers.Waited,
        Wait,
        tag="Chat",
        description="`message` is the newest one with the text, or null when the seconds are over.",
    ),
    Operation(
        "POST",
        "/control/sign-in",
        "Follow a sign-in button as a person, to its end",
        sign_in,
        answers.SignIn,
        FollowSignIn,
        tag="Chat",
        description="Opens the page, picks the account, types the number of a second factor, accepts what the person"
        " may accept. The code that the last page shows (element `#code`) is handed over as `then` says.",
    ),
    Operation(
        "POST",
        "/control/paste-code",
        "Write a sign-in code into the chat",
        paste_code,
        answers.Outcome,
        Code,
        tag="Chat",
    ),
    Operation(
        "POST",
        "/control/enter-code",
        "Hand a sign-in code to the bot as Teams does",
        enter_code,
        answers.Outcome,
        Code,
        tag="Chat",
        description="Repeats the press that waits for the sign-in with the code as its `state`; without such a press"
        " the newest OAuthCard's `signin/verifyState` is sent.",
    ),
    Operation(
        "POST",
        "/control/install",
        "Install the app",
        install,
        answers.Outcome,
        PersonInChat,
        tag="App",
        description=_LIFE,
    ),
    Operation(
        "POST",
        "/control/uninstall",
        "Remove the app",
        uninstall,
        answers.Outcome,
        PersonInChat,
        tag="App",
        description=_LIFE,
    ),
    Operation(
        "POST",
        "/control/upgrade",
        "Bring the app to a new version",
        upgrade,
        answers.Outcome,
        Upgrade,
        tag="App",
        description=_LIFE,
    ),
    Operation("POST", "/control/join", "Come into a chat", join, answers.Outcome, PersonInChat, tag="App"),
    Operation("POST", "/control/leave", "Leave a chat", leave, answers.Outcome, PersonInChat, tag="App"),
    Operation("POST", "/control/block", "Block the bot as a person", block, answers.Outcome, Block, tag="App"),
    Operation("POST", "/control/unblock", "Stop blocking the bot", unblock, answers.Outcome, OnlyPerson, tag="App"),
)
