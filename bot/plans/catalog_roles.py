"""Steps for roles in a catalog: who is given one, and from whom one is taken because the file says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from bot.files.administration import CatalogRoleWanted
from bot.plans.resolving import Resolver
from bot.plans.steps import Step, StepKind, key_of, keys_in
from bot.tenant import TenantCatalogRole


def catalog_role_steps(resolver: Resolver, wanted: Iterable[CatalogRoleWanted]) -> Sequence[Step]:
    """What is missing of these. A role is taken after all others were given: whoever does it may lose it so."""
    given: list[Step] = []
    taken: list[Step] = []
    seen: dict[tuple[str, str, str], CatalogRoleWanted] = {}
    for each in wanted:
        catalog_key = f"catalog:{each.catalog.casefold()}"
        is_known = catalog_key in resolver.known or catalog_key in resolver.makes  # what is not was said already
        if not resolver.exists(each.who) or not is_known:
            continue
        principal = resolver.known.get(key_of(each.who), key_of(each.who))
        first = seen.setdefault((catalog_key, each.role, principal), each)
        if first is not each:
            if first.is_present is not each.is_present:
                said = (
                    f"'{each.who.name}' is to have and to lose the role {each.role}; see line {first.place.line} too."
                )
                resolver.error("catalog-role.both", each.place, said)
            continue
        held = _held(resolver, catalog_key, each, principal)
        details: dict[str, Any] = {"catalog_key": catalog_key, "role": each.role.value, "who": each.who}
        label = f"catalog-role-{catalog_key}:{each.role.casefold()}:{key_of(each.who)}"
        if each.is_present and held is None:
            needs = tuple(dict.fromkeys(resolver.makes[key] for key in keys_in(details) if key in resolver.makes))
            kind = StepKind.ASSIGN_CATALOG_ROLE
            given.append(Step(f"assign-{label}", kind, each.catalog, each.place, details, needs))
        elif held is not None and not each.is_present:
            details["assignment_id"] = held.id
            taken.append(Step(f"take-{label}", StepKind.TAKE_CATALOG_ROLE, each.catalog, each.place, details))
    return [*given, *(replace(step, needs=tuple(one.id for one in given)) for step in taken)]


def _held(
    resolver: Resolver, catalog_key: str, wanted: CatalogRoleWanted, principal_id: str
) -> TenantCatalogRole | None:
    there = resolver.snapshot.catalog_roles.get(resolver.known.get(catalog_key, ""), ())
    return next((one for one in there if (one.role, one.principal_id) == (wanted.role, principal_id)), None)
