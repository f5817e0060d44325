"""What each kind of step does to the tenant, and how it is found out whether it was done already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.errors import NotFound
from bot.files.administration import Kind, Named
from bot.plans.package_steps import role_of
from bot.plans.policy_change import differences, merged, resolved
from bot.plans.steps import Step, StepKind, key_of
from bot.services.onboarding import RolesOfCatalogs
from bot.services.tenant_look import TenantReads
from bot.tenant import TenantPackage, TenantResource, TenantRole

_RIPENING: Final = (
    StepKind.ASSIGN_APP_ROLE,
    StepKind.ONBOARD,
    StepKind.CREATE_POLICY,
    StepKind.ADD_SPONSOR,
    StepKind.ASSIGN_CATALOG_ROLE,
)


class TenantWrites(Protocol):
    """What is done to the tenant."""

    async def create_catalog(self, name: str, description: str, is_external: bool) -> str: ...
    async def onboard(self, catalog_id: str, origin_id: str, origin_system: str) -> None: ...
    async def give_catalog_role(self, catalog_id: str, role: str, principal_id: str) -> str: ...
    async def take_catalog_role(self, assignment_id: str) -> None: ...
    async def create_package(self, catalog_id: str, name: str, description: str, is_hidden: bool) -> str: ...
    async def update_package(self, package_id: str, changes: Mapping[str, Any]) -> None: ...
    async def grant(self, package_id: str, resource: TenantResource, role: TenantRole) -> None: ...
    async def revoke(self, package_id: str, grant_id: str) -> None: ...
    async def create_policy(self, package_id: str, settings: Mapping[str, Any]) -> str: ...
    async def replace_policy(self, policy_id: str, settings: Mapping[str, Any]) -> None: ...
    async def exclude_package(self, package_id: str, other_id: str) -> None: ...
    async def exclude_group(self, package_id: str, group_id: str) -> None: ...
    async def create_group(self, name: str, description: str, nickname: str, owner_ids: tuple[str, ...]) -> str: ...
    async def add_group_owner(self, group_id: str, user_id: str) -> None: ...
    async def set_app_roles(self, application_id: str, roles: tuple[dict[str, Any], ...]) -> None: ...
    async def assign_app_role(self, group_id: str, principal_id: str, role_id: str) -> str: ...
    async def create_organization(
        self, name: str, description: str, state: str, *, domain: str = "", tenant_id: str = ""
    ) -> str: ...
    async def update_organization(self, organization_id: str, changes: Mapping[str, Any]) -> None: ...
    async def add_sponsor(self, organization_id: str, sponsor_id: str, kind: str, is_internal: bool) -> None: ...
    async def delete(self, collection: str, object_id: str) -> None: ...
    async def take_out(self, catalog_id: str, resource_id: str) -> None: ...
    async def take_app_role(self, group_id: str, assignment_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Done:
    """`id` of what a step is about; `was_made` says whether this run did it, or found it done."""

    id: str
    was_made: bool = True


class Doing:
    """Does steps. `ids` are the ids by key that are known by now; steps that are done add theirs."""

    def __init__(
        self,
        reads: TenantReads,
        writes: TenantWrites,
        ids: Mapping[str, str],
        pause: Callable[[float], Awaitable[None]],
        patience_seconds: float,
    ) -> None:
        self._reads = reads
        self._writes = writes
        self._ids = ids
        self._roles = RolesOfCatalogs(reads, pause, patience_seconds)

    async def do(self, step: Step) -> str:
        """Do it; the id of what was made, "" where nothing has one. What is gone already is taken away.

        Raises what the writes raise, and RolesLate.
        """
        return await _DO[step.kind](self, step)

    async def find(self, step: Step) -> str | None:
        """The id of what the step makes, when it is there; None when it is not, or cannot be told."""
        finder = _FIND.get(step.kind)
        return await finder(self, step) if finder is not None else None

    async def is_there(self, step: Step, object_id: str) -> bool:
        """Whether what the step made under this id is there; False where that cannot be told by the id alone."""
        if step.kind is not StepKind.CREATE_GROUP:
            return False
        found = (await self._reads.groups([], [object_id])).get(object_id.casefold(), ())
        return any(each.name.casefold() == step.subject.casefold() for each in found)

    def may_ripen(self, step: Step) -> bool:
        """Whether a refusal may be because something new is not everywhere yet."""
        return step.kind in _RIPENING

    def _id(self, step: Step, name: str) -> str:
        """The id behind a key or a name of the step's details. Raises: NotFound."""
        value = step.details[name]
        key = key_of(value) if isinstance(value, Named) else value
        if key not in self._ids:
            raise NotFound(str(key))
        return self._ids[key]

    def _settings(self, step: Step, name: str) -> Any:
        return resolved(step.details[name], self._ids)

    # Directory

    async def _create_group(self, step: Step) -> str:
        owners = tuple(dict.fromkeys(self._ids[key_of(each)] for each in step.details["owners"]))
        details = step.details
        return await self._writes.create_group(step.subject, details["description"], details["nickname"], owners)

    async def _find_group(self, step: Step) -> str | None:
        found = (await self._reads.groups([step.subject])).get(step.subject.casefold(), ())
        return found[0].id if len(found) == 1 else None

    async def _add_owner(self, step: Step) -> str:
        await self._writes.add_group_owner(self._id(step, "group_key"), self._id(step, "owner"))
        return ""

    async def _find_owner(self, step: Step) -> str | None:
        group_id = self._id(step, "group_key")
        owners = (await self._reads.owners([group_id])).get(group_id, frozenset())
        return "" if self._id(step, "owner") in owners else None

    async def _set_app_roles(self, step: Step) -> str:
        """The whole array, read again at this moment; what goes is disabled in one write and left out in the next."""
        principal_id = step.details["principal_id"]
        found = (await self._reads.applications([], with_roles=[principal_id])).get(principal_id, ())
        if not found or not found[0].object_id:
            raise NotFound("application")
        roles = [dict(role) for role in found[0].roles]
        updates = {each["id"]: each for each in step.details["update"]}
        gone = {each["id"] for each in step.details["remove"]}
        new = [each for each in step.details["add"] if all(each["id"] != role["id"] for role in roles)]
        changed = [{**role, **_texts(updates.get(role["id"], {}))} for role in roles]
        application_id = found[0].object_id
        if any(role["id"] in gone and role.get("isEnabled") is True for role in roles):
            disabled = [{**role, "isEnabled": False} if role["id"] in gone else role for role in changed]
            await self._writes.set_app_roles(application_id, tuple(_writable(each) for each in [*disabled, *new]))
        kept = [role for role in changed if role["id"] not in gone]
        await self._writes.set_app_roles(application_id, tuple(_writable(each) for each in [*kept, *new]))
        return ""

    async def _assign_app_role(self, step: Step) -> str:
        return await self._writes.assign_app_role(
            self._id(step, "group"), self._id(step, "principal_key"), step.details["role_id"]
        )

    async def _find_app_role(self, step: Step) -> str | None:
        held = await self._reads.role_assignments(self._id(step, "group"))
        return held.get((self._id(step, "principal_key"), step.details["role_id"]))

    # Companies

    async def _create_organization(self, step: Step) -> str:
        details = step.details
        return await self._writes.create_organization(
            step.subject,
            details["description"],
            details["state"],
            domain=details["domain"],
            tenant_id=details["tenant_id"],
        )

    async def _find_organization(self, step: Step) -> str | None:
        found = (await self._reads.organizations([step.subject])).get(step.subject.casefold(), ())
        return found[0].id if len(found) == 1 else None

    async def _update_organization(self, step: Step) -> str:
        await self._writes.update_organization(self._id(step, "organization_key"), step.details["changes"])
        return ""

    async def _add_sponsor(self, step: Step) -> str:
        sponsor: Named = step.details["sponsor"]
        kind = "groups" if sponsor.kind is Kind.GROUP else "users"
        organization_id = self._id(step, "organization_key")
        await self._writes.add_sponsor(organization_id, self._id(step, "sponsor"), kind, step.details["is_internal"])
        return ""

    async def _find_sponsor(self, step: Step) -> str | None:
        found = (await self._reads.organizations([step.subject])).get(step.subject.casefold(), ())
        for one in found:
            sponsors = one.internal_sponsor_ids if step.details["is_internal"] else one.external_sponsor_ids
            if one.id == self._id(step, "organization_key") and self._id(step, "sponsor") in sponsors:
                return ""
        return None

    # Catalogs, packages and what they grant

    async def _find_known_catalog(self, step: Step) -> str:
        return self._id(step, "catalog_key")

    async def _create_catalog(self, step: Step) -> str:
        return await self._writes.create_catalog(step.subject, step.details["description"], step.details["is_external"])

    async def _find_catalog(self, step: Step) -> str | None:
        found = (await self._reads.catalogs([step.subject])).get(step.subject.casefold(), ())
        return found[0].id if len(found) == 1 else None

    async def _give_catalog_role(self, step: Step) -> str:
        catalog_id, principal_id = self._id(step, "catalog_key"), self._id(step, "who")
        return await self._writes.give_catalog_role(catalog_id, step.details["role"], principal_id)

    async def _find_catalog_role(self, step: Step) -> str | None:
        catalog_id, principal_id = self._id(step, "catalog_key"), self._id(step, "who")
        held = (await self._reads.catalog_roles([catalog_id])).get(catalog_id, ())
        mine = [each.id for each in held if (each.role, each.principal_id) == (step.details["role"], principal_id)]
        return mine[0] if mine else None

    async def _take_catalog_role(self, step: Step) -> str:
        assignment_id: str = step.details["assignment_id"]
        with suppress(NotFound):
            await self._writes.take_catalog_role(assignment_id)
        return assignment_id

    async def _create_package(self, step: Step) -> str:
        details = step.details
        catalog_id = self._id(step, "catalog_key")
        return await self._writes.create_package(catalog_id, step.subject, details["description"], details["is_hidden"])

    async def _find_package(self, step: Step) -> str | None:
        catalog_id = self._id(step, "catalog_key")
        found = (await self._reads.packages([step.subject])).get(step.subject.casefold(), ())
        here = [each for each in found if each.catalog_id == catalog_id]
        return here[0].id if len(here) == 1 else None

    async def _update_package(self, step: Step) -> str:
        package_id = self._id(step, "package_key")
        await self._writes.update_package(package_id, step.details["changes"])
        return package_id

    async def _delete_package(self, step: Step) -> str:
        package_id = self._id(step, "package_key")
        with suppress(NotFound):
            await self._writes.delete("accessPackages", package_id)
        return ""

    async def _onboard(self, step: Step) -> str:
        catalog_id, origin_id = self._id(step, "catalog_key"), self._id(step, "origin_key")
        await self._writes.onboard(catalog_id, origin_id, step.details["system"])
        return origin_id

    async def _find_resource(self, step: Step) -> str | None:
        resources = await self._reads.resources(self._id(step, "catalog_key"))
        origin_id = self._id(step, "origin_key")
        return origin_id if origin_id.casefold() in resources else None

    async def _look_up_roles(self, step: Step) -> str:
        return (await self._resource(step)).id

    async def _grant(self, step: Step) -> str:
        resource = await self._resource(step)
        role = role_of(resource, step.details["role"])
        if role is None:
            raise NotFound(f"role of {step.details['resource']}")
        await self._writes.grant(self._id(step, "package_key"), resource, role)
        return f"{role.id}_{resource.scope_id}"

    async def _find_grant(self, step: Step) -> str | None:
        resource = await self._resource(step)
        package = await self._package(step)
        for grant in package.grants if package else ():
            is_same = grant.origin_id.casefold() == resource.origin_id.casefold()
            if is_same and grant.role_name.casefold() == step.details["role"].casefold():
                return grant.id
        return None

    async def _revoke(self, step: Step) -> str:
        package_id = self._id(step, "package_key")
        with suppress(NotFound):
            await self._writes.revoke(package_id, step.details["grant_id"])
        return ""

    # Policies

    async def _create_policy(self, step: Step) -> str:
        return await self._writes.create_policy(self._id(step, "package_key"), self._settings(step, "settings"))

    async def _find_policy(self, step: Step) -> str | None:
        package = await self._package(step)
        name = step.details["name"].casefold()
        found = [each for each in package.policies if each.name.casefold() == name] if package else []
        return found[0].id if len(found) == 1 else None

    async def _replace_policy(self, step: Step) -> str:
        """What is wanted, over the policy as it is at this moment."""
        policy_id = step.details["policy_id"]
        now = (await self._reads.policies([policy_id])).get(policy_id)
        if now is None:
            raise NotFound("policy")
        wanted = self._settings(step, "wanted")
        if differences(now.settings, wanted):
            await self._writes.replace_policy(policy_id, merged(now.settings, wanted))
        return ""

    async def _delete_policy(self, step: Step) -> str:
        with suppress(NotFound):
            await self._writes.delete("assignmentPolicies", step.details["policy_id"])
        return ""

    async def _add_conflict(self, step: Step) -> str:
        other: Named = step.details["other"]
        exclude = self._writes.exclude_group if other.kind is Kind.GROUP else self._writes.exclude_package
        await exclude(self._id(step, "package_key"), self._id(step, "other_key"))
        return ""

    async def _find_conflict(self, step: Step) -> str | None:
        package_id = self._id(step, "package_key")
        excluded = (await self._reads.conflicts([package_id])).get(package_id, frozenset())
        return "" if self._id(step, "other_key") in excluded else None

    async def _resource(self, step: Step) -> TenantResource:
        return await self._roles.of(self._id(step, "catalog_key"), self._id(step, "origin_key"))

    async def _package(self, step: Step) -> TenantPackage | None:
        package_id = self._id(step, "package_key")
        found = (await self._reads.packages([step.subject])).get(step.subject.casefold(), ())
        return next((each for each in found if each.id == package_id), None)


_DO: Final[Mapping[StepKind, Callable[[Doing, Step], Awaitable[str]]]] = {
    StepKind.CREATE_GROUP: Doing._create_group,
    StepKind.ADD_OWNER: Doing._add_owner,
    StepKind.SET_APP_ROLES: Doing._set_app_roles,
    StepKind.ASSIGN_APP_ROLE: Doing._assign_app_role,
    StepKind.CREATE_ORGANIZATION: Doing._create_organization,
    StepKind.UPDATE_ORGANIZATION: Doing._update_organization,
    StepKind.ADD_SPONSOR: Doing._add_sponsor,
    StepKind.FIND_CATALOG: Doing._find_known_catalog,
    StepKind.CREATE_CATALOG: Doing._create_catalog,
    StepKind.CREATE_PACKAGE: Doing._create_package,
    StepKind.UPDATE_PACKAGE: Doing._update_package,
    StepKind.DELETE_PACKAGE: Doing._delete_package,
    StepKind.ONBOARD: Doing._onboard,
    StepKind.LOOK_UP_ROLES: Doing._look_up_roles,
    StepKind.GRANT: Doing._grant,
    StepKind.REVOKE: Doing._revoke,
    StepKind.CREATE_POLICY: Doing._create_policy,
    StepKind.REPLACE_POLICY: Doing._replace_policy,
    StepKind.DELETE_POLICY: Doing._delete_policy,
    StepKind.ADD_CONFLICT: Doing._add_conflict,
    StepKind.ASSIGN_CATALOG_ROLE: Doing._give_catalog_role,
    StepKind.TAKE_CATALOG_ROLE: Doing._take_catalog_role,
}

_FIND: Final[Mapping[StepKind, Callable[[Doing, Step], Awaitable[str | None]]]] = {
    StepKind.CREATE_GROUP: Doing._find_group,
    StepKind.ADD_OWNER: Doing._find_owner,
    StepKind.ASSIGN_APP_ROLE: Doing._find_app_role,
    StepKind.CREATE_ORGANIZATION: Doing._find_organization,
    StepKind.ADD_SPONSOR: Doing._find_sponsor,
    StepKind.CREATE_CATALOG: Doing._find_catalog,
    StepKind.CREATE_PACKAGE: Doing._find_package,
    StepKind.ONBOARD: Doing._find_resource,
    StepKind.GRANT: Doing._find_grant,
    StepKind.CREATE_POLICY: Doing._find_policy,
    StepKind.ADD_CONFLICT: Doing._find_conflict,
    StepKind.ASSIGN_CATALOG_ROLE: Doing._find_catalog_role,
}


def _texts(update: Mapping[str, Any]) -> dict[str, Any]:
    return {key: update[key] for key in ("displayName", "description", "isEnabled") if key in update}


def _writable(role: Mapping[str, Any]) -> dict[str, Any]:
    """A role without what Graph alone says about it."""
    return {key: value for key, value in role.items() if "@odata" not in key and key != "origin"}
