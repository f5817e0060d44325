"""`doorman what-if`: what a changed policy would do, before anybody changes it."""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bot.cli.exit_codes import Exit
from bot.cli.explained_reads import explain_work
from bot.cli.running import Stop, with_session
from bot.cli.session import Session
from bot.cli.settings import CliSettings
from bot.domain import AccessPackageId, PolicyId, UserId
from bot.graph.survey import SurveyGraph
from bot.rules import PackageRules
from bot.services.health.facts import applicants_of
from bot.services.what_if import Effect, what_if
from bot.survey import Account

NAME: Final = "what-if"
group = typer.Typer(
    help="What a changed policy would do.",
    invoke_without_command=True,
    context_settings={"allow_interspersed_args": True},  # options may stand behind the policy
)

_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOST_NAMES: Final = 20


@dataclass(frozen=True, slots=True)
class _Change:
    """A policy that comes in place of another, or beside the others, or that goes."""

    package_id: AccessPackageId
    policy: dict[str, Any] | None
    replaces: PolicyId | None


@group.callback()
def what_if_command(
    policy: Annotated[str, typer.Argument(help="A policy's id, or a JSON file with the policy as Graph writes it.")],
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", help="A change such as allowedTargetScope=allMemberUsers; again for more."),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="What if the policy were deleted.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for machines.")] = False,
    is_explained: Annotated[
        bool, typer.Option("--explain", help="Print the calls of Microsoft Graph and send none.")
    ] = False,
) -> None:
    """Say who could ask then, who could not any more, and whose requests would take another way. Writes nothing.

    Ends with 0 when nobody would notice, and with 2 when somebody would.
    """

    async def work(session: Session, settings: CliSettings) -> Exit:
        told = None if _ID.fullmatch(policy) else _policy_file(Path(policy))
        survey = SurveyGraph(session.client, session.tokens.graph, identity="pipeline")
        change = await _change(survey, policy if told is None else None, told, changes or [], delete=delete)
        before, after = await survey.rules_with(change.package_id, change.policy, change.replaces)
        effect, accounts = await _effect(session, survey, before, after)
        if as_json:
            typer.echo(json.dumps(_effect_json(effect, accounts), ensure_ascii=False, indent=2))
        else:
            _print(effect, before, accounts)
        return Exit.DONE if effect.is_nothing else Exit.CHANGES

    if is_explained:
        explain_work(work, as_json)
    with_session(work)


def changed(policy: Mapping[str, Any], changes: list[str]) -> dict[str, Any]:
    """The policy with these changes, each `path.to.property=value`; values are JSON, or else text. Raises Stop."""
    result = copy.deepcopy(dict(policy))
    for change in changes:
        where, sign, value = change.partition("=")
        *parents, last = where.strip().split(".")
        if not sign or not last:
            raise Stop(f"a change looks like allowedTargetScope=allMemberUsers, not {change!r}")
        current = result
        for parent in parents:
            if not isinstance(current.get(parent), dict):
                raise Stop(f"the policy has nothing at {where!r}")
            current = current[parent]
        if last not in current:
            raise Stop(f"the policy has nothing at {where!r}; there are {', '.join(sorted(current))}")
        try:
            current[last] = json.loads(value)
        except ValueError:
            current[last] = value
    return result


def _policy_file(file: Path) -> dict[str, Any]:
    """Raises Stop."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Stop(f"{file} is no id and no file ({error.strerror})") from None
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Stop(f"{file} holds no policy in JSON")
    return told


async def _change(
    survey: SurveyGraph, policy_id: str | None, told: dict[str, Any] | None, changes: list[str], *, delete: bool
) -> _Change:
    known_id = policy_id or str((told or {}).get("id") or "")
    present = await survey.policy(PolicyId(known_id)) if known_id else {}
    package_id = str((present.get("accessPackage") or (told or {}).get("accessPackage") or {}).get("id") or "")
    if not package_id:
        raise Stop("the policy says neither its id nor its accessPackage")
    if delete:
        return _Change(AccessPackageId(package_id), None, PolicyId(known_id))
    wanted = changed({**present, **(told or {})}, changes)
    wanted.setdefault("id", "new")
    return _Change(AccessPackageId(package_id), wanted, PolicyId(known_id) if known_id else None)


async def _effect(
    session: Session, survey: SurveyGraph, before: PackageRules, after: PackageRules
) -> tuple[Effect, dict[UserId, Account]]:
    accounts, organizations, members, waiting, held = await asyncio.gather(
        survey.accounts(),
        survey.organizations(),
        survey.members(before.group_ids | after.group_ids),
        survey.waiting(),
        session.reader.holders(before.package.id),
    )
    people = applicants_of(accounts, members, organizations)
    asked = [request for request in waiting if request.package_id == before.package.id]
    effect = what_if(before, after, people, waiting=asked, held=held)
    return effect, {account.id: account for account in accounts}


def _effect_json(effect: Effect, accounts: Mapping[UserId, Account]) -> dict[str, Any]:
    def person(who: UserId) -> dict[str, str]:
        account = accounts.get(who)
        return {"id": who, "name": account.name if account else ""}

    return {
        "gains": [person(who) for who in effect.gains],
        "loses": [person(who) for who in effect.loses],
        "moved": [
            {**person(each.person_id), "before": list(each.before), "after": list(each.after)} for each in effect.moved
        ],
        "rerouted": [
            {"requestId": each.request.id, "stagesBefore": each.before, "stagesAfter": each.after}
            for each in effect.rerouted
        ],
        "notExtendable": [
            {"assignmentId": each.id, "person": each.target.name if each.target else ""}
            for each in effect.not_extendable
        ],
    }


def _print(effect: Effect, rules: PackageRules, accounts: Mapping[UserId, Account]) -> None:
    def names(people: tuple[UserId, ...]) -> str:
        shown = [accounts[who].name for who in people[:_MOST_NAMES] if who in accounts]
        more = len(people) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

    typer.echo(rules.package.name)
    if effect.is_nothing:
        typer.echo("  Nobody would notice.")
    if effect.gains:
        typer.echo(f"  {len(effect.gains)} could ask for it then: {names(effect.gains)}")
    if effect.loses:
        typer.echo(f"  {len(effect.loses)} could not ask any more: {names(effect.loses)}")
    if effect.moved:
        first = effect.moved[0]
        told = f"{', '.join(first.before)} → {', '.join(first.after)}"
        typer.echo(f"  {len(effect.moved)} would ask under another policy, for example {told}")
    for each in effect.rerouted:
        who = each.request.requestor.name if each.request.requestor else each.request.id
        after = "its policy would be gone" if each.after is None else f"{each.after} stages"
        typer.echo(f"  The request of {who}, which waits, would take another way: {each.before} stages, then {after}")
    if effect.not_extendable:
        people = ", ".join(each.target.name for each in effect.not_extendable[:_MOST_NAMES] if each.target)
        typer.echo(f"  {len(effect.not_extendable)} could not extend what they have: {people}")
