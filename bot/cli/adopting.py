"""`export` and `adopt` of packages and projects: files from a tenant."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import typer

from bot.cli.administration import Desk, desk, write_text
from bot.cli.exit_codes import Exit
from bot.cli.running import Stop
from bot.plans.adopting import CatalogContents
from bot.plans.adopting import packages_file as packages_yaml_of
from bot.plans.adopting import projects_file as projects_yaml_of
from bot.services.catalog_holders import catalog_holders


async def export_packages(catalog: str, out: Path | None, as_json: bool) -> Exit:
    async with desk() as bench:
        contents = await catalog_contents(bench, catalog)
    return _give(packages_yaml_of(contents), contents, out, as_json)


async def export_projects(catalog: str, application: str, out: Path | None, as_json: bool) -> Exit:
    async with desk() as bench:
        contents = await catalog_contents(bench, catalog)
        known, groups = None, {}
        if application:
            found = (await bench.reads.applications([], with_roles=[application])).get(application, ())
            if len(found) != 1:
                raise Stop(f"There are {len(found)} enterprise applications called '{application}'.")
            known = found[0]
            holders = await bench.reads.groups([], [holder for holder, _ in known.holders])
            groups = {key: each[0].name for key, each in holders.items()}
    return _give(projects_yaml_of(contents, known, groups), contents, out, as_json)


def _give(text: str, contents: CatalogContents, out: Path | None, as_json: bool) -> Exit:
    if out is not None:
        write_text(out, text)
    if as_json:
        where = {"text": text} if out is None else {"file": str(out)}
        told = {"catalog": contents.catalog.name, "packages": len(contents.packages), **where}
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        typer.echo(text if out is None else f"{out}\n", nl=False)
    return Exit.DONE


async def catalog_contents(bench: Desk, name: str) -> CatalogContents:
    """Raises Stop when there is no catalog of this name, or several."""
    found = (await bench.reads.catalogs([name])).get(name.casefold(), ())
    if len(found) != 1:
        ids = " and ".join(each.id for each in found)
        raise Stop(f"There are {len(found)} catalogs called '{name}': {ids}." if found else f"No catalog '{name}'.")
    packages, resources = await asyncio.gather(bench.reads.packages_in(found[0].id), bench.reads.resources(found[0].id))
    conflicts = await bench.reads.conflicts([each.id for each in packages])
    names = {each.id: each.name for each in packages}
    others = {each for excluded in conflicts.values() for each in excluded if each not in names}
    groups = await bench.reads.groups([], sorted(others)) if others else {}
    known = tuple(replace(each, conflicts=conflicts[each.id]) for each in packages)
    holders = await catalog_holders(bench.reads, found[0].id)
    return CatalogContents(found[0], known, resources, {key: each[0].name for key, each in groups.items()}, holders)
