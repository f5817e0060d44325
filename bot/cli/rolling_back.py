"""`apply --rollback-created`: what runs of a file made is taken back, as far as nobody uses it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import typer
from rich.text import Text

from bot.cli.administration import (
    Agreement,
    Loader,
    area_of,
    confirm_tenant,
    desk,
    journal_path,
    read_file,
    terminal,
)
from bot.cli.auditing import audited
from bot.cli.exit_codes import Exit
from bot.cli.explained import nobody, tell_calls
from bot.cli.explained_reads import imagined_settings
from bot.cli.running import Stop
from bot.graph.administration import AdministrationWriter
from bot.graph.administration_reader import AdministrationReader
from bot.graph.explaining import Explaining
from bot.graph.write_batches import WriteBatches
from bot.plans.journal import Entry, FileJournal
from bot.plans.steps import Plan
from bot.services.explaining import id_of
from bot.services.rolling_back import Removal, RollingBack
from bot.tenant import TenantResource


async def roll_back_file(load: Loader, where: Path, agreement: Agreement, dry_run: bool, as_json: bool) -> Exit:
    read_file(load, where)
    async with desk() as bench:
        journal = await _journal(load, where, bench.settings.tenant_id)
        rolling = RollingBack(bench.reads, bench.writes)
        if dry_run:
            removals = await rolling.look(journal)
            _tell(removals, as_json, dry_run=True)
            return Exit.CHANGES if any(each.was_removed for each in removals) else Exit.DONE
        confirm_tenant(bench.settings.tenant_id, agreement)
        async with audited(area_of(load), journal, where, bench.settings, bench.session) as told:
            removals = await rolling.roll_back(told)
    _tell(removals, as_json, dry_run=False)
    return Exit.DONE if all(each.was_removed for each in removals) else Exit.FAILED


async def explain_roll_back(load: Loader, where: Path, as_json: bool) -> Exit:
    """Tell the calls for everything that the journal knows, in a tenant where nobody uses any of it."""
    journal = await _journal(load, where, imagined_settings(os.environ).tenant_id)
    line = Explaining()
    uses = _Unused(AdministrationReader(line, nobody), (await journal.entries()).values())
    writes = AdministrationWriter(line, nobody, writes=WriteBatches(line, nobody, size=1, in_flight=1))
    await RollingBack(uses, writes).roll_back(_Reading(journal))
    tell_calls(line.calls, as_json)
    return Exit.DONE


class _Unused:
    """Asks who uses what was made, and has nobody use it; what was brought into a catalog is there."""

    def __init__(self, asked: AdministrationReader, entries: Iterable[Entry]) -> None:
        self._asked = asked
        self._origins = [str(each.detail.get("id", "")) for each in entries]

    async def has_assignments(self, package_id: str) -> bool:
        return await self._asked.has_assignments(package_id)

    async def has_members(self, group_id: str) -> bool:
        return await self._asked.has_members(group_id)

    async def resources(self, catalog_id: str) -> Mapping[str, TenantResource]:
        await self._asked.resources(catalog_id)
        return {
            origin.casefold(): TenantResource(id_of(f"resource {origin}"), catalog_id, origin, "", "")
            for origin in self._origins
        }


class _Reading:
    """A journal that is read and never written."""

    def __init__(self, journal: FileJournal) -> None:
        self._journal = journal

    async def entries(self) -> dict[str, Entry]:
        return await self._journal.entries()

    async def write(self, entries: Iterable[Entry]) -> None:
        return None


async def _journal(load: Loader, where: Path, tenant_id: str) -> FileJournal:
    """The journal of the runs of this file in this tenant. Raises Stop when there is none."""
    plan = Plan(tenant_id.casefold(), read_file(load, where), (), ())
    journal = FileJournal(journal_path(where, plan), plan.run_id)
    if not await journal.entries():
        raise Stop(f"There is no journal of a run of {where} in this tenant, so nothing is known to take back.")
    return journal


def _tell(removals: Sequence[Removal], as_json: bool, *, dry_run: bool) -> None:
    if as_json:
        rows = [
            {
                "kind": each.kind,
                "subject": each.subject,
                "removed": each.was_removed and not dry_run,
                **({"wouldBeRemoved": each.was_removed} if dry_run else {}),
                "why": each.why,
            }
            for each in removals
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    gone, left = ("would be taken back", "would be left") if dry_run else ("taken back", "left")
    shown = terminal()
    for each in removals:
        said = gone if each.was_removed else f"{left}, {each.why}"
        shown.print(Text(f"{each.kind} {each.subject}: {said}"))
