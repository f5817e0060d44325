"""Sentences in the reader's language. The code holds them in English; a catalog holds what they are elsewhere."""

from __future__ import annotations

import gettext
from typing import Final

COMMAND_CONTEXT: Final = "what people type"
"""The context under which catalogs list the words for a command, separated by commas."""


def _(sentence: str) -> str:
    """Mark a sentence kept in a constant, so that the catalogs learn of it; it is translated where it is used."""
    return sentence


class Language:
    """One language: call it with an English sentence to get the sentence.

    What varies stands in braces and is given by name: `language("Waiting for {name}", name="Marc")`. Values are data:
    braces inside them mean nothing.
    """

    def __init__(self, tag: str = "en", catalog: gettext.NullTranslations | None = None) -> None:
        self.tag = tag
        self._catalog = catalog or gettext.NullTranslations()

    def __call__(self, sentence: str, /, **values: object) -> str:
        text = self._catalog.gettext(sentence) if sentence else ""
        return text.format(**values) if values else text

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The sentence for `count` things, which it may name as `{count}`."""
        return self._catalog.ngettext(one, many, count).format(count=count, **values)

    def spoken(self, command: str) -> tuple[str, ...]:
        """What people may type for a command in this language, the usual first; nothing where it has no words."""
        spelt = self._catalog.pgettext(COMMAND_CONTEXT, command)
        return () if spelt == command else tuple(spelling.strip() for spelling in spelt.split(","))

    def to_type(self, command: str) -> str:
        """What to type for a command, as people say it in this language."""
        return next(iter(self.spoken(command)), command)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Language) and self.tag == other.tag

    def __hash__(self) -> int:
        return hash(self.tag)

    def __repr__(self) -> str:
        return f"Language({self.tag!r})"


ENGLISH: Final = Language()
