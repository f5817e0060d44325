"""`settings`: how Doorman speaks to this person; as a card, and as text such as `settings language de`."""

from __future__ import annotations

from dataclasses import dataclass

from bot.dispatch import Router
from bot.services.administrators import Administrators
from bot.services.bundle import Services
from bot.services.personal import Personal
from bot.turn import Reply, Turn
from bot.views.setting import Setting, Unknown
from bot.views.settings import close_to, named, settings_for_administrators, settings_of, settings_view
from bot.views.words import reader_of
from cards.actions import ChangeSettings, RunCommand
from cards.language import _
from cards.notice import NoticeView, notice_card
from cards.settings import LONGEST, settings_card
from cards.views import Button, Tone

_COMMAND = "settings"


@dataclass(frozen=True, slots=True)
class SettingsCommand:
    personal: Personal
    settings: tuple[Setting, ...]
    administrators: Administrators
    for_administrators: tuple[Setting, ...] = ()

    def register(self, router: Router) -> None:
        router.command(
            "settings",
            self.say,
            title=_("Settings"),
            help=_("Set your language, your hours and how requests reach you"),
            aliases=("preferences",),
            takes_words=True,
            rank=70,
        )
        router.action(ChangeSettings, self.press)

    async def say(self, turn: Turn, words: str) -> Reply:
        if not words:
            return await self._show(turn)
        settings = await self._settings(turn)
        found = named(settings, words, turn.words)
        if found is None:
            title = turn.words("I do not know that setting")
            text = turn.words("This is what you can set: {names}.", names=_titles(settings, turn))
            return self._not_set(turn, title, text, close_to(settings, words, turn.words))
        setting, typed = found
        if not typed:
            return await self._show(turn)
        value = setting.read(typed[:LONGEST], turn.words)
        if isinstance(value, Unknown):
            title = turn.words(setting.title)
            again = tuple(f"{title.lower()} {suggestion}" for suggestion in value.suggestions)
            return self._not_set(turn, title, value.sentence, again)
        return await self._changed(turn, {setting.name: value})

    async def press(self, turn: Turn, action: ChangeSettings) -> Reply:
        """Nothing is kept unless everything on the card can be."""
        settings = await self._settings(turn)
        typed = {setting.name: action.typed(setting.name) for setting in settings}
        shown = {name: value for name, value in typed.items() if value is not None}
        read = {
            setting.name: setting.read(shown[setting.name], turn.words) for setting in settings if setting.name in shown
        }
        unknown = next((value for value in read.values() if isinstance(value, Unknown)), None)
        if unknown is not None:
            kept = await self.personal.settings(turn.actor.object_id)
            view = settings_view(settings, kept, reader_of(turn), typed=shown, unknown=unknown)
            return Reply.replace(settings_card(view))
        return await self._changed(turn, {name: value for name, value in read.items() if isinstance(value, str)})

    async def _changed(self, turn: Turn, changes: dict[str, str]) -> Reply:
        before = await self.personal.settings(turn.actor.object_id)
        turn = await self.personal.change(turn, **changes)
        kept = await self.personal.settings(turn.actor.object_id)
        settings = await self._settings(turn)
        news = [
            setting.kept(getattr(kept, setting.name), turn.words)
            for setting in settings
            if getattr(kept, setting.name) != getattr(before, setting.name)
        ]
        saved = "\n".join(news) or turn.words("All is as it was.")
        return Reply.replace(settings_card(settings_view(settings, kept, reader_of(turn), saved=saved)))

    async def _show(self, turn: Turn) -> Reply:
        kept = await self.personal.settings(turn.actor.object_id)
        card = settings_card(settings_view(await self._settings(turn), kept, reader_of(turn)))
        return Reply.with_card(card, summary=turn.words("Settings"))

    def _not_set(self, turn: Turn, title: str, text: str, suggestions: tuple[str, ...]) -> Reply:
        """What was not understood, with what may have been meant as buttons."""
        buttons = [Button(suggestion, RunCommand(text=f"{_COMMAND} {suggestion}")) for suggestion in suggestions]
        buttons.append(Button(turn.words("Show my settings"), RunCommand(text=_COMMAND)))
        view = NoticeView(title, text, Tone.BAD, buttons=tuple(buttons), words=turn.words)
        return Reply.with_card(notice_card(view), summary=title)

    async def _settings(self, turn: Turn) -> tuple[Setting, ...]:
        """What this person can set."""
        if await self.administrators.includes(turn.actor.object_id):
            return (*self.settings, *self.for_administrators)
        return self.settings


def _titles(settings: tuple[Setting, ...], turn: Turn) -> str:
    return ", ".join(turn.words(setting.title) for setting in settings)


def feature(services: Services) -> SettingsCommand:
    return SettingsCommand(
        services.personal, settings_of(services.languages), services.administrators, settings_for_administrators()
    )
