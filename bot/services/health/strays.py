"""People who are in a group that an access package gives, without having the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain import GroupId, UserId
from bot.services.health.facts import Facts
from bot.services.health.findings import Finding, Severity
from bot.survey import Held, SurveyedPackage


async def strays(facts: Facts) -> list[Finding]:
    packages, members, held, accounts = (
        await facts.packages(),
        await facts.granted_members(),
        await facts.held(),
        await facts.accounts(),
    )
    names = _group_names(packages)
    return [
        Finding(
            "group.strays",
            Severity.WARNING,
            group_id,
            {"group": names.get(group_id, group_id)},
            names=tuple(sorted(accounts[who].name if who in accounts else who for who in people)),
            count=len(people),
            place=f"#view/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Members/groupId/{group_id}",
        )
        for group_id, people in strays_in(packages, members, held).items()
    ]


def strays_in(
    packages: Sequence[SurveyedPackage], members: Mapping[GroupId, frozenset[UserId]], held: Held
) -> dict[GroupId, frozenset[UserId]]:
    """For each group those direct members who hold none of the packages that give it."""
    entitled: dict[GroupId, set[UserId]] = {}
    for package in packages:
        for group_id in package.group_ids:
            entitled.setdefault(group_id, set()).update(held.people.get(package.id, ()))
    found = {group_id: people - entitled.get(group_id, set()) for group_id, people in members.items()}
    return {group_id: frozenset(people) for group_id, people in found.items() if people}


def _group_names(packages: Sequence[SurveyedPackage]) -> dict[str, str]:
    return {role.role_origin_id.partition("_")[2]: role.resource_name for package in packages for role in package.roles}
