"""Bringing a tenant's companies to what a file says: read, carry a plan out, and write what is there into a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from bot.files.companies_yaml import LIFECYCLES, CompaniesPart
from bot.plans.companies import CompaniesPlan, Named, PresentCompany, PresentPackage, Step, StepKind, Tenant
from bot.plans.journal import Entry, Journal, RowState

_WHICH: Final = ("internalSponsors", "externalSponsors")


class Companies(Protocol):
    async def organizations(self) -> Sequence[Mapping[str, Any]]: ...
    async def sponsors(self, organization_id: str, which: str) -> Sequence[Mapping[str, Any]]: ...
    async def settings(self) -> Mapping[str, Any]: ...
    async def people(self, names: Iterable[str]) -> Mapping[str, Sequence[str]]: ...
    async def groups(self, names: Iterable[str]) -> Mapping[str, Sequence[str]]: ...
    async def members(self, group_id: str) -> frozenset[str]: ...
    async def packages(self, name: str) -> Sequence[Mapping[str, Any]]: ...
    async def set_settings(self, body: Mapping[str, Any]) -> None: ...
    async def create_organization(self, body: Mapping[str, Any]) -> str: ...
    async def update_organization(self, organization_id: str, body: Mapping[str, Any]) -> None: ...
    async def delete_organization(self, organization_id: str) -> None: ...
    async def add_sponsor(self, organization_id: str, which: str, sponsor_id: str) -> None: ...
    async def remove_sponsor(self, organization_id: str, which: str, sponsor_id: str) -> None: ...
    async def create_group(self, body: Mapping[str, Any]) -> str: ...
    async def add_member(self, group_id: str, person_id: str) -> None: ...
    async def create_policy(self, body: Mapping[str, Any]) -> None: ...
    async def replace_policy(self, policy_id: str, body: Mapping[str, Any]) -> None: ...


async def read_tenant(graph: Companies, wanted: CompaniesPart) -> Tenant:
    """What the tenant holds of what the file speaks of."""
    parts = [part for part in wanted.companies if part.present]
    names = {
        name for part in parts for name in (*part.internal_sponsors, *part.external_sponsors, *part.approver_members)
    }
    approvers = {part.approvers for part in parts if part.approvers}
    packages = sorted({package for part in parts for package in part.packages})
    present, settings, people, groups, found = await asyncio.gather(
        _companies(graph),
        graph.settings(),
        graph.people(sorted(names)),
        graph.groups(sorted({name for name in names if "@" not in name} | approvers)),
        asyncio.gather(*(graph.packages(name) for name in packages)),
    )
    single = {name: groups[name][0] for name in approvers if len(groups.get(name, ())) == 1}
    members = await asyncio.gather(*(graph.members(group_id) for group_id in single.values()))
    return Tenant(
        present,
        {name: str(value) for name, value in settings.items() if isinstance(value, str)},
        {name: known for name in names if (known := _known(people.get(name, ()), groups.get(name, ())))},
        {name: tuple(groups.get(name, ())) for name in approvers},
        dict(zip(single, members, strict=True)),
        {
            name: tuple(
                PresentPackage(
                    str(each["id"]), str(each.get("displayName", "")), tuple(each.get("assignmentPolicies") or ())
                )
                for each in items
            )
            for name, items in zip(packages, found, strict=True)
        },
    )


async def export_companies(graph: Companies) -> dict[str, Any]:
    """The companies as they are, in the shape of the file; sponsors by sign-in name, groups by name."""
    settings = await graph.settings()
    lifecycles = {said: told for told, said in LIFECYCLES.items()}
    companies = []
    for item in sorted(await graph.organizations(), key=lambda each: str(each.get("displayName", ""))):
        sponsors = await asyncio.gather(*(graph.sponsors(str(item["id"]), which) for which in _WHICH))
        source: Mapping[str, Any] = next(iter(item.get("identitySources") or ()), {})
        companies.append(
            {
                "name": item.get("displayName", ""),
                "description": item.get("description") or "",
                "domain": source.get("domainName", ""),
                "tenant": source.get("tenantId", ""),
                "state": item.get("state", "configured"),
                "internal-sponsors": [_name(each) for each in sponsors[0]],
                "external-sponsors": [_name(each) for each in sponsors[1]],
            }
        )
    guests = {
        "afterwards": lifecycles.get(str(settings.get("externalUserLifecycleAction")), ""),
        "delete-after": settings.get("durationUntilExternalUserDeletedAfterBlocked", ""),
    }
    return {"guests": guests, "companies": companies}


@dataclass(slots=True)
class CompaniesApplier:
    """`tell` hears of every step that is done."""

    graph: Companies
    journal: Journal | None = None
    tell: Callable[[Step], None] = lambda step: None
    _made: dict[str, str] = field(default_factory=dict)

    async def apply(self, plan: CompaniesPlan) -> int:
        """Carry the plan out; how many writes it took. Raises what Graph raises; a new plan holds what is left."""
        for step in plan.steps:
            await self._note(step, RowState.BEGUN)
            await self._do(step)
            await self._note(step, RowState.DONE)
            self.tell(step)
        return len(plan.steps)

    async def _do(self, step: Step) -> None:
        target, body = self._made.get(step.target, step.target), self._bound(step.body)
        which, _, object_id = step.detail.partition("/")
        match step.kind:
            case StepKind.SETTINGS:
                await self.graph.set_settings(body)
            case StepKind.CREATE_GROUP:
                self._made[step.target] = await self.graph.create_group(body)
            case StepKind.ADD_MEMBER:
                await self.graph.add_member(target, step.detail)
            case StepKind.CREATE:
                self._made[step.target] = await self.graph.create_organization(body)
            case StepKind.UPDATE:
                await self.graph.update_organization(target, body)
            case StepKind.ADD_SPONSOR:
                await self.graph.add_sponsor(target, which, object_id)
            case StepKind.REMOVE_SPONSOR:
                await self.graph.remove_sponsor(target, which, object_id)
            case StepKind.CREATE_POLICY:
                await self.graph.create_policy(body)
            case StepKind.REPLACE_POLICY:
                await self.graph.replace_policy(target, body)
            case StepKind.DELETE:
                await self.graph.delete_organization(target)

    def _bound(self, value: Any) -> Any:
        """The body with the ids of what earlier steps have made."""
        if isinstance(value, Mapping):
            return {name: self._bound(each) for name, each in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._bound(each) for each in value]
        return self._made.get(value, value) if isinstance(value, str) else value

    async def _note(self, step: Step, state: RowState) -> None:
        if self.journal is not None:
            await self.journal.write([Entry(step.id, state, {"kind": step.kind.value, "about": step.about})])


async def _companies(graph: Companies) -> tuple[PresentCompany, ...]:
    async def read(item: Mapping[str, Any]) -> PresentCompany:
        internal, external = await asyncio.gather(*(graph.sponsors(str(item["id"]), which) for which in _WHICH))
        return PresentCompany(
            str(item["id"]),
            str(item.get("displayName", "")),
            str(item.get("description") or ""),
            str(item.get("state", "")),
            tuple(item.get("identitySources") or ()),
            frozenset(str(each["id"]) for each in internal),
            frozenset(str(each["id"]) for each in external),
        )

    return tuple(await asyncio.gather(*(read(item) for item in await graph.organizations())))


def _known(people: Sequence[str], groups: Sequence[str]) -> Named | None:
    """The one that is meant; None for nobody, and where it could be several."""
    if len(people) + len(groups) != 1:
        return None
    return Named(people[0]) if people else Named(groups[0], is_group=True)


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("userPrincipalName") or item.get("displayName") or item.get("id"))
