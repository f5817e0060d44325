"""What somebody really has, as far as the app may look."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain import GroupId, Held, ResourceRole, UserId
from bot.errors import DoormanError, GraphUnavailable, NotAllowed
from bot.services.grants import GrantDesk

RITA = UserId("rita")
GROUP = ResourceRole("Member", "Readers", "AadGroup", "g1", "Member_g1")
OTHER_GROUP = ResourceRole("Member", "Writers", "AadGroup", "g2", "Member_g2")
OWNER = ResourceRole("Owner", "Readers", "AadGroup", "g1", "Owner_g1")
APP = ResourceRole("Viewer", "Portal", "AadApplication", "a1", "v1")
SITE = ResourceRole("Readers", "Site", "SharePointOnline", "https://site.example", "4")


class Directory:
    """Rita is in g1 and owns it, and holds one role; what is named in `refuses` raises instead."""

    def __init__(self, **refuses: DoormanError) -> None:
        self.refuses = refuses
        self.asked: list[str] = []

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self.refuses:
            raise self.refuses[what]

    async def groups_of(self, user_id: UserId) -> set[GroupId]:
        self._ask("groups")
        return {GroupId("g1")}

    async def group_owners(self, group_id: GroupId) -> frozenset[UserId]:
        self._ask("owners")
        return frozenset({RITA})

    async def app_role_holders(self, service_principal_id: str) -> frozenset[tuple[UserId, str]]:
        self._ask("apps")
        return frozenset({(RITA, "v2")})


async def held(desk: GrantDesk, roles: Sequence[ResourceRole]) -> list[Held]:
    return [grant.held for grant in await desk.check(RITA, roles)]


async def test_each_role_is_looked_up_where_it_is_granted() -> None:
    desk = GrantDesk(Directory())
    roles = [SITE, GROUP, APP, OTHER_GROUP, OWNER]
    assert await held(desk, roles) == [Held.UNKNOWN, Held.YES, Held.NOT_YET, Held.NOT_YET, Held.YES]
    assert [grant.role for grant in await desk.check(RITA, roles)] == roles


async def test_what_may_not_be_seen_is_unknown_and_not_asked_for_at_every_look() -> None:
    directory, now = Directory(apps=NotAllowed("no permission")), [0.0]
    desk = GrantDesk(directory, monotonic=lambda: now[0])
    for _ in range(3):
        assert await held(desk, [APP]) == [Held.UNKNOWN]
    assert directory.asked == ["apps"]
    now[0] = 601.0
    await held(desk, [APP])
    assert directory.asked == ["apps", "apps"]


async def test_a_directory_that_is_down_says_nothing_about_the_access() -> None:
    desk = GrantDesk(Directory(groups=GraphUnavailable(503), owners=GraphUnavailable(503)))
    assert await held(desk, [GROUP, OWNER]) == [Held.UNKNOWN, Held.UNKNOWN]
    assert [grant.held for grant in await desk.check(None, [GROUP])] == [Held.UNKNOWN]
