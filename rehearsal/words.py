"""A timeline for people: lines of text, Markdown, and JSON for programs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from bot.services.zones import zone_of
from rehearsal.course import Choice, Course, Entry, Timeline

_SPAN: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


def as_text(timeline: Timeline) -> str:
    """Aligned columns under a few lines of what was played."""
    rows = [_row(entry, timeline.zone) for entry in timeline.entries]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
    lines = [f"{when:<{widths[0]}}  {who:<{widths[1]}}  {what}".rstrip() for when, who, what in rows]
    return "\n".join([*heading(timeline), "", *lines]) + "\n"


def as_markdown(timeline: Timeline) -> str:
    first, *rest = heading(timeline)
    table = [f"| {' | '.join(map(_cell, _row(entry, timeline.zone)))} |" for entry in timeline.entries]
    parts = [f"# {_cell(first)}", "", *(f"* {_cell(line)}" for line in rest), ""]
    return "\n".join([*parts, "| when | who | what |", "| --- | --- | --- |", *table]) + "\n"


def as_json(timeline: Timeline) -> str:
    course = timeline.course
    told = {
        "package": timeline.package,
        "policy": timeline.policy,
        "person": timeline.person,
        "course": {
            "decide": course.decide.value,
            "afterSeconds": round(course.after.total_seconds()),
            "inPortal": course.in_portal,
            "extends": course.extends,
            "mutedBy": list(course.mutes),
        },
        "timeZone": timeline.zone,
        "remarks": list(timeline.remarks),
        "entries": [
            {"at": entry.at.isoformat(timespec="seconds"), "kind": entry.kind, "who": entry.who, "what": entry.what}
            for entry in timeline.entries
        ],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def rows(timeline: Timeline) -> Iterator[tuple[str, str, str]]:
    """When, who and what, as people read them."""
    return (_row(entry, timeline.zone) for entry in timeline.entries)


def heading(timeline: Timeline) -> list[str]:
    """What was played; the first line is its title."""
    return [
        f"{timeline.package}, asked for by {timeline.person}",
        f"Policy: {timeline.policy}",
        f"Course: {course_in_words(timeline.course)}",
        f"Time zone: {timeline.zone}",
        *timeline.remarks,
    ]


def course_in_words(course: Course) -> str:
    parts = ["nobody decides"]
    if course.decide is not Choice.NOBODY:
        verb = "approved" if course.decide is Choice.APPROVE else "denied"
        where = "in My Access" if course.in_portal else "on the card"
        parts = [f"each stage is {verb} {span_in_words(course.after)} after it begins, {where}"]
    if course.extends:
        parts.append("the access is extended once")
    if course.mutes:
        parts.append(f"muted by {', '.join(course.mutes)}")
    return "; ".join(parts)


def span_in_words(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    amounts = ((minutes // 1440, "day"), (minutes // 60 % 24, "hour"), (minutes % 60, "minute"))
    parts = [f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in amounts if amount]
    return " ".join(parts) or "0 minutes"


def span_from(text: str) -> timedelta | None:
    """Such as 30m, 2h, 1d or 1d6h; None for anything else."""
    found = _SPAN.fullmatch(text.strip().casefold())
    if found is None or not found.group():
        return None
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def _row(entry: Entry, zone: str) -> tuple[str, str, str]:
    return (_moment(entry.at, zone), entry.who, entry.what)


def _moment(at: datetime, zone: str) -> str:
    return f"{at.astimezone(zone_of(zone)):%a %Y-%m-%d %H:%M}"


def _cell(text: str) -> str:
    return re.sub(r"([\\|*_<>`\[\]])", r"\\\1", text)
