"""`--explain`: the exact calls of Microsoft Graph that a command would make, without sign-in and without sending one.

Reads come as they would be asked. What they would answer is not known, so writes are told for a tenant in which
everything exists that the file refers to, and nothing that it makes; a real run leaves out what is there already.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import typer

from bot.cli.administration import Loader, read_file
from bot.cli.exit_codes import Exit
from bot.files.administration import CatalogWanted
from bot.graph.administration import AdministrationWriter
from bot.graph.administration_reader import AdministrationReader
from bot.graph.client import Caller
from bot.graph.explaining import ExplainedCall, Explaining
from bot.graph.write_batches import WriteBatches
from bot.plans.administration import make_plan
from bot.plans.administration_text import finding_line
from bot.plans.resolving import Lookups, lookups_for
from bot.services.administering import Administering
from bot.services.explaining import ImaginedTenant, NoJournal, id_of
from bot.services.tenant_look import look


async def explain(load: Loader, where: Path, as_json: bool, *, with_writes: bool) -> Exit:
    """Tell the calls of planning and, where asked for, those of applying. Fails when the file cannot be planned."""
    wanted = read_file(load, where)
    line = Explaining()
    reads = AdministrationReader(line, nobody)
    lookups = lookups_for(wanted)
    await look(reads, lookups)
    await reads.catalog_roles([id_of(each.name) for each in wanted.catalogs if _is_there(each, lookups)])
    if with_writes:
        plan = make_plan(wanted, await look(ImaginedTenant(wanted), lookups), "")
        if plan.has_errors:
            for finding in plan.findings:
                typer.echo(finding_line(finding), err=True)
            return Exit.FAILED
        writes = AdministrationWriter(line, nobody, writes=WriteBatches(line, nobody, size=1, in_flight=1))
        await Administering(ImaginedTenant(wanted, is_built=True, asked=reads), writes).apply(plan, NoJournal())
    tell_calls(line.calls, as_json)
    return Exit.DONE


def _is_there(catalog: CatalogWanted, lookups: Lookups) -> bool:
    """Whether a plan would ask who has which role in the catalog."""
    return not catalog.create and catalog.name.casefold() in lookups.with_catalog_roles


async def explain_export(catalog: str, application: str, as_json: bool) -> Exit:
    """Tell the calls of writing a file for a catalog that is there, and has nothing in it."""
    line = Explaining()
    reads = AdministrationReader(line, nobody)
    await reads.catalogs([catalog])
    await reads.packages_in(id_of(catalog))
    await reads.resources(id_of(catalog))
    await reads.catalog_roles([id_of(catalog)])
    if application:
        await reads.applications([], with_roles=[application])
    tell_calls(line.calls, as_json)
    return Exit.DONE


async def explain_visibility(package: str, is_hidden: bool, as_json: bool) -> Exit:
    """Tell the calls of hiding or showing a package that is there and is not yet so."""
    line = Explaining()
    await AdministrationReader(line, nobody).packages([package])
    writes = AdministrationWriter(line, nobody, writes=WriteBatches(line, nobody, size=1, in_flight=1))
    await writes.update_package(id_of(package), {"isHidden": is_hidden})
    tell_calls(line.calls, as_json)
    return Exit.DONE


def tell_calls(calls: Sequence[ExplainedCall], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps([_json(call) for call in calls], ensure_ascii=False))
        return
    for call in calls:
        typer.echo(f"{call.method} {call.address}")
        typer.echo(
            f"    as {_IDENTITIES.get(call.identity, call.identity)}, needs {call.permission or 'no permission'}"
        )
        if call.body is not None:
            typer.echo("    " + json.dumps(call.body, ensure_ascii=False))
    typer.echo(f"{len(calls)} calls; nothing was sent. Calls that wait for the same answer go in batches of twenty.")


def _json(call: ExplainedCall) -> dict[str, Any]:
    return {
        "method": call.method,
        "address": call.address,
        "identity": _IDENTITIES.get(call.identity, call.identity),
        "permission": call.permission,
        "body": call.body,
    }


async def nobody() -> Caller:
    """Nobody is signed in."""
    return Caller("pipeline", "")


_PIPELINE: Final = "the pipeline's app registration (AZURE_CLIENT_ID)"
_IDENTITIES: Final = dict.fromkeys(("pipeline", "reader", "rehearsal"), _PIPELINE)
