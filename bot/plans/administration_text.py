"""A plan for people, for machines, and for the comment of a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bot.files.administration import Kind, Named
from bot.files.rows import Finding, Severity
from bot.plans.steps import Change, Plan, Section, Step, StepKind

TITLES: Final[Mapping[Section, str]] = {
    Section.DIRECTORY: "Groups, app roles and companies",
    Section.CATALOG: "Catalog",
    Section.PACKAGE: "Access packages",
    Section.RESOURCE: "Resources into the catalog",
    Section.ROLE: "Roles of the resources",
    Section.GRANT: "Roles into the access packages",
    Section.POLICY: "Policies",
    Section.CONFLICT: "Conflicts",
    Section.CATALOG_ROLE: "Roles in the catalog",
}
_NUMBERS: Final = {section: number for number, section in enumerate(list(Section)[1:], 1)}
_MOST_CHANGES: Final = 12
_TAKING_AWAY: Final = (StepKind.REVOKE, StepKind.DELETE_PACKAGE, StepKind.DELETE_POLICY, StepKind.TAKE_CATALOG_ROLE)


def line(step: Step) -> str:
    """What the step does, in one line."""
    told: str = _LINES[step.kind](step)
    return told


def changes_told(changes: Sequence[Change]) -> list[str]:
    """Each change as "what: before -> after", the first dozen of them."""
    told = [f"{each.what}: {_value(each.before)} -> {_value(each.after)}" for each in changes[:_MOST_CHANGES]]
    more = len(changes) - _MOST_CHANGES
    return [*told, f"and {more} more"] if more > 0 else told


def heading(section: Section) -> str:
    """The title of a section; those of making an access package are counted from 1."""
    number = _NUMBERS.get(section)
    return f"{number}. {TITLES[section]}" if number else TITLES[section]


def sections(plan: Plan) -> list[tuple[Section, tuple[Step, ...]]]:
    """The steps by section, in their order; sections without steps are left out."""
    found = [(section, tuple(step for step in plan.steps if step.kind.section is section)) for section in Section]
    return [(section, steps) for section, steps in found if steps]


def summary(plan: Plan) -> str:
    errors = sum(finding.severity is Severity.ERROR for finding in plan.findings)
    if errors:
        return f"{errors} {'error' if errors == 1 else 'errors'}: nothing can be applied before they are corrected."
    if not plan.writes:
        return f"Nothing to do: {_counted(plan.unchanged, 'access package')} as the file says."
    return f"{_counted(len(plan.writes), 'change')}; {_counted(plan.unchanged, 'access package')} already as wanted."


def finding_line(finding: Finding) -> str:
    where = f"{finding.place.file}:{finding.place.line}" if finding.place.line else finding.place.file
    return f"{where}: {finding.severity}: {finding.message}"


def plan_text(plan: Plan) -> str:
    """The whole plan as plain lines."""
    lines = [finding_line(each) for each in plan.findings]
    for section, steps in sections(plan):
        lines += ["", heading(section)]
        for step in steps:
            lines.append(f"   {_sign(step)} {line(step)}")
            lines += [f"       {told}" for told in changes_told(step.changes)]
    return "\n".join([*lines, "", summary(plan)]).strip() + "\n"


def plan_json(plan: Plan) -> dict[str, Any]:
    return {
        "tenant": plan.tenant_id,
        "file": plan.wanted.file,
        "digest": plan.digest,
        "writes": len(plan.writes),
        "unchanged": plan.unchanged,
        "findings": [finding_json(each) for each in plan.findings],
        "steps": [step.as_json() for step in plan.steps],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity.value,
        "code": finding.code,
        "file": finding.place.file,
        "line": finding.place.line,
        "message": finding.message,
        "suggestion": finding.suggestion,
    }


def markdown(plan: Plan) -> str:
    """The plan as the comment of a pull request. Names are shown as they are written, never as formatting."""
    lines = [f"### Access packages: {_code(plan.wanted.file)}", "", summary(plan), ""]
    if plan.findings:
        lines += ["| | line | |", "| --- | --- | --- |"]
        lines += [f"| {each.severity} | {each.place.line or ''} | {_code(each.message)} |" for each in plan.findings]
        lines.append("")
    for section, steps in sections(plan):
        lines += [f"<details><summary>{heading(section)} ({len(steps)})</summary>", ""]
        for step in steps:
            lines.append(f"- {_code(line(step))}")
            lines += [f"  - {_code(told)}" for told in changes_told(step.changes)]
        lines += ["", "</details>", ""]
    return "\n".join([*lines, f"Plan {_code(plan.digest)}", ""])


def _sign(step: Step) -> str:
    if not step.kind.is_write:
        return " "
    if step.kind in _TAKING_AWAY:
        return "-"
    return "~" if step.changes else "+"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _value(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _code(text: str) -> str:
    """Text between backticks, as many as it takes, so that nothing in it is formatting."""
    plain = " ".join(text.split()).replace("|", "\\|")
    ticks = "`" * (max((len(run) for run in _runs(plain)), default=0) + 1)
    return f"{ticks} {plain} {ticks}" if "`" in plain else f"`{plain}`"


def _runs(text: str) -> Iterable[str]:
    return [run for run in "".join(sign if sign == "`" else " " for sign in text).split() if run]


def _name(value: Any) -> str:
    return str(getattr(value, "name", value))


def _who(step: Step) -> str:
    who: Named = step.details["who"]
    return who.name if who.kind is Kind.USER else f"{who.kind} {who.name}"


def _group_line(step: Step) -> str:
    owners = ", ".join(_name(each) for each in step.details["owners"])
    return f"Create group {step.subject}" + (f", owned by {owners}" if owners else "")


def _app_roles_line(step: Step) -> str:
    parts = [f"{len(step.details[what])} {what}" for what in ("add", "update", "remove") if step.details[what]]
    return f"Change the app roles of {step.subject}: {', '.join(parts)}"


_LINES: Final[Mapping[StepKind, Any]] = {
    StepKind.CREATE_GROUP: _group_line,
    StepKind.ADD_OWNER: lambda step: f"Make {_name(step.details['owner'])} an owner of group {step.subject}",
    StepKind.SET_APP_ROLES: _app_roles_line,
    StepKind.ASSIGN_APP_ROLE: lambda step: f"Give app role {step.details['role']} to group {step.subject}",
    StepKind.CREATE_ORGANIZATION: lambda step: (
        f"Create connected organization {step.subject} ({step.details['domain'] or step.details['tenant_id']})"
    ),
    StepKind.UPDATE_ORGANIZATION: lambda step: f"Change connected organization {step.subject}",
    StepKind.ADD_SPONSOR: lambda step: f"Make {_name(step.details['sponsor'])} a sponsor of {step.subject}",
    StepKind.FIND_CATALOG: lambda step: f"Use catalog {step.subject}",
    StepKind.CREATE_CATALOG: lambda step: f"Create catalog {step.subject}",
    StepKind.CREATE_PACKAGE: lambda step: f"Create access package {step.subject}",
    StepKind.UPDATE_PACKAGE: lambda step: f"Change access package {step.subject}",
    StepKind.DELETE_PACKAGE: lambda step: f"Delete access package {step.subject}",
    StepKind.ONBOARD: lambda step: f"Bring {step.subject} into the catalog",
    StepKind.LOOK_UP_ROLES: lambda step: f"Look up the roles of {step.subject}",
    StepKind.GRANT: lambda step: f"Let {step.subject} grant {step.details['resource']} as {step.details['role']}",
    StepKind.REVOKE: lambda step: (
        f"Let {step.subject} no longer grant {step.details['resource']} as {step.details['role']}"
    ),
    StepKind.CREATE_POLICY: lambda step: f"Create policy {step.details['name']} of {step.subject}",
    StepKind.REPLACE_POLICY: lambda step: f"Change policy {step.details['name']} of {step.subject}",
    StepKind.DELETE_POLICY: lambda step: f"Delete policy {step.details['name']} of {step.subject}",
    StepKind.ADD_CONFLICT: lambda step: f"Let nobody with {_name(step.details['other'])} get {step.subject}",
    StepKind.ASSIGN_CATALOG_ROLE: lambda step: (
        f"Give {_who(step)} the role {step.details['role']} in catalog {step.subject}"
    ),
    StepKind.TAKE_CATALOG_ROLE: lambda step: (
        f"Take the role {step.details['role']} in catalog {step.subject} from {_who(step)}"
    ),
}
