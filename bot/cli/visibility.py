"""`doorman packages hide` and `show`: whether people find an access package where they look for one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import typer

from bot.cli.administration import (
    Agreement,
    Desk,
    Refused,
    confirm_tenant,
    desk,
    tell_outcome,
    tell_plan,
    verdict,
)
from bot.cli.auditing import FOLDER, audited
from bot.cli.exit_codes import Exit
from bot.files.administration import Wanted
from bot.files.rows import Place
from bot.plans.digest import digest
from bot.plans.journal import Entry, FileJournal
from bot.plans.steps import Change, Plan, Step, StepKind
from bot.services.administering import Administering
from bot.services.package_facts import package_link
from bot.tenant import TenantPackage

_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


async def set_visibility(package: str, is_hidden: bool, agreement: Agreement, dry_run: bool, as_json: bool) -> Exit:
    """Hide or show one access package, by name or id. Raises Refused, and what reading and the journal raise."""
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

        def described(entry: Entry) -> dict[str, Any]:
            return {**entry.detail, "id": one.id, "hidden": is_hidden}

        async with audited("packages", journal, where, bench.settings, bench.session, described) as told:
            outcome = await Administering(bench.reads, bench.writes).apply(plan, told)
    tell_outcome(outcome, as_json)
    if outcome.is_done and not as_json:
        typer.echo(f"{one.name} is {_word(is_hidden)} now. {package_link(one.id, bench.settings.tenant_id)}")
    return Exit.DONE if outcome.is_done else Exit.FAILED


def visibility_plan(package: TenantPackage, is_hidden: bool, tenant_id: str) -> Plan:
    """The plan of one step, or of none where nothing is to change."""
    key = f"package:{package.id}"
    wanted = Wanted("", digest({"package": package.id, "hidden": is_hidden}))
    details = {"package_key": key, "changes": {"isHidden": is_hidden}}
    changes = (Change("isHidden", package.is_hidden, is_hidden),)
    step = Step(f"update-{key}", StepKind.UPDATE_PACKAGE, package.name, Place(""), details, changes=changes)
    steps = (step,) if package.is_hidden is not is_hidden else ()
    return Plan(tenant_id, wanted, steps, (), {key: package.id} if steps else {}, unchanged=not steps)


async def _one(bench: Desk, name: str) -> TenantPackage:
    if _GUID.fullmatch(name):
        by_id = await bench.reads.package(name)
        found = (by_id,) if by_id is not None else ()
    else:
        found = (await bench.reads.packages([name])).get(name.casefold(), ())
    if not found:
        raise Refused(f"There is no access package '{name}'.")
    if len(found) > 1:
        ids = " and ".join(sorted(each.id for each in found))
        raise Refused(f"There are {len(found)} access packages called '{name}': {ids}. Say which by its id.")
    return found[0]


def _word(is_hidden: bool) -> str:
    return "hidden" if is_hidden else "shown"
