"""Taking back what a run made, as far as nobody uses it: the journal says what that is, Graph says who uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.errors import Conflict, DoormanError, GraphRefused, NotFound
from bot.plans.journal import Entry, Journal, RowState
from bot.plans.steps import StepKind
from bot.services.doing import TenantWrites
from bot.tenant import TenantResource


class UseReads(Protocol):
    """Who uses something."""

    async def has_assignments(self, package_id: str) -> bool: ...
    async def has_members(self, group_id: str) -> bool: ...
    async def resources(self, catalog_id: str) -> Mapping[str, TenantResource]: ...


@dataclass(frozen=True, slots=True)
class Removal:
    """What became, or would become, of one thing that the run had made. `why` is empty where it is removed."""

    kind: str
    subject: str
    was_removed: bool
    why: str = ""


_COLLECTIONS: Final[Mapping[StepKind, str]] = {
    StepKind.CREATE_POLICY: "assignmentPolicies",
    StepKind.CREATE_PACKAGE: "accessPackages",
    StepKind.CREATE_ORGANIZATION: "connectedOrganizations",
    StepKind.CREATE_GROUP: "groups",
    StepKind.CREATE_CATALOG: "catalogs",
}
_ORDER: Final = (
    StepKind.ASSIGN_CATALOG_ROLE,
    StepKind.CREATE_POLICY,
    StepKind.GRANT,
    StepKind.CREATE_PACKAGE,
    StepKind.ONBOARD,
    StepKind.ASSIGN_APP_ROLE,
    StepKind.CREATE_ORGANIZATION,
    StepKind.CREATE_GROUP,
    StepKind.CREATE_CATALOG,
)
"""What is taken back, the last made first."""


@dataclass(frozen=True, slots=True)
class _Used:
    """Packages that somebody has; `own` are those of them that the run made."""

    packages: set[str]
    own: set[str]


class RollingBack:
    """Removes what journals say was made. Everything is written down, so that it can be stopped and begun again."""

    def __init__(self, uses: UseReads, writes: TenantWrites) -> None:
        self._uses = uses
        self._writes = writes

    async def roll_back(self, journal: Journal) -> list[Removal]:
        """What became of everything that the journal's run made. Raises what the journal raises."""
        entries = await journal.entries()
        made, used = await self._made(entries)
        removals = []
        for kind in _ORDER:
            for entry in _of(made, kind):
                removal = await self._remove(kind, entry, used)
                if removal.was_removed:
                    await journal.write([Entry(entry.row_id, RowState.CANCELLED, {"was": dict(entry.detail)})])
                removals.append(removal)
        return removals

    async def look(self, journal: Journal) -> list[Removal]:
        """What would become of everything that the journal's run made, as far as can be seen. Changes nothing."""
        entries = await journal.entries()
        made, used = await self._made(entries)
        found = []
        for kind in _ORDER:
            for entry in _of(made, kind):
                why = await self._why_not(kind, entry, used)
                found.append(Removal(kind, str(entry.detail.get("subject", "")), not why, why))
        return found

    async def _made(self, entries: Mapping[str, Entry]) -> tuple[list[Entry], _Used]:
        """What the run has made, and those packages that somebody has: its own, and others that it let grant more."""
        made = [entry for entry in entries.values() if entry.state is RowState.DONE and entry.detail.get("kind")]
        own = {str(each.detail["id"]) for each in _of(made, StepKind.CREATE_PACKAGE)}
        others = {str(each.detail.get("package")) for each in _of(made, StepKind.GRANT)} - own
        used = {package_id for package_id in own | others if await self._uses.has_assignments(package_id)}
        return made, _Used(used, used & own)

    async def _why_not(self, kind: StepKind, entry: Entry, used: _Used) -> str:
        """Who uses it; empty when nobody is seen to."""
        found_id = str(entry.detail.get("id", ""))
        package_id = str(entry.detail.get("package", found_id))
        if package_id in (used.packages if kind is StepKind.GRANT else used.own):
            return "somebody has it"
        group_id = found_id if kind is StepKind.CREATE_GROUP else str(entry.detail.get("group", ""))
        if kind in (StepKind.CREATE_GROUP, StepKind.ASSIGN_APP_ROLE) and await self._uses.has_members(group_id):
            return "it has members"
        return ""

    async def _remove(self, kind: StepKind, entry: Entry, used: _Used) -> Removal:
        detail = entry.detail
        subject, found_id = str(detail.get("subject", "")), str(detail.get("id", ""))
        if why := await self._why_not(kind, entry, used):
            return Removal(kind, subject, False, why)
        try:
            await self._undo(kind, found_id, detail)
        except NotFound:
            return Removal(kind, subject, True)
        except (Conflict, GraphRefused):
            return Removal(kind, subject, False, "it is in use")
        except DoormanError as error:
            return Removal(kind, subject, False, type(error).__name__)
        return Removal(kind, subject, True)

    async def _undo(self, kind: StepKind, found_id: str, detail: Mapping[str, Any]) -> None:
        if kind is StepKind.GRANT:
            await self._writes.revoke(str(detail["package"]), found_id)
        elif kind is StepKind.ONBOARD:
            resource = (await self._uses.resources(str(detail["catalog"]))).get(found_id.casefold())
            if resource is not None:
                await self._writes.take_out(str(detail["catalog"]), resource.id)
        elif kind is StepKind.ASSIGN_CATALOG_ROLE:
            await self._writes.take_catalog_role(found_id)
        elif kind is StepKind.ASSIGN_APP_ROLE:
            await self._writes.take_app_role(str(detail["group"]), found_id)
        else:
            await self._writes.delete(_COLLECTIONS[kind], found_id)


def _of(entries: Sequence[Entry], kind: StepKind) -> list[Entry]:
    """The entries of this kind that have an id, the newest first."""
    return [entry for entry in reversed(entries) if entry.detail["kind"] == kind and entry.detail.get("id")]
