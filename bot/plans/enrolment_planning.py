"""Making an enrolment plan: the rows of files against the tenant, under the rules. Pure: the same in, the same out.

Only assignments under the managed policy are ever removed, only for labels that a file is about, and only where every
file about the label could be read without an error. Whoever a row may mean counts as wanted, whatever is wrong with
the row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.domain import Assignment, AssignmentRequest, AssignmentState, Person
from bot.files.rows import EnrolmentFile, EnrolmentRow, Place, Severity
from bot.plans.enrolment import Action, BrakeVerdict, EnrolmentPlan, PlanRow, Reason, Warned
from bot.plans.enrolment_brake import apply_brake
from bot.plans.enrolment_columns import fill, last_day, new_end
from bot.plans.enrolment_holders import Holders, short_id, subject_key
from bot.plans.enrolment_state import PackageState, PlanRules, Problem, TenantState, address_key, key_of

_REMOVABLE = frozenset(
    {AssignmentState.DELIVERED, AssignmentState.PARTIALLY_DELIVERED, AssignmentState.DELIVERY_FAILED}
)


def plan_enrolment(
    files: Sequence[EnrolmentFile], state: TenantState, rules: PlanRules, made_at: datetime
) -> EnrolmentPlan:
    """What has to change so that the tenant is as these files say."""
    wanted: dict[str, list[EnrolmentRow]] = defaultdict(list)
    spelt: dict[str, str] = {}
    unread: set[str] = set()
    rows: list[PlanRow] = []
    for file in files:
        for label in state.labels_of(file):
            spelt.setdefault(key_of(label), label)
            if file.has_errors:
                unread.add(key_of(label))
        for row in file.rows:
            wanted[key_of(row.label)].append(row)
        rows.extend(_unreadable(file))
    complete = {key for key in spelt if key not in unread}
    for key, label in sorted(spelt.items()):
        package = state.packages.get(key) or PackageState(
            label=label, project=label, problem=Problem(Reason.UNKNOWN_PROJECT, (label,))
        )
        rows.extend(_Package(package, state, rules).rows(wanted[key], removes=key in complete))
    brake = apply_brake(rows, [label for key, label in spelt.items() if not wanted[key]], state, spelt, rules)
    ordered = tuple(sorted(rows, key=_order))
    return EnrolmentPlan(
        files={file.name: file.digest for file in files},
        rows=ordered,
        brake=brake,
        made_at=made_at,
        warnings=_warnings(ordered, is_unread=any(file.has_errors for file in files), rules=rules),
        author_id=rules.author_id,
    )


def plan_one(
    row: EnrolmentRow, state: TenantState, rules: PlanRules, made_at: datetime, *, removes: bool
) -> EnrolmentPlan:
    """The plan that adds this one person, or removes them; whoever else has the access package stays."""
    package = state.packages.get(key_of(row.label)) or PackageState(
        label=row.label, project=row.project, problem=Problem(Reason.UNKNOWN_PROJECT, (row.label,))
    )
    if removes and package.problem is None:
        people = state.people.get(address_key(row.email), ())
        found = _Package(package, state, rules).removals(people, address_key(row.email))
        missing = PlanRow(
            id=short_id(key_of(row.label), address_key(row.email)),
            action=Action.ERROR,
            label=row.label,
            name=row.display_name,
            email=row.email,
            project=package.project,
            reason=Reason.AMBIGUOUS_PERSON if len(people) > 1 else Reason.NOTHING_HELD,
            facts=tuple(sorted(person.id for person in people)),
        )
        rows = found if found and len(people) <= 1 else [missing]
    else:
        rows = _Package(package, state, rules).rows([row], removes=False)[:1]
    removals = sum(each.action is Action.REMOVE for each in rows)
    return EnrolmentPlan(
        files={},
        rows=tuple(rows),
        brake=BrakeVerdict((), removals, len(package.assignments)),
        made_at=made_at,
        warnings=_warnings(rows, is_unread=False, rules=rules),
        author_id=rules.author_id,
    )


def plan_ends(
    labels: Sequence[str],
    end: date,
    addresses: Sequence[str],
    state: TenantState,
    rules: PlanRules,
    made_at: datetime,
) -> EnrolmentPlan:
    """The plan that lets access end on another day: of these people, or of everybody whom the managed policy gave it.

    Nobody is added or removed. The day may be later or earlier than now; whoever loses time counts for the brake.
    """
    spelt = {key_of(label): label for label in labels}
    rows: list[PlanRow] = []
    for key, label in spelt.items():
        package = state.packages.get(key) or PackageState(
            label=label, project=label, problem=Problem(Reason.UNKNOWN_PROJECT, (label,))
        )
        rows.extend(_Package(package, state, rules).ends(end.isoformat(), addresses))
    ordered = tuple(sorted(rows, key=_order))
    return EnrolmentPlan(
        files={},
        rows=ordered,
        brake=apply_brake(ordered, [], state, spelt, rules),
        made_at=made_at,
        author_id=rules.author_id,
    )


def _order(row: PlanRow) -> tuple[str, str, str, str]:
    return key_of(row.label), row.name.casefold(), row.email.casefold(), row.id


def _unreadable(file: EnrolmentFile) -> Iterable[PlanRow]:
    for number, finding in enumerate(file.findings):
        if finding.severity is Severity.ERROR:
            yield PlanRow(
                id=short_id(file.name, str(finding.place.line), finding.code, str(number)),
                action=Action.ERROR,
                label="",
                name="",
                email="",
                reason=Reason.FILE,
                facts=(finding.message,),
                place=finding.place,
            )


def _warnings(rows: Sequence[PlanRow], *, is_unread: bool, rules: PlanRules) -> tuple[Warned, ...]:
    found = []
    if any(row.action is Action.REMOVE for row in rows):
        found.append(Warned.REMOVAL_MAIL)
    if rules.sends_invitation and any(row.action is Action.INVITE for row in rows):
        found.append(Warned.INVITATION_MAIL)
    if is_unread:
        found.append(Warned.UNREAD)
    return tuple(found)


class _Package:
    """The rows of one label."""

    def __init__(self, package: PackageState, state: TenantState, rules: PlanRules) -> None:
        self._package = package
        self._state = state
        self._rules = rules
        self._holders = Holders(package)
        self._wanted: dict[str, str] = {}
        """Whoever the rows may mean, and the address by which the row has them."""

    def rows(self, wanted: Sequence[EnrolmentRow], *, removes: bool) -> list[PlanRow]:
        rows = []
        for row in wanted:
            people = self._state.people.get(address_key(row.email), ())
            keys: list[str] = [person.id for person in people] or [address_key(row.email)]
            planned = self._row(row, people)
            again = next((self._wanted[key] for key in keys if key in self._wanted), None)
            if again is not None:
                if again == address_key(row.email):
                    continue  # the same line twice; the linter says so
                planned = replace(planned, action=Action.UNCHANGED, reason=Reason.SAME_PERSON, facts=(again,))
            for key in keys:
                self._wanted.setdefault(key, address_key(row.email))
            # The package may know somebody by the address alone.
            self._wanted.setdefault(address_key(row.email), address_key(row.email))
            rows.append(planned)
        if self._package.problem is not None:
            return rows
        return self._with_moves(rows, [self._leftover(each, removes=removes) for each in self._not_wanted()])

    def _row(self, row: EnrolmentRow, people: Sequence[Person]) -> PlanRow:
        package = self._package
        base = PlanRow(
            id=short_id(key_of(row.label), address_key(row.email)),
            action=Action.ERROR,
            label=row.label,
            name=row.display_name or (people[0].name if len(people) == 1 else ""),
            email=row.email,
            project=package.project,
            package_id=package.package_id,
            package_name=package.package_name,
            policy_id=package.policy_id,
            person_id=people[0].id if len(people) == 1 else "",
            place=row.place,
        )
        if package.problem is not None:
            return replace(base, reason=package.problem.reason, facts=package.problem.facts)
        if len(people) > 1:
            ids = tuple(sorted(person.id for person in people))
            return replace(base, reason=Reason.AMBIGUOUS_PERSON, facts=ids)
        person = people[0] if people else None
        held = self._held(base, row)
        if held is not None:
            return held
        if self._rules.allowed is not None and package.project not in self._rules.allowed:
            return replace(base, reason=Reason.NOT_YOURS, facts=(package.project,))
        if package.is_self_service:
            return replace(base, reason=Reason.SELF_SERVICE)
        return self._addition(base, row, person)

    def _held(self, base: PlanRow, row: EnrolmentRow) -> PlanRow | None:
        """The row when there is nothing to add: they have it, perhaps until another day, or it is under way."""
        own = self._holders.assignments(base.person_id, address_key(base.email))
        for assignment in own:
            if assignment.policy_id == self._package.policy_id:
                there = replace(base, action=Action.UNCHANGED, assignment_id=assignment.id)
                return self._update(there, row, assignment) or there
        if own:
            facts = (own[0].policy_id or "",)
            return replace(
                base, action=Action.UNMANAGED, assignment_id=own[0].id, reason=Reason.OTHER_POLICY, facts=facts
            )
        under_way = self._holders.requests(base.person_id, address_key(base.email))
        return _waiting(base, under_way[0]) if under_way else None

    def _update(self, there: PlanRow, row: EnrolmentRow, held: Assignment) -> PlanRow | None:
        """The row when what somebody has is to end on another day; None when it stays as it is."""
        package, rules = self._package, self._rules
        planned = new_end(replace(there, action=Action.ERROR), row, package, held, rules.today)
        if planned is None or package.is_self_service:
            return None
        refused = replace(there, action=Action.ERROR)
        if rules.allowed is not None and package.project not in rules.allowed:
            return replace(refused, reason=Reason.NOT_YOURS, facts=(package.project,))
        if there.person_id and there.person_id == rules.author_id:
            return replace(refused, reason=Reason.YOURSELF)
        if there.person_id and there.person_id in rules.protected and planned.takes_away:
            return replace(there, action=Action.KEPT, reason=Reason.PROTECTED)
        under_way = self._holders.requests(there.person_id, address_key(there.email))
        if under_way:
            return _waiting(there, under_way[0])
        if planned.action is Action.UPDATE and held.state is not AssignmentState.DELIVERED:
            return replace(there, action=Action.WAITING, reason=Reason.OPEN_REQUEST, facts=("", held.state))
        return replace(planned, saw=self._saw(there)) if planned.action is Action.UPDATE else planned

    def _addition(self, base: PlanRow, row: EnrolmentRow, person: Person | None) -> PlanRow:
        rules = self._rules
        if person is not None and person.id == rules.author_id:
            return replace(base, reason=Reason.YOURSELF)
        if person is not None and not person.is_enabled:
            return replace(base, reason=Reason.DISABLED)
        domain = row.email.rpartition("@")[2].casefold()
        if person is None and domain not in rules.guest_domains:
            return replace(base, reason=Reason.UNKNOWN_PERSON, facts=(domain,))
        filled = fill(base, row, self._package, self._state, rules.today)
        if filled.reason is not Reason.NONE:
            return filled
        action = Action.INVITE if person is None else Action.ADD
        return replace(filled, action=action, saw=self._saw(base))

    def _not_wanted(self) -> list[Assignment]:
        """Assignments of people whom no row may mean, neither by who they are nor by their address."""
        return [
            each
            for each in self._package.assignments
            if subject_key(each) not in self._wanted
            and (each.target is None or address_key(each.target.mail) not in self._wanted)
        ]

    def removals(self, people: Sequence[Person], address: str) -> list[PlanRow]:
        """The rows that take the package from one person."""
        person_id = people[0].id if len(people) == 1 else ""
        return [self._leftover(each, removes=True) for each in self._holders.assignments(person_id, address)]

    def ends(self, end: str, addresses: Sequence[str]) -> list[PlanRow]:
        """The rows that let access end on this day, of these people or of everybody; an error for who has none."""
        package = self._package
        if package.problem is not None or package.is_self_service:
            problem = package.problem or Problem(Reason.SELF_SERVICE)
            row_id = short_id(key_of(package.label), "end")
            refused = PlanRow(id=row_id, action=Action.ERROR, label=package.label, name="", email="")
            return [replace(refused, project=package.project, reason=problem.reason, facts=problem.facts)]
        if not addresses:
            return [self._end(each, end) for each in package.assignments]
        found: dict[str, PlanRow] = {}
        for address in map(address_key, addresses):
            row = EnrolmentRow(Place(""), "", address, package.label, end=end)
            planned = replace(self._row(row, self._state.people.get(address, ())), place=None)
            if not planned.assignment_id and planned.action is not Action.WAITING:
                problem = Problem(Reason.NOTHING_HELD)
                if planned.reason is Reason.AMBIGUOUS_PERSON:
                    problem = Problem(planned.reason, planned.facts)
                planned = replace(planned, action=Action.ERROR, reason=problem.reason, facts=problem.facts)
            found.setdefault(planned.assignment_id or address, planned)
        return list(found.values())

    def _end(self, assignment: Assignment, end: str) -> PlanRow:
        there = self._of(assignment)
        if assignment.policy_id != self._package.policy_id:
            return replace(there, reason=Reason.OTHER_POLICY, facts=(assignment.policy_id or "",))
        there = replace(there, action=Action.UNCHANGED)
        row = EnrolmentRow(Place(""), there.name, there.email, there.label, end=end)
        return self._update(there, row, assignment) or there

    def _leftover(self, assignment: Assignment, *, removes: bool) -> PlanRow:
        """Somebody who has access although no row says so."""
        package = self._package
        base = self._of(assignment)
        person_id = base.person_id
        if assignment.policy_id != package.policy_id:
            return replace(base, reason=Reason.OTHER_POLICY, facts=(assignment.policy_id or "",))
        if package.is_self_service:
            return replace(base, reason=Reason.SELF_SERVICE)
        if not removes:
            return replace(base, action=Action.KEPT, reason=Reason.FILE)
        if person_id and person_id in self._rules.protected:
            return replace(base, action=Action.KEPT, reason=Reason.PROTECTED)
        if self._rules.allowed is not None and package.project not in self._rules.allowed:
            return replace(base, action=Action.ERROR, reason=Reason.NOT_YOURS, facts=(package.project,))
        under_way = self._holders.requests(person_id, address_key(base.email))
        if under_way:
            return _waiting(base, under_way[0])
        if assignment.state not in _REMOVABLE:
            return replace(base, action=Action.WAITING, reason=Reason.OPEN_REQUEST, facts=("", assignment.state))
        had = last_day(assignment.expires_at) if package.is_period_allowed else ""
        return replace(base, action=Action.REMOVE, facts=(had,) if had else (), saw=self._saw(base))

    def _of(self, assignment: Assignment) -> PlanRow:
        """Somebody who has access, as nobody's concern yet."""
        package, target = self._package, assignment.target
        return PlanRow(
            id=short_id(package.package_id, "assignment", assignment.id),
            action=Action.UNMANAGED,
            label=package.label,
            name=target.name if target else "",
            email=target.mail if target else "",
            project=package.project,
            package_id=package.package_id,
            package_name=package.package_name,
            policy_id=assignment.policy_id or "",
            person_id=target.object_id if target and target.object_id else "",
            assignment_id=assignment.id,
        )

    def _with_moves(self, rows: list[PlanRow], leftover: list[PlanRow]) -> list[PlanRow]:
        """Where somebody of the same name goes and comes, the two are probably one, with a new address."""
        going: dict[str, list[PlanRow]] = defaultdict(list)
        for each in leftover:
            if each.action is Action.REMOVE and _name_key(each.name):
                going[_name_key(each.name)].append(each)
        kept: set[str] = set()
        result = []
        for row in rows:
            same = going.get(_name_key(row.name), [])
            is_new = row.action in (Action.ADD, Action.INVITE) or row.reason is Reason.UNKNOWN_PERSON
            if same and is_new and address_key(row.email) not in self._rules.accepted:
                old = same[0]
                kept.update(each.id for each in same)
                facts = (old.email or old.person_id,)
                row = replace(
                    row,
                    action=Action.MOVED,
                    reason=Reason.ADDRESS_CHANGED,
                    facts=facts,
                    assignment_id=old.assignment_id,
                    saw="",
                )
            result.append(row)
        for each in leftover:
            if each.id in kept:
                each = replace(each, action=Action.KEPT, reason=Reason.ADDRESS_CHANGED, facts=(), saw="")
            result.append(each)
        return result

    def _saw(self, row: PlanRow) -> str:
        return self._holders.fingerprint(row.person_id, address_key(row.email))


def _waiting(base: PlanRow, request: AssignmentRequest) -> PlanRow:
    facts = (request.id, request.state.value)
    return replace(base, action=Action.WAITING, reason=Reason.OPEN_REQUEST, facts=facts)


def _name_key(name: str) -> str:
    return " ".join(name.split()).casefold()
