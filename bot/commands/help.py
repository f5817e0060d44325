"""`help`: what one can do here, with a button for each; also the welcome, and the answer to words not understood."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from bot.dispatch import Audience, Router
from bot.domain import UserId
from bot.errors import DoormanError
from bot.services.administrators import Administrators
from bot.services.bundle import Services
from bot.services.projects import Projects
from bot.store import Store
from bot.turn import ConversationKind, Reply, SharedCard, Turn
from cards.help import HelpLine, HelpView, help_card
from cards.language import Language, _

_LONGEST_SEARCH = 60  # somebody who wrote this little probably named what they want
_STANDING_SECONDS: Final = 1.0


@dataclass(slots=True)
class Help:
    store: Store
    projects: Projects
    administrators: Administrators
    support_contact: str
    _router: Router = field(default_factory=Router)
    _answers: dict[tuple[Language, frozenset[Audience]], Reply] = field(default_factory=dict)

    def register(self, router: Router) -> None:
        self._router = router
        aliases = ("hi", "hello", "hey", "?")
        router.command("help", self.show, title=_("Help"), help=_("What I can do for you"), aliases=aliases, rank=0)
        router.fallback(self.not_understood)
        router.installed(self.installed)
        router.uninstalled(self.uninstalled)

    async def show(self, turn: Turn, words: str) -> Reply:
        """The same answer for everybody of one language to whom the same is offered, made once."""
        audiences = await self._audiences(turn.actor.object_id)
        answer = self._answers.get((turn.words, audiences))
        if answer is None:
            answer = self._answers[turn.words, audiences] = self._answer(turn.words, audiences)
        return answer

    def _answer(self, words: Language, audiences: frozenset[Audience]) -> Reply:
        view = HelpView(
            words("How can I help?"),
            self._lines(words, audiences),
            intro=words("Tell me what you need, for example: request sales data."),
            support_contact=self.support_contact,
            words=words,
        )
        return Reply.with_card(SharedCard(help_card(view)), summary=words("What I can do for you"), is_personal=False)

    async def not_understood(self, turn: Turn, text: str, suggestions: tuple[str, ...]) -> Reply:
        if not text:
            return await self.show(turn, text)
        offered = suggestions
        if not offered and len(text) <= _LONGEST_SEARCH and any(char.isalpha() for char in text):
            offered = (f"{turn.words.to_type('request')} {text}",)
        title = turn.words("I did not understand that")
        view = HelpView(
            title,
            self._lines(turn.words, await self._audiences(turn.actor.object_id)),
            intro="" if offered else turn.words("This is what I can do for you:"),
            support_contact=self.support_contact,
            suggestions=offered,
            words=turn.words,
        )
        return Reply.with_card(help_card(view), summary=title, is_personal=False)

    async def installed(self, turn: Turn, is_upgrade: bool) -> Reply:
        """Welcome each person once, in their own chat; in teams and group chats stay quiet."""
        if turn.conversation.kind is not ConversationKind.PERSONAL:
            return Reply.nothing()
        async with self.store.unit() as unit:
            is_first = await unit.people.welcome_once(turn.actor.object_id)
            for message in await unit.messages.for_person(turn.actor.object_id):
                if message.state == "unreachable":
                    await unit.messages.want(
                        message.key,
                        kind=message.kind,
                        request_id=message.request_id,
                        stage=message.stage,
                        person_id=message.person_id,
                    )
        if is_upgrade or not is_first:
            return Reply.nothing()
        first_name = turn.actor.name.split(" ")[0] if turn.actor.name else ""
        view = HelpView(
            turn.words("Hello {name}!", name=first_name) if first_name else turn.words("Hello!"),
            self._lines(turn.words, await self._audiences(turn.actor.object_id)),
            intro=turn.words("I get you the access you need, and bring you the requests that wait for your decision."),
            support_contact=self.support_contact,
            words=turn.words,
        )
        return Reply.with_card(help_card(view), summary=turn.words("Hello from Doorman"))

    async def uninstalled(self, turn: Turn, is_upgrade: bool) -> Reply:
        """Forget how to reach a person who removed the app, their sign-in with it."""
        if turn.conversation.kind is ConversationKind.PERSONAL:
            async with self.store.unit() as unit:
                await unit.people.purge(turn.actor.object_id)
        return Reply.nothing()

    def _lines(self, words: Language, audiences: frozenset[Audience]) -> tuple[HelpLine, ...]:
        return tuple(
            HelpLine(command.name, words(command.title), words(command.help))
            for command in self._router.offered(audiences)
            if command.name != "help"
        )

    async def _audiences(self, person_id: UserId) -> frozenset[Audience]:
        """What this person is here; where that cannot be found out soon, everybody's help is better than none."""
        found = {Audience.EVERYBODY}
        with suppress(DoormanError, TimeoutError):
            async with asyncio.timeout(_STANDING_SECONDS):
                if await self.projects.led_by(person_id):
                    found.add(Audience.LEADS)
                if await self.administrators.includes(person_id):
                    found.add(Audience.ADMINISTRATORS)
        return frozenset(found)


def feature(services: Services) -> Help:
    return Help(services.store, services.projects, services.administrators, services.support_contact)
