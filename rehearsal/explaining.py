"""`doorman rehearse --explain`: the calls for reading a policy, in a tenant that has it, and a person who may ask."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from bot.cli.explained_reads import session_on
from bot.cli.imagined import ImaginedReader
from bot.domain import (
    AccessPackage,
    AccessPackageId,
    AssignmentPolicy,
    GroupId,
    Opening,
    Person,
    PolicyId,
    PolicyRequirements,
    StageRule,
    SubjectSet,
    SubjectSetKind,
    UserId,
)
from bot.errors import DoormanError, NotFound
from bot.graph.client import Caller
from bot.graph.explaining import Explaining
from bot.graph.odata import GraphPath, Query
from bot.graph.wire_base import JsonObject
from bot.rules import Applicant, PackageRules, PolicyRule, TargetScope
from bot.services.explaining import id_of
from rehearsal.reading import read_policy

_APPROVERS: Final = (
    SubjectSet(SubjectSetKind.REQUESTOR_MANAGER),
    SubjectSet(SubjectSetKind.SINGLE_USER, id_of("an approver")),
    SubjectSet(SubjectSetKind.GROUP_MEMBERS, id_of("a group of approvers")),
    SubjectSet(SubjectSetKind.TARGET_USER_SPONSORS),
    SubjectSet(SubjectSetKind.INTERNAL_SPONSORS),
    SubjectSet(SubjectSetKind.EXTERNAL_SPONSORS),
)


async def explained_reading(
    line: Explaining, package: str, person: str, policy: str, administrators: Sequence[str]
) -> None:
    """Ask everything that reading a policy with all kinds of approvers asks."""
    answering = _Answering(line)
    session = replace(session_on(answering), reader=_Reader(answering, policy))
    await read_policy(session, package, person, policy, administrators)


class _Answering(Explaining):
    """Writes down beside this line, and whatever is asked for by its id is there."""

    def __init__(self, line: Explaining) -> None:
        self.calls = line.calls

    async def get(
        self, caller: Caller, where: GraphPath, *, params: Query | None = None, locale: str | None = None
    ) -> JsonObject:
        with contextlib.suppress(NotFound):
            return await super().get(caller, where, params=params, locale=locale)
        return {}


class _Reader(ImaginedReader):
    """The package has one policy, which everybody may ask under, and which names approvers of all kinds."""

    def __init__(self, line: Explaining, policy: str) -> None:
        super().__init__(line)
        self._policy = policy or "a policy"

    async def package(self, package_id: AccessPackageId) -> AccessPackage:
        with contextlib.suppress(DoormanError):
            await super().package(package_id)
        if not _is_id(package_id):
            raise NotFound(package_id)
        return AccessPackage(package_id, package_id)

    async def packages_named(self, name: str) -> list[AccessPackageId]:
        await super().packages_named(name)
        return [AccessPackageId(id_of(name))]

    async def package_rules(self, package_id: AccessPackageId, locale: str = "en") -> PackageRules:
        with contextlib.suppress(DoormanError):
            await super().package_rules(package_id, locale)
        policy_id = PolicyId(self._policy if _is_id(self._policy) else id_of(self._policy))
        policy = AssignmentPolicy(policy_id, self._policy, True, (StageRule(_APPROVERS),))
        asks = PolicyRequirements(policy_id, self._policy)
        groups = frozenset({GroupId(id_of("a group that may ask"))})
        rule = PolicyRule(policy, asks, TargetScope.ALL_USERS, group_ids=groups, lets_ask_for_self=True)
        return PackageRules(AccessPackage(package_id, package_id), (rule,))

    async def applicant(self, person: Person, group_ids: Iterable[GroupId]) -> Applicant:
        asked = await super().applicant(person, group_ids)
        return replace(asked, organization_id=id_of("a connected organization"))

    async def manager(self, user_id: UserId) -> Person | None:
        with contextlib.suppress(DoormanError):
            await super().manager(user_id)
        return None

    async def groups(self, ids: Iterable[str]) -> dict[str, Opening]:
        wanted = list(ids)
        await super().groups(wanted)
        return {each: Opening(each, each) for each in wanted}


def _is_id(text: str) -> bool:
    if text.startswith("{"):
        return True
    with contextlib.suppress(ValueError):
        UUID(text)
        return True
    return False
