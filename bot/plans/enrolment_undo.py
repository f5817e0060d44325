"""The plan that takes back what a run has done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bot.plans.enrolment import Action, BrakeVerdict, EnrolmentPlan, PlanRow, Reason, Warned
from bot.plans.enrolment_holders import Holders, short_id
from bot.plans.enrolment_state import PackageState, address_key
from bot.plans.journal import Entry, RowState


def undo_plan(
    plan: EnrolmentPlan, entries: Mapping[str, Entry], packages: Mapping[str, PackageState], made_at: datetime
) -> EnrolmentPlan:
    """Takes away what was given and gives back what was taken. `packages` by id, as they are after the run.

    Guests who were invited stay in the directory. Whoever lost the access again meanwhile is not in the plan, nor is
    whoever would not have it any more by now.
    """
    holders = {package_id: Holders(package) for package_id, package in packages.items()}
    rows = []
    for row in plan.changes:
        entry = entries.get(row.id)
        own = holders.get(row.package_id)
        if entry is not None and entry.state is RowState.DONE and own is not None:
            person_id = str(entry.detail.get("person", "")) or row.person_id
            undone = _undone(row, person_id, own, made_at.astimezone(UTC).date().isoformat())
            rows.extend([undone] if undone is not None else [])
    removals = sum(row.takes_away for row in rows)
    people = sum(each.policy_id == package.policy_id for package in packages.values() for each in package.assignments)
    warnings = (Warned.REMOVAL_MAIL,) if any(row.action is Action.REMOVE for row in rows) else ()
    return EnrolmentPlan({}, tuple(rows), BrakeVerdict((), removals, people), made_at, warnings)


def _undone(row: PlanRow, person_id: str, holders: Holders, today: str) -> PlanRow | None:
    address = address_key(row.email)
    had = row.facts[1] if len(row.facts) > 1 else ""
    back = replace(
        row,
        id=short_id("undo", row.id),
        person_id=person_id,
        reason=Reason.NONE,
        facts=(),
        place=None,
        saw=holders.fingerprint(person_id, address),
    )
    if row.action is Action.UPDATE:
        is_there = any(each.id == row.assignment_id for each in holders.assignments(person_id, address))
        return replace(back, end=had, reason=Reason.NEW_END, facts=(had, row.end)) if is_there else None
    own = [each for each in holders.assignments(person_id, address) if each.policy_id == row.policy_id]
    if row.action is Action.REMOVE:
        until = row.facts[0] if row.facts else ""
        is_wanted = person_id and not own and not (until and until < today)
        return replace(back, action=Action.ADD, end=until, assignment_id="") if is_wanted else None
    given = (row.end,) if row.end else ()
    removal = replace(back, action=Action.REMOVE, start="", end="", facts=given)
    return replace(removal, assignment_id=own[0].id) if own else None
