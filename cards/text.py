"""Text from elsewhere (names, justifications, answers) made fit to stand on a card, and to show as it was written.

Teams reads Markdown in text blocks, facts, error messages and the fallback text: `markdown` escapes for those.
Buttons, labels, choices, placeholders and text runs show text as it is: `plain` only cleans it. Both take out what
cannot be seen and could change what can be: control characters, overrides of the writing direction, zero-width
characters, piles of combining marks. A text that runs from right to left is isolated, so it turns nothing around it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
LIMIT: Final = 1_000
"""Characters shown of any text unless the caller says otherwise."""

_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_ISOLATE: Final = "\u2069"
_JOINERS: Final = "\u200c\u200d"
_WORD_JOINER: Final = "\u2060"
_LINE_ENDS: Final = "\n\r\v\f\x85\u2028\u2029"
_BLANK_LETTERS: Final = "\u115f\u1160\u3164\uffa0\u2800"  # letters to Unicode, nothing to the eye
_MOST_MARKS: Final = 4

# Commands of the client rather than Markdown: local dates, and mentions. A word joiner in the middle ends both.
_COMMAND: Final = re.compile(r"\{(?=\{(?:DATE|TIME)\()|<(?=/?at\b)", re.IGNORECASE)
_MARKDOWN: Final = re.compile(r"[\\`*_\[\]()~]|<(?=[A-Za-z/!?])|&(?=#?[0-9A-Za-z]+;)")
_LINE_START: Final = re.compile(r"[-+#>]|\d+(?=\.)")
_CHOICE_LINK: Final = re.compile(r"(?<=\])(?=[(\[])|(?<=<)(?=[A-Za-z])")


def clean(text: str) -> str:
    """One line without anything invisible; every run of white space is one space."""
    if not (text.isascii() and text.isprintable()):
        text = _visible(text)
    return _without_commands(" ".join(text.split()))


def clean_lines(text: str) -> tuple[str, ...]:
    """The lines that hold anything, each as `clean` gives it."""
    if not text.isprintable():
        text = _visible(text)
    return tuple(line for line in map(clean, text.split("\n")) if line)


def clip(text: str, limit: int) -> str:
    """At most `limit` characters; a cut shows as an ellipsis and prefers the end of a word."""
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end and (unicodedata.combining(text[end]) or text[end] in _JOINERS or text[end - 1] in _JOINERS):
        end -= 1
    kept = text[:end]
    last_space = kept.rfind(" ")
    if last_space >= end * 0.8:
        kept = kept[:last_space]
    return kept.rstrip() + ELLIPSIS


def plain(text: str, limit: int = LIMIT) -> str:
    """For places that show text as it is: titles of buttons, labels, placeholders, text runs."""
    return _isolated(clip(clean(_bounded(text, limit)), limit))


def choice_title(text: str, limit: int = LIMIT) -> str:
    """For choices. Teams shows them as they are, other clients may read Markdown there: links at least are undone."""
    return _CHOICE_LINK.sub(_WORD_JOINER, plain(text, limit))


def markdown(text: str, limit: int = LIMIT) -> str:
    """For places that read Markdown: one line that shows as it was written."""
    return _escaped(plain(text, limit))


def markdown_lines(text: str, limit: int = LIMIT) -> str:
    """Like `markdown`, but keeps the line breaks, as paragraphs (clients disagree about a single line end)."""
    clipped = clip("\n".join(clean_lines(_bounded(text, limit))), limit)
    return "\n\n".join(_escaped(_isolated(line)) for line in clipped.split("\n"))


def spoken(text: str, limit: int = LIMIT) -> str:
    """For `speak`, which may be read as markup: without the characters that markup is made of."""
    return plain(re.sub(r"[<>&]", " ", text), limit)


def isolate(name: str) -> str:
    """A name to put into a sentence, so that a name in another writing direction moves nothing beside it."""
    name = clean(name)
    return name if name.isascii() else f"{_FIRST_STRONG_ISOLATE}{name}{_POP_ISOLATE}"


def _bounded(text: str, limit: int) -> str:
    """Spares looking through what is cut off anyway; leaves enough for what cleaning takes out."""
    most = limit * 4 + 100
    return text if len(text) <= most else text[:most] + ELLIPSIS


def _visible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character in _LINE_ENDS:
            kept.append("\n")
        elif character == "\t":
            kept.append(" ")
        elif category in ("Cc", "Cf", "Cs"):
            if character in (_FIRST_STRONG_ISOLATE, _POP_ISOLATE) or _joins(text, position):
                kept.append(character)
        elif marks <= _MOST_MARKS and character not in _BLANK_LETTERS:
            kept.append(character)
    return "".join(kept).replace("\n\n", "\n")


def _joins(text: str, position: int) -> bool:
    """Whether a joiner stands between two characters of a script (or emoji) that uses joiners."""
    if text[position] not in _JOINERS or not 0 < position < len(text) - 1:
        return False
    before, after = text[position - 1], text[position + 1]
    return not (before.isascii() or after.isascii() or before in _JOINERS or after in _JOINERS)


def _without_commands(text: str) -> str:
    return _COMMAND.sub(lambda found: found[0] + _WORD_JOINER, text)


def _isolated(line: str) -> str:
    """Keeps isolates that come in pairs, drops the others, and isolates a line with text that runs right to left."""
    if line.isascii():
        return line
    if not _pairs_up(line):
        line = line.replace(_FIRST_STRONG_ISOLATE, "").replace(_POP_ISOLATE, "")
    runs_left = any(unicodedata.bidirectional(character) in ("R", "AL", "AN") for character in line)
    return f"{_FIRST_STRONG_ISOLATE}{line}{_POP_ISOLATE}" if runs_left and _FIRST_STRONG_ISOLATE not in line else line


def _pairs_up(line: str) -> bool:
    depth = 0
    for character in line:
        depth += (character == _FIRST_STRONG_ISOLATE) - (character == _POP_ISOLATE)
        if depth < 0:
            return False
    return depth == 0


def _escaped(line: str) -> str:
    line = _MARKDOWN.sub(lambda found: "\\" + found[0], line)
    start = _LINE_START.match(line)
    if start is None:
        return line
    if start[0][0].isdigit():
        return f"{start[0]}\\{line[start.end() :]}"
    return "\\" + line
