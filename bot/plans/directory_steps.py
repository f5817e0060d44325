"""Steps for what packages build on: groups, the roles of applications and who carries them, companies."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bot.files.administration import ApplicationWanted, AppRoleWanted, GroupWanted, Kind, Named, OrganizationWanted
from bot.plans.resolving import Resolver
from bot.plans.steps import Change, Step, StepKind, key_of
from bot.tenant import TenantApplication, TenantGroup, TenantOrganization

_ROLES: Final = uuid.UUID("6d1b0d0e-6b0a-5f5e-9f0e-3f5a3a1c7a10")
"""From this and the application, an app role's value makes its id: the same one however often a run is begun."""


def group_steps(resolver: Resolver, group: GroupWanted) -> Iterator[Step]:
    key = key_of(Named(Kind.GROUP, group.name))
    found = resolver.snapshot.groups.get(group.name.casefold(), ())
    one = resolver.one(Kind.GROUP, group.name, group.place, found)
    owners = [owner for owner in group.owners if resolver.exists(owner)]
    if one is not None:
        resolver.learn(key, one.id)
        yield from _owner_steps(resolver, group, one, owners)
    elif not found and key not in resolver.makes:
        step_id = f"create-group:{group.name.casefold()}"
        resolver.makes[key] = step_id
        details = {"description": group.description, "nickname": nickname(group.name), "owners": tuple(owners)}
        yield Step(step_id, StepKind.CREATE_GROUP, group.name, group.place, details, gives=key)


def application_steps(resolver: Resolver, application: ApplicationWanted) -> Iterator[Step]:
    wanted = (application.app_id or application.name).casefold()
    found = resolver.snapshot.applications.get(wanted, ())
    if not found:
        said = f"There is no enterprise application '{application.name}'; register it first, then run this again."
        resolver.error("application.missing", application.place, said)
        return
    one = resolver.one(Kind.APPLICATION, application.name, application.place, found)
    if one is None:
        return
    key = f"application:{one.id}"
    resolver.learn(key, one.id)
    changes = _role_changes(resolver, application, one)
    roles_step = ""
    if any(changes.values()):
        if not one.object_id:
            said = f"'{one.name}' is registered in another tenant, so its roles cannot be changed from here."
            resolver.error("application.foreign", application.place, said)
            return
        roles_step = f"set-app-roles:{one.id}"
        resolver.learn(f"registration:{one.id}", one.object_id)
        yield Step(
            roles_step,
            StepKind.SET_APP_ROLES,
            application.name,
            application.place,
            {"application_key": f"registration:{one.id}", "principal_id": one.id, **changes},
            changes=tuple(_told_changes(one, changes)),
        )
    for role in application.roles:
        yield from _mapping_steps(resolver, one, role, roles_step, changes)


def organization_steps(resolver: Resolver, organization: OrganizationWanted) -> Iterator[Step]:
    key = key_of(Named(Kind.ORGANIZATION, organization.name))
    found = resolver.snapshot.organizations.get(organization.name.casefold(), ())
    one = resolver.one(Kind.ORGANIZATION, organization.name, organization.place, found)
    if found and one is None:
        return
    made = ""
    if one is None:
        made = f"create-organization:{organization.name.casefold()}"
        resolver.makes[key] = made
        details = {
            "description": organization.description,
            "state": organization.state,
            "domain": organization.domain,
            "tenant_id": organization.tenant_id,
        }
        yield Step(made, StepKind.CREATE_ORGANIZATION, organization.name, organization.place, details, gives=key)
    else:
        resolver.learn(key, one.id)
        yield from _organization_changes(resolver, organization, one, key)
    for is_internal, sponsors in ((True, organization.internal_sponsors), (False, organization.external_sponsors)):
        have = (
            frozenset[str]() if one is None else one.internal_sponsor_ids if is_internal else one.external_sponsor_ids
        )
        for sponsor in sponsors:
            if resolver.exists(sponsor) and resolver.known.get(key_of(sponsor)) not in have:
                yield _sponsor_step(resolver, organization, sponsor, key, is_internal, made)


def nickname(name: str) -> str:
    """A mail nickname for a group: plain letters and digits of its name, and never nothing."""
    letters = "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter in "_-"))
    return letters[:56] or "group-" + uuid.uuid5(_ROLES, name).hex[:12]


def role_id(app_id: str, value: str) -> str:
    """The id that a new app role of this value gets."""
    return str(uuid.uuid5(_ROLES, f"{app_id.casefold()}/{value}"))


def _owner_steps(resolver: Resolver, group: GroupWanted, one: TenantGroup, owners: list[Named]) -> Iterator[Step]:
    for owner in owners:
        if resolver.known.get(key_of(owner)) not in one.owner_ids and not one.is_synchronized:
            step_id = f"add-owner:{group.name.casefold()}:{owner.name.casefold()}"
            details = {"group_key": key_of(Named(Kind.GROUP, group.name)), "owner": owner}
            yield Step(step_id, StepKind.ADD_OWNER, group.name, owner.place, details)


def _role_changes(
    resolver: Resolver, application: ApplicationWanted, one: TenantApplication
) -> dict[str, list[dict[str, Any]]]:
    """What has to become of the application's roles: whole objects to add, parts to update, and what to remove."""
    by_value = {str(role.get("value") or ""): role for role in (one.roles or one.visible_roles)}
    trimmed = {value.strip().casefold(): value for value in by_value}
    changes: dict[str, list[dict[str, Any]]] = {"add": [], "update": [], "remove": []}
    for role in application.roles:
        live = by_value.get(role.value)
        near = trimmed.get(role.value.casefold())
        if live is None and near is not None and near != role.value:
            said = f"'{one.name}' has the app role '{near}', not '{role.value}'; tokens carry it as it is, so it stays."
            resolver.warn("app-role.value", role.place, said)
        elif live is None and role.is_present:
            changes["add"].append(_new_role(one, role))
        elif live is not None and not role.is_present:
            changes["remove"].append({"id": live["id"], "value": role.value})
        elif live is not None:
            texts = {"displayName": role.display_name, "description": role.description}
            different = {name: text for name, text in texts.items() if live.get(name) != text}
            if different or live.get("isEnabled") is not True:
                changes["update"].append({"id": live["id"], "value": role.value, "isEnabled": True, **different})
    return changes


def _new_role(one: TenantApplication, role: AppRoleWanted) -> dict[str, Any]:
    return {
        "id": role_id(one.app_id, role.value),
        "allowedMemberTypes": ["User"],
        "displayName": role.display_name,
        "description": role.description,
        "value": role.value,
        "isEnabled": True,
    }


def _told_changes(one: TenantApplication, changes: Mapping[str, list[dict[str, Any]]]) -> Iterator[Change]:
    live = {str(role.get("id")): role for role in one.roles}
    for role in changes["add"]:
        yield Change(str(role["value"]), None, role["displayName"])
    for role in changes["update"]:
        before = live.get(str(role["id"]), {})
        named = [name for name in ("displayName", "description", "isEnabled") if name in role]
        yield Change(
            str(role["value"]), {name: before.get(name) for name in named}, {name: role[name] for name in named}
        )
    for role in changes["remove"]:
        yield Change(str(role["value"]), live.get(str(role["id"]), {}).get("displayName"), None)


def _mapping_steps(
    resolver: Resolver,
    one: TenantApplication,
    role: AppRoleWanted,
    roles_step: str,
    changes: Mapping[str, list[dict[str, Any]]],
) -> Iterator[Step]:
    """Give the role to its group, unless it has it."""
    if not role.group or not role.is_present:
        return
    named = Named(Kind.GROUP, role.group, role.place)
    live = next((each for each in (one.roles or one.visible_roles) if each.get("value") == role.value), None)
    new = next((each for each in changes["add"] if each["value"] == role.value), None)
    wanted_id = str((live or new or {}).get("id") or "")
    if not wanted_id or not resolver.exists(named):
        return
    group_id = resolver.known.get(key_of(named))
    if group_id is not None and (group_id, wanted_id) in one.holders:
        return
    needs = [resolver.makes[key_of(named)]] if key_of(named) in resolver.makes else []
    details = {"group": named, "principal_key": f"application:{one.id}", "role_id": wanted_id, "role": role.value}
    yield Step(
        f"assign-app-role:{one.id}:{role.value}:{role.group.casefold()}",
        StepKind.ASSIGN_APP_ROLE,
        role.group,
        role.place,
        details,
        (*needs, *([roles_step] if new and roles_step else [])),
    )


def _organization_changes(
    resolver: Resolver, organization: OrganizationWanted, one: TenantOrganization, key: str
) -> Iterator[Step]:
    sources = one.domains if organization.domain else one.tenant_ids
    if (organization.domain or organization.tenant_id) not in sources and sources:
        said = f"'{one.name}' is known by {', '.join(sources)}; where people come from cannot be changed from here."
        resolver.warn("organization.source", organization.place, said)
    wanted = {"description": organization.description, "state": organization.state}
    before = {"description": one.description, "state": one.state}
    changes = tuple(Change(name, before[name], value) for name, value in wanted.items() if before[name] != value)
    if changes:
        details = {"organization_key": key, "changes": {each.what: each.after for each in changes}}
        step_id = f"update-organization:{organization.name.casefold()}"
        yield Step(
            step_id, StepKind.UPDATE_ORGANIZATION, organization.name, organization.place, details, changes=changes
        )


def _sponsor_step(
    resolver: Resolver, organization: OrganizationWanted, sponsor: Named, key: str, is_internal: bool, made: str
) -> Step:
    needs = [made] if made else []
    if key_of(sponsor) in resolver.makes:
        needs.append(resolver.makes[key_of(sponsor)])
    side = "internal" if is_internal else "external"
    return Step(
        f"add-sponsor:{organization.name.casefold()}:{side}:{sponsor.name.casefold()}",
        StepKind.ADD_SPONSOR,
        organization.name,
        sponsor.place,
        {"organization_key": key, "sponsor": sponsor, "is_internal": is_internal},
        tuple(needs),
    )
