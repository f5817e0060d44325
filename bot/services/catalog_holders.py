"""Who has which role in a catalog, by names that mean nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.files.administration import CatalogRole, Kind
from bot.plans.adopting import CatalogHolder
from bot.services.tenant_look import TenantReads


async def catalog_holders(reads: TenantReads, catalog_id: str) -> tuple[CatalogHolder, ...]:
    """People by sign-in name, groups and applications by name, or by id where several share it.

    Roles that have no name here, and principals that are gone from the directory, are left out. Raises what reading
    raises.
    """
    held = (await reads.catalog_roles([catalog_id])).get(catalog_id, ())
    known = await _named(reads, list(dict.fromkeys(each.principal_id for each in held)))
    roles = {role.value: role for role in CatalogRole}
    return tuple(
        CatalogHolder(roles[each.role], *known[each.principal_id])
        for each in held
        if each.principal_id in known and each.role in roles
    )


async def _named(reads: TenantReads, ids: Sequence[str]) -> dict[str, tuple[Kind, str]]:
    groups = {key: found[0].name for key, found in (await reads.groups([], ids)).items()}
    rest = [each for each in ids if each not in groups]
    users = {key: found[0].user_principal_name or key for key, found in (await reads.users(rest)).items()}
    rest = [each for each in rest if each not in users]
    applications = {key: found[0].name for key, found in (await reads.applications(rest)).items()}
    same_groups = await reads.groups(sorted(set(groups.values())))
    same_applications = await reads.applications(sorted({name.casefold() for name in applications.values()}))
    known = {key: (Kind.USER, name) for key, name in users.items()}
    known |= {key: (Kind.GROUP, _alone(key, name, same_groups)) for key, name in groups.items()}
    return known | {key: (Kind.APPLICATION, _alone(key, name, same_applications)) for key, name in applications.items()}


def _alone(object_id: str, name: str, found: Mapping[str, Sequence[object]]) -> str:
    """The name where nothing else has it, else the id."""
    return name if len(found.get(name.casefold(), ())) == 1 else object_id
