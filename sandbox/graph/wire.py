"""How values are spelt in Graph's JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

Json = dict[str, Any]

NAMESPACE: Final = "#microsoft.graph."


def moment(value: datetime | None) -> str | None:
    """ISO 8601 in UTC ending in Z, with seven fractional digits as .NET writes them; whole seconds have none.

    The seventh digit is made up: the service counts in tenths of a microsecond, which Python cannot hold, and clients
    that choke on the digit are meant to be found here.
    """
    if value is None:
        return None
    value = value.astimezone(UTC)
    fraction = f".{value.microsecond:06d}{value.microsecond % 9 + 1}" if value.microsecond else ""
    return f"{value:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def duration(value: timedelta) -> str:
    """ISO 8601 with days as the largest unit: `P14D`, `PT1H`, `P1DT2H30M`, `PT0S`."""
    seconds = int(value.total_seconds())
    days, seconds = divmod(seconds, 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number)
    date = f"{days}D" if days else ""
    return f"P{date}{'T' + time if time else ''}" if date or time else "PT0S"


def typed(name: str, value: Json) -> Json:
    """`value` with the `@odata.type` of `name` in front."""
    return {"@odata.type": NAMESPACE + name, **value}
