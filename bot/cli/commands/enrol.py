"""`doorman enrol`: who is in which project, kept in files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bot.cli.applying import Agreed, Paths, apply, check_brake, check_files, load
from bot.cli.enrolment import Workbench, files_in, workbench
from bot.cli.exit_codes import Exit
from bot.cli.explained_enrolment import (
    explained_apply,
    explained_export,
    explained_migration,
    explained_plan,
    imagined_bench,
)
from bot.cli.explained_reads import explain_imagined
from bot.cli.exporting import export, projects_named
from bot.cli.linting import lint
from bot.cli.migrating import migration_report, searched_in_vain
from bot.cli.progress import Progress
from bot.cli.running import Stop, run
from bot.cli.settings import CliSettings, load_cli_settings
from bot.graph.explaining import Explaining
from bot.plans.enrolment import Action, EnrolmentPlan, plan_json
from bot.plans.enrolment_report import ACTIONS, brake_sentences, junit, markdown, reason, summary, warning_sentences
from bot.plans.migration import markdown as migration_markdown
from bot.plans.migration import report_json as migration_json

NAME: Final = "enrol"
group = typer.Typer(help="Who is in which project, kept in files.", no_args_is_help=True)
group.command("lint")(lint)

Folder = Annotated[Path, typer.Argument(help="The folder with the enrolment files, or one file")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines")]
Explain = Annotated[bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none")]
Author = Annotated[str, typer.Option(help="The address of who wrote the change; nobody enrols themselves")]
Accepted = Annotated[
    list[str], typer.Option("--accept-address", help="A new address that is right: the old one is removed")
]


@group.command("plan")
def plan_command(
    folder: Folder,
    out: Annotated[Path | None, typer.Option(help="Write the plan here, for apply")] = None,
    markdown_to: Annotated[Path | None, typer.Option("--markdown", help="Write a pull request's comment here")] = None,
    junit_to: Annotated[Path | None, typer.Option("--junit", help="Write test results here")] = None,
    as_json: Json = False,
    author: Author = "",
    accept_address: Accepted = [],  # noqa: B006  typer reads the default and never changes it
    is_explained: Explain = False,
) -> None:
    """Show what the files would change. Ends with 0 (nothing), 2 (changes), 3 (brake) or 1 (errors)."""
    if is_explained:
        explain_imagined(lambda line, settings: explained_plan(line, settings, folder, accept_address), as_json)

    async def work(bench: Workbench) -> Exit:
        plan = await bench.plan(files_in(folder), folder, author=author, accepted=accept_address)
        _write_plan(plan, out, markdown_to)
        if junit_to is not None:
            junit_to.write_bytes(junit(plan))
        typer.echo(plan_json(plan).decode() if as_json else _told(plan))
        return verdict(plan)

    _run(work)


@group.command("extend")
def extend_command(
    package: Annotated[list[str], typer.Option(help="The access package, as files call it; may be repeated")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The new last day; may be an earlier one")],
    who: Annotated[
        list[str], typer.Option(help="Only who has this address; may be repeated. Everybody when left out")
    ] = [],  # noqa: B006  as above
    out: Annotated[Path | None, typer.Option(help="Write the plan here, for apply")] = None,
    markdown_to: Annotated[Path | None, typer.Option("--markdown", help="Write a pull request's comment here")] = None,
    as_json: Json = False,
    author: Author = "",
    is_explained: Explain = False,
) -> None:
    """Plan another last day for many at once, without a file; `apply --plan` does it. Ends like `plan`.

    Only access under the policy that files manage gets another end; nobody is added or removed.
    """
    if is_explained:
        explain_imagined(
            lambda line, settings: imagined_bench(line, settings, package).plan_ends(package, until.date(), who),
            as_json,
        )

    async def work(bench: Workbench) -> Exit:
        plan = await bench.plan_ends(package, until.date(), who, author=author)
        _write_plan(plan, out, markdown_to)
        typer.echo(plan_json(plan).decode() if as_json else _told(plan))
        return verdict(plan)

    _run(work)


def _write_plan(plan: EnrolmentPlan, out: Path | None, markdown_to: Path | None) -> None:
    if out is not None:
        out.write_bytes(plan_json(plan, indent=1))
    if markdown_to is not None:
        markdown_to.write_text(markdown(plan), encoding="utf-8")


@group.command("apply")
def apply_command(
    folder: Annotated[Path | None, typer.Argument(help="The folder with the enrolment files")] = None,
    plan_file: Annotated[Path | None, typer.Option("--plan", help="The plan to apply")] = None,
    digest: Annotated[str, typer.Option(help="The digest of the plan that was agreed to")] = "",
    accept_removals: Annotated[int | None, typer.Option(help="The number of removals, where the brake is on")] = None,
    pull_request: Annotated[str, typer.Option(help="Where it was reviewed; becomes part of the justification")] = "",
    commit: Annotated[str, typer.Option(help="The commit of the files; becomes part of the justification")] = "",
    author: Author = "",
    accept_address: Accepted = [],  # noqa: B006  typer reads the default and never changes it
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and change nothing")] = False,
    as_json: Json = False,
    is_explained: Explain = False,
    poll_seconds: Annotated[float, typer.Option(hidden=True)] = 2.0,
) -> None:
    """Change the tenant as an agreed plan says. Killed anywhere, the same command goes on where it was."""
    if is_explained:
        agreed_to = Agreed(accept_removals, pull_request, commit)

        async def explain(line: Explaining, settings: CliSettings) -> None:
            if plan_file is not None:
                plan = load(plan_file)
            elif folder is not None:
                plan = await explained_plan(line, settings, folder, accept_address)
            else:
                raise Stop("name --plan, or a folder and --digest")
            await explained_apply(line, settings, plan, agreed_to.justification(plan))

        explain_imagined(explain, as_json)

    async def work(bench: Workbench) -> Exit:
        plan, paths = await _agreed_plan(bench, folder, plan_file, digest, author, accept_address)
        agreed = Agreed(accept_removals, pull_request, commit)
        if not check_brake(plan, agreed):
            for sentence in brake_sentences(plan):
                typer.echo(sentence, err=True)
            typer.echo(f"Apply with --accept-removals {plan.brake.removals} if that is meant.", err=True)
            return Exit.BRAKE
        if dry_run:
            typer.echo(plan_json(plan).decode() if as_json else _told(plan))
            return Exit.CHANGES if plan.changes else Exit.DONE
        with Progress(len(plan.changes), as_lines=as_json) as progress:
            outcome = await apply(bench, plan, paths, agreed, progress.show, poll_seconds)
        if as_json:
            typer.echo(paths.result.read_text(encoding="utf-8"), nl=False)
        else:
            _tell_results(paths)
        return outcome

    _run(work)


@group.command("export")
def export_command(
    folder: Annotated[Path, typer.Argument(help="Where to write a file for each project")],
    project: Annotated[list[str], typer.Option(help="Only this project; may be repeated")] = [],  # noqa: B006  as above
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written")] = False,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Write who has access now as enrolment files; planning them changes nothing."""
    if is_explained:
        explain_imagined(lambda line, settings: explained_export(line, settings, project), as_json)

    async def work(bench: Workbench) -> Exit:
        written = await export(bench, project)
        if not dry_run:
            folder.mkdir(parents=True, exist_ok=True)
        for name, (content, count) in sorted(written.items()):
            if not dry_run:
                (folder / name).write_bytes(content)
            if not as_json:
                typer.echo(f"{name}: {count}")
        if as_json:
            typer.echo(json.dumps({name: count for name, (_, count) in sorted(written.items())}, ensure_ascii=False))
        return Exit.DONE

    _run(work)


@group.command("migration")
def migration_command(
    project: Annotated[list[str], typer.Option(help="Only this project; may be repeated")] = [],  # noqa: B006  as above
    days: Annotated[int, typer.Option(min=1, max=90, help="How far to look back")] = 30,
    markdown_to: Annotated[Path | None, typer.Option("--markdown", help="Write the report here")] = None,
    as_json: Json = False,
    is_explained: Explain = False,
) -> None:
    """Say what of the files' changes people could have asked for themselves, and who would have approved.

    With DATABASE_URL and DOORMAN_SECRET_KEYS of the bot, what people searched for in vain is in it.
    """
    if is_explained:
        explain_imagined(lambda line, settings: explained_migration(line, settings, project, days), as_json)

    async def work(bench: Workbench) -> Exit:
        report = await migration_report(bench, projects_named(bench, project), days)
        missed = await searched_in_vain(bench, days, os.environ)
        text = migration_markdown(report, missed, days=days)
        if markdown_to is not None:
            markdown_to.write_text(text, encoding="utf-8")
        typer.echo(json.dumps(migration_json(report, missed, days), ensure_ascii=False) if as_json else text)
        return Exit.DONE

    _run(work)


async def _agreed_plan(
    bench: Workbench, folder: Path | None, plan_file: Path | None, digest: str, author: str, accepted: list[str]
) -> tuple[EnrolmentPlan, Paths]:
    """The plan that is to be applied, proved to be the one that was agreed to. Raises: Stop."""
    if plan_file is not None:
        plan, paths = load(plan_file), Paths(plan_file)
        if folder is not None and plan.files:
            check_files(plan, folder)
    elif digest and folder is not None:
        paths = Paths.for_digest(digest)
        if paths.plan.exists():
            plan = load(paths.plan)
            check_files(plan, folder)
        else:
            plan = await bench.plan(files_in(folder), folder, author=author, accepted=accepted)
    else:
        raise Stop("name --plan, or a folder and --digest")
    if digest and plan.digest != digest:
        raise Stop(f"the digest is {plan.digest} now: files or tenant have changed since the plan was agreed to")
    paths.plan.parent.mkdir(parents=True, exist_ok=True)
    if not paths.plan.exists():
        paths.plan.write_bytes(plan_json(plan, indent=1))
    return plan, paths


def verdict(plan: EnrolmentPlan) -> Exit:
    """What a pipeline is told: errors first, then the brake, then whether anything changes."""
    if plan.of(Action.ERROR, Action.MOVED):
        return Exit.FAILED
    if plan.brake.is_on:
        return Exit.BRAKE
    return Exit.CHANGES if plan.changes else Exit.DONE


def _told(plan: EnrolmentPlan) -> str:
    lines = []
    for action, title in ACTIONS.items():
        if action in (Action.UNCHANGED, Action.UNMANAGED):
            continue
        for row in plan.of(action):
            where = f"{row.place.file}:{row.place.line}:" if row.place and row.place.line else ""
            ids = ", ".join(each for each in (row.person_id, row.assignment_id) if each)
            parts = (where, row.name, row.email and f"<{row.email}>", row.label, ids and f"[{ids}]", reason(row))
            lines.append(f"{title}: {' '.join(filter(None, parts))}")
    lines += brake_sentences(plan) + warning_sentences(plan)
    lines.append(f"{summary(plan)}; about {plan.estimate.minutes} min")
    lines.append(f"digest {plan.digest}")
    return "\n".join(lines)


def _tell_results(paths: Paths) -> None:
    rows = json.loads(paths.result.read_text(encoding="utf-8"))
    for row in rows:
        if row["state"] not in ("done", "unchanged"):
            typer.echo(f"{row['state']}: {row['action']} {row['email']} {row['package']} {row['reason']}", err=True)
    ends = [row["state"] for row in rows]
    typer.echo(", ".join(f"{ends.count(each)} {each}" for each in sorted(set(ends))) or "nothing to do")


def _run(work: Callable[[Workbench], Coroutine[Any, Any, Exit]]) -> None:
    """Run the work with its workbench, and end the process with its verdict."""

    async def whole() -> Exit:
        async with workbench(load_cli_settings(os.environ)) as bench:
            return await work(bench)

    run(whole())
