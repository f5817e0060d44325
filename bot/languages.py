"""The languages Doorman speaks: English, which the code is written in, and one for every catalog in `bot/locale`.

A catalog is a gettext file that people edit, `bot/locale/<tag>/LC_MESSAGES/doorman.po`. It is read when the bot starts,
so adding a language is adding a file.
"""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cards.language import ENGLISH, Language

FOLDER: Final = Path(__file__).with_name("locale")
_LONGEST_TAG: Final = 35  # RFC 5646 asks for no more room than this


class Languages:
    """Those that are offered here. The first is for everybody who wants none of them."""

    def __init__(self, offered: Sequence[Language] = (ENGLISH,)) -> None:
        self.offered = tuple(offered)
        self._by_tag = {language.tag: language for language in self.offered}
        self._by_lowered = {tag.casefold(): tag for tag in self._by_tag}

    def choose(self, *wishes: str) -> Language:
        """The language for somebody who wishes for these, best first: `de-AT` is served with `de`."""
        tag = self.find(*wishes)
        return self._by_tag[tag] if tag else self.offered[0]

    def find(self, *wishes: str) -> str:
        """Like `choose`, the tag alone, and empty when none fits."""
        for wish in wishes:
            parts = wish[:_LONGEST_TAG].replace("_", "-").casefold().split("-")
            while parts:
                tag = self._by_lowered.get("-".join(parts))
                if tag:
                    return tag
                parts.pop()
        return ""

    def __iter__(self) -> Iterator[Language]:
        return iter(self.offered)


def available(folder: Path = FOLDER) -> tuple[str, ...]:
    """The tags of every language there is, English first."""
    return (ENGLISH.tag, *sorted(path.parent.parent.name for path in folder.glob("*/LC_MESSAGES/doorman.po")))


def load_languages(tags: Sequence[str] | None = None, folder: Path = FOLDER) -> Languages:
    """These languages, each of which is `available`; all of them unless told otherwise."""
    return Languages([_language(tag, folder) for tag in tags or available(folder)])


def own_name(tag: str) -> str:
    """What the language is called by those who speak it: `Deutsch`."""
    locale = Locale.parse(tag, sep="-")
    name = locale.get_display_name(locale) or tag
    return name[:1].upper() + name[1:]


def _language(tag: str, folder: Path) -> Language:
    if tag == ENGLISH.tag:
        return ENGLISH
    return _read(tag, (folder / tag / "LC_MESSAGES" / "doorman.po").read_bytes())


@lru_cache(maxsize=16)
def _read(tag: str, file: bytes) -> Language:
    """The language of this catalog; kept, because reading one is a good part of what starting a bot takes."""
    catalog = read_po(BytesIO(file), locale=tag.replace("-", "_"), abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Language(tag, gettext.GNUTranslations(compiled))
