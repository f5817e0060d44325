"""Whether an access package could do without its file: what people could have asked for themselves, and who decides.

Pure. A change of the file could have been a request when the person can sign in and somebody of their company could
have approved it: the manager of an employee, a sponsor of a guest's organization.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.domain import AccessPackageId, AssignmentRequest, Person, RequestType, UserId
from bot.plans.enrolment_state import ManagedBy, PackageState


@dataclass(frozen=True, slots=True)
class Organization:
    """A connected organization: whose people come from these domains, and who answers for them."""

    id: str
    name: str
    domains: frozenset[str]
    sponsors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """What is known of the time that is looked back on. `requests` are by package id, the others by object id."""

    requests: Mapping[AccessPackageId, Sequence[AssignmentRequest]] = field(default_factory=dict)
    people: Mapping[UserId, Person] = field(default_factory=dict)
    managers: Mapping[UserId, Person] = field(default_factory=dict)
    organizations: Sequence[Organization] = ()


@dataclass(frozen=True, slots=True)
class CompanyApprovers:
    """Who would approve for one company; nobody where `approvers` is empty. `people` have the package now."""

    company: str
    people: int
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PackageMigration:
    """`requestable` of the `added` could have been requests. `removed` would need an end date, a review or a leaver."""

    label: str
    managed: int
    added: int
    removed: int
    requestable: int
    asked_already: int
    """Requests that people made themselves."""
    companies: tuple[CompanyApprovers, ...]
    managed_by: ManagedBy = ManagedBy.FILE
    """Where its people come from now."""

    @property
    def is_ready(self) -> bool:
        """Whether everybody who has it has somebody who would approve for them."""
        return all(each.approvers for each in self.companies)


def migration(packages: Iterable[PackageState], history: History) -> tuple[PackageMigration, ...]:
    return tuple(_package(package, history) for package in packages if package.problem is None)


def markdown(report: Sequence[PackageMigration], missed: Sequence[tuple[str, int]] = (), days: int = 30) -> str:
    """For people. `missed` are words that nothing was found for, and how often."""
    lines = [f"## From files to self-service, the last {days} days", ""]
    lines += [
        "| access package | managed by | people | added | could have asked | removed | asked themselves | ready |"
    ]
    lines += ["| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |"]
    for each in report:
        ready = "yes" if each.is_ready else "no"
        numbers = (each.managed, each.added, each.requestable, each.removed, each.asked_already)
        lines.append(f"| {_cell(each.label)} | {each.managed_by} | {' | '.join(map(str, numbers))} | {ready} |")
    lines += ["", "### Who would approve", "", "| access package | company | people | approvers |"]
    lines += ["| --- | --- | ---: | --- |"]
    for each in report:
        for company in each.companies:
            names = ", ".join(company.approvers[:5]) + (" …" if len(company.approvers) > 5 else "")
            told = _cell(names) if names else "nobody: name one before the file goes"
            lines.append(f"| {_cell(each.label)} | {_cell(company.company)} | {company.people} | {told} |")
    if missed:
        lines += ["", "### Searched for in vain", ""]
        lines += [f"- {_cell(words)} ({count})" for words, count in missed]
    return "\n".join([*lines, ""])


def report_json(
    report: Sequence[PackageMigration], missed: Sequence[tuple[str, int]] = (), days: int = 30
) -> dict[str, Any]:
    """The same for machines."""
    packages = [
        {
            "package": each.label,
            "managedBy": each.managed_by.value,
            "people": each.managed,
            "added": each.added,
            "couldHaveAsked": each.requestable,
            "removed": each.removed,
            "askedThemselves": each.asked_already,
            "ready": each.is_ready,
            "companies": [
                {"company": one.company, "people": one.people, "approvers": list(one.approvers)}
                for one in each.companies
            ],
        }
        for each in report
    ]
    searches = [{"words": words, "count": count} for words, count in missed]
    return {"days": days, "packages": packages, "searchedInVain": searches}


def _package(package: PackageState, history: History) -> PackageMigration:
    requests = history.requests.get(AccessPackageId(package.package_id), ())
    added = [each for each in requests if each.type is RequestType.ADMIN_ADD]
    return PackageMigration(
        label=package.package_name,
        managed=sum(each.policy_id == package.policy_id for each in package.assignments),
        added=len(added),
        removed=sum(each.type is RequestType.ADMIN_REMOVE for each in requests),
        requestable=sum(_could_have_asked(each, history) for each in added),
        asked_already=sum(each.type.is_asked_by_a_person for each in requests),
        companies=_companies(package, history),
        managed_by=package.managed_by,
    )


def _could_have_asked(request: AssignmentRequest, history: History) -> bool:
    person = history.people.get(request.target.object_id or UserId("")) if request.target else None
    return person is not None and person.is_enabled and bool(_approvers(person, history))


def _companies(package: PackageState, history: History) -> tuple[CompanyApprovers, ...]:
    people: dict[str, int] = defaultdict(int)
    approvers: dict[str, set[str]] = defaultdict(set)
    for assignment in package.assignments:
        object_id = (assignment.target.object_id if assignment.target else None) or UserId("")
        person = history.people.get(object_id)
        if assignment.policy_id != package.policy_id or person is None:
            continue
        company = _company(person, history)
        people[company] += 1
        approvers[company].update(_approvers(person, history))
    return tuple(CompanyApprovers(name, people[name], tuple(sorted(approvers[name]))) for name in sorted(people))


def _company(person: Person, history: History) -> str:
    organization = _organization(person, history)
    return organization.name if organization else person.company or _domain(person)


def _approvers(person: Person, history: History) -> tuple[str, ...]:
    if person.is_guest:
        organization = _organization(person, history)
        return organization.sponsors if organization else ()
    manager = history.managers.get(person.id)
    return (manager.name,) if manager is not None and manager.is_enabled else ()


def _organization(person: Person, history: History) -> Organization | None:
    if not person.is_guest:
        return None
    return next((each for each in history.organizations if _domain(person) in each.domains), None)


def _domain(person: Person) -> str:
    return (person.mail or person.user_principal_name).rpartition("@")[2].casefold()


def _cell(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>()#+!|~" else sign for sign in " ".join(text.split()))
