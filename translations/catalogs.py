"""The catalogs in `bot/locale`: brought up to date with the code, and looked through for what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Final

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from bot.languages import FOLDER

_HEADER: Final = """\
msgid ""
msgstr ""
"Language: {tag}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""
_ENDS: Final = ".?!:…"


def path_of(tag: str, folder: Path = FOLDER) -> Path:
    return folder / tag / "LC_MESSAGES" / "doorman.po"


def read(tag: str, folder: Path = FOLDER) -> Catalog:
    """The catalog of a language; an empty one when there is none yet. Raises babel's UnknownLocaleError."""
    locale, path = Locale.parse(tag, sep="-"), path_of(tag, folder)
    if not path.exists():
        return Catalog(locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=str(locale), abort_invalid=True)


def updated(catalog: Catalog, code: Catalog) -> None:
    """Take in what the code says now; what is new or was changed has no translation yet."""
    catalog.update(code, no_fuzzy_matching=True)
    catalog.obsolete.clear()


def text_of(tag: str, catalog: Catalog) -> str:
    """The file: sorted, and without places and dates, so that it changes only when a sentence does."""
    body = BytesIO()
    write_po(body, catalog, width=118, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)
    return _HEADER.format(tag=tag, plural_forms=catalog.plural_forms) + body.getvalue().decode()


def problems(catalog: Catalog, code: Catalog) -> list[str]:
    """What keeps this catalog from speaking for the code as it is, a line each with the sentence and its file."""
    found: list[str] = []
    for sentence in _sentences(code):
        translated = catalog.get(_id(sentence), sentence.context)
        wrong = "is missing" if translated is None else _wrong(sentence, translated, catalog.num_plurals)
        if wrong:
            places = ", ".join(sorted({name for name, _ in sentence.locations}))
            found.append(f"{_shown(sentence)} ({places}): {wrong}")
    known = {(_id(sentence), sentence.context) for sentence in _sentences(code)}
    gone = [kept for kept in _sentences(catalog) if (_id(kept), kept.context) not in known]
    return found + [f"{_shown(kept)}: is no longer in the code" for kept in gone]


def _sentences(catalog: Catalog) -> Iterable[Message]:
    return [message for message in catalog if message.id]


def _id(message: Message) -> str:
    return message.id[0] if isinstance(message.id, (list, tuple)) else message.id


def _shown(message: Message) -> str:
    kind = "the command " if message.context else ""
    return f"{kind}“{_id(message)}”"


def _wrong(sentence: Message, translated: Message, plurals: int) -> str:
    if translated.fuzzy:
        return "is marked as fuzzy: look at it and take the mark away"
    english = list(sentence.id) if isinstance(sentence.id, (list, tuple)) else [sentence.id]
    strings = translated.string if isinstance(translated.string, (list, tuple)) else [translated.string]
    forms = [form for form in strings if form]
    if not forms or len(forms) != len(strings):
        return "has no translation"
    if sentence.context:
        return "" if all(part.strip() for part in forms[0].split(",")) else "has an empty word between commas"
    if len(forms) != (plurals if len(english) > 1 else 1):
        return f"has {len(forms)} forms"
    return next((wrong for form in forms if (wrong := _misfit(english, form))), "")


def _misfit(english: list[str], form: str) -> str:
    """What a translation must share with the sentence: what stands in braces, and how it begins and ends."""
    wanted, optional = _names(english[-1]), {"count"} if len(english) > 1 else set()
    try:
        given = _names(form)
    except ValueError as error:
        return f"has broken braces in “{form}”: {error}"
    if not wanted - optional <= given <= wanted:
        return f"should have {sorted(wanted)} in braces, and has {sorted(given)}"
    first, last = english[-1][0], english[-1][-1]
    if (first in "✓✕") and form[0] != first:
        return f"should begin with {first}"
    if (last in _ENDS or form[-1] in _ENDS) and form[-1] != last:
        return f"should end like the English, with {last!r}"
    return "" if form == form.strip() else "has white space around it"


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
