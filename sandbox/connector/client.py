"""What Teams on people's devices does: they write, press, look, install, sign in; the bot's answers become visible."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

import aiohttp
from aiohttp import web

from sandbox.connector.activities import Activities
from sandbox.connector.background import Background
from sandbox.connector.board import Board
from sandbox.connector.browser import Browser, SignInPage
from sandbox.connector.card_actions import UNREACHABLE, CardActions
from sandbox.connector.cards import texts
from sandbox.connector.delivery import Delivery
from sandbox.connector.errors import PersonError, nothing_like
from sandbox.connector.invokes import sign_in_url
from sandbox.connector.lifecycle import Lifecycle
from sandbox.connector.outcomes import Outcome
from sandbox.connector.pressing import Press, aim, invoke_value
from sandbox.connector.refresh import Refresher
from sandbox.connector.silent_sign_in import SilentSignIn
from sandbox.connector.state import BlockCode, Chat, Json, Message, Place, SignIn
from sandbox.connector.submitting import Submitter
from sandbox.tenant.directory import User
from sandbox.world import World

AfterSignIn = Literal["continue", "paste", "nothing"]

_IN_THE_CLIENT = frozenset({"Action.ToggleVisibility", "Action.ResetInputs", "Action.ShowCard", "Action.Popover"})


class TeamsClient:
    """The clients of everybody. People are object ids, chats "personal" (with the bot), "group" or "channel"."""

    def __init__(self, world: World, session: aiohttp.ClientSession, *, timeout_s: float = 10.0) -> None:
        self._world = world
        self._timeout_s = timeout_s
        self.board = Board(world)
        self._delivery = Delivery(world, session, timeout_s=timeout_s)
        self._activities = Activities(world, self.board.roster)
        self._actions = CardActions(world, self.board, self._activities, self._delivery)
        self._refresher = Refresher(world, self.board, self._actions)
        self._sign_in = SilentSignIn(world, self.board, self._activities, self._delivery)
        self._submitter = Submitter(world, self.board, self._activities, self._delivery)
        self._lifecycle = Lifecycle(world, self._activities, self._delivery)
        self._browser = Browser(world)
        self._background = Background()

    # Writing and pressing

    async def say(
        self,
        user_id: str,
        text: str,
        chat: str = "personal",
        *,
        thread: str | None = None,
        mention: bool = True,
        wait_for: str | None = None,
        seconds: float = 5.0,
    ) -> Outcome:
        """Write to the bot, in a channel or group chat by mentioning it; without `mention` it hears nothing there.

        `thread` is the root message of a channel thread. `wait_for` waits, up to `seconds`, for a text of the bot.
        Raises PersonError: 404 for unknown people, 409 where this person cannot write.
        """
        user = self._user(user_id)
        place = self._place(user, chat, thread)
        before = self._world.chats.change_count
        message = self.board.said(place, user.id, text)
        status = None
        if place.chat is Chat.PERSONAL or (mention and place.chat in self._world.chats.bot_is_in):
            answer = await self._delivery.send(self._activities.text(user, message))
            status = answer.status
            if not answer.was_reached:
                self.board.note(message, user.id, UNREACHABLE)
        outcome = Outcome(status=status, message_id=message.id)
        return await self._with_messages(user, before, outcome, wait_for, seconds)

    async def press(
        self,
        user_id: str,
        button: str | None = None,
        *,
        message_id: str | None = None,
        inputs: Mapping[str, Any] | None = None,
        data: Any = None,
        verb: str | None = None,
        validate: bool = False,
        device: int = 1,
        wait_for: str | None = None,
        seconds: float = 5.0,
    ) -> Outcome:
        """Press a button; see `Press` for what the arguments mean.

        Raises PersonError: 404 with what exists, 409 for what this person cannot press, 422 for inputs.
        """
        user = self._user(user_id)
        press = Press(button, message_id, inputs, data, verb, validate, device)
        aimed = aim(self._world, self.board, user, press)
        self._check_may_act(user, aimed.message.place)
        before = self._world.chats.change_count
        kind = aimed.action.get("type")
        if kind in ("Action.OpenUrl", "Action.OpenUrlDialog"):
            return Outcome(status=None, message_id=aimed.message.id, url=str(aimed.action.get("url") or ""))
        if kind in _IN_THE_CLIENT:
            return Outcome(status=None, message_id=aimed.message.id, reason="this happens in the client alone")
        if kind == "Action.Submit":
            outcome = await self._submitter.submit(user, aimed)
        elif kind == "Action.Execute":
            outcome = await self._actions.run(user, aimed.message, invoke_value(aimed))
        else:
            raise PersonError(409, "unknown-action", f"Teams does not know the action {kind!r}.")
        return await self._with_messages(user, before, outcome, wait_for, seconds)

    # Looking

    async def refresh(self, user_id: str, message_id: str, *, by_hand: bool = False) -> Outcome:
        """Look at one card: the client asks for a fresh view when it is time, or `by_hand` from the menu."""
        user = self._user(user_id)
        message = self._message(user, message_id)
        before = self._world.chats.change_count
        outcome = await self._refresher.refresh(user, message, by_hand=by_hand)
        return await self._with_messages(user, before, outcome)

    async def look(self, user_id: str, chat: str = "personal", *, newest: int = 20) -> Outcome:
        """Open a chat: of its newest messages, every card that is due refreshes itself."""
        user = self._user(user_id)
        before = self._world.chats.change_count
        seen = self.board.newest_seen(self._world.chats.place(Chat(chat), user.id), user.id)[:newest]
        due = [message for message in seen if self._refresher.why_not(user, message) is None]
        outcomes = await asyncio.gather(*(self._refresher.refresh(user, message) for message in due))
        last = outcomes[-1] if outcomes else Outcome(status=None, reason="no card was due")
        return await self._with_messages(user, before, last)

    def messages(self, user_id: str, chat: str = "personal", *, since: int = 0) -> list[Json]:
        """What this person sees in a chat, oldest first, deleted messages as such; those changed since `since`."""
        user = self._user(user_id)
        place = self._world.chats.place(Chat(chat), user.id)
        changed = self.board.changed_since(since, user.id)
        return [
            self.board.message_json(message, user.id)
            for message in changed
            if message.place.conversation_id == place.conversation_id
        ]

    async def wait_for(self, user_id: str, text: str, *, seconds: float = 5.0, since: int = 0) -> Json | None:
        """The newest message of others, changed since `since`, in which this person reads `text`; None in vain.

        Capitals and Markdown's backslashes do not matter.
        """
        user = self._user(user_id)

        def found() -> Json | None:
            for message in reversed(self.board.changed_since(since, user.id)):
                if message.sender != user.id and self._reads(message, user, text):
                    return self.board.message_json(message, user.id)
            return None

        return await self._until(found, seconds)

    # The app

    async def install(self, user_id: str, chat: str = "personal") -> Outcome:
        return await self._live(user_id, lambda user: self._lifecycle.install(user, Chat(chat)))

    async def uninstall(self, user_id: str, chat: str = "personal") -> Outcome:
        return await self._live(user_id, lambda user: self._lifecycle.uninstall(user, Chat(chat)))

    def installed_from_outside(self, user_id: str, installed: bool) -> None:
        """Tell the bot that the app was installed for somebody, or removed, without their doing. Does not wait."""
        self._background.start(user_id, self._tell_installation(self._user(user_id), installed=installed))

    async def _tell_installation(self, user: User, *, installed: bool) -> None:
        change = self._lifecycle.install if installed else self._lifecycle.uninstall
        await change(user, Chat.PERSONAL)

    async def upgrade(self, user_id: str, chat: str = "personal", *, version: str = "1.1.0") -> Outcome:
        return await self._live(user_id, lambda user: self._lifecycle.upgrade(user, Chat(chat), version))

    async def join(self, user_id: str, chat: str = "channel") -> Outcome:
        """Come (back) into a chat; the bot there is told of a new member."""
        return await self._live(user_id, lambda user: self._lifecycle.join(user, Chat(chat)))

    async def leave(self, user_id: str, chat: str = "channel") -> Outcome:
        return await self._live(user_id, lambda user: self._lifecycle.leave(user, Chat(chat)))

    def block(self, user_id: str, code: BlockCode = "ConversationBlockedByUser") -> None:
        """Block the bot: it hears nothing of it, but its next message is refused with `code`."""
        self._world.chats.blocked[self._user(user_id).id] = code

    def unblock(self, user_id: str) -> None:
        self._world.chats.blocked.pop(self._user(user_id).id, None)

    # Signing in

    async def paste_code(self, user_id: str, code: str, **waiting: Any) -> Outcome:
        """Write the code of a sign-in page into the 1:1 chat."""
        return await self.say(user_id, code, **waiting)

    async def enter_code(self, user_id: str, code: str) -> Outcome:
        """Hand the code of a sign-in page to the bot as Teams does when the page closes.

        A press that waits for the sign-in is repeated with it; without one, the newest OAuthCard gets it.
        """
        user = self._user(user_id)
        before = self._world.chats.change_count
        pending = self._world.chats.pending.get(user.id)
        if pending is not None:
            message = self._message(user, pending.message_id)
            outcome = await self._actions.run(user, message, {**pending.value, "state": code})
        else:
            message = self._oauth_message(user)
            answer = await self._sign_in.verify(user, message, code)
            outcome = Outcome(status=answer.status, answer=answer.body, message_id=message.id)
        return await self._with_messages(user, before, outcome)

    async def complete_sign_in(
        self, user_id: str, url: str | None = None, *, then: AfterSignIn = "continue", as_person: str | None = None
    ) -> tuple[SignInPage, Outcome]:
        """Open a sign-in button's page and do there what the person would; then hand over the code that it ends with.

        Without `url` it is the button that waits. `then` hands the code over as Teams does ("continue"), as a message
        ("paste") or not at all. `as_person` signs in as somebody else, as one who was sent a foreign link would.
        """
        user = self._user(user_id)
        before = self._world.chats.change_count
        page = await self._browser.sign_in(self._user(as_person or user_id), url or self.sign_in_url(user_id))
        outcome = Outcome(status=None, reason=None if page.code else "the page showed no code")
        if page.code and then == "continue":
            outcome = await self.enter_code(user_id, page.code)
        elif page.code and then == "paste":
            outcome = await self.paste_code(user_id, page.code)
        return page, await self._with_messages(user, before, outcome)

    def sign_in_url(self, user_id: str) -> str:
        """Where the sign-in button that waits for this person leads. Raises PersonError (404) when none does."""
        user = self._user(user_id)
        pending = self._world.chats.pending.get(user.id)
        if pending is not None:
            return pending.url
        url = sign_in_url(self._oauth_message(user).oauth_card or {})
        if url is None:
            raise PersonError(404, "no-sign-in", "The OAuthCard has no sign-in button.")
        return url

    # What the connector tells the clients

    def bot_posted(self, messages: Iterable[Message]) -> None:
        """New messages of the bot: an OAuthCard is answered by the clients of the person it is for."""
        for message in messages:
            user = self._world.tenant.users.get(message.place.owner or "")
            if user is not None and message.oauth_card is not None:
                self._background.start(user.id, self._sign_in.offer(user, message))

    def bot_edited(self, message: Message) -> None:
        """An edited message: everybody whom its card names asks for their view of it."""
        self.bot_posted([message])
        for user in self._refresher.people(message):
            if self._may_act(user, message.place):
                self._background.start(user.id, self._refresh(user, message))

    async def settle(self) -> None:
        """Wait until no client does anything by itself any more."""
        await self._background.settle()

    async def close(self) -> None:
        await self._background.close()

    # Parts

    async def _refresh(self, user: User, message: Message) -> None:
        await self._refresher.refresh(user, message)

    async def _live(self, user_id: str, act: Callable[[User], Any]) -> Outcome:
        user = self._user(user_id)
        before = self._world.chats.change_count
        outcome: Outcome = await act(user)
        return await self._with_messages(user, before, outcome)

    async def _with_messages(
        self, user: User, before: int, outcome: Outcome, wait_for: str | None = None, seconds: float = 5.0
    ) -> Outcome:
        """The outcome with what changed for the person; their own words only where Teams put a note under them."""
        await self._background.settle(user.id, seconds=self._timeout_s)
        if wait_for is not None:
            await self.wait_for(user.id, wait_for, seconds=seconds, since=before)
        changed = self.board.changed_since(before, user.id)
        told = [each for each in changed if each.sender != user.id or each.notes.get(user.id)]
        return replace(outcome, messages=[self.board.message_json(each, user.id) for each in told])

    async def _until(self, found: Callable[[], Json | None], seconds: float) -> Json | None:
        async with self._world.events.subscribe() as events:
            if (result := found()) is not None:
                return result
            try:
                async with asyncio.timeout(seconds):
                    async for event in events:
                        if event.kind == "chat" and (result := found()) is not None:
                            return result
            except TimeoutError:
                return None
        return None

    def _reads(self, message: Message, user: User, text: str) -> bool:
        if message.is_deleted:
            return False
        readable = [message.text, *message.notes.get(user.id, ()), *texts(message.view(user.id))]
        wanted = text.casefold()
        return any(wanted in each.casefold() or wanted in _unescaped(each).casefold() for each in readable)

    def _user(self, user_id: str) -> User:
        user = self._world.tenant.users.get(user_id)
        if user is None:
            raise nothing_like("person", user_id, [persona.key for persona in self._world.tenant.personas])
        return user

    def _place(self, user: User, chat: str, thread: str | None) -> Place:
        place = self._world.chats.place(Chat(chat), user.id, thread)
        if thread is not None and self._world.chats.find_place(place.activity_id) is None:
            raise nothing_like("thread", thread, [])
        self._check_may_act(user, place)
        return place

    def _may_act(self, user: User, place: Place) -> bool:
        chats = self._world.chats
        if place.chat is Chat.PERSONAL and (not chats.has_installed(user.id) or user.id in chats.blocked):
            return False
        return self.board.roster.is_member(place, user.id)

    def _check_may_act(self, user: User, place: Place) -> None:
        """Raises PersonError (409) when this person cannot write or press here."""
        if self._may_act(user, place):
            return
        if user.id in self._world.chats.blocked:
            why = "has blocked the bot"
        elif place.chat is Chat.PERSONAL:
            why = "has not installed the app"
        else:
            why = f"is not in the chat {place.chat.value!r}"
        raise PersonError(409, "cannot-write", f"{user.display_name} {why}.")

    def _message(self, user: User, message_id: str) -> Message:
        message = self._world.chats.find(message_id)
        if message is None or message.is_deleted or not self.board.sees(message, user.id):
            seen = self.board.newest_seen(self._world.chats.personal(user.id), user.id)
            raise nothing_like("message", message_id, [each.id for each in seen[:30]])
        return message

    def _oauth_message(self, user: User) -> Message:
        for message in self.board.newest_seen(self._world.chats.personal(user.id), user.id):
            if message.oauth_card is not None and message.sign_in is not SignIn.DONE:
                return message
        raise PersonError(404, "no-sign-in", f"No sign-in button waits for {user.display_name}.")


def _unescaped(text: str) -> str:
    return re.sub(r"\\([^\w\s])", r"\1", text)


TEAMS: web.AppKey[TeamsClient] = web.AppKey("teams", TeamsClient)
