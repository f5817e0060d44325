"""What leads set: whether they want a summary of their projects every week."""

from __future__ import annotations

from typing import Final

from bot.services.lead_digest import WEEKLY
from bot.views.setting import AS_USUAL, Unknown
from bot.views.words import Reader
from cards.language import Language, _
from cards.settings import SettingView

_OFF: Final = _("No summary")
_WEEKLY: Final = _("On Monday morning")
_OFF_SPELLINGS: Final = frozenset({"", "off", "no", "none", "never", AS_USUAL, "default"})
_WEEKLY_SPELLINGS: Final = frozenset({WEEKLY, "monday", "on", "yes", "summary"})


class LeadDigestSetting:
    name: str = "lead_digest"
    title: str = _("My projects")
    aliases: tuple[str, ...] = ("projects", "weekly summary")

    def view(self, value: str, reader: Reader) -> SettingView:
        choices = (("off", reader.words(_OFF)), (WEEKLY, reader.words(_WEEKLY)))
        return SettingView(self.name, reader.words(self.title), WEEKLY if value == WEEKLY else "off", choices)

    def read(self, typed: str, words: Language) -> str | Unknown:
        wanted = typed.strip().casefold()
        if wanted in _WEEKLY_SPELLINGS or wanted == words(_WEEKLY).casefold():
            return WEEKLY
        if wanted in _OFF_SPELLINGS or wanted == words(_OFF).casefold():
            return ""
        return Unknown(words("A summary of the projects that you lead can come every week."), (WEEKLY, "off"))

    def kept(self, value: str, words: Language) -> str:
        if value == WEEKLY:
            return words("On Monday morning I tell you what waits, ends soon or is not accepted yet in your projects.")
        return words("I send you no summary of your projects.")
