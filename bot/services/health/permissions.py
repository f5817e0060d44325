"""Which permissions each of Doorman's identities needs, for what, and which of them it has been given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from bot.services.health.facts import CannotSee, Facts
from bot.services.health.findings import Finding, Severity
from cards.language import _

BOT, WRITER, PIPELINE = "bot", "writer", "pipeline"
APPLICATION, DELEGATED = "application", "delegated"


@dataclass(frozen=True, slots=True)
class Need:
    """One permission that one identity needs for one feature. Any of `any_of` will do; the first asks for the least.

    Without one that is not `is_required`, only the feature is missing.
    """

    identity: str
    kind: str
    any_of: tuple[str, ...]
    feature: str
    is_required: bool = True

    @property
    def permission(self) -> str:
        return self.any_of[0]

    def is_met(self, given: frozenset[str]) -> bool:
        return not given.isdisjoint(self.any_of)


_EM_READ: Final = ("EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All")
_EM_WRITE: Final = ("EntitlementManagement.ReadWrite.All",)
_USERS: Final = ("User.Read.All", "Directory.Read.All", "User.ReadWrite.All", "Directory.ReadWrite.All")
_GROUPS: Final = ("GroupMember.Read.All", "Group.Read.All", "Directory.Read.All", "Group.ReadWrite.All")
_APPS: Final = ("Application.Read.All", "Directory.Read.All", "Application.ReadWrite.All")
_LICENCES: Final = ("LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All")
_INSTALL: Final = ("TeamsAppInstallation.ReadWriteSelfForUser.All", "TeamsAppInstallation.ReadWriteForUser.All")
_GRANTS: Final = ("Directory.Read.All", "DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")

NEEDS: Final = (
    Need(BOT, APPLICATION, _EM_READ, _("following requests and finding approvers")),
    Need(BOT, APPLICATION, _USERS, _("names, managers and sponsors of people")),
    Need(BOT, APPLICATION, _GROUPS, _("approvers who are named as a group")),
    Need(BOT, APPLICATION, ("AuditLog.Read.All",), _("who decided in the portal, and guests not seen for long"), False),
    Need(BOT, APPLICATION, _APPS, _("whether roles in applications have arrived, and secrets about to end"), False),
    Need(BOT, APPLICATION, _LICENCES, _("licences, and what the tenant lacks"), False),
    Need(BOT, APPLICATION, _INSTALL, _("writing to approvers who have never met Doorman"), False),
    Need(BOT, APPLICATION, ("AppCatalog.Read.All",), _("writing to approvers who have never met Doorman"), False),
    Need(BOT, APPLICATION, _GRANTS, _("seeing what was consented to"), False),
    Need(BOT, DELEGATED, ("EntitlementMgmt-SubjectAccess.ReadWrite", *_EM_WRITE), _("requesting access packages")),
    Need(BOT, DELEGATED, _EM_WRITE, _("deciding requests, and changing packages in chat")),
    Need(BOT, DELEGATED, ("AccessReview.ReadWrite.All",), _("access reviews"), False),
    Need(WRITER, APPLICATION, _EM_WRITE, _("files, adding and removing people, and trying deliveries again")),
    Need(WRITER, APPLICATION, ("User.Invite.All", "User.ReadWrite.All"), _("inviting guests"), False),
    Need(PIPELINE, APPLICATION, _EM_WRITE, _("plans for packages, files and companies")),
    Need(PIPELINE, APPLICATION, _USERS, _("finding the people whom a file names")),
    Need(PIPELINE, APPLICATION, ("Group.ReadWrite.All",), _("making the groups of projects"), False),
    Need(
        PIPELINE,
        APPLICATION,
        ("Application.ReadWrite.OwnedBy", "Application.ReadWrite.All"),
        _("changing the roles of applications"),
        False,
    ),
    Need(PIPELINE, APPLICATION, ("AppRoleAssignment.ReadWrite.All",), _("giving groups roles in applications"), False),
    Need(PIPELINE, APPLICATION, ("User.Invite.All", "User.ReadWrite.All"), _("inviting guests"), False),
)


def missing(given: Mapping[tuple[str, str], frozenset[str]], needs: Iterable[Need] = NEEDS) -> list[Need]:
    """The needs that are not met, of the identities and kinds that `given` knows."""
    return [
        need
        for need in needs
        if (need.identity, need.kind) in given and not need.is_met(given[need.identity, need.kind])
    ]


@dataclass(frozen=True, slots=True)
class Given:
    """What was granted, as far as it could be seen, and what could not, with the permission that would help."""

    permissions: Mapping[tuple[str, str], frozenset[str]]
    unseen: Mapping[tuple[str, str], str]


async def given(facts: Facts) -> Given:
    found: dict[tuple[str, str], frozenset[str]] = {}
    unseen: dict[tuple[str, str], str] = {}
    for identity in facts.setup.identities:
        try:
            found[identity, APPLICATION] = await facts.roles(identity)
        except CannotSee as hidden:
            unseen[identity, APPLICATION] = hidden.permission
    if BOT in facts.setup.apps:
        try:
            found[BOT, DELEGATED] = await facts.consents(facts.setup.apps[BOT])
        except CannotSee as hidden:
            unseen[BOT, DELEGATED] = hidden.permission
    return Given(found, unseen)


async def permissions(facts: Facts) -> list[Finding]:
    """Permissions that are missing, with what does not work without them."""
    now = await given(facts)
    findings = [
        Finding(
            "permission.missing" if need.is_required else "permission.optional",
            Severity.PROBLEM if need.is_required else Severity.NOTE,
            f"{need.identity}/{need.kind}/{need.permission}/{need.feature}",
            {"identity": need.identity, "permission": need.permission, "feature": need.feature, "kind": need.kind},
            place=_place(facts, need.identity),
        )
        for need in missing(now.permissions)
    ]
    for (identity, kind), permission in now.unseen.items():
        values = {"identity": identity, "kind": kind, "permission": permission}
        findings.append(Finding("permission.unseen", Severity.UNKNOWN, f"{identity}/{kind}", values))
    findings += [
        Finding("permission.identity", Severity.UNKNOWN, identity, {"identity": identity})
        for identity in (BOT, WRITER)
        if identity not in facts.setup.identities
    ]
    return findings


def _place(facts: Facts, identity: str) -> str:
    app_id = facts.setup.apps.get(identity, "")
    return f"#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/{app_id}" if app_id else ""
