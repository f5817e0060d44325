"""What only administrators can set."""

from __future__ import annotations

from typing import Final

from bot.views.setting import Unknown
from bot.views.words import Reader
from cards.language import Language, _
from cards.settings import SettingView

_WEEKLY: Final = _("A card every week")
_NEVER: Final = _("Only when I ask")
_WEEKLY_SPELLINGS: Final = frozenset({"weekly", "on", "yes", "week"})
_NEVER_SPELLINGS: Final = frozenset({"", "never", "off", "no", "default", "auto"})


class WeeklyHealthSetting:
    name: str = "weekly_health"
    title: str = _("Health of the tenant")
    aliases: tuple[str, ...] = ("health",)

    def view(self, value: str, reader: Reader) -> SettingView:
        choices = (("never", reader.words(_NEVER)), ("weekly", reader.words(_WEEKLY)))
        return SettingView(self.name, reader.words(self.title), value or "never", choices)

    def read(self, typed: str, words: Language) -> str | Unknown:
        wanted = typed.strip().casefold()
        if wanted in _WEEKLY_SPELLINGS or wanted == words(_WEEKLY).casefold():
            return "weekly"
        if wanted in _NEVER_SPELLINGS or wanted == words(_NEVER).casefold():
            return ""
        return Unknown(words("The card about the health of the tenant can come weekly, or never."), ("weekly", "never"))

    def kept(self, value: str, words: Language) -> str:
        if value == "weekly":
            return words("Once a week I tell you how the tenant is.")
        return words("I tell you how the tenant is when you ask: health.")
