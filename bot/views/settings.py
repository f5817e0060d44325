"""What people can set for themselves: what each setting is called, which values it takes, and how it is shown.

A new setting is a field of `PersonalSettings`, a class here, and a place in `settings_of`. The card, the text command
and what is suggested after a typing mistake come by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from babel import Locale
from rapidfuzz import fuzz, process

from bot.languages import Languages, own_name
from bot.store.records import PersonalSettings
from bot.views.administrator_settings import WeeklyHealthSetting
from bot.views.approver_settings import ApprovalCardsSetting, QuietHoursSetting
from bot.views.lead_settings import LeadDigestSetting
from bot.views.setting import AS_USUAL, Setting, Unknown
from bot.views.words import Reader, listed, sentences
from cards.language import ENGLISH, Language, _
from cards.settings import SettingsView, SettingView

AS_TEAMS: Final = AS_USUAL
_AS_IN_TEAMS: Final = _("As in Teams")
_AS_TEAMS_SPELLINGS: Final = frozenset({AS_TEAMS, "", "teams", _AS_IN_TEAMS.casefold(), "automatic", "default"})
_CLOSE_ENOUGH: Final = 66  # of 100, by rapidfuzz's ratio: "Berln" is close to "Berlin", "Rome" is not
_MOST_SUGGESTED: Final = 3
_NO_PLACES: Final = ("Etc/", "posix/", "right/", "SystemV/")


class LanguageSetting:
    name: str = "language"
    title: str = _("Language")
    aliases: tuple[str, ...] = ()

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    def view(self, value: str, reader: Reader) -> SettingView:
        choices = [(AS_TEAMS, reader.words(_AS_IN_TEAMS))]
        choices += [(language.tag, own_name(language.tag)) for language in self._languages]
        shown = value if value in dict(choices) else AS_TEAMS
        return SettingView(self.name, reader.words(self.title), shown, tuple(choices))

    def read(self, typed: str, words: Language) -> str | Unknown:
        wanted = typed.strip().casefold()
        if _is_as_teams(wanted, words):
            return ""
        names = {
            name.casefold(): language.tag for language in self._languages for name in _names_of(language.tag, words)
        }
        if wanted in names:
            return names[wanted]
        sentence = words(
            "I do not speak “{text}”. I speak {languages}.",
            text=typed,
            languages=", ".join(own_name(language.tag) for language in self._languages),
        )
        tags = (names[name] for name in _close(wanted, list(names)))
        return Unknown(sentence, tuple(dict.fromkeys(own_name(tag) for tag in tags)))

    def kept(self, value: str, words: Language) -> str:
        if not value:
            return words("I write to you in the language of your Teams.")
        return words("I write to you in this language from now on.")


class TimeZoneSetting:
    name: str = "time_zone"
    title: str = _("Time zone")
    aliases: tuple[str, ...] = ("timezone", "zone")

    def view(self, value: str, reader: Reader) -> SettingView:
        words, zone = reader.words, reader.time_zone
        placeholder = words(_AS_IN_TEAMS) if value or not zone else words("As in Teams: {zone}", zone=zone)
        return SettingView(self.name, words(self.title), value, placeholder=placeholder)

    def read(self, typed: str, words: Language) -> str | Unknown:
        wanted = typed.strip().casefold()
        if _is_as_teams(wanted, words):
            return ""
        zones = _zones(words.tag)
        found = zones.get(wanted.replace(" ", "_")) or zones.get(wanted)
        if found:
            return found
        sentence = words("I do not know the time zone “{text}”. Try a large city, for example Berlin.", text=typed)
        return Unknown(sentence, tuple(dict.fromkeys(zones[name] for name in _close(wanted, list(zones)))))

    def kept(self, value: str, words: Language) -> str:
        if not value:
            return words("All times are in the time zone of your Teams.")
        return words("All times are in the time zone {zone} from now on.", zone=value)


def settings_for_administrators() -> tuple[Setting, ...]:
    """What administrators can set beside that."""
    return (WeeklyHealthSetting(),)


def settings_of(languages: Languages) -> tuple[Setting, ...]:
    """Everything that can be set, in the order of the card."""
    return (
        LanguageSetting(languages),
        TimeZoneSetting(),
        ApprovalCardsSetting(),
        QuietHoursSetting(),
        LeadDigestSetting(),
    )


def settings_view(
    settings: tuple[Setting, ...],
    kept: PersonalSettings,
    reader: Reader,
    *,
    typed: Mapping[str, str] | None = None,
    saved: str = "",
    unknown: Unknown | None = None,
) -> SettingsView:
    """`typed` is what stands on the card that is shown again, by the names of the settings."""
    shown = []
    for setting in settings:
        value = (typed or {}).get(setting.name, getattr(kept, setting.name))
        shown.append(setting.view(value, reader))
    return SettingsView(tuple(shown), saved, problem_words(unknown, reader) if unknown else "", reader.words)


def problem_words(unknown: Unknown, reader: Reader) -> str:
    if not unknown.suggestions:
        return unknown.sentence
    return sentences(unknown.sentence, reader.words("Did you mean {names}?", names=listed(unknown.suggestions, reader)))


def named(settings: tuple[Setting, ...], said: str, words: Language) -> tuple[Setting, str] | None:
    """The setting that `said` begins with, in English or in the language of the person, and the words behind it."""
    spellings = [(spelling, setting) for setting in settings for spelling in spellings_of(setting, words)]
    for spelling, setting in sorted(spellings, key=lambda pair: -len(pair[0])):
        head, tail = said[: len(spelling)], said[len(spelling) :]
        if head.casefold() == spelling and (not tail or tail[0] in " :="):
            return setting, tail.strip(" :=")
    return None


def close_to(settings: tuple[Setting, ...], said: str, words: Language) -> tuple[str, ...]:
    """What may have been meant by words that begin with no setting: its name and the words behind it."""
    known = {spelling: setting for setting in settings for spelling in spellings_of(setting, words)}
    parts, found = said.split(), []
    for count in (1, 2):
        head, tail = " ".join(parts[:count]).casefold(), " ".join(parts[count:])
        found += [f"{name} {tail}".strip() for name in _close(head, list(known))]
    return tuple(dict.fromkeys(found))[:_MOST_SUGGESTED]


def spellings_of(setting: Setting, words: Language) -> tuple[str, ...]:
    """What people may type for a setting, as they know it first; all in the case that they are compared in."""
    titles = (words(setting.title), setting.title)
    return tuple(dict.fromkeys([*(title.casefold() for title in titles), *setting.aliases]))


def _is_as_teams(wanted: str, words: Language) -> bool:
    return wanted in _AS_TEAMS_SPELLINGS or wanted == words(_AS_IN_TEAMS).casefold()


def _close(wanted: str, known: list[str]) -> list[str]:
    found = process.extract(wanted, known, scorer=fuzz.ratio, score_cutoff=_CLOSE_ENOUGH, limit=_MOST_SUGGESTED)
    return [name for name, _score, _place in found]


@lru_cache(maxsize=256)
def _names_of(tag: str, words: Language) -> tuple[str, ...]:
    """`de`, `Deutsch`, and `German` or `Duits` as others call it."""
    locale = Locale.parse(tag, sep="-")
    others = (locale.get_display_name(language.tag.replace("-", "_")) for language in (words, ENGLISH))
    return (tag, own_name(tag), *(name for name in others if name))


@lru_cache(maxsize=16)
def _zones(tag: str) -> Mapping[str, str]:
    """Time zones by what people may type: the name, the city in it, and the city as this language calls it."""
    names = {name for name in available_timezones() if "/" in name and not name.startswith(_NO_PLACES)}
    cities = {name.rsplit("/", 1)[-1].casefold(): name for name in sorted(names, reverse=True)}
    local = {
        str(zone["city"]).casefold(): name
        for name, zone in Locale.parse(tag, sep="-").time_zones.items()
        if name in names and "city" in zone
    }
    return {**cities, **local, **{name.casefold(): name for name in names}, "utc": "UTC"}
