"""Who reads, and how they want to be answered: what every property may depend on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.tenant.model import Tenant

if TYPE_CHECKING:  # The world is made of rooms that import this one.
    from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Reader:
    """`user_id` is None for an application. `languages` come from `Accept-Language`, most wanted first.

    `shows_new_members` says whether enumeration members younger than `unknownFutureValue` are spelt out.
    `reads_profiles` says whether more than a user's basic properties may be seen; `reads_members` whether users may be
    seen at all behind a group; `reads_sign_ins` whether it may be seen when they last signed in. `cache` keeps what
    one call would otherwise look up again and again.
    """

    world: World
    now: datetime
    user_id: str | None = None
    languages: tuple[str, ...] = ()
    shows_new_members: bool = False
    reads_profiles: bool = True
    reads_members: bool = True
    reads_sign_ins: bool = True
    cache: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def tenant(self) -> Tenant:
        return self.world.tenant
