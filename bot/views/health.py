"""What was found about the health of the tenant, as an administrator reads it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from bot.services.health.examination import CHECKS
from bot.services.health.findings import Finding, Report, Severity
from bot.services.health.words import SEVERITIES, next_step, sentence
from bot.views.words import Reader, moment_and_distance
from cards.actions import OpenHealth, ReprocessRequest, ShowHealth
from cards.health import (
    MOST_FINDINGS,
    MOST_GROUPS,
    FindingLine,
    GroupLine,
    HealthDetailsView,
    HealthView,
)
from cards.language import Language, _
from cards.views import Button, Link, Tone

TONES: Final = {
    Severity.PROBLEM: Tone.BAD,
    Severity.WARNING: Tone.WAITING,
    Severity.UNKNOWN: Tone.NEUTRAL,
    Severity.NOTE: Tone.NEUTRAL,
}
ADMIN_CENTER: Final = "https://entra.microsoft.com/"
_TITLES: Final = {check.name: check.title for check in CHECKS}
_TRY_AGAIN: Final = _("Try again")


def health_view(report: Report, page: int, reader: Reader, now: datetime, *, admin_url: str) -> HealthView:
    words = reader.words
    groups = [(key, list(found)) for key, found in groupby(_by_group(report.findings), key=_group)]
    start = _start(page, MOST_GROUPS, len(groups))
    shown = groups[start : start + MOST_GROUPS]
    lines, before = [], None
    for (severity, check), found in shown:
        lines.append(_group_line(severity, check, found, severity is not before, words))
        before = severity
    has_more = start + MOST_GROUPS < len(groups)
    headline, tone = headline_of(report, words)
    return HealthView(
        headline=headline,
        tone=tone,
        when=words("Looked at {moment}", moment=moment_and_distance(min(report.at, now), now, reader)),
        lines=tuple(lines),
        next=ShowHealth(page=start // MOST_GROUPS + 1) if has_more else None,
        links=(Link(words("Open the Entra admin center"), admin_url),) if admin_url else (),
        words=words,
    )


def headline_of(report: Report, words: Language) -> tuple[str, Tone]:
    problems, warnings = report.count(Severity.PROBLEM), report.count(Severity.WARNING)
    if problems:
        told = words.plural("{count} thing has to be mended.", "{count} things have to be mended.", problems)
        return told, Tone.BAD
    if warnings:
        told = words.plural("{count} thing should be looked at.", "{count} things should be looked at.", warnings)
        return told, Tone.WAITING
    if report.count(Severity.UNKNOWN):
        return words("What I could check is in order. Not everything could be checked."), Tone.NEUTRAL
    return words("Everything is in order."), Tone.GOOD


def details_view(
    report: Report, severity: Severity, check: str, page: int, reader: Reader, *, can_reprocess: bool
) -> HealthDetailsView | None:
    """None when nothing of this kind is found any more."""
    words = reader.words
    found = [each for each in report.findings if each.severity is severity and each.check == check]
    if not found:
        return None
    start = _start(page, MOST_FINDINGS, len(found))
    shown = found[start : start + MOST_FINDINGS]
    end = start + len(shown)
    place = words("{first} to {last} of {count}", first=start + 1, last=end, count=len(found))
    following = OpenHealth(severity=severity.value, check=check, page=start // MOST_FINDINGS + 1)
    return HealthDetailsView(
        title=words(_TITLES.get(check, check)),
        severity=words(SEVERITIES[severity]),
        tone=TONES[severity],
        lines=_finding_lines(shown, words, can_reprocess=can_reprocess),
        place=place if len(found) > MOST_FINDINGS else "",
        next=following if end < len(found) else None,
        words=words,
    )


def _finding_lines(found: Sequence[Finding], words: Language, *, can_reprocess: bool) -> tuple[FindingLine, ...]:
    """What is to be done stands below the last of those for which it is the same."""
    lines = []
    for number, finding in enumerate(found):
        step = next_step(finding, words)
        is_last = number + 1 == len(found) or next_step(found[number + 1], words) != step
        buttons: tuple[Button, ...] = ()
        if finding.request_id is not None and can_reprocess:
            buttons = (Button(words(_TRY_AGAIN), ReprocessRequest(request_id=finding.request_id)),)
        links = (Link(words("Open in Entra"), ADMIN_CENTER + finding.place),) if finding.place else ()
        lines.append(FindingLine(sentence(finding, words), step if is_last else "", buttons, links))
    return tuple(lines)


def _group_line(severity: Severity, check: str, found: Sequence[Finding], is_first: bool, words: Language) -> GroupLine:
    title = words(_TITLES.get(check, check))
    return GroupLine(
        f"{title} · {len(found)}" if len(found) > 1 else title,
        sentence(found[0], words),
        TONES[severity],
        OpenHealth(severity=severity.value, check=check),
        words(SEVERITIES[severity]) if is_first else "",
    )


def _by_group(findings: Sequence[Finding]) -> list[Finding]:
    checks = {name: rank for rank, name in enumerate(_TITLES)}
    severities = {severity: rank for rank, severity in enumerate(Severity)}

    def rank(each: Finding) -> tuple[int, int]:
        return severities[each.severity], checks.get(each.check, len(checks))

    return sorted(findings, key=rank)


def _group(finding: Finding) -> tuple[Severity, str]:
    return finding.severity, finding.check


def _start(page: int, size: int, count: int) -> int:
    """Where this page begins; the last one for a page that is not there any more."""
    last = max(0, (count - 1) // size)
    return min(max(page, 0), last) * size
