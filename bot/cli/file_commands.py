"""`plan` and `apply` for a file, whatever its format is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.administration import Agreement, Loader, Mapped, apply_file, plan_file
from bot.cli.explained import explain
from bot.cli.rolling_back import explain_roll_back, roll_back_file
from bot.cli.running import run

File = Annotated[Path, typer.Argument(help="The file")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines")]
Explain = Annotated[bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none")]
Map = Annotated[Path | None, typer.Option("--map", help="A file of texts and what stands for them in this environment")]
Tenant = Annotated[str, typer.Option(help="The id of the tenant that may change; asked for when left out")]


def file_commands(help_text: str, load: Loader) -> typer.Typer:
    """A group with `plan` and `apply` for files that `load` reads."""
    group = typer.Typer(help=help_text, no_args_is_help=True)

    def loader(mapping: Path | None) -> Loader:
        return load if mapping is None else Mapped(load, mapping)

    @group.command("plan")
    def plan_command(
        file: File,
        out: Annotated[Path | None, typer.Option(help="Write the plan here as JSON, for apply")] = None,
        markdown_to: Annotated[
            Path | None, typer.Option("--markdown", help="Write a pull request's comment here")
        ] = None,
        as_json: Json = False,
        is_explained: Explain = False,
        mapping: Map = None,
    ) -> None:
        """Show what would change. Ends with 0 (nothing), 2 (changes) or 1 (errors), so that it finds drift too."""
        if is_explained:
            run(explain(loader(mapping), file, as_json, with_writes=False))
        run(plan_file(loader(mapping), file, out, markdown_to, as_json))

    @group.command("apply")
    def apply_command(
        file: File,
        tenant: Tenant = "",
        plan: Annotated[Path | None, typer.Option(help="The plan that was agreed to; refused when it changed")] = None,
        digest: Annotated[str, typer.Option(help="The digest of the plan that was agreed to")] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and change nothing")] = False,
        rollback_created: Annotated[
            bool, typer.Option("--rollback-created", help="Take back what runs of this file made and nobody uses")
        ] = False,
        as_json: Json = False,
        is_explained: Explain = False,
        mapping: Map = None,
    ) -> None:
        """Change the tenant until it is as the file says. Stopped anywhere, the same command goes on."""
        if is_explained and rollback_created:
            run(explain_roll_back(loader(mapping), file, as_json))
        if is_explained:
            run(explain(loader(mapping), file, as_json, with_writes=True))
        agreement = Agreement(tenant, digest, plan)
        if rollback_created:
            run(roll_back_file(loader(mapping), file, agreement, dry_run, as_json))
        run(apply_file(loader(mapping), file, agreement, dry_run, as_json))

    return group
