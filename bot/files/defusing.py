"""Keeps a spreadsheet from taking a field of an exported table for a formula.

A field that begins with one of the signs gets an apostrophe in front, which spreadsheets show as text. So that nothing
is lost on the way back, a field that begins with apostrophes and then such a sign gets one more as well: reading takes
exactly one away.
"""

from __future__ import annotations

import re
from typing import Final

SIGNS: Final = "=+-@#\t\r\uff1d\uff0b\uff0d\uff20"
"""`#` because it begins comments; the wide forms because East Asian versions of Excel obey them."""

_DANGEROUS: Final = re.compile(f"'*[{re.escape(SIGNS)}]")
_DEFUSED: Final = re.compile(f"'+[{re.escape(SIGNS)}]")


def defuse(value: str) -> str:
    return f"'{value}" if _DANGEROUS.match(value) else value


def is_defused(value: str) -> bool:
    return _DEFUSED.match(value) is not None


def restore(value: str) -> str:
    """What `defuse` was given."""
    return value[1:] if is_defused(value) else value


def is_dangerous(value: str) -> bool:
    return value[:1] != "" and value[0] in SIGNS
