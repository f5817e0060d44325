"""What a setting is, to whoever shows and reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from bot.views.words import Reader
from cards.language import Language
from cards.settings import SettingView

AS_USUAL: Final = "auto"


@dataclass(frozen=True, slots=True)
class Unknown:
    """What was typed is no value of the setting; `suggestions` are what may have been meant, as people type it."""

    sentence: str
    suggestions: tuple[str, ...] = ()


class Setting(Protocol):
    """`name` is the field of `PersonalSettings`, `title` what people call it, `aliases` what else they may type."""

    name: str
    title: str
    aliases: tuple[str, ...]

    def view(self, value: str, reader: Reader) -> SettingView: ...

    def read(self, typed: str, words: Language) -> str | Unknown:
        """The value to keep, empty for the default."""

    def kept(self, value: str, words: Language) -> str:
        """That it is kept now, in a sentence."""
