"""One look at everything: all checks over the same facts, whatever of it could be seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeAlias

import structlog

from bot.clock import Clock
from bot.services.chores import Chores
from bot.services.health.approvers import approvers
from bot.services.health.credentials import credentials
from bot.services.health.deliveries import deliveries
from bot.services.health.facts import CannotSee, Facts, Setup, Survey
from bot.services.health.findings import Finding, Report, Severity, in_order
from bot.services.health.licences import guests, licences
from bot.services.health.limits import limits
from bot.services.health.permissions import permissions
from bot.services.health.policies import endless, open_to_nobody, open_to_outsiders, seen_by_all
from bot.services.health.strays import strays
from bot.services.kept import Kept
from cards.language import _

_AGE_SECONDS: Final = 600.0

_log = structlog.get_logger(__name__)

Rule: TypeAlias = Callable[[Facts], Awaitable[list[Finding]]]


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    title: str
    rule: Rule


CHECKS: Final = (
    Check("permissions", _("Permissions of Doorman"), permissions),
    Check("credentials", _("Secrets and certificates"), credentials),
    Check("approvers", _("People who decide"), approvers),
    Check("outsiders", _("Access for other companies"), open_to_outsiders),
    Check("endless", _("Access without an end"), endless),
    Check("nobody", _("Policies for nobody"), open_to_nobody),
    Check("visibility", _("Who sees access packages"), seen_by_all),
    Check("deliveries", _("Deliveries"), deliveries),
    Check("strays", _("People in groups"), strays),
    Check("licences", _("Licences"), licences),
    Check("guests", _("Guests"), guests),
    Check("limits", _("Service limits"), limits),
)


async def examine(survey: Survey, setup: Setup, clock: Clock, only: Collection[str] = ()) -> Report:
    """Make all checks, or those of these names. What cannot be seen is a finding, never a check left out."""
    facts = Facts(survey, setup, clock)
    checks = [check for check in CHECKS if not only or check.name in only]
    try:
        found = await asyncio.gather(*(_run(check, facts) for check in checks))
    finally:
        await facts.close()
    findings = [finding for part in found for finding in part]
    return Report(facts.now, in_order(findings), tuple(check.name for check in checks))


async def _run(check: Check, facts: Facts) -> list[Finding]:
    try:
        return [replace(finding, check=check.name) for finding in await check.rule(facts)]
    except CannotSee as hidden:
        values = {"check": check.title, "permission": hidden.permission}
        code = "check.unseen" if hidden.permission else "check.later"
        return [Finding(code, Severity.UNKNOWN, check.name, values, check=check.name)]
    except Exception:
        _log.exception("health_check_failed", check=check.name)
        return [Finding("check.failed", Severity.UNKNOWN, check.name, {"check": check.title}, check=check.name)]


class Examiner(Protocol):
    async def report(self, *, fresh: bool = False) -> Report: ...


class Health:
    """The newest report; a new one is made when that is older than ten minutes, or wished for."""

    def __init__(self, survey: Survey, setup: Setup, clock: Clock, chores: Chores) -> None:
        self._survey = survey
        self._setup = setup
        self._clock = clock
        self._chores = chores
        self._kept = Kept()

    async def report(self, *, fresh: bool = False) -> Report:
        kept = None if fresh else self._kept.get("report", _AGE_SECONDS)
        if isinstance(kept, Report):
            return kept
        return await self._chores.share("health", self._examine, "health")

    async def _examine(self) -> Report:
        return self._kept.put("report", await examine(self._survey, self._setup, self._clock))
