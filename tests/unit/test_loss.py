"""What giving access back really takes away, against a model that grants, takes back, and looks."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import ResourceRole
from bot.services.loss import Held, loss_of

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
GROUPS = tuple("abcdef")
APPS = ("app-1", "app-2")


def member(group: str) -> ResourceRole:
    return ResourceRole("Member", f"Group {group}", "AadGroup", group, f"Member_{group}")


def owner(group: str) -> ResourceRole:
    return ResourceRole("Owner", f"Group {group}", "AadGroup", group, f"Owner_{group}")


def app_role(app: str, role: str) -> ResourceRole:
    return ResourceRole(role, app, "AadApplication", app, role)


ROLE = st.one_of(
    st.sampled_from(GROUPS).map(member),
    st.sampled_from(GROUPS).map(owner),
    st.builds(app_role, st.sampled_from(APPS), st.sampled_from(("reader", "writer"))),
)
PACKAGE = st.lists(ROLE, min_size=1, max_size=4, unique_by=lambda role: role.grant).map(tuple)


@dataclass(frozen=True)
class Directory:
    """Who is where: packages that somebody holds, groups they were put into by hand, and groups within groups."""

    packages: tuple[tuple[ResourceRole, ...], ...]
    by_hand: frozenset[str]
    parents: dict[str, frozenset[str]]

    def direct(self) -> set[str]:
        given = {
            role.origin_id for package in self.packages for role in package if role.role_origin_id.startswith("Member_")
        }
        return given | self.by_hand

    def memberships(self) -> set[str]:
        found: set[str] = set()
        waiting = list(self.direct())
        while waiting:
            group = waiting.pop()
            if group not in found:
                found.add(group)
                waiting.extend(self.parents.get(group, ()))
        return found

    def grants(self) -> set[tuple[str, str, str]]:
        """Everything that the person has in effect."""
        given = {
            role.grant for package in self.packages for role in package if not role.role_origin_id.startswith("Member_")
        }
        return given | {member(group).grant for group in self.memberships()}

    def around(self) -> dict[str, tuple[str, frozenset[str]]]:
        """What the directory tells of the person's groups: names, and the groups that each is within."""
        inside = self.memberships()
        return {
            group: (group, frozenset(Directory((), frozenset({group}), self.parents).memberships() - {group}))
            for group in inside
        }


@UNHURRIED
@given(
    leaving=PACKAGE,
    others=st.lists(PACKAGE, max_size=3),
    by_hand=st.frozensets(st.sampled_from(GROUPS), max_size=2),
    parents=st.dictionaries(st.sampled_from(GROUPS), st.frozensets(st.sampled_from(GROUPS), max_size=2), max_size=4),
)
def test_what_is_said_to_stay_stays_and_what_other_packages_give_is_never_called_lost(
    leaving: tuple[ResourceRole, ...],
    others: list[tuple[ResourceRole, ...]],
    by_hand: frozenset[str],
    parents: dict[str, frozenset[str]],
) -> None:
    before = Directory((leaving, *others), by_hand, parents)
    after = Directory(tuple(others), by_hand, parents)
    loss = loss_of(leaving, [Held(str(number), roles) for number, roles in enumerate(others)], before.around())
    assert sorted(role.grant for role in (*loss.lost, *(kept.role for kept in loss.kept))) == sorted(
        role.grant for role in leaving
    )
    assert {kept.role.grant for kept in loss.kept} <= after.grants()
    assert not {role.grant for role in loss.lost} & {role.grant for package in others for role in package}


@UNHURRIED
@given(leaving=PACKAGE, others=st.lists(PACKAGE, max_size=3))
def test_without_other_memberships_lost_is_exactly_what_goes(
    leaving: tuple[ResourceRole, ...], others: list[tuple[ResourceRole, ...]]
) -> None:
    before, after = Directory((leaving, *others), frozenset(), {}), Directory(tuple(others), frozenset(), {})
    loss = loss_of(leaving, [Held(str(number), roles) for number, roles in enumerate(others)], before.around())
    assert {role.grant for role in loss.lost} == before.grants() - after.grants()
    assert loss.is_nothing == (not before.grants() - after.grants())
    for kept in loss.kept:
        assert kept.role.grant in {role.grant for role in others[int(kept.through)]}


def test_a_group_that_depends_on_what_goes_keeps_nobody_in() -> None:
    around = {"a": ("A", frozenset({"b", "c"})), "b": ("B", frozenset({"c"})), "c": ("C", frozenset[str]())}
    assert [role.origin_id for role in loss_of([member("a"), member("c")], [], around).lost] == ["a", "c"]
    assert loss_of([member("c")], [], around).kept[0].through in ("A", "B")
