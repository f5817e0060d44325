"""Spans of time as ISO 8601 writes them: the same span in many ways."""

from __future__ import annotations

import re
from typing import Final

_SPAN: Final = re.compile(
    r"P(?=[\dT])(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.0+)?S)?)?"
)


def span_key(text: object) -> object:
    """Equal for spans of the same length; what is no span stays as it is.

    Months and days are never equal, since nothing says how long a month is.
    """
    found = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return text
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return 12 * years + months, (((7 * weeks + days) * 24 + hours) * 60 + minutes) * 60 + seconds
