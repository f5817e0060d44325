"""Commands that only look: which roles a resource has, where a package is asked for, what a catalog holds."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import typer
from rich.markup import escape
from rich.tree import Tree

from bot.cli.administration import desk, terminal
from bot.cli.exit_codes import Exit
from bot.cli.explained import nobody, tell_calls
from bot.cli.running import Stop
from bot.graph.administration_reader import AdministrationReader
from bot.graph.explaining import Explaining
from bot.services.package_facts import Grantable, PackageTree, grantable_roles, package_link, package_tree


async def roles(resource: str, as_json: bool, is_explained: bool) -> Exit:
    if is_explained:
        return await _explained(lambda reads: grantable_roles(reads, resource), as_json)
    async with desk() as bench:
        known = await grantable_roles(bench.reads, resource)
    found = known.found
    if not found and known.unseen is not None:
        raise known.unseen
    if not found:
        raise Stop(f"There is no group, no enterprise application and no site of a catalog called '{resource}'.")
    if as_json:
        typer.echo(json.dumps([_grantable_json(each) for each in found], ensure_ascii=False))
        return Exit.DONE
    for each in found:
        typer.echo(f"{each.kind} {each.name} ({each.id})")
        for role in each.roles:
            typer.echo(f"  {role}")
        if each.why_not:
            typer.echo(f"  cannot be granted: {each.why_not}")
    return Exit.DONE


async def link(package: str, as_json: bool, is_explained: bool) -> Exit:
    if is_explained:
        return await _explained(lambda reads: package_tree(reads, package), as_json)
    async with desk() as bench:
        found = await package_tree(bench.reads, package)
        address = package_link(_one(found, package).id, bench.settings.tenant_id)
    one = _one(found, package)
    if as_json:
        typer.echo(json.dumps({"link": address, "warnings": list(one.warnings)}, ensure_ascii=False))
    else:
        typer.echo(address)
        for warning in one.warnings:
            typer.echo(f"warning: {warning}", err=True)
    return Exit.DONE


async def tree(name: str, as_json: bool, is_explained: bool) -> Exit:
    """The chain from catalog to policy: of one package, or of all packages of a catalog."""
    if is_explained:
        return await _explained(lambda reads: package_tree(reads, name), as_json)
    async with desk() as bench:
        found = await package_tree(bench.reads, name)
    if not found:
        raise Stop(f"There is no access package and no catalog called '{name}'.")
    if as_json:
        typer.echo(json.dumps([each.as_json() for each in found], ensure_ascii=False))
        return Exit.DONE
    shown = Tree(escape(found[0].catalog))
    for each in found:
        branch = shown.add(escape(f"{each.name}{' (hidden)' if each.is_hidden else ''}"))
        for grant in each.grants:
            branch.add(escape(grant))
        for policy, words in each.policies:
            policies = branch.add(escape(policy))
            for word in words:
                policies.add(escape(word))
    terminal().print(shown)
    return Exit.DONE


def _one(found: Sequence[PackageTree], name: str) -> PackageTree:
    if len(found) != 1:
        ids = " and ".join(each.id for each in found)
        raise Stop(
            f"There are {len(found)} access packages called '{name}': {ids}."
            if found
            else f"There is no access package called '{name}'."
        )
    return found[0]


def _grantable_json(each: Grantable) -> dict[str, Any]:
    return {"kind": each.kind, "id": each.id, "name": each.name, "roles": list(each.roles), "whyNot": each.why_not}


async def _explained(ask: Callable[[AdministrationReader], Awaitable[object]], as_json: bool) -> Exit:
    line = Explaining()
    await ask(AdministrationReader(line, nobody))
    tell_calls(line.calls, as_json)
    return Exit.DONE
