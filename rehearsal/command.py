"""`doorman rehearse`: what people will be told about a request, before anybody is."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.exit_codes import Exit
from bot.cli.explained_reads import explain_imagined
from bot.cli.settings import CliSettings, load_cli_settings
from bot.config import Config, ConfigError, load_config
from bot.errors import DoormanError
from bot.graph.explaining import Explaining
from bot.services.zones import zone_of
from bot.settings import SettingsError
from rehearsal.course import Choice, Course, RehearsalError, Timeline
from rehearsal.explaining import explained_reading
from rehearsal.words import as_json, as_markdown, heading, rows, span_from

NAME: Final = "rehearse"

_STARTS_AT: Final = time(10)
_DAYS_A_WEEK: Final = 7


def rehearse(
    package: Annotated[str, typer.Argument(help="The access package, by name or id.")],
    person: Annotated[str, typer.Option("--as", help="Who asks: a sign-in name, an id or a name.")],
    policy: Annotated[str, typer.Option(help="The policy, by name or id; else the first that lets them ask.")] = "",
    decide: Annotated[Choice, typer.Option(help="What approvers do.")] = Choice.APPROVE,
    after: Annotated[str, typer.Option(help="How long after a stage began they do it: 30m, 2h, 1d6h.")] = "2h",
    in_portal: Annotated[bool, typer.Option("--in-portal", help="They decide in My Access.")] = False,
    extend: Annotated[bool, typer.Option("--extend", help="The person extends the access when it is to end.")] = False,
    muted_by: Annotated[list[str] | None, typer.Option(help="An approver who has muted the package.")] = None,
    start: Annotated[str, typer.Option(help="When it begins: 2026-11-23T10:00; else next Monday at 10.")] = "",
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Play a policy of the sandbox's own tenant.")] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    markdown: Annotated[Path | None, typer.Option(help="Write the timeline to this file as well.")] = None,
    is_explained: Annotated[
        bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none.")
    ] = False,
) -> None:
    """Play the life of a request on a copy of its policy, and print who is told what and when. Tells nobody anything.

    With the settings of a tenant the policy is read there; nothing is ever written to it.
    """
    if is_explained:
        _explain(package, person, policy, sandbox=sandbox, as_json=as_json_)
    from rehearsal import run  # a whole sandbox: other commands need not wait for it

    _hush()
    try:
        config = load_config(_config_path(os.environ))
        course = Course(decide, _span(after), in_portal, extend, tuple(muted_by or ()))
        starts_at = _moment(start, config) if start else _next_monday(config)
        tenant = None if sandbox else _tenant_settings(os.environ)
        timeline = asyncio.run(run.played(run.Wanted(package, person, policy, course, starts_at), config, tenant))
        if markdown is not None:
            markdown.write_text(as_markdown(timeline), "utf-8")
    except (RehearsalError, SettingsError, ConfigError, ValueError) as error:
        raise _ended(str(error)) from None
    except DoormanError as error:
        raise _ended(f"The tenant cannot be read ({type(error).__name__}): {error}") from None
    except OSError as error:
        raise _ended(f"{error.filename or 'The sandbox'}: {error.strerror}") from None
    if as_json_:
        sys.stdout.write(as_json(timeline))
    else:
        _print(timeline)


def _explain(package: str, person: str, policy: str, *, sandbox: bool, as_json: bool) -> None:
    """Tell the calls for reading the policy in a tenant; the sandbox's own is asked nothing. Raises typer.Exit."""

    async def work(line: Explaining, settings: CliSettings) -> None:
        if not sandbox:
            administrators = load_config(settings.config_path).administrators
            await explained_reading(line, package, person, policy, administrators)

    explain_imagined(work, as_json)


def _hush() -> None:
    """What bot and sandbox log belongs to the play, and is nothing for whoever watches it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger().addHandler(logging.NullHandler())


def _tenant_settings(env: Mapping[str, str]) -> CliSettings | None:
    """None where nobody has set a tenant. Raises SettingsError for half of one."""
    return load_cli_settings(env) if any(env.get(name) for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")) else None


def _config_path(env: Mapping[str, str]) -> Path | None:
    return Path(env["DOORMAN_CONFIG"]) if env.get("DOORMAN_CONFIG") else None


def _span(text: str) -> timedelta:
    span = span_from(text)
    if span is None:
        raise RehearsalError(f"--after {text}: a span looks like 30m, 2h or 1d6h.")
    return span


def _moment(text: str, config: Config) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RehearsalError(f"--start {text}: a moment looks like 2026-11-23T10:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone_of(config.quiet_hours.time_zone))


def _next_monday(config: Config) -> datetime:
    zone = zone_of(config.quiet_hours.time_zone)
    today = datetime.now(zone).date()
    return datetime.combine(today + timedelta(days=_DAYS_A_WEEK - today.weekday()), _STARTS_AT, zone)


def _print(timeline: Timeline) -> None:
    console = Console()
    for line in heading(timeline):
        console.print(line, markup=False, highlight=False)
    table = Table("when", "who", "what", box=None, pad_edge=False)
    for row in rows(timeline):
        table.add_row(*map(Text, row))
    console.print()
    console.print(table)


def _ended(said: str) -> typer.Exit:
    sys.stderr.write(f"{said}\n")
    return typer.Exit(Exit.FAILED)
