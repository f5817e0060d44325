"""Steps for access packages: the package itself, what it grants, its policies, and what it excludes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from bot.files.administration import CatalogWanted, GrantWanted, Kind, Named, PackageWanted, PolicyWanted, named_in
from bot.files.yaml_document import close_to, did_you_mean
from bot.plans.policy_change import differences, merged, resolved
from bot.plans.resolving import Resolver
from bot.plans.steps import Change, Step, StepKind, key_of, keys_in
from bot.tenant import TenantApplication, TenantGrant, TenantGroup, TenantPackage, TenantPolicy, TenantResource

SYSTEMS: Final = {Kind.GROUP: "AadGroup", Kind.APPLICATION: "AadApplication", Kind.SITE: "SharePointOnline"}
_GROUP_ROLES: Final = ("Member", "Owner")
_DEFAULT_ACCESS: Final = "Default Access"
_UNSUITABLE: Final = {
    "synchronized": "is synchronized from on-premises",
    "dynamic": "has a rule for its members",
    "distribution": "is a distribution list",
}


@dataclass(frozen=True, slots=True)
class _Origin:
    """What a grant is about: `key` stands for its id, which is `origin_id` where that is known already."""

    key: str
    origin_id: str
    system: str
    label: str


@dataclass
class PackageSteps:
    """Makes the steps of one package after the other; catalogs and resources are brought in once for all of them."""

    resolver: Resolver
    onboarded: dict[str, str] = field(default_factory=dict)
    """The steps that bring a resource into a catalog, by catalog and resource."""
    looked_up: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)
    """The full keys of the file's packages, by the key that their name alone makes."""
    unchanged: int = 0

    def catalog(self, catalog: CatalogWanted) -> Iterator[Step]:
        key = f"catalog:{catalog.name.casefold()}"
        found = self.resolver.snapshot.catalogs.get(catalog.name.casefold(), ())
        one = self.resolver.one(Kind.CATALOG, catalog.name, catalog.place, found)
        if one is not None:
            self.resolver.learn(key, one.id)
            details = {"catalog_key": key}
            yield Step(f"find-{key}", StepKind.FIND_CATALOG, catalog.name, catalog.place, details)
        elif not found and catalog.create:
            step_id = f"create-{key}"
            self.resolver.makes[key] = step_id
            made: dict[str, Any] = {"description": catalog.description, "is_external": catalog.is_external}
            yield Step(step_id, StepKind.CREATE_CATALOG, catalog.name, catalog.place, made, gives=key)
        elif not found:
            said = f"There is no catalog '{catalog.name}'; write create-catalog: true if it shall be made."
            self.resolver.error("catalog.missing", catalog.place, said, name=catalog.name)

    def existing(self, package: PackageWanted) -> TenantPackage | None:
        """The package as it is, under its name or one that it had; a finding where several could be meant."""
        catalog_id = self.resolver.known.get(f"catalog:{package.catalog.casefold()}")
        for name in (package.name, *package.former_names):
            known = self.resolver.snapshot.packages.get(name.casefold(), ())
            here = tuple(each for each in known if each.catalog_id == catalog_id)
            if here:
                return self.resolver.one(Kind.PACKAGE, name, package.place, here)
        elsewhere = self.resolver.snapshot.packages.get(package.name.casefold(), ())
        if elsewhere and package.is_present:
            said = f"Another catalog has a package called '{package.name}' too; people will see both."
            self.resolver.warn("package.elsewhere", package.place, said, name=package.name)
        return None

    def announce(self, package: PackageWanted) -> None:
        """Let other packages refer to this one, made already or not."""
        key = package_key(package)
        one = self.existing(package)
        plain = key_of(Named(Kind.PACKAGE, package.name))
        if self.aliases.setdefault(plain, key) != key:
            self.aliases[plain] = ""
        if one is not None:
            self.resolver.learn(key, one.id)
            self.resolver.learn(plain, one.id)
        elif package.is_present:
            self.resolver.makes[key] = self.resolver.makes[plain] = f"create-{key}"

    def package(self, package: PackageWanted) -> Iterator[Step]:
        one = self.existing(package)
        if not package.is_present:
            if one is not None:
                yield self._deletion(package, one)
            return
        steps = [
            *self._itself(package, one),
            *(step for grant in package.grants for step in self._grant(package, grant, one)),
            *(step for policy in package.policies for step in self._policy(package, policy, one)),
            *(step for conflict in package.conflicts for step in self._conflict(package, conflict, one)),
        ]
        self.unchanged += not steps
        yield from steps

    def _itself(self, package: PackageWanted, one: TenantPackage | None) -> Iterator[Step]:
        key = package_key(package)
        if one is None:
            details = {
                "catalog_key": f"catalog:{package.catalog.casefold()}",
                "description": package.description,
                "is_hidden": package.is_hidden,
            }
            yield Step(
                f"create-{key}",
                StepKind.CREATE_PACKAGE,
                package.name,
                package.place,
                details,
                self._needs(details),
                gives=key,
            )
            return
        before = {"displayName": one.name, "description": one.description, "isHidden": one.is_hidden}
        after = {"displayName": package.name, "description": package.description, "isHidden": package.is_hidden}
        changes = tuple(Change(name, before[name], after[name]) for name in after if before[name] != after[name])
        if changes:
            details = {"package_key": key, "changes": {each.what: each.after for each in changes}}
            yield Step(f"update-{key}", StepKind.UPDATE_PACKAGE, package.name, package.place, details, changes=changes)

    def _deletion(self, package: PackageWanted, one: TenantPackage) -> Step:
        details = {"package_key": package_key(package), "name": one.name}
        self.resolver.learn(package_key(package), one.id)
        return Step(f"delete-{package_key(package)}", StepKind.DELETE_PACKAGE, one.name, package.place, details)

    def _grant(self, package: PackageWanted, grant: GrantWanted, one: TenantPackage | None) -> Iterator[Step]:
        origin = self._origin(grant)
        if origin is None:
            return
        have = _held(one, origin, grant.role)
        label = f"{package_key(package)}:{origin.label.casefold()}:{grant.role.casefold()}"
        if not grant.is_present:
            if have is not None:
                details = {"package_key": package_key(package), "grant_id": have.id, **_told(origin, grant)}
                yield Step(f"revoke-{label}", StepKind.REVOKE, package.name, grant.place, details)
            return
        if have is not None or not self._has_role(package, grant, origin):
            return
        catalog_key = f"catalog:{package.catalog.casefold()}"
        resource = f"{catalog_key}:{origin.key}"
        common = {"catalog_key": catalog_key, "origin_key": origin.key, "system": origin.system}
        yield from self._onboarding(resource, origin, grant, common)
        details = {"package_key": package_key(package), **common, "role": grant.role, **_told(origin, grant)}
        needs = (*self._needs(details), f"look-up-{resource}")
        yield Step(f"grant-{label}", StepKind.GRANT, package.name, grant.place, details, needs)

    def _onboarding(self, resource: str, origin: _Origin, grant: GrantWanted, common: dict[str, Any]) -> Iterator[Step]:
        """Bring the resource in and look its roles up, once for all packages."""
        if resource in self.looked_up:
            return
        self.looked_up.add(resource)
        needs = self._needs(common)
        known_catalog = self.resolver.known.get(common["catalog_key"], "")
        if origin.origin_id.casefold() not in self.resolver.snapshot.resources.get(known_catalog, {}):
            step_id = f"onboard-{resource}"
            yield Step(step_id, StepKind.ONBOARD, origin.label, grant.place, common, needs)
            needs = (step_id,)
        yield Step(f"look-up-{resource}", StepKind.LOOK_UP_ROLES, origin.label, grant.place, common, needs)

    def _origin(self, grant: GrantWanted) -> _Origin | None:
        """Where a grant points; None, with a finding, when that is nowhere or cannot be used."""
        system = SYSTEMS[grant.kind]
        if grant.kind is Kind.SITE:
            key = f"site:{grant.origin_id.casefold()}"
            self.resolver.learn(key, grant.origin_id)
            return _Origin(key, grant.origin_id, system, grant.origin_id)
        if grant.kind is Kind.APPLICATION:
            application = self.resolver.application(grant)
            if application is None or not self._application_role(grant, application):
                return None
            key = f"application:{application.id}"
            self.resolver.learn(key, application.id)
            return _Origin(key, application.id, system, application.name)
        if grant.role.capitalize() not in _GROUP_ROLES:
            said = f"A group has the roles Member and Owner, not '{grant.role}'."
            facts = {"name": grant.label, "role": grant.role, "roles": ", ".join(_GROUP_ROLES)}
            self.resolver.error("role.unknown", grant.place, said, close_to(grant.role, _GROUP_ROLES), **facts)
            return None
        group = self.resolver.group(grant)
        if group is None:
            return self._new_group(grant, system)
        if (why := _unsuitable(group)) and grant.is_present:
            said = f"The group '{group.name}' {_UNSUITABLE[why]}, so no package can grant it."
            self.resolver.error("group.unsuitable", grant.place, said, name=group.name, why=why)
            return None
        key = f"group:{group.id}"
        self.resolver.learn(key, group.id)
        return _Origin(key, group.id, system, group.name)

    def _new_group(self, grant: GrantWanted, system: str) -> _Origin | None:
        named = Named(Kind.GROUP, grant.name, grant.place)
        if grant.origin_id or not self.resolver.exists(named):
            return None
        return _Origin(key_of(named), "", system, grant.name)

    def _application_role(self, grant: GrantWanted, application: TenantApplication) -> bool:
        roles = [
            str(role.get("displayName"))
            for role in application.visible_roles
            if role.get("isEnabled") is True and "User" in (role.get("allowedMemberTypes") or ())
        ] or [_DEFAULT_ACCESS]
        if grant.role.casefold() in (role.casefold() for role in roles) or not grant.is_present:
            return True
        suggestion = close_to(grant.role, roles)
        shown = ", ".join(roles[:10]) + (" …" if len(roles) > 10 else "")
        said = f"'{application.name}' has no role '{grant.role}'; it has {shown}.{did_you_mean(suggestion)}"
        facts = {"name": application.name, "role": grant.role, "roles": shown}
        self.resolver.error("role.unknown", grant.place, said, suggestion, **facts)
        return False

    def _has_role(self, package: PackageWanted, grant: GrantWanted, origin: _Origin) -> bool:
        """Whether the catalog's resource has the role, as far as that is known yet."""
        catalog_id = self.resolver.known.get(f"catalog:{package.catalog.casefold()}", "")
        resource = self.resolver.snapshot.resources.get(catalog_id, {}).get(origin.origin_id.casefold())
        if resource is None or not resource.roles or role_of(resource, grant.role) is not None:
            return True
        names = [role.name for role in resource.roles]
        suggestion = close_to(grant.role, names)
        said = f"'{origin.label}' has no role '{grant.role}'; it has {', '.join(names)}.{did_you_mean(suggestion)}"
        facts = {"name": origin.label, "role": grant.role, "roles": ", ".join(names)}
        self.resolver.error("role.unknown", grant.place, said, suggestion, **facts)
        return False

    def _policy(self, package: PackageWanted, policy: PolicyWanted, one: TenantPackage | None) -> Iterator[Step]:
        label = f"{package_key(package)}:{policy.name.casefold()}"
        have = self._policy_now(policy, one)
        if not policy.is_present:
            if have is not None:
                details = {"policy_id": have.id, "name": have.name}
                yield Step(f"delete-policy-{label}", StepKind.DELETE_POLICY, package.name, policy.place, details)
            return
        missing = [each for each in named_in(policy.settings) if not self.resolver.exists(each)]
        if missing:
            return
        settings = resolved(policy.settings, self.resolver.known)
        if have is None:
            new: dict[str, Any] = {"package_key": package_key(package), "name": policy.name, "settings": settings}
            needs = self._needs(new)
            yield Step(f"create-policy-{label}", StepKind.CREATE_POLICY, package.name, policy.place, new, needs)
            return
        changes = differences(have.settings, settings)
        if changes:
            change: dict[str, Any] = {
                "policy_id": have.id,
                "name": policy.name,
                "settings": merged(have.settings, settings),
                "wanted": settings,
            }
            needs = self._needs(change)
            step_id = f"replace-policy-{label}"
            yield Step(step_id, StepKind.REPLACE_POLICY, package.name, policy.place, change, needs, changes)

    def _policy_now(self, policy: PolicyWanted, one: TenantPackage | None) -> TenantPolicy | None:
        for name in (policy.name, *policy.former_names):
            found = [each for each in one.policies if each.name.casefold() == name.casefold()] if one else []
            if len(found) > 1:
                ids = " and ".join(sorted(each.id for each in found))
                said = f"There are {len(found)} policies called '{name}': {ids}. Rename all but one in the portal."
                facts = {"name": name, "count": str(len(found)), "ids": ", ".join(sorted(each.id for each in found))}
                self.resolver.error("policy.ambiguous", policy.place, said, **facts)
            if found:
                return found[0]
        return None

    def _conflict(self, package: PackageWanted, conflict: Named, one: TenantPackage | None) -> Iterator[Step]:
        other_key = self.aliases.get(key_of(conflict), key_of(conflict))
        if not other_key:
            said = f"Two catalogs of this file have a package '{conflict.name}'; which of them is meant?"
            self.resolver.error("package.ambiguous", conflict.place, said)
            return
        if not self.resolver.exists(conflict):
            return
        other = self.resolver.known.get(other_key)
        if one is not None and other in one.conflicts:
            return
        details = {"package_key": package_key(package), "other": conflict, "other_key": other_key}
        step_id = f"conflict-{package_key(package)}:{key_of(conflict)}"
        yield Step(step_id, StepKind.ADD_CONFLICT, package.name, conflict.place, details, self._needs(details))

    def _needs(self, details: Any) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.resolver.makes[key] for key in keys_in(details) if key in self.resolver.makes))


def package_key(package: PackageWanted) -> str:
    return f"package:{package.catalog.casefold()}/{package.name.casefold()}"


def role_of(resource: TenantResource, name: str) -> Any:
    """The role of this name; for a group in any spelling of Member and Owner."""
    return next((role for role in resource.roles if role.name.casefold() == name.casefold()), None)


def _held(one: TenantPackage | None, origin: _Origin, role: str) -> TenantGrant | None:
    for grant in one.grants if one is not None and origin.origin_id else ():
        if grant.origin_id.casefold() == origin.origin_id.casefold() and grant.role_name.casefold() == role.casefold():
            return grant
    return None


def _told(origin: _Origin, grant: GrantWanted) -> dict[str, str]:
    note = {"note": grant.note} if grant.note else {}
    return {"resource": origin.label, "role": grant.role, **note}


def _unsuitable(group: TenantGroup) -> str:
    if group.is_synchronized:
        return "synchronized"
    if group.is_dynamic:
        return "dynamic"
    return "distribution" if group.is_distribution_list else ""
