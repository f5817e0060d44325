"""`doorman packages hide` and `show`: whether people find an access package where they look for one."""

from __future__ import annotations

from pathlib import Path

import typer

from bot.cli.administration import (
    Agreement,
    Desk,
    confirm_tenant,
    desk,
    tell_outcome,
    tell_plan,
    verdict,
)
from bot.cli.auditing import FOLDER, audited
from bot.cli.exit_codes import Exit
from bot.cli.running import Stop
from bot.plans.journal import FileJournal
from bot.plans.visibility import visibility_plan
from bot.services.administering import Administering
from bot.services.package_facts import package_link, packages_named
from bot.tenant import TenantPackage


async def set_visibility(package: str, is_hidden: bool, agreement: Agreement, dry_run: bool, as_json: bool) -> Exit:
    """Hide or show one access package, by name or id. Raises Stop, and what reading and the journal raise."""
    async with desk() as bench:
        one = await _one(bench, package)
        plan = visibility_plan(one, is_hidden, bench.settings.tenant_id.casefold())
        if not plan.writes and not as_json:
            typer.echo(f"{one.name} is {_word(is_hidden)} already.")
            return Exit.DONE
        if dry_run or not plan.writes:
            tell_plan(plan, as_json)
            return verdict(plan)
        if not as_json:
            tell_plan(plan, as_json=False)
        confirm_tenant(bench.settings.tenant_id, agreement)
        where = Path(FOLDER) / f"visibility.{plan.run_id[:12]}.journal"
        where.parent.mkdir(parents=True, exist_ok=True)
        journal = FileJournal(where, plan.run_id)
        async with audited("packages", journal, where, bench.settings, bench.session) as told:
            outcome = await Administering(bench.reads, bench.writes).apply(plan, told)
    tell_outcome(outcome, as_json)
    if outcome.is_done and not as_json:
        typer.echo(f"{one.name} is {_word(is_hidden)} now. {package_link(one.id, bench.settings.tenant_id)}")
    return Exit.DONE if outcome.is_done else Exit.FAILED


async def _one(bench: Desk, name: str) -> TenantPackage:
    found = await packages_named(bench.reads, name)
    if not found:
        raise Stop(f"There is no access package '{name}'.")
    if len(found) > 1:
        ids = " and ".join(sorted(each.id for each in found))
        raise Stop(f"There are {len(found)} access packages called '{name}': {ids}. Say which by its id.")
    return found[0]


def _word(is_hidden: bool) -> str:
    return "hidden" if is_hidden else "shown"
