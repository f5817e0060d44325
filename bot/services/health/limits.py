"""How near the tenant is to what Microsoft 365 lets it hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.services.health.facts import Facts
from bot.services.health.findings import Finding, Severity

LIMITS: Final = {
    "packages": 20_000,
    "policies": 25_000,
    "catalogs": 7_500,
    "assignments": 300_000,
    "requests": 200_000,
    "organizations": 2_500,
    "policy_subjects": 500,
    "automatic": 15_000,
}
"""The usual limits of a tenant, of one policy, and of one automatic policy."""

_NEAR: Final = 0.8
_QUARTER: Final = timedelta(days=90)
_MOST_COUNTED: Final = 20_000


async def limits(facts: Facts) -> list[Finding]:
    allowed = {**LIMITS, **facts.setup.limits}
    packages = await facts.packages()
    held = await facts.held()
    counts = {
        "packages": len(packages),
        "policies": sum(len(package.rules.policies) for package in packages),
        "catalogs": await facts.count_catalogs(),
        "assignments": held.count,
        "organizations": len(await facts.organizations()),
        "requests": await facts.count_requests(facts.now - _QUARTER, min(allowed["requests"], _MOST_COUNTED)),
    }
    found = [_near(f"limit.{what}", what, count, allowed[what]) for what, count in counts.items()]
    for package in packages:
        for rule in package.rules.policies:
            subjects = len(rule.user_ids) + len(rule.group_ids)
            values = {"package": package.name, "policy": rule.policy.name}
            found.append(_near("limit.policy_subjects", rule.id, subjects, allowed["policy_subjects"], values))
            if rule.is_automatic:
                holders = len(held.people.get(package.id, ()))
                found.append(_near("limit.automatic", rule.id, holders, allowed["automatic"], values))
    return [one for one in found if one is not None]


def _near(code: str, about: str, count: int, limit: int, values: dict[str, str] | None = None) -> Finding | None:
    if count < limit * _NEAR:
        return None
    severity = Severity.PROBLEM if count >= limit else Severity.WARNING
    told = {**(values or {}), "used": f"{count:,}", "limit": f"{limit:,}"}
    return Finding(code, severity, about, told)
