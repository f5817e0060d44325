"""Access packages made in chat: answers become the same file that a pipeline would apply, and the same plan."""

from __future__ import annotations

import asyncio
import io
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from ruamel.yaml import YAML

from bot.files.administration import Wanted
from bot.files.packages_yaml import read_packages
from bot.files.projects_yaml import read_projects
from bot.plans.administration import make_plan
from bot.plans.journal import Journal
from bot.plans.resolving import lookups_for
from bot.plans.steps import Plan
from bot.plans.visibility import visibility_plan
from bot.services.administering import Administering, Outcome
from bot.services.auditing import AuditedJournal, Origin, Source, Trail
from bot.services.doing import TenantWrites
from bot.services.explaining import NoJournal
from bot.services.package_facts import (
    FactReads,
    Grantables,
    PackageTree,
    grantable_roles,
    package_tree,
    packages_named,
)
from bot.services.tenant_look import TenantReads, look
from bot.tenant import TenantPackage
from bot.turn import Actor
from cards.language import Language

FILE_NAME: Final = "packages.yaml"
TEMPLATES: Final = ("admin-only", "members", "all-users", "all-organizations")
_PATIENCE_SECONDS: Final = 3.0
"""For roles of new resources; whoever waits longer has to see that."""
_log = structlog.get_logger(__name__)


class AdministratorReads(TenantReads, FactReads, Protocol):
    """Reads for one administrator."""


@dataclass(frozen=True, slots=True)
class NewPackage:
    """What an administrator said. `groups` and `approvers` are names; an approver may be "manager"."""

    name: str
    description: str
    catalog: str
    groups: tuple[str, ...]
    template: str
    approvers: tuple[str, ...] = ()
    days: int | None = None
    needs_reason: bool = False

    def as_file(self) -> str:
        """The `packages.yaml` that says the same."""
        policy: dict[str, Any] = {"template": self.template}
        policy |= {"expires": "never"} if self.days is None else {"days": self.days}
        if self.needs_reason and self.template != "admin-only":
            policy["justification"] = True
        if self.approvers:
            policy["approval"] = [{"approvers": [each]} for each in self.approvers]
        package = {
            "name": self.name,
            "description": self.description,
            "resources": [{"group": each} for each in self.groups],
            "policies": [policy],
        }
        stream = io.StringIO()
        yaml = YAML(typ="rt")
        yaml.indent(mapping=2, sequence=4, offset=2)
        yaml.dump({"catalog": self.catalog, "packages": [package]}, stream)
        return stream.getvalue()

    def wanted(self) -> Wanted:
        """Raises: FileRefused, with what is wrong with the answers."""
        return read_packages(FILE_NAME, self.as_file().encode())


@dataclass(frozen=True, slots=True)
class NewProject:
    """What an administrator said. A project has a group and an access package for every role."""

    name: str
    catalog: str
    roles: tuple[str, ...]
    default_group: str = ""
    leads: tuple[str, ...] = ()

    def as_file(self) -> str:
        """The `projects.yaml` that says the same, a key in each line."""
        content: dict[str, Any] = {"catalog": self.catalog, "roles": list(self.roles)}
        if self.default_group:
            content["default-group"] = self.default_group
        if self.leads:
            content["leads"] = list(self.leads)
        content["managed"] = {"file": [{"name": "File managed", "template": "admin-only", "expires": "never"}]}
        content["projects"] = [self.name]
        return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in content.items())

    def wanted(self) -> Wanted:
        """Raises: FileRefused, with what is wrong with the answers."""
        return read_projects("projects.yaml", self.as_file().encode())


class PackageOffice:
    """Plans and applies as the administrator themselves: Graph decides what they may do."""

    def __init__(
        self,
        reads: Callable[[Actor], AdministratorReads],
        writes: Callable[[Actor], TenantWrites],
        trail: Trail,
        tenant_id: str,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pause = pause
        self._reads = reads
        self._writes = writes
        self._trail = trail
        self._tenant_id = tenant_id

    async def plan(self, who: Actor, new: NewPackage | NewProject) -> Plan:
        """Raises: FileRefused, SignInNeeded, NotAllowed, GraphError."""
        wanted = new.wanted()
        return make_plan(wanted, await look(self._reads(who), lookups_for(wanted)), self._tenant_id)

    async def apply(self, who: Actor, plan: Plan, journal: Journal) -> Outcome:
        """Carry the plan out as far as it goes without waiting long. `journal` has what was done in this run before."""
        administering = Administering(
            self._reads(who), self._writes(who), pause=self._pause, patience_seconds=_PATIENCE_SECONDS
        )
        outcome = await administering.apply(plan, journal, trusts_journal=True)
        _log.info(
            "administration_applied",
            source="chat",
            person=who.object_id,
            digest=plan.digest,
            steps=len(outcome.steps),
            failed=len(outcome.failed),
        )
        return outcome

    def audited(self, who: Actor, new: NewPackage | NewProject, run_id: str, journal: Journal) -> Journal:
        """The journal, with the audit log told of every write."""
        return self._audited(who, "packages" if isinstance(new, NewPackage) else "projects", run_id, journal)

    def _audited(self, who: Actor, area: str, run_id: str, journal: Journal) -> Journal:
        origin = Origin(
            source=Source.CHAT,
            tenant_id=self._tenant_id,
            actor_id=who.object_id,
            actor_name=who.name,
            area=area,
            run=run_id,
        )
        return AuditedJournal(journal, self._trail, origin)

    async def with_name(self, who: Actor, name: str) -> tuple[TenantPackage, ...]:
        """The packages of this name, or the one of this id."""
        return await packages_named(self._reads(who), name)

    async def set_hidden(self, who: Actor, package: TenantPackage, is_hidden: bool) -> Outcome:
        """Hide the package or show it again, as the administrator."""
        plan = visibility_plan(package, is_hidden, self._tenant_id)
        journal = self._audited(who, "packages", uuid.uuid4().hex, NoJournal())  # one write, found in the tenant
        return await asyncio.shield(self.apply(who, plan, journal))

    async def packages(self, who: Actor, name: str, words: Language) -> tuple[PackageTree, ...]:
        return await package_tree(self._reads(who), name, words)

    async def roles(self, who: Actor, resource: str) -> Grantables:
        return await grantable_roles(self._reads(who), resource)
