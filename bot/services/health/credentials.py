"""Secrets and certificates that end soon: when they do, Doorman stops."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from bot.services.health.facts import Facts
from bot.services.health.findings import Finding, Severity

_SOON: Final = timedelta(days=14)
_AHEAD: Final = timedelta(days=45)


async def credentials(facts: Facts) -> list[Finding]:
    """For each registration the credential that lasts longest: others may end, as long as one is left."""
    found = []
    for app in await facts.registrations():
        latest = max(app.credentials, key=lambda each: each.ends_at, default=None)
        if latest is None or latest.ends_at - facts.now > _AHEAD:
            continue
        days = (latest.ends_at - facts.now).days
        has_ended = latest.ends_at <= facts.now
        is_soon = latest.ends_at - facts.now <= _SOON
        found.append(
            Finding(
                f"credential.{'ended' if has_ended else 'ends'}",
                Severity.PROBLEM if has_ended or is_soon else Severity.WARNING,
                app.app_id,
                {"app": app.name, "credential": latest.name or latest.kind.value},
                count=max(days, 0),
                place=f"#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{app.app_id}",
            )
        )
    return found
