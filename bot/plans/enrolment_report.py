"""An enrolment plan for people: sentences, Markdown for a pull request, JUnit for a pipeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final
from xml.etree import ElementTree

from bot.plans.enrolment import Action, BrakeReason, EnrolmentPlan, PlanRow, Reason, Warned

_ROWS_SHOWN: Final = 200

ACTIONS: Final[Mapping[Action, str]] = {
    Action.ERROR: "Cannot be done",
    Action.MOVED: "Probably a new address",
    Action.REMOVE: "Remove",
    Action.INVITE: "Invite and add",
    Action.ADD: "Add",
    Action.UPDATE: "Give another end",
    Action.WAITING: "Under way already",
    Action.KEPT: "Kept",
    Action.UNMANAGED: "Not managed by the files",
    Action.UNCHANGED: "Unchanged",
}

_REASONS: Final[Mapping[Reason, str]] = {
    Reason.FILE: "{0}",
    Reason.UNKNOWN_PROJECT: "No project is configured for {0}.",
    Reason.PACKAGE_MISSING: "There is no access package {0}.",
    Reason.PACKAGE_AMBIGUOUS: "Several access packages have this name: {all}.",
    Reason.PACKAGE_HIDDEN: "The access package is hidden. Name its id {0} in the configuration.",
    Reason.POLICY_MISSING: "The access package has no policy {0}.",
    Reason.POLICY_AMBIGUOUS: "Several policies have the managed name: {all}.",
    Reason.NOT_YOURS: "The author may not change {0}.",
    Reason.YOURSELF: "Nobody enrols themselves.",
    Reason.SELF_SERVICE: "People ask for this access package themselves; files do not change it.",
    Reason.AMBIGUOUS_PERSON: "Several people have this address: {all}.",
    Reason.DISABLED: "The account is disabled.",
    Reason.UNKNOWN_PERSON: "Nobody has this address, and guests of {0} may not be invited.",
    Reason.SAME_PERSON: "The same person is listed as {0}.",
    Reason.PROTECTED: "This person is protected and is never removed by a file.",
    Reason.ADDRESS_CHANGED: "Somebody of this name has access as {0}. Accept the new address, or correct it.",
    Reason.OPEN_REQUEST: "A request is under way ({1}).",
    Reason.OTHER_POLICY: "Has it through another policy.",
    Reason.UNKNOWN_QUESTION: "The policy does not ask {0}.",
    Reason.ANSWER_MISSING: "The policy wants an answer to {0}.",
    Reason.ANSWER_WRONG: "{1} is no answer to {0}.",
    Reason.PERIOD_NOT_ALLOWED: "The policy {0} does not allow a period of one's own.",
    Reason.PERIOD_WRONG: "The period ends before it begins, or is none.",
    Reason.PERIOD_OVER: "The period ended on {0}.",
    Reason.SPONSOR_UNKNOWN: "The sponsor {0} is not one person of the directory.",
    Reason.NOTHING_HELD: "This person does not have the access package.",
}

_BRAKES: Final[Mapping[BrakeReason, str]] = {
    BrakeReason.SHARE: "{removals} of {people} people would lose access, now or earlier than before: a large share.",
    BrakeReason.PEOPLE: "{removals} people would lose access, now or earlier than before.",
    BrakeReason.EMPTY: "A file lists nobody for an access package that people have: {labels}.",
    BrakeReason.MOST: "Most people of an access package would lose it, now or earlier than before: {labels}.",
}

_WARNINGS: Final[Mapping[Warned, str]] = {
    Warned.REMOVAL_MAIL: "Entra writes a mail to everybody who is removed, which may invite them to ask again.",
    Warned.INVITATION_MAIL: "Guests are sent an invitation.",
    Warned.UNREAD: "A file has errors. It removes nobody until they are corrected.",
}


def reason(row: PlanRow) -> str:
    """Why the row is what it is, as a sentence; empty when there is nothing to say."""
    pattern = _REASONS.get(row.reason, "")
    if row.action is Action.KEPT and row.reason is Reason.FILE:
        return "The file has errors."
    if row.action is Action.KEPT and row.reason is Reason.ADDRESS_CHANGED:
        return "The file lists somebody of the same name with another address."
    if row.reason is Reason.NEW_END:
        return _new_end(*row.facts)
    facts = [*row.facts, "", ""]
    return pattern.format(*facts, all=", ".join(row.facts))


def _new_end(new: str, old: str) -> str:
    if not new:
        return f"No end any more; it was {old}."
    return f"Ends on {new}; before, on {old}." if old else f"Ends on {new}; before, it had no end."


def brake_sentences(plan: EnrolmentPlan) -> list[str]:
    facts = {"removals": plan.brake.removals, "people": plan.brake.people, "labels": ", ".join(plan.brake.labels)}
    return [_BRAKES[each].format(**facts) for each in plan.brake.reasons]


def warning_sentences(plan: EnrolmentPlan) -> list[str]:
    return [_WARNINGS[each] for each in plan.warnings]


def summary(plan: EnrolmentPlan) -> str:
    """The counts in one line."""
    counts = plan.counts
    parts = [f"{count} {action.value}" for action, count in counts.items() if count]
    return ", ".join(parts) or "nothing"


def markdown(plan: EnrolmentPlan) -> str:
    """The plan as a comment on a pull request."""
    estimate = plan.estimate
    lines = ["## Enrolment plan", ""]
    if not plan.changes:
        lines += ["Nothing changes.", ""]
    lines += ["| | rows |", "| --- | ---: |"]
    lines += [f"| {text} | {plan.counts[action]} |" for action, text in ACTIONS.items() if plan.counts[action]]
    lines.append("")
    if plan.brake.is_on:
        lines += ["**The brake is on.**", *(f"- {_cell(each)}" for each in brake_sentences(plan)), ""]
        lines += [f"Apply with `--accept-removals {plan.brake.removals}` if that is meant.", ""]
    lines += [f"> {each}" for each in warning_sentences(plan)] + [""] * bool(plan.warnings)
    for action, text in ACTIONS.items():
        if action not in (Action.UNCHANGED, Action.UNMANAGED):
            lines += _table(text, plan.of(action))
    lines += [f"About {estimate.minutes} min, {estimate.writes} writes. Digest `{plan.digest}`", ""]
    return "\n".join(lines)


def _table(title: str, rows: Iterable[PlanRow]) -> list[str]:
    shown = list(rows)
    if not shown:
        return []
    lines = [
        f"### {title} ({len(shown)})",
        "",
        "| who | address | access package | ids | |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in shown[:_ROWS_SHOWN]:
        ids = " ".join(f"`{each}`" for each in (row.person_id, row.assignment_id) if each)
        where = f"{row.place.file}:{row.place.line} " if row.place and row.place.line else ""
        lines.append(
            f"| {_cell(row.name)} | {_cell(row.email)} | {_cell(row.label)} | {ids} | {_cell(where + reason(row))} |"
        )
    if len(shown) > _ROWS_SHOWN:
        lines.append(f"| … {len(shown) - _ROWS_SHOWN} more | | | | |")
    return [*lines, ""]


def _cell(text: str) -> str:
    """Text from a file as a table shows it literally: no markup, no line breaks, no mentions."""
    escaped = "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~" else sign for sign in " ".join(text.split()))
    return escaped.replace("@", "&#64;") if not _is_address(text) else f"`{text.replace('`', '').replace('|', '')}`"


def _is_address(text: str) -> bool:
    return text.count("@") == 1 and " " not in text and "`" not in text


def junit(plan: EnrolmentPlan) -> bytes:
    """A test case for each row: errors and probable new addresses fail."""
    suite = ElementTree.Element("testsuite", name="enrolment")
    failures = 0
    for row in plan.rows:
        if row.action is Action.UNCHANGED:
            continue
        place = f"{row.place.file}:{row.place.line}" if row.place else row.label
        case = ElementTree.SubElement(
            suite, "testcase", classname=_xml(place), name=_xml(f"{row.action.value} {row.email} {row.label}".strip())
        )
        if row.action in (Action.ERROR, Action.MOVED):
            failures += 1
            ElementTree.SubElement(case, "failure", message=_xml(reason(row)), type=row.reason.value)
    if plan.brake.is_on:
        failures += 1
        case = ElementTree.SubElement(suite, "testcase", classname="plan", name="brake")
        ElementTree.SubElement(case, "failure", message=_xml(" ".join(brake_sentences(plan))), type="brake")
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    return bytes(ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True))


def _xml(text: str) -> str:
    """Text without what XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n" or " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd")
