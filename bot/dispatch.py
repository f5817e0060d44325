"""From what came in to what goes back: text to command, verb to action, and the one try/except around a turn."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, TypeVar

import structlog
from pydantic import ValidationError
from rapidfuzz import fuzz, process

from bot.errors import DoormanError, NotFound, SignInNeeded, StaleCard
from bot.invokes import Choices, ChoiceSearch, Composed, ComposeQuestion, ComposeSearch, FileContent, FileWish
from bot.turn import CardPress, Incoming, Installed, Reply, SignInPrompt, TextMessage, Turn, Uninstalled
from cards.actions import CardAction, RunCommand
from cards.language import Language

CommandHandler = Callable[[Turn, str], Awaitable[Reply]]
A = TypeVar("A", bound=CardAction)
LifecycleHandler = Callable[[Turn, bool], Awaitable[Reply]]
ChoiceProvider = Callable[[Turn, ChoiceSearch], Awaitable[Choices]]
ComposeHandler = Callable[[Turn, ComposeQuestion], Awaitable[Composed]]

_LONGEST_COMMAND = 4_000  # a command with a reason or a question; the rest of a pasted novel is not one
_CLOSE_ENOUGH = 74  # of 100, by rapidfuzz's ratio: "requst", "my reqests", "aprovals" are; "sales" is not

_log = structlog.get_logger(__name__)


class Audience(StrEnum):
    """Whom a command is offered to in help. Anybody may say it; who may have an answer is decided by its handler."""

    EVERYBODY = "everybody"
    LEADS = "leads"
    ADMINISTRATORS = "administrators"


@dataclass(frozen=True, slots=True)
class Command:
    """One thing people can say. `help` is the line shown beside it; unlisted ones are understood but not offered."""

    name: str
    handler: CommandHandler
    title: str
    help: str
    aliases: tuple[str, ...] = ()
    is_listed: bool = True
    takes_words: bool = False
    takes_files: bool = False  # what a file is for that comes without a command
    rank: int = 50  # what people come for is listed first
    audience: Audience = Audience.EVERYBODY


class FallbackHandler(Protocol):
    async def __call__(self, turn: Turn, text: str, suggestions: tuple[str, ...]) -> Reply: ...


class Router:
    """Everything Doorman answers to, in English and in the languages it is given.

    Two handlers for one name or verb are refused when the app is wired, whatever the language.
    """

    def __init__(self, languages: Iterable[Language] = ()) -> None:
        self._languages = tuple(languages)
        self._commands: dict[str, Command] = {}
        self._longest_first: list[str] = []
        self._listed: list[Command] = []
        self._actions: dict[str, tuple[type[CardAction], Callable[[Turn, Any], Awaitable[Reply]]]] = {}
        self._lifecycle: dict[type[Installed] | type[Uninstalled], LifecycleHandler] = {}
        self._for_files: Command | None = None
        self._fallback: FallbackHandler | None = None
        self._datasets: dict[str, ChoiceProvider] = {}
        self._files: dict[str, tuple[type[CardAction], Callable[[Turn, Any], Awaitable[bytes]]]] = {}
        self._compose: ComposeHandler | None = None
        self.action(RunCommand, self._run_command)

    def command(
        self,
        name: str,
        handler: CommandHandler,
        *,
        title: str = "",
        help: str = "",  # noqa: A002  the word people know this by
        aliases: tuple[str, ...] = (),
        is_listed: bool = True,
        takes_words: bool = False,
        takes_files: bool = False,
        rank: int = 50,
        audience: Audience = Audience.EVERYBODY,
    ) -> None:
        title = title or name.capitalize()
        command = Command(name, handler, title, help, aliases, is_listed, takes_words, takes_files, rank, audience)
        if takes_files:
            if self._for_files is not None:
                raise ValueError("two commands for files")
            self._for_files = command
        for spelling in self._spellings(command, *self._languages):
            if self._commands.get(spelling, command) is not command:
                raise ValueError(f"two handlers for the command {spelling!r}")
            self._commands[spelling] = command
        self._listed.append(command)
        self._longest_first = sorted(self._commands, key=len, reverse=True)

    def action(self, kind: type[A], handler: Callable[[Turn, A], Awaitable[Reply]]) -> None:
        if kind.verb in self._actions:
            raise ValueError(f"two handlers for the verb {kind.verb!r}")
        self._actions[kind.verb] = (kind, handler)

    def installed(self, handler: LifecycleHandler) -> None:
        self._lifecycle[Installed] = handler

    def uninstalled(self, handler: LifecycleHandler) -> None:
        self._lifecycle[Uninstalled] = handler

    def fallback(self, handler: FallbackHandler) -> None:
        self._fallback = handler

    def choices(self, dataset: str, provider: ChoiceProvider) -> None:
        """`provider` gives the choices of every input whose `Data.Query` names this dataset."""
        if dataset in self._datasets:
            raise ValueError(f"two providers for the dataset {dataset!r}")
        self._datasets[dataset] = provider

    def file(self, kind: type[A], writer: Callable[[Turn, A], Awaitable[bytes]]) -> None:
        """`writer` gives the content of every file that is offered with a context of this kind."""
        if kind.verb in self._files:
            raise ValueError(f"two writers for the files of {kind.verb!r}")
        self._files[kind.verb] = (kind, writer)

    def compose(self, handler: ComposeHandler) -> None:
        """`handler` answers the message extension: searches from the compose box, and links pasted there."""
        if self._compose is not None:
            raise ValueError("two handlers for the compose box")
        self._compose = handler

    def listed(self) -> tuple[Command, ...]:
        """The commands that help and the app manifest show, in the order of their rank."""
        shown = (command for command in self._listed if command.is_listed)
        return tuple(sorted(shown, key=lambda command: command.rank))

    def offered(self, audiences: Collection[Audience]) -> tuple[Command, ...]:
        """What help shows to somebody who belongs to these, in the order of rank."""
        shown = (
            command
            for command in self._listed
            if command.audience in audiences and (command.is_listed or command.audience is Audience.ADMINISTRATORS)
        )
        return tuple(sorted(shown, key=lambda command: command.rank))

    def verbs(self) -> frozenset[str]:
        return frozenset(self._actions)

    async def route(self, turn: Turn, incoming: Incoming) -> Reply:
        match incoming:
            case TextMessage(text, files):
                return await self._say(turn if files == turn.files else replace(turn, files=files), text)
            case CardPress():
                return await self._press(turn, incoming)
            case Installed(is_upgrade):
                return await self._live(turn, Installed, is_upgrade)
            case Uninstalled():
                return await self._live(turn, Uninstalled, False)

    async def find_choices(self, turn: Turn, search: ChoiceSearch) -> Choices:
        """Raises: NotFound for a dataset that nobody provides, as an input of an old card may name."""
        provider = self._datasets.get(search.dataset)
        if provider is None:
            raise NotFound(f"dataset {search.dataset[:80]!r}")
        found = await provider(turn, search)
        return Choices(found.items[: search.most], found.problem)

    async def find_cards(self, turn: Turn, question: ComposeQuestion) -> Composed:
        if self._compose is None:
            raise NotFound("compose box")
        found = await self._compose(turn, question)
        most = question.most if isinstance(question, ComposeSearch) else 1
        return Composed(found.items[:most], found.text, found.sign_in)

    async def write_file(self, turn: Turn, wish: FileWish) -> bytes:
        """Raises: StaleCard for what is offered no more; whatever stands in the way of it."""
        verb = str(wish.context.get("verb", ""))
        known = self._files.get(verb)
        if known is None:
            raise StaleCard(f"unknown file {verb[:80]!r}")
        kind, writer = known
        try:
            action = kind.model_validate(dict(wish.context))
        except ValidationError as error:
            raise StaleCard(f"unreadable context of {verb}: {error.error_count()} problems") from error
        return await writer(turn, action)

    async def _say(self, turn: Turn, text: str) -> Reply:
        said = _plain(text)
        command, words = self._understand(said)
        if turn.files and command is None:
            command, words = self._for_files, said
        if command is not None:
            return await command.handler(turn, words)
        if self._fallback is None:
            return Reply.nothing()
        return await self._fallback(turn, said, self._suggestions(said, turn.words))

    def _understand(self, said: str) -> tuple[Command | None, str]:
        lowered = said.casefold().rstrip("!?. ") or said.casefold()
        exact = self._commands.get(lowered)
        if exact is not None:
            return exact, ""
        for spelling in self._longest_first:
            command = self._commands[spelling]
            if command.takes_words and lowered.startswith(spelling + " "):
                return command, said[len(spelling) :].strip()
        return None, ""

    def _spellings(self, command: Command, *languages: Language) -> list[str]:
        translated = [spelling.casefold() for language in languages for spelling in language.spoken(command.name)]
        return [command.name, *command.aliases, *translated]

    def _suggestions(self, said: str, words: Language) -> tuple[str, ...]:
        """Commands that were probably meant, in English or in the person's language. At most three.

        The words behind a misspelt command are kept.
        """
        if not said:
            return ()
        known = [spelling for command in self._listed for spelling in self._spellings(command, words)]
        found: dict[str, float] = {}
        parts = said.split()
        for count in (1, 2):
            head, tail = " ".join(parts[:count]).casefold(), " ".join(parts[count:])
            matches = process.extract(head, known, scorer=fuzz.ratio, score_cutoff=_CLOSE_ENOUGH, limit=3)
            for spelling, score, _ in matches:
                command = self._commands[spelling]
                if tail and not command.takes_words:
                    continue
                is_english = spelling in (command.name, *command.aliases)
                name = command.name if is_english else words.to_type(command.name)
                suggestion = f"{name} {tail}".strip()
                found[suggestion] = max(score, found.get(suggestion, 0))
        return tuple(sorted(found, key=lambda name: -found[name])[:3])

    async def _press(self, turn: Turn, press: CardPress) -> Reply:
        known = self._actions.get(press.verb)
        if known is None:
            raise StaleCard(f"unknown verb {press.verb[:80]!r}")
        kind, handler = known
        try:
            action = kind.model_validate(dict(press.data))
        except ValidationError as error:
            raise StaleCard(f"unreadable payload of {kind.verb}: {error.error_count()} problems") from error
        return await handler(turn, action)

    async def _run_command(self, turn: Turn, action: RunCommand) -> Reply:
        return await self._say(turn, action.text)

    async def _live(self, turn: Turn, kind: type[Installed] | type[Uninstalled], is_upgrade: bool) -> Reply:
        handler = self._lifecycle.get(kind)
        return await handler(turn, is_upgrade) if handler else Reply.nothing()


class ErrorWords(Protocol):
    def reply_for(self, error: Exception, turn: Turn, incoming: Incoming) -> Reply: ...

    def sentence_for(self, error: Exception, turn: Turn) -> str: ...

    def working_reply(self, turn: Turn, command: str) -> Reply: ...


class Dispatcher:
    """The one place where a turn can fail: everything that goes wrong becomes an answer in words."""

    def __init__(self, router: Router, words: ErrorWords) -> None:
        self._router = router
        self._words = words

    async def handle(self, turn: Turn, incoming: Incoming) -> Reply:
        try:
            return await self._router.route(turn, incoming)
        except Exception as error:
            _note(error)
            return self._words.reply_for(error, turn, incoming)

    def is_command(self, incoming: Incoming) -> bool:
        """Whether the answer to this is a message of its own: to a text, and to a button that stands for one."""
        match incoming:
            case TextMessage() | CardPress(RunCommand.verb, _, False):
                return True
            case _:
                return False

    def working(self, turn: Turn, incoming: Incoming) -> Reply:
        """What stands where the answer of a command will be, while it takes long."""
        match incoming:
            case TextMessage(text):
                said = text
            case CardPress(_, data, _):
                said = str(data.get("text", ""))
            case _:
                said = ""
        return self._words.working_reply(turn, _plain(said))

    async def choices(self, turn: Turn, search: ChoiceSearch) -> Choices:
        """What a choice set offers for what was typed; a sentence in place of choices when there are none to give."""
        try:
            return await self._router.find_choices(turn, search)
        except Exception as error:
            _note(error)
            return Choices(problem=self._words.sentence_for(error, turn))

    async def file(self, turn: Turn, wish: FileWish) -> FileContent:
        """The file that somebody wants, or why they cannot have it. Nobody can sign in here."""
        try:
            return FileContent(await self._router.write_file(turn, wish))
        except Exception as error:
            _note(error)
            return FileContent(problem=self._words.sentence_for(error, turn))

    async def compose(self, turn: Turn, question: ComposeQuestion) -> Composed:
        """What the compose box shows for a search or a pasted link."""
        try:
            return await self._router.find_cards(turn, question)
        except SignInNeeded as error:
            return Composed(sign_in=SignInPrompt(error.scopes, error.claims))
        except Exception as error:
            _note(error)
            return Composed(text=self._words.sentence_for(error, turn))


def _note(error: Exception) -> None:
    if isinstance(error, DoormanError):
        _log.info("turn_refused", error=type(error).__name__, detail=str(error)[:200])
    else:
        _log.exception("turn_failed")


def _plain(text: str) -> str:
    """One line of visible characters: control characters and runs of white space become single spaces."""
    visible = "".join(char if char.isprintable() else " " for char in text[: _LONGEST_COMMAND * 4])
    return re.sub(r"\s+", " ", visible).strip()[:_LONGEST_COMMAND]
