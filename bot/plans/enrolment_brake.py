"""The brake of an enrolment plan: when somebody has to say the number of removals before anything is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bot.plans.enrolment import BrakeReason, BrakeVerdict, PlanRow
from bot.plans.enrolment_state import PlanRules, TenantState, key_of

_MOST_AT_LEAST = 3


def apply_brake(
    rows: Sequence[PlanRow],
    without_rows: Sequence[str],
    state: TenantState,
    labels: Mapping[str, str],
    rules: PlanRules,
) -> BrakeVerdict:
    """The verdict over these rows. `without_rows` are labels that a file is about and has nobody for.

    One broken file among many is too little to be a large share of everything, so an access package that would lose
    most of its people trips the brake as well. Whoever would lose access earlier than now counts as one who loses it.
    """
    removed = Counter(key_of(row.label) for row in rows if row.takes_away)
    removals = sum(removed.values())
    people = {key: _managed(state, key) for key in labels}
    total = sum(people.values())
    empty = [label for label in without_rows if removed[key_of(label)]]
    most = [labels[key] for key, count in removed.items() if count >= _MOST_AT_LEAST and 2 * count > people.get(key, 0)]
    reasons = []
    if removals * 100 > rules.brake_percent * total:
        reasons.append(BrakeReason.SHARE)
    if removals > rules.brake_people:
        reasons.append(BrakeReason.PEOPLE)
    if empty:
        reasons.append(BrakeReason.EMPTY)
    if most:
        reasons.append(BrakeReason.MOST)
    return BrakeVerdict(tuple(reasons), removals, total, tuple(sorted({*empty, *most})))


def _managed(state: TenantState, key: str) -> int:
    package = state.packages.get(key)
    if package is None:
        return 0
    return sum(each.policy_id == package.policy_id for each in package.assignments)
