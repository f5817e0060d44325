"""What somebody really loses when they give access back: what no other way gives them as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain import ResourceRole

_GROUP = "aadgroup"
_MEMBER = "member_"


@dataclass(frozen=True, slots=True)
class Held:
    """Another access package that somebody has: what it grants, and until when (None without an end)."""

    name: str
    roles: tuple[ResourceRole, ...]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A role that stays, through an access package or a group of that name; None in `until` is without an end."""

    role: ResourceRole
    through: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    lost: tuple[ResourceRole, ...]
    kept: tuple[Kept, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether everything stays, and there is something to stay."""
        return bool(self.kept) and not self.lost


def loss_of(
    roles: Sequence[ResourceRole],
    others: Iterable[Held],
    groups: Mapping[str, tuple[str, frozenset[str]]] | None = None,
) -> Loss:
    """What is left of `roles` when the package that grants them is given back.

    `others` are the packages that the person keeps; of several that grant the same, the one that lasts longest counts.
    `groups` are the groups that the person is in, with the groups that each is itself within. A membership counts
    only where it cannot come from what is given back: who was put into the very same group by hand as well is not told
    apart from who was put there by the package.
    """
    ways = _ways(others)
    left = [role for role in roles if role.grant not in ways]
    nested = _nested(left, groups or {})
    kept = [Kept(role, *ways[role.grant]) for role in roles if role.grant in ways]
    kept += [Kept(role, nested[role.grant]) for role in left if role.grant in nested]
    return Loss(tuple(role for role in left if role.grant not in nested), tuple(kept))


def _ways(others: Iterable[Held]) -> dict[tuple[str, str, str], tuple[str, datetime | None]]:
    ways: dict[tuple[str, str, str], tuple[str, datetime | None]] = {}
    for held in others:
        for role in held.roles:
            known = ways.get(role.grant)
            if known is None or _lasts_longer(held.until, known[1]):
                ways[role.grant] = (held.name, held.until)
    return ways


def _lasts_longer(until: datetime | None, than: datetime | None) -> bool:
    return than is not None and (until is None or until > than)


def _nested(
    left: Sequence[ResourceRole], groups: Mapping[str, tuple[str, frozenset[str]]]
) -> dict[tuple[str, str, str], str]:
    """Memberships that a group within the group gives, by a group that does not depend on what goes."""
    going = {role.origin_id for role in left if _is_membership(role)}
    shaken = going.union(*(groups[each][1] for each in going if each in groups))
    steady = [(name, above) for group_id, (name, above) in groups.items() if group_id not in shaken]
    return {
        role.grant: name for role in left if _is_membership(role) for name, above in steady if role.origin_id in above
    }


def _is_membership(role: ResourceRole) -> bool:
    is_member = role.role_origin_id.casefold().startswith(_MEMBER) or (
        not role.role_origin_id and role.role_name == "Member"
    )
    return role.origin_system.casefold() == _GROUP and is_member
