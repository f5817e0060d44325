"""`doorman doctor`: whether the tenant and Doorman's own rights are in order."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.cli.exit_codes import Exit
from bot.cli.explained_reads import explain_imagined
from bot.cli.imagined import ImaginedSurvey
from bot.cli.running import Stop, with_session
from bot.cli.session import Session
from bot.cli.settings import CliSettings
from bot.clock import Clock
from bot.config import load_config
from bot.graph.explaining import Explaining
from bot.graph.survey import SurveyGraph
from bot.identity.app_tokens import AppTokens
from bot.identity.login import Login, load_registration
from bot.services.health.examination import CHECKS, examine
from bot.services.health.facts import Facts, Setup
from bot.services.health.findings import Finding, Report, Severity
from bot.services.health.permissions import NEEDS, Given, given
from bot.services.health.words import SEVERITIES, next_step, sentence
from cards.language import ENGLISH

NAME: Final = "doctor"
group = typer.Typer(help="Whether the tenant and Doorman's own rights are in order.", invoke_without_command=True)

_ADMIN_CENTER: Final = "https://entra.microsoft.com/"
_WIDTH: Final = 160
_COLORS: Final = {
    Severity.PROBLEM: "red",
    Severity.WARNING: "yellow",
    Severity.UNKNOWN: "magenta",
    Severity.NOTE: "dim",
}
_IDENTITIES: Final = {
    "bot": ("MicrosoftAppId", "MicrosoftAppPassword", "MicrosoftAppCertificatePath"),
    "writer": ("WRITER_APP_ID", "WRITER_APP_PASSWORD", "WRITER_APP_CERTIFICATE_PATH"),
}

Json = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
Explain = Annotated[bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none.")]


@group.callback()
def doctor(
    context: typer.Context,
    as_json: Json = False,
    only: Annotated[list[str] | None, typer.Option("--only", help="Make this check only; may be given again.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings and on what cannot be seen, too.")] = False,
    is_explained: Explain = False,
) -> None:
    """Look for what is wrong. Reads only. Ends with 1 when something has to be mended, else with 0."""
    if context.invoked_subcommand is not None:
        return
    known = [check.name for check in CHECKS]
    if is_explained:
        explain_imagined(lambda line, settings: _explained(line, settings, only or ()), as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        unknown = [name for name in only or () if name not in known]
        if unknown:
            raise Stop(f"there is no check {unknown[0]!r}; there are {', '.join(known)}")
        async with _setup(session, settings, os.environ) as setup:
            report = await examine(_survey(session), setup, session.clock, only or ())
        typer.echo(report_json(report)) if as_json else _print(report)
        return verdict(report, strict=strict)

    with_session(work)


@group.command("permissions")
def permissions(as_json: Json = False, is_explained: Explain = False) -> None:
    """List what each feature needs and what was granted. Ends with 1 when something is missing that is needed."""
    if is_explained:
        explain_imagined(_explained_permissions, as_json)

    async def work(session: Session, settings: CliSettings) -> Exit:
        async with _setup(session, settings, os.environ) as setup:
            facts = Facts(_survey(session), setup, session.clock)
            try:
                found = await given(facts)
            finally:
                await facts.close()
        rows = [_row(need_number, found) for need_number in range(len(NEEDS))]
        typer.echo(json.dumps({"permissions": rows}, indent=2)) if as_json else _print_permissions(rows)
        return Exit.FAILED if any(row["granted"] is False and row["required"] for row in rows) else Exit.DONE

    with_session(work)


async def _explained(line: Explaining, settings: CliSettings, only: Sequence[str]) -> None:
    await examine(ImaginedSurvey(line), Setup(_apps(settings, os.environ), {}), Clock(), only)


async def _explained_permissions(line: Explaining, settings: CliSettings) -> None:
    """What an app may do by itself is in its token; only what people allowed it has to be asked for."""
    facts = Facts(ImaginedSurvey(line), Setup(_apps(settings, os.environ), {}), Clock())
    try:
        await given(facts)
    finally:
        await facts.close()


def verdict(report: Report, *, strict: bool) -> Exit:
    grave = {Severity.PROBLEM, Severity.WARNING, Severity.UNKNOWN} if strict else {Severity.PROBLEM}
    return Exit.FAILED if any(finding.severity in grave for finding in report.findings) else Exit.DONE


def report_json(report: Report) -> str:
    findings = [_finding_json(finding) for finding in report.findings]
    counts = {severity.value: report.count(severity) for severity in Severity}
    whole = {"at": report.at.isoformat(), "checks": list(report.checks), "counts": counts, "findings": findings}
    return json.dumps(whole, ensure_ascii=False, indent=2)


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "code": finding.code,
        "severity": finding.severity.value,
        "about": finding.about,
        "sentence": sentence(finding, ENGLISH),
        "nextStep": next_step(finding, ENGLISH),
        "names": list(finding.names),
        "link": _ADMIN_CENTER + finding.place if finding.place else "",
        **({"requestId": finding.request_id} if finding.request_id else {}),
    }


def _print(report: Report) -> None:
    table = Table(title="Health of the tenant", expand=True)
    for heading in ("", "What", "Next step"):
        table.add_column(heading, overflow="fold", ratio=None if not heading else 2)
    for finding in report.findings:
        mark = Text(ENGLISH(SEVERITIES[finding.severity]), style=_COLORS[finding.severity])
        table.add_row(mark, Text(sentence(finding, ENGLISH)), Text(next_step(finding, ENGLISH)))
    console = _console()
    if report.findings:
        console.print(table)
    console.print(
        f"{len(report.checks)} checks: {report.count(Severity.PROBLEM)} to be mended, "
        f"{report.count(Severity.WARNING)} to be looked at, {report.count(Severity.UNKNOWN)} could not be checked."
    )


def _row(number: int, found: Given) -> dict[str, Any]:
    need = NEEDS[number]
    known = found.permissions.get((need.identity, need.kind))
    return {
        "identity": need.identity,
        "kind": need.kind,
        "feature": need.feature,
        "permission": need.permission,
        "required": need.is_required,
        "granted": None if known is None else need.is_met(known),
    }


def _print_permissions(rows: list[dict[str, Any]]) -> None:
    table = Table(title="Permissions", expand=True)
    for heading in ("Identity", "For", "Permission", "Kind", "Granted"):
        table.add_column(heading, overflow="fold")
    words = {True: Text("yes", style="green"), False: Text("no", style="red"), None: Text("cannot be seen")}
    for row in rows:
        granted = words[row["granted"]]
        if row["granted"] is False and not row["required"]:
            granted = Text("no, optional", style="yellow")
        table.add_row(row["identity"], row["feature"], row["permission"], row["kind"], granted)
    _console().print(table)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)


def _survey(session: Session) -> SurveyGraph:
    return SurveyGraph(session.client, session.tokens.graph, identity="pipeline")


def _apps(settings: CliSettings, env: Mapping[str, str]) -> dict[str, str]:
    """The app ids of the registrations that are known here, by what they are for."""
    named = {name: env.get(variables[0], "").lower() for name, variables in _IDENTITIES.items()}
    return {"pipeline": settings.client_id, **{name: app_id for name, app_id in named.items() if app_id}}


@asynccontextmanager
async def _setup(session: Session, settings: CliSettings, env: Mapping[str, str]) -> AsyncIterator[Setup]:
    """What is known of the installation here: the bot and the writer are looked at where their settings are at hand."""
    config = load_config(settings.config_path)
    policies = {config.enrolment.policy, *(project.policy or "" for project in config.projects)}
    apps = _apps(settings, env)
    opened: dict[str, AppTokens] = {}
    login = Login(settings.login_url)
    try:
        for name, variables in _IDENTITIES.items():
            app_id, secret, certificate = (env.get(variable, "") for variable in variables)
            if app_id and (secret or certificate):
                registration = load_registration(
                    app_id.lower(),
                    SecretStr(secret) if secret else None,
                    Path(certificate) if certificate else None,
                )
                opened[name] = AppTokens(
                    login, registration, settings.tenant_id, graph_resource=settings.graph_resource
                )
        yield Setup(
            apps,
            {"pipeline": session.tokens, **opened},
            file_policies=frozenset(name.casefold() for name in policies if name),
            stuck_after=timedelta(minutes=config.stuck_after_minutes),
        )
    finally:
        for tokens in opened.values():
            await tokens.close()
        login.close()
