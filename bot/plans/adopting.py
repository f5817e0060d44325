"""Files from a tenant: what is there becomes what is wanted, so that planning the file changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.files.administration import CatalogRole, Kind, role_key
from bot.files.administration_writer import packages_yaml, policy_entry, projects_yaml, resource_entry
from bot.plans.digest import digest
from bot.plans.policy_words import is_asked_for
from bot.tenant import TenantApplication, TenantCatalog, TenantPackage, TenantResource

_BAR: Final = " | "
_WRITTEN: Final = "Written from the tenant. Planning it changes nothing."


@dataclass(frozen=True, slots=True)
class CatalogHolder:
    """Somebody with a role in the catalog; `name` may be an id."""

    role: CatalogRole
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class CatalogContents:
    """A catalog with its packages, whose policies are whole, and its resources by their origin's id."""

    catalog: TenantCatalog
    packages: tuple[TenantPackage, ...]
    resources: Mapping[str, TenantResource]
    excluded: Mapping[str, str] = field(default_factory=dict)
    """The names of the groups that packages exclude, by id."""
    holders: tuple[CatalogHolder, ...] = ()


def packages_file(contents: CatalogContents) -> str:
    """All packages of the catalog as a `packages.yaml`."""
    entries = [_whole_entry(each, contents) for each in _sorted(contents.packages)]
    return packages_yaml(entries, contents.catalog.name, _WRITTEN, _roles_entry(contents))


def _roles_entry(contents: CatalogContents) -> dict[str, list[Any]]:
    """Who has which role, as a file says it."""
    entry: dict[str, list[Any]] = {}
    for each in sorted(contents.holders, key=lambda one: (list(CatalogRole).index(one.role), one.kind, one.name)):
        told = each.name if each.kind is Kind.USER else {each.kind.value: each.name}
        entry.setdefault(role_key(each.role), []).append(told)
    return entry


def _whole_entry(package: TenantPackage, contents: CatalogContents) -> dict[str, Any]:
    """One package with what it excludes, each of it as it is: from this end only."""
    names = {each.id: each.name for each in contents.packages}
    excluded = {
        "packages": sorted(names[each] for each in package.conflicts if each in names),
        "groups": sorted(contents.excluded[each] for each in package.conflicts if each in contents.excluded),
    }
    conflicts = {kind: found for kind, found in excluded.items() if found}
    entry = package_entry(package, contents.resources)
    return {**entry, "conflicts": {**conflicts, "both-ways": False}} if conflicts else entry


def package_entry(package: TenantPackage, resources: Mapping[str, TenantResource]) -> dict[str, Any]:
    """One package, in full."""
    entry: dict[str, Any] = {"name": package.name, "description": package.description}
    if package.is_hidden:
        entry["hidden"] = True
    found = [
        resource_entry(grant.origin_system, _name(grant.origin_id, resources), grant.origin_id, grant.role_name)
        for grant in package.grants
    ]
    if any(found):
        entry["resources"] = [each for each in found if each]
    if package.policies:
        entry["policies"] = [policy_entry(each.name, each.settings) for each in package.policies]
    return entry


def projects_file(contents: CatalogContents, application: TenantApplication | None, groups: Mapping[str, str]) -> str:
    """The catalog as a `projects.yaml`: what follows the naming rule as projects, everything else in full.

    `groups` are the names of groups by id, for those that carry the application's roles.
    """
    default = _default_group(contents)
    regular = [each for each in _sorted(contents.packages) if _is_regular(each, contents, default)]
    others = [each for each in _sorted(contents.packages) if each not in regular]
    projects = list(dict.fromkeys(each.name.split(_BAR)[0] for each in regular))
    roles = list(dict.fromkeys(each.name.split(_BAR)[1] for each in regular)) or ["Member"]
    policies = _policies(regular)
    managed = _managed(regular, policies)
    most = Counter(filter(None, (_source(_listed(each, policies), managed) for each in regular))).most_common(1)
    usual = most[0][0] if most else "file"
    content: dict[str, Any] = {"catalog": contents.catalog.name}
    if contents.holders:
        content["catalog-roles"] = _roles_entry(contents)
    content["roles"] = roles
    if default:
        content["default-group"] = _name(default, contents.resources)
    if regular:
        content["naming"] = {"description": _description_rule(regular)}
    if application is not None:
        content["application"] = _application_entry(application, groups)
    if usual != "file":
        content["managed-by"] = usual
    content["managed"] = {kind: names for kind, names in managed.items() if names}
    content["policies"] = policies
    content["projects"] = [_project_entry(name, regular, roles, policies, managed, usual) for name in projects]
    if others:
        content["packages"] = [_whole_entry(each, contents) for each in others]
    return projects_yaml(content, _WRITTEN)


def _project_entry(
    name: str,
    regular: Sequence[TenantPackage],
    roles: Sequence[str],
    policies: Mapping[str, Mapping[str, Any]],
    managed: Mapping[str, Sequence[str]],
    usual: str,
) -> dict[str, Any] | str:
    mine = {each.name.split(_BAR)[1]: each for each in regular if each.name.split(_BAR)[0] == name}
    entry: dict[str, Any] = {"name": name}
    if list(mine) != list(roles):
        entry["roles"] = list(mine)
    own, sources = {}, {}
    for role, package in mine.items():
        listed = _listed(package, policies)
        source = _source(listed, managed)
        if source:
            sources[role] = source
        else:
            own[role] = listed
    if not own and set(sources.values()) != {usual} and len(set(sources.values())) == 1:
        entry["managed-by"] = next(iter(sources.values()))
    elif others := {role: {"managed-by": source} for role, source in sources.items() if source != usual}:
        entry["packages"] = others
    if own:
        entry["policies"] = own
    return entry if len(entry) > 1 else name


def _listed(package: TenantPackage, policies: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """The policies of the package: shared ones by name, the others in full."""
    return [
        each.name
        if policies.get(each.name) == _named(policy_entry(each.name, each.settings))
        else policy_entry(each.name, each.settings)
        for each in package.policies
    ]


def _managed(regular: Sequence[TenantPackage], policies: Mapping[str, Any]) -> dict[str, list[str]]:
    """Which of the shared policies a package has whose people come from files, and which where they ask themselves."""
    found = {}
    for kind, is_asked in (("file", False), ("self-service", True)):
        names = (
            tuple(policy.name for policy in each.policies if is_asked_for(policy.settings) is is_asked)
            for each in regular
        )
        most = Counter(filter(None, names)).most_common(1)
        found[kind] = [name for name in most[0][0] if name in policies] if most else []
    return found


def _source(listed: Sequence[Any], managed: Mapping[str, Sequence[str]]) -> str:
    """Where the people of a package with these policies come from; empty when they follow no rule."""
    file, asked = managed["file"], managed["self-service"]
    wanted = {"file": file, "self-service": asked, "both": [*file, *asked]}
    if not listed:
        return "" if file else "file"
    if not all(isinstance(each, str) for each in listed):
        return ""
    return next((source for source, names in wanted.items() if sorted(names) == sorted(listed)), "")


def _policies(regular: Sequence[TenantPackage]) -> dict[str, dict[str, Any]]:
    """The policies that several packages share, by name."""
    seen: Counter[tuple[str, str]] = Counter()
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    for package in regular:
        for policy in package.policies:
            entry = policy_entry(policy.name, policy.settings)
            key = (policy.name, digest(entry))
            seen[key] += 1
            entries[key] = entry
    shared: dict[str, dict[str, Any]] = {}
    for (name, fingerprint), count in seen.most_common():
        if count > 1:
            shared.setdefault(name, _named(entries[name, fingerprint]))
    return shared


def _named(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A policy under its name, which it then need not say itself."""
    return {key: value for key, value in entry.items() if key != "name"}


def _default_group(contents: CatalogContents) -> str:
    """The id of the group that every package of two parts grants besides its own."""
    paired = [each for each in contents.packages if _BAR in each.name]
    counted = Counter(grant.origin_id for each in paired for grant in each.grants if grant.role_name == "Member")
    found = counted.most_common(1)
    return found[0][0] if len(paired) > 1 and found and found[0][1] == len(paired) else ""


def _is_regular(package: TenantPackage, contents: CatalogContents, default: str) -> bool:
    """Whether the package is what the naming rule makes of its project and role."""
    parts = package.name.split(_BAR)
    if len(parts) != 2 or package.is_hidden or not all(part.strip() == part and part for part in parts):
        return False
    wanted = {f"{''.join(parts[0].split())}_{''.join(parts[1].split())}".casefold()}
    own = [grant for grant in package.grants if grant.origin_id != default]
    names = {_name(grant.origin_id, contents.resources).casefold() for grant in own}
    is_plain = all(grant.role_name == "Member" and grant.origin_system == "AadGroup" for grant in package.grants)
    return is_plain and names == wanted and len(package.grants) == len(own) + bool(default)


def _description_rule(regular: Sequence[TenantPackage]) -> str:
    def rule(package: TenantPackage) -> str:
        project, role = package.name.split(_BAR)
        return (
            package.description.replace("{", "(")
            .replace("}", ")")
            .replace(project, "{project}")
            .replace(role, "{role}")
        )

    return Counter(rule(each) for each in regular).most_common(1)[0][0]


def _application_entry(application: TenantApplication, groups: Mapping[str, str]) -> dict[str, Any]:
    """The application with every role and the group that carries it."""
    carriers = {role_id: groups[holder] for holder, role_id in sorted(application.holders) if holder in groups}
    roles = []
    for role in application.roles:
        value = str(role.get("value") or "")
        if not value or " " in value or role.get("isEnabled") is not True:
            continue
        entry = {"value": value, "name": str(role.get("displayName")), "description": str(role.get("description"))}
        if role.get("id") in carriers:
            entry["group"] = carriers[str(role["id"])]
        roles.append(entry)
    return {"name": application.name, "per-project": False, "roles": roles}


def _name(origin_id: str, resources: Mapping[str, TenantResource]) -> str:
    found = resources.get(origin_id.casefold())
    return found.name if found is not None else ""


def _sorted(packages: Sequence[TenantPackage]) -> list[TenantPackage]:
    return sorted(packages, key=lambda each: each.name.casefold())
