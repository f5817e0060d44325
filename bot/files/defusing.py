"""Keeps a spreadsheet from taking a field of an exported table for a formula.

A field that begins with one of the signs gets an apostrophe in front, which spreadsheets show as text. So that nothing
is lost on the way back, a field that begins with apostrophes and then such a sign gets one more as well: reading takes
exactly one away.

Whether a spreadsheet parts fields at `;`, `,` or tabs depends on the country of whoever opens the file, and where it
parts them elsewhere than we do, quotation marks hold nothing together. So what stands behind any of these signs is
treated like the beginning of a field.
"""

from __future__ import annotations

import re
from typing import Final

SIGNS: Final = "=+-@#\t\r\uff1d\uff0b\uff0d\uff20"
"""`#` because it begins comments; the wide forms because East Asian versions of Excel obey them."""

_INSIDE: Final = SIGNS.replace("#", "")  # comments are whole lines
_DANGEROUS: Final = re.compile(f"^(?='*[{re.escape(SIGNS)}])|(?<=[;,\t])(?='*[{re.escape(_INSIDE)}])")
_DEFUSED: Final = re.compile(f"^'(?='*[{re.escape(SIGNS)}])|(?<=[;,\t])'(?='*[{re.escape(_INSIDE)}])")


def defuse(value: str) -> str:
    return _DANGEROUS.sub("'", value)


def is_defused(value: str) -> bool:
    return _DEFUSED.search(value) is not None


def restore(value: str) -> str:
    """What `defuse` was given."""
    return _DEFUSED.sub("", value)


def is_dangerous(value: str) -> bool:
    return value[:1] != "" and value[0] in SIGNS
