"""What people set about the requests that wait for them: how they hear of them, and when they are left in peace."""

from __future__ import annotations

import re
from typing import Final

from bot.services.hours import NO_QUIET
from bot.views.setting import AS_USUAL, Unknown
from bot.views.words import Reader
from cards.language import Language, _
from cards.settings import SettingView

_EACH: Final = _("A card for each, at once")
_DAILY: Final = _("One summary in the morning")
_NO_QUIET: Final = _("No quiet hours")
_AS_USUAL: Final = _("As usual here")

_EACH_SPELLINGS: Final = frozenset({"", "each", "cards", "single", AS_USUAL, "default"})
_DAILY_SPELLINGS: Final = frozenset({"daily", "summary", "digest"})
_NO_QUIET_SPELLINGS: Final = frozenset({NO_QUIET, "off", "no", "never"})
_USUAL_SPELLINGS: Final = frozenset({"", AS_USUAL, "default", "usual", "automatic"})
_SPAN: Final = re.compile(
    r"(?P<from_hour>\d{1,2})(?:[:.](?P<from_minute>\d{2}))?\D{1,9}(?P<until_hour>\d{1,2})(?:[:.](?P<until_minute>\d{2}))?"
)


class ApprovalCardsSetting:
    name: str = "approval_cards"
    title: str = _("Requests to decide")
    aliases: tuple[str, ...] = ("cards", "digest")

    def view(self, value: str, reader: Reader) -> SettingView:
        choices = (("each", reader.words(_EACH)), ("daily", reader.words(_DAILY)))
        return SettingView(self.name, reader.words(self.title), "daily" if value == "daily" else "each", choices)

    def read(self, typed: str, words: Language) -> str | Unknown:
        wanted = typed.strip().casefold()
        if wanted in _DAILY_SPELLINGS or wanted == words(_DAILY).casefold():
            return "daily"
        if wanted in _EACH_SPELLINGS or wanted == words(_EACH).casefold():
            return ""
        return Unknown(
            words("Requests that you decide can come as cards, one for each, or in a daily summary."), ("each", "daily")
        )

    def kept(self, value: str, words: Language) -> str:
        if value == "daily":
            return words("Requests for you to decide come in one summary, in the morning of a working day.")
        return words("Each request for you to decide comes as a card of its own, at once.")


class QuietHoursSetting:
    name: str = "quiet_hours"
    title: str = _("Quiet hours")
    aliases: tuple[str, ...] = ("quiet",)

    def view(self, value: str, reader: Reader) -> SettingView:
        words = reader.words
        shown = words(_NO_QUIET) if value == NO_QUIET else value
        return SettingView(self.name, words(self.title), shown, placeholder=words(_AS_USUAL))

    def read(self, typed: str, words: Language) -> str | Unknown:
        wanted = typed.strip().casefold()
        if wanted in _USUAL_SPELLINGS or wanted == words(_AS_USUAL).casefold():
            return ""
        if wanted in _NO_QUIET_SPELLINGS or wanted == words(_NO_QUIET).casefold():
            return NO_QUIET
        found = _SPAN.fullmatch(wanted)
        if found:
            hours = (int(found["from_hour"]), int(found["until_hour"]))
            minutes = (int(found["from_minute"] or 0), int(found["until_minute"] or 0))
            if max(hours) < 24 and max(minutes) < 60:
                return f"{hours[0]:02}:{minutes[0]:02}-{hours[1]:02}:{minutes[1]:02}"
        return Unknown(words("Quiet hours look like 18:00-8:00."), ("18:00-8:00", "off"))

    def kept(self, value: str, words: Language) -> str:
        if value == NO_QUIET:
            return words("I remind you at any hour.")
        if value:
            return words("I remind you of nothing in your quiet hours: {hours}.", hours=value)
        return words("Your quiet hours are those of your organization.")
