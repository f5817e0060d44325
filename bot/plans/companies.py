"""What has to change so that a tenant knows the companies of a file, and every company decides about its own people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from bot.files.companies_yaml import LIFECYCLES, CompaniesPart, CompanyPart
from bot.plans.digest import digest
from bot.plans.spans import span_key

_TYPE: Final = "#microsoft.graph."
_SPONSORS: Final = {"external sponsors": "externalSponsors", "internal sponsors": "internalSponsors"}


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or a group that the file names: by what it says, and what it stands for."""

    id: str
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class PresentCompany:
    """A connected organization as it is; sponsors by id."""

    id: str
    name: str
    description: str
    state: str
    sources: tuple[Mapping[str, Any], ...]
    internal: frozenset[str] = frozenset()
    external: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class PresentPackage:
    id: str
    name: str
    policies: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Tenant:
    """What the tenant holds of what the file speaks of. Keys are as the file spells them."""

    companies: tuple[PresentCompany, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, Named] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The ids of the groups of each name."""
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Who is in the groups of approvers, by the name of the group."""
    packages: Mapping[str, tuple[PresentPackage, ...]] = field(default_factory=dict)


class StepKind(StrEnum):
    SETTINGS = "set what becomes of guests"
    CREATE_GROUP = "make the group"
    ADD_MEMBER = "put somebody into the group"
    CREATE = "connect the company"
    UPDATE = "change the company"
    ADD_SPONSOR = "add a sponsor"
    REMOVE_SPONSOR = "remove a sponsor"
    CREATE_POLICY = "add the policy"
    REPLACE_POLICY = "change the policy"
    DELETE = "remove the company"


@dataclass(frozen=True, slots=True)
class Step:
    """One write. Ids that begin with `company:` or `group:` stand for what an earlier step makes."""

    kind: StepKind
    about: str
    target: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""

    @property
    def id(self) -> str:
        return digest([self.kind, self.about, self.target, self.body, self.detail])


@dataclass(frozen=True, slots=True)
class CompaniesPlan:
    """`problems` keep the plan from being applied; `notes` are for the reader."""

    steps: tuple[Step, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return digest([step.id for step in self.steps])


def plan_companies(
    wanted: CompaniesPart, tenant: Tenant, *, prune: bool, guest_domains: Iterable[str] = ()
) -> CompaniesPlan:
    """Companies that the file does not know stay; sponsors that it does not know go only with `prune`."""
    planner = _Planner(tenant, prune, frozenset(domain.casefold() for domain in guest_domains))
    planner.guests(wanted)
    for company in wanted.companies:
        planner.company(company)
    return CompaniesPlan(tuple(planner.steps), tuple(planner.problems), tuple(planner.notes))


def plan_json(plan: CompaniesPlan) -> dict[str, Any]:
    return {
        "kind": "companies",
        "digest": plan.digest,
        "steps": [{"id": step.id, "kind": step.kind.value, "about": step.about} for step in plan.steps],
        "problems": list(plan.problems),
        "notes": list(plan.notes),
    }


def policy_name(company: str) -> str:
    return f"People of {company}"


def policy_body(company: CompanyPart, company_id: str, approvers_id: str, package_id: str) -> dict[str, Any]:
    """The policy under which the people of one company ask, and their own company decides."""
    if company.decided_by == "approvers":
        deciding: dict[str, Any] = {
            "@odata.type": f"{_TYPE}groupMembers",
            "groupId": approvers_id,
            "description": company.approvers,
        }
    else:
        deciding = {"@odata.type": f"{_TYPE}{_SPONSORS[company.decided_by]}"}
    stage = {
        "durationBeforeAutomaticDenial": "P14D",
        "isApproverJustificationRequired": False,
        "isEscalationEnabled": False,
        "durationBeforeEscalation": "PT0S",
        "primaryApprovers": [deciding],
        "fallbackPrimaryApprovers": [],
        "escalationApprovers": [],
        "fallbackEscalationApprovers": [],
    }
    target = {
        "@odata.type": f"{_TYPE}connectedOrganizationMembers",
        "connectedOrganizationId": company_id,
        "description": company.name,
    }
    return {
        "displayName": policy_name(company.name),
        "description": f"People of {company.name} ask, and their own company decides.",
        "allowedTargetScope": "specificConnectedOrganizationUsers",
        "specificAllowedTargets": [target],
        "expiration": {"type": "afterDuration", "duration": company.access_for},
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": True,
            "enableTargetsToSelfUpdateAccess": True,
            "enableTargetsToSelfRemoveAccess": True,
            "allowCustomAssignmentSchedule": False,
            "enableOnBehalfRequestorsToAddAccess": False,
            "enableOnBehalfRequestorsToUpdateAccess": False,
            "enableOnBehalfRequestorsToRemoveAccess": False,
            "onBehalfRequestors": [],
        },
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": True,
            "isApprovalRequiredForUpdate": True,
            "stages": [stage],
        },
        "accessPackage": {"id": package_id},
    }


class _Planner:
    def __init__(self, tenant: Tenant, prune: bool, guest_domains: frozenset[str]) -> None:
        self._tenant = tenant
        self._prune = prune
        self._guest_domains = guest_domains
        self.steps: list[Step] = []
        self.problems: list[str] = []
        self.notes: list[str] = []

    def guests(self, wanted: CompaniesPart) -> None:
        if wanted.guests is None:
            return
        body = {
            "externalUserLifecycleAction": LIFECYCLES[wanted.guests.afterwards],
            "durationUntilExternalUserDeletedAfterBlocked": wanted.guests.delete_after,
        }
        changed = {name: value for name, value in body.items() if self._tenant.settings.get(name) != value}
        if changed:
            told = ", ".join(f"{name} = {value}" for name, value in changed.items())
            self.steps.append(Step(StepKind.SETTINGS, told, body=changed))

    def company(self, part: CompanyPart) -> None:
        present = self._find(part)
        if not part.present:
            if present is None:
                return
            is_known_otherwise = not any(_is_same(_source(part), source) for source in present.sources)
            if (part.domain or part.tenant) and is_known_otherwise:
                self.notes.append(
                    f"{part.name}: the company of this name has another domain or tenant in the tenant, and stays."
                )
                return
            self.steps.append(Step(StepKind.DELETE, part.name, present.id))
            return
        approvers_id = self._approvers(part)
        company_id = self._organization(part, present)
        self._sponsors(part, company_id, "internalSponsors", part.internal_sponsors, present)
        self._sponsors(part, company_id, "externalSponsors", part.external_sponsors, present)
        for package in part.packages:
            self._policy(part, package, company_id, approvers_id)
        if part.decided_by != "approvers" and part.packages and not getattr(part, part.decided_by.replace(" ", "_")):
            self.notes.append(
                f"{part.name}: its people are decided by {part.decided_by}, and there are none in the file."
            )
        if part.domain and part.domain not in self._guest_domains:
            self.notes.append(
                f"{part.name}: {part.domain} is not among guest_domains, so files invite nobody from there."
            )

    def _find(self, part: CompanyPart) -> PresentCompany | None:
        """By what makes it the company it is, else by its name."""
        wanted = _source(part)
        found = [each for each in self._tenant.companies if any(_is_same(wanted, source) for source in each.sources)]
        if not found:
            found = [each for each in self._tenant.companies if each.name.casefold() == part.name.casefold()]
        if len(found) > 1:
            ids = ", ".join(each.id for each in found)
            self.problems.append(f"{part.name}: there are several such companies in the tenant: {ids}.")
        return found[0] if found else None

    def _organization(self, part: CompanyPart, present: PresentCompany | None) -> str:
        texts = {"displayName": part.name, "description": part.description, "state": part.state}
        if present is None:
            body = {**texts, "identitySources": [_source(part)]}
            self.steps.append(Step(StepKind.CREATE, part.name, f"company:{part.name}", body))
            return f"company:{part.name}"
        if not any(_is_same(_source(part), source) for source in present.sources):
            self.problems.append(
                f"{part.name}: the tenant knows it by another domain or tenant; that cannot be changed."
            )
        before = {"displayName": present.name, "description": present.description, "state": present.state}
        changed = {name: value for name, value in texts.items() if before[name] != value}
        if changed:
            told = ", ".join(f"{name} = {value}" for name, value in changed.items())
            self.steps.append(Step(StepKind.UPDATE, f"{part.name}: {told}", present.id, changed))
        return present.id

    def _sponsors(
        self, part: CompanyPart, company_id: str, which: str, names: Iterable[str], present: PresentCompany | None
    ) -> None:
        known: frozenset[str] = frozenset()
        if present is not None:
            known = present.internal if which == "internalSponsors" else present.external
        wanted = {name: self._person(part, name) for name in names}
        for name, found in wanted.items():
            if found is not None and found.id not in known:
                self.steps.append(
                    Step(StepKind.ADD_SPONSOR, f"{part.name}: {name}", company_id, detail=f"{which}/{found.id}")
                )
        left = known - {found.id for found in wanted.values() if found is not None}
        for sponsor_id in sorted(left):
            if self._prune:
                step = Step(
                    StepKind.REMOVE_SPONSOR, f"{part.name}: {sponsor_id}", company_id, detail=f"{which}/{sponsor_id}"
                )
                self.steps.append(step)
            else:
                self.notes.append(f"{part.name}: the sponsor {sponsor_id} is not in the file, and stays.")

    def _approvers(self, part: CompanyPart) -> str:
        """The id of the group of approvers, or a word for the one that will be made."""
        if not part.approvers:
            return ""
        ids = self._tenant.groups.get(part.approvers, ())
        if len(ids) > 1:
            self.problems.append(f"{part.name}: there are several groups “{part.approvers}”: {', '.join(sorted(ids))}.")
            return ids[0]
        group_id = ids[0] if ids else f"group:{part.approvers}"
        if not ids and not any(step.target == group_id for step in self.steps):
            body = {
                "displayName": part.approvers,
                "description": f"Decides about people of {part.name}",
                "mailEnabled": False,
                "mailNickname": "".join(letter for letter in part.approvers if letter.isascii() and letter.isalnum())[
                    :60
                ]
                or "approvers",
                "securityEnabled": True,
            }
            self.steps.append(Step(StepKind.CREATE_GROUP, part.approvers, group_id, body))
        inside = self._tenant.members.get(part.approvers, frozenset())
        for name in part.approver_members:
            found = self._person(part, name)
            if found is not None and found.id not in inside:
                self.steps.append(Step(StepKind.ADD_MEMBER, f"{part.approvers}: {name}", group_id, detail=found.id))
        if not inside and not part.approver_members:
            self.notes.append(f"{part.name}: nobody is in the group {part.approvers} that decides.")
        return group_id

    def _person(self, part: CompanyPart, name: str) -> Named | None:
        found = self._tenant.named.get(name)
        if found is None:
            self.problems.append(f"{part.name}: there is nobody and no group “{name}”, or several.")
        return found

    def _policy(self, part: CompanyPart, package: str, company_id: str, approvers_id: str) -> None:
        found = self._tenant.packages.get(package, ())
        if len(found) != 1:
            told = ", ".join(each.id for each in found)
            why = f"there are several access packages “{package}”: {told}" if found else f"there is no “{package}”"
            self.problems.append(f"{part.name}: {why}.")
            return
        wanted = policy_body(part, company_id, approvers_id, found[0].id)
        present = next((each for each in found[0].policies if each.get("displayName") == wanted["displayName"]), None)
        about = f"{package}: {wanted['displayName']}, decided by {part.decided_by}"
        if present is None:
            self.steps.append(Step(StepKind.CREATE_POLICY, about, "", wanted))
        elif _shape(present) != _shape(wanted):
            merged = {**present, **{name: wanted[name] for name in _MANAGED}, "accessPackage": {"id": found[0].id}}
            approval = {**present.get("requestApprovalSettings", {}), **wanted["requestApprovalSettings"]}
            body = _writable({**merged, "requestApprovalSettings": approval})
            self.steps.append(Step(StepKind.REPLACE_POLICY, about, str(present["id"]), body))


_MANAGED: Final = (
    "displayName",
    "allowedTargetScope",
    "specificAllowedTargets",
    "expiration",
    "requestApprovalSettings",
)


def _shape(policy: Mapping[str, Any]) -> str:
    """What of a policy this file decides: for whom it is, for how long, and who decides."""
    settings = policy.get("requestApprovalSettings") or {}
    stages = settings.get("stages") or [{}]
    return digest(
        [
            policy.get("allowedTargetScope"),
            [target.get("connectedOrganizationId") for target in policy.get("specificAllowedTargets") or ()],
            span_key((policy.get("expiration") or {}).get("duration")),
            settings.get("isApprovalRequiredForAdd"),
            [
                [str(each.get("@odata.type", "")).rpartition(".")[2], each.get("groupId")]
                for each in stages[0].get("primaryApprovers") or ()
            ],
            len(stages),
        ]
    )


def _writable(policy: Mapping[str, Any]) -> dict[str, Any]:
    """The policy without what Graph alone writes."""
    gone = ("createdDateTime", "modifiedDateTime", "catalog", "@odata.context", "customExtensionStageSettings")
    return {name: value for name, value in policy.items() if name not in gone}


def _source(part: CompanyPart) -> dict[str, Any]:
    if part.tenant:
        return {
            "@odata.type": f"{_TYPE}azureActiveDirectoryTenant",
            "tenantId": part.tenant,
            "displayName": part.name,
        }
    return {
        "@odata.type": f"{_TYPE}domainIdentitySource",
        "domainName": part.domain,
        "displayName": part.domain,
    }


def _is_same(wanted: Mapping[str, Any], source: Mapping[str, Any]) -> bool:
    return any(
        wanted.get(key) and str(wanted[key]).casefold() == str(source.get(key, "")).casefold()
        for key in ("domainName", "tenantId")
    )
