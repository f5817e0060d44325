"""What Teams on people's devices does: they write, press, look, install, sign in; the bot's answers become visible."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import aiohttp
from aiohttp import web

from sandbox.connector.activities import Activities
from sandbox.connector.background import Background
from sandbox.connector.board import Board
from sandbox.connector.browser import Browser, SignInPage
from sandbox.connector.card_actions import UNREACHABLE, CardActions
from sandbox.connector.changing import Changer
from sandbox.connector.delivery import Delivery
from sandbox.connector.dialogs import Dialogs
from sandbox.connector.errors import PersonError
from sandbox.connector.extension import Extension
from sandbox.connector.extension_actions import ActionCommands
from sandbox.connector.extension_answers import version_warning
from sandbox.connector.feedback import Feedback
from sandbox.connector.invokes import sign_in_url
from sandbox.connector.kit import Kit
from sandbox.connector.lifecycle import Lifecycle
from sandbox.connector.outcomes import Outcome
from sandbox.connector.presence import Presence
from sandbox.connector.pressing import Press, aim, invoke_value
from sandbox.connector.refresh import Refresher
from sandbox.connector.searching import Searcher
from sandbox.connector.sending_files import Files
from sandbox.connector.silent_sign_in import SilentSignIn
from sandbox.connector.state import BlockCode, Chat, Json, Message, SignIn
from sandbox.connector.submitting import Submitter
from sandbox.connector.witness import Witness
from sandbox.tenant.directory import User
from sandbox.world import World

AfterSignIn = Literal["continue", "paste", "nothing"]

_IN_THE_CLIENT = frozenset({"Action.ToggleVisibility", "Action.ResetInputs", "Action.ShowCard", "Action.Popover"})


class TeamsClient:
    """The clients of everybody. People are object ids, chats "personal" (with the bot), "group" or "channel".

    `dialogs`, `files`, `searcher` (choice sets that ask for their choices), `extension` and `commands` (its action
    commands), `changes` (of messages that are there) and `feedback` are its other parts.
    """

    def __init__(self, world: World, session: aiohttp.ClientSession, *, timeout_s: float = 10.0) -> None:
        self._world = world
        self.board = Board(world)
        self._delivery = Delivery(world, session, timeout_s=timeout_s)
        self._activities = Activities(world, self.board.roster)
        self._actions = CardActions(world, self.board, self._activities, self._delivery)
        self._refresher = Refresher(world, self.board, self._actions)
        self._sign_in = SilentSignIn(world, self.board, self._activities, self._delivery)
        self._lifecycle = Lifecycle(world, self._activities, self._delivery)
        self._browser = Browser(world)
        self._background = Background()
        self._presence = Presence(world, self.board)
        self._witness = Witness(world, self.board, self._background, patience_s=timeout_s)
        kit = Kit(world, self.board, self._presence, self._activities, self._delivery, self._witness)
        self.dialogs = Dialogs(kit)
        self.files = Files(kit)
        self.searcher = Searcher(kit)
        self.extension = Extension(kit)
        self.changes = Changer(kit)
        self.feedback = Feedback(kit, self.dialogs)
        self.commands = ActionCommands(kit, self.dialogs, self.extension, self._lifecycle)
        self._submitter = Submitter(kit, self.dialogs)

    # Writing and pressing

    async def say(
        self,
        user_id: str,
        text: str,
        chat: str = "personal",
        *,
        thread: str | None = None,
        mention: bool = True,
        draft: bool = False,
        targeted: bool = False,
        wait_for: str | None = None,
        seconds: float = 5.0,
    ) -> Outcome:
        """Write to the bot, in a channel or group chat by mentioning it; without `mention` it hears nothing there.

        `thread` is the root message of a channel thread. `targeted` shows it to nobody but the bot. `draft` sends along
        the card that stands in the compose box.
        `wait_for` waits, up to `seconds`, for a text of the bot.
        Raises PersonError: 404 for unknown people, 409 where this person cannot write, or without a draft.
        """
        user = self._presence.user(user_id)
        place = self._presence.place(user, chat, thread)
        before = self._witness.moment
        sent = [self.extension.draft(user.id, chat)] if draft else []
        warnings = [warning for each in sent if (warning := version_warning(each))]
        seen_by = user.id if targeted and place.owner is None else None
        message = self.board.said(place, user.id, text, attachments=sent, warnings=warnings, visible_to=seen_by)
        status = None
        if self._is_heard(message, mention=mention):
            answer = await self._delivery.send(self._activities.text(user, message))
            status = answer.status
            if not answer.was_reached:
                self.board.note(message, user.id, UNREACHABLE)
        outcome = Outcome(status=status, message_id=message.id)
        return await self._witness.told(user, before, outcome, wait_for, seconds)

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
        user = self._presence.user(user_id)
        press = Press(button, message_id, inputs, data, verb, validate, device)
        aimed = aim(self._world, self.board, user, press)
        self._presence.check_may_act(user, aimed.message.place)
        before = self._witness.moment
        kind = aimed.action.get("type")
        if kind in ("Action.OpenUrl", "Action.OpenUrlDialog"):
            return Outcome(status=None, message_id=aimed.message.id, url=str(aimed.action.get("url") or ""))
        if kind in _IN_THE_CLIENT:
            return Outcome(status=None, message_id=aimed.message.id, reason="this happens in the client alone")
        if kind == "Action.Submit":
            outcome = await self._submitter.submit(user, aimed)
        elif kind == "Action.Execute":
            outcome = await self._actions.run(user, aimed.message, invoke_value(aimed), device=device)
        else:
            raise PersonError(409, "unknown-action", f"Teams does not know the action {kind!r}.")
        return await self._witness.told(user, before, outcome, wait_for, seconds, device)

    # Looking

    async def refresh(self, user_id: str, message_id: str, *, by_hand: bool = False, device: int = 1) -> Outcome:
        """Look at one card: the device asks for a fresh view when it is time, or `by_hand` from the menu."""
        user = self._presence.user(user_id)
        message = self._presence.message(user, message_id)
        before = self._witness.moment
        outcome = await self._refresher.refresh(user, message, by_hand=by_hand, device=device)
        return await self._witness.told(user, before, outcome, device=device)

    async def look(self, user_id: str, chat: str = "personal", *, newest: int = 20, device: int = 1) -> Outcome:
        """Open a chat on a device: of its newest messages, every card that is due refreshes itself."""
        user = self._presence.user(user_id)
        before = self._witness.moment
        seen = self.board.newest_seen(self._world.chats.place(Chat(chat), user.id), user.id)[:newest]
        due = [message for message in seen if self._refresher.why_not(user, message, device=device) is None]
        outcomes = await asyncio.gather(*(self._refresher.refresh(user, each, device=device) for each in due))
        last = outcomes[-1] if outcomes else Outcome(status=None, reason="no card was due")
        return await self._witness.told(user, before, last, device=device)

    def messages(self, user_id: str, chat: str = "personal", *, since: int = 0, device: int = 1) -> list[Json]:
        """What a person sees in a chat on a device, oldest first; those changed since `since`, deleted ones too."""
        user = self._presence.user(user_id)
        place = self._world.chats.place(Chat(chat), user.id)
        changed = self.board.changed_since(since, user.id)
        return [
            self.board.message_json(message, user.id, device)
            for message in changed
            if message.place.conversation_id == place.conversation_id
        ]

    async def wait_for(self, user_id: str, text: str, *, seconds: float = 60.0, since: int = 0) -> Json | None:
        """The newest message of others, changed since `since`, in which this person reads `text`; None in vain.

        Capitals and Markdown's backslashes do not matter.
        """
        return await self._witness.wait_for(self._presence.user(user_id), text, seconds=seconds, since=since)

    # The app

    async def install(self, user_id: str, chat: str = "personal") -> Outcome:
        return await self._live(user_id, lambda user: self._lifecycle.install(user, Chat(chat)))

    async def uninstall(self, user_id: str, chat: str = "personal") -> Outcome:
        return await self._live(user_id, lambda user: self._lifecycle.uninstall(user, Chat(chat)))

    def installed_from_outside(self, user_id: str, installed: bool) -> None:
        """Tell the bot that the app was installed for somebody, or removed, without their doing. Does not wait."""
        self._background.start(user_id, self._tell_installation(self._presence.user(user_id), installed=installed))

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

    async def team_event(self, user_id: str, event: str, channel: str | None = None) -> Outcome:
        """Change the team of the channel, or another of its channels (by name). Raises PersonError (404, 409)."""
        return await self._live(user_id, lambda user: self._lifecycle.team_event(user, event, channel))

    async def anything(self, user_id: str, activity: Json, chat: str = "personal") -> Outcome:
        """Send the bot an activity of any kind, with what every activity has unless given otherwise."""
        user = self._presence.user(user_id)
        before = self._witness.moment
        place = self._world.chats.place(Chat(chat), user.id)
        answer = await self._delivery.send(self._activities.any(user, place, activity))
        return await self._witness.told(user, before, Outcome(status=answer.status, answer=answer.body))

    def block(self, user_id: str, code: BlockCode = "ConversationBlockedByUser") -> None:
        """Block the bot: it hears nothing of it, but its next message is refused with `code`."""
        self._world.chats.blocked[self._presence.user(user_id).id] = code

    def unblock(self, user_id: str) -> None:
        self._world.chats.blocked.pop(self._presence.user(user_id).id, None)

    # Signing in

    async def paste_code(self, user_id: str, code: str, **waiting: Any) -> Outcome:
        """Write the code of a sign-in page into the 1:1 chat."""
        return await self.say(user_id, code, **waiting)

    async def enter_code(self, user_id: str, code: str) -> Outcome:
        """Hand the code of a sign-in page to the bot as Teams does when the page closes.

        A press that waits for the sign-in is repeated with it; without one, the newest OAuthCard gets it.
        """
        user = self._presence.user(user_id)
        before = self._witness.moment
        pending = self._world.chats.pending.get(user.id)
        if pending is not None:
            message = self._presence.message(user, pending.message_id)
            value = {**pending.value, "state": code}
            outcome = await self._actions.run(user, message, value, device=pending.device)
        else:
            message = self._oauth_message(user)
            answer = await self._sign_in.verify(user, message, code)
            outcome = Outcome(status=answer.status, answer=answer.body, message_id=message.id)
        return await self._witness.told(user, before, outcome)

    async def complete_sign_in(
        self, user_id: str, url: str | None = None, *, then: AfterSignIn = "continue", as_person: str | None = None
    ) -> tuple[SignInPage, Outcome]:
        """Open a sign-in button's page and do there what the person would; then hand over the code that it ends with.

        Without `url` it is the button that waits. `then` hands the code over as Teams does ("continue"), as a message
        ("paste") or not at all. `as_person` signs in as somebody else, as one who was sent a foreign link would.
        """
        user = self._presence.user(user_id)
        before = self._witness.moment
        page = await self._browser.sign_in(self._presence.user(as_person or user_id), url or self.sign_in_url(user_id))
        outcome = Outcome(status=None, reason=None if page.code else "the page showed no code")
        if page.code and then == "continue":
            outcome = await self.enter_code(user_id, page.code)
        elif page.code and then == "paste":
            outcome = await self.paste_code(user_id, page.code)
        return page, await self._witness.told(user, before, outcome)

    def sign_in_url(self, user_id: str) -> str:
        """Where the sign-in button that waits for this person leads. Raises PersonError (404) when none does."""
        user = self._presence.user(user_id)
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
        """An edited message: every device of everybody whom its card names asks for its view of it."""
        self.bot_posted([message])
        devices = range(1, self._world.chats.behaviour.devices + 1)
        for user in self._refresher.people(message):
            if self._presence.may_act(user, message.place):
                for device in devices:
                    self._background.start(user.id, self._refresh(user, message, device))

    async def settle(self) -> None:
        """Wait until no client does anything by itself any more."""
        await self._background.settle()

    async def close(self) -> None:
        await self._background.close()

    # Parts

    async def _refresh(self, user: User, message: Message, device: int) -> None:
        await self._refresher.refresh(user, message, device=device)

    def _is_heard(self, message: Message, *, mention: bool) -> bool:
        """True when the bot gets what a person wrote."""
        chats = self._world.chats
        if message.place.chat is Chat.PERSONAL:
            return bool(message.text) or chats.behaviour.sent_cards_reach_bot
        return mention and message.place.chat in chats.bot_is_in

    async def _live(self, user_id: str, act: Callable[[User], Any]) -> Outcome:
        user = self._presence.user(user_id)
        before = self._witness.moment
        outcome: Outcome = await act(user)
        return await self._witness.told(user, before, outcome)

    def _oauth_message(self, user: User) -> Message:
        for message in self.board.newest_seen(self._world.chats.personal(user.id), user.id):
            if message.oauth_card is not None and message.sign_in is not SignIn.DONE:
                return message
        raise PersonError(404, "no-sign-in", f"No sign-in button waits for {user.display_name}.")


TEAMS: web.AppKey[TeamsClient] = web.AppKey("teams", TeamsClient)
