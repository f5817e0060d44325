"""What each finding is called: one sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from babel import Locale
from babel.lists import format_list

from bot.services.health.findings import Finding, Severity
from cards.language import Language, _

_MOST_NAMES: Final = 4


@dataclass(frozen=True, slots=True)
class Text:
    """`many` is the sentence for more than one, where the number matters. An empty step needs none."""

    one: str
    step: str
    many: str = ""


_ASK_FOR_APP: Final = _("Grant it to the app registration in Entra, and consent to it as an administrator.")
_BUY: Final = _("Compare it with your contract before you act on it.")
_TRY_AGAIN: Final = _("Have it tried again; it works for 14 days after it failed.")
_ROOM: Final = _("Remove what nobody uses, or ask Microsoft for more room.")
_NAME_MORE: Final = _("Name somebody else in the policy.")

TEXTS: Final[Mapping[str, Text]] = {
    "approver.all-disabled": Text(
        _("Nobody can decide requests for {package}: every account that the policy names is switched off or gone."),
        _NAME_MORE,
    ),
    "approver.disabled": Text(
        _("{person} is named to decide about {names}, but the account is switched off or gone."), _NAME_MORE
    ),
    "approver.empty-group": Text(
        _("Nobody is in the group {group}, which decides about {names}."), _("Put somebody into the group.")
    ),
    "approver.guest": Text(_("{person} is a guest and decides about {names}."), _("Check that this is what you want.")),
    "approver.no-manager": Text(
        _("{people} may ask for {package} and has no manager who could decide, and nobody stands in."),
        _("Add a fallback approver to the policy, or enter the manager in the directory."),
        many=_("{count} people may ask for {package} and have no manager who could decide, and nobody stands in."),
    ),
    "approver.no-sponsor": Text(
        _("{company} has no sponsor who could decide about {names}."),
        _("Add a sponsor to the connected organization, or a fallback approver to the policy."),
    ),
    "approver.nobody": Text(_("Nobody is named who could decide requests for {package}."), _NAME_MORE),
    "approver.own": Text(
        _("{person} is the only one who decides about {names}, and may ask for it too: nobody could decide that."),
        _NAME_MORE,
    ),
    "approver.single": Text(
        _("{person} alone decides about {names}."), _("Name a second person, or an alternate, for days of absence.")
    ),
    "approver.unreachable": Text(
        _("{person} decides about {names} and cannot be written to in Teams."),
        _("Ask them to add Doorman in Teams; until then they only get mail."),
    ),
    "check.failed": Text(
        _("{check}: this could not be checked, because something went wrong."),
        _("Look for health_check_failed in the log."),
    ),
    "check.later": Text(
        _("{check}: this could not be checked now, because Microsoft 365 was too busy, or there is too much to read."),
        _("Try again later."),
    ),
    "check.unseen": Text(_("{check} cannot be checked without {permission}."), _ASK_FOR_APP),
    "credential.ended": Text(
        _("The newest secret or certificate of {app}, {credential}, has ended."),
        _("Make a new one, and set it where Doorman runs."),
    ),
    "credential.ends": Text(
        _("The newest secret or certificate of {app}, {credential}, ends within a day."),
        _("Make a new one in time, and set it where Doorman runs."),
        many=_("The newest secret or certificate of {app}, {credential}, ends in {count} days."),
    ),
    "delivery.failed": Text(_("Setting up {package} for {person} failed."), _TRY_AGAIN),
    "delivery.partial": Text(_("Only a part of {package} was set up for {person}."), _TRY_AGAIN),
    "delivery.stuck": Text(
        _("Setting up {package} for {person} takes too long."), _("Look at the resource that it gives.")
    ),
    "group.strays": Text(
        _("{names} is in the group {group} without an access package that gives it."),
        _("Remove them from the group, or give them the access package."),
        many=_("{count} people are in the group {group} without an access package that gives it: {names}."),
    ),
    "guest.active": Text(
        _("About {active} guests signed in during the last 30 days. The first {free} a month were once free."),
        _("This is an estimate. Check the present price of guests with Microsoft."),
    ),
    "guest.stale": Text(
        _("{names} holds access as a guest and has not signed in for 90 days."),
        _("Ask their sponsor whether they still need it."),
        many=_("{count} guests hold access and have not signed in for 90 days: {names}."),
    ),
    "licence.automatic": Text(_("Policies that assign by rule need Entra ID Governance: {names}."), _BUY),
    "licence.enough": Text(
        _("About {needed} people may ask or decide, and there are licences for {bought}. This is an estimate."), _BUY
    ),
    "licence.none": Text(
        _("There is no licence for Entra ID P2 or Entra ID Governance: access packages do not work without one."),
        _BUY,
    ),
    "licence.on-behalf": Text(_("Asking for others needs Entra ID Governance: {names}."), _BUY),
    "licence.short": Text(
        _("About {needed} people may ask or decide, and there are licences for {bought} only. This is an estimate."),
        _BUY,
    ),
    "licence.sponsors": Text(_("Approval by a guest's sponsors needs Entra ID Governance: {names}."), _BUY),
    "limit.assignments": Text(_("There are {used} assignments; {limit} are possible."), _ROOM),
    "limit.automatic": Text(_("The rule of {policy} gives {package} to {used} people; {limit} are possible."), _ROOM),
    "limit.catalogs": Text(_("There are {used} catalogs; {limit} are possible."), _ROOM),
    "limit.organizations": Text(_("There are {used} connected organizations; {limit} are possible."), _ROOM),
    "limit.packages": Text(_("There are {used} access packages; {limit} are possible."), _ROOM),
    "limit.policies": Text(_("There are {used} policies; {limit} are possible."), _ROOM),
    "limit.policy_subjects": Text(
        _("The policy {policy} of {package} names {used} people and groups; {limit} are possible."),
        _("Name groups instead of people."),
    ),
    "limit.requests": Text(_("There were {used} requests in 90 days; {limit} are possible."), _ROOM),
    "permission.identity": Text(
        _("What the {identity} may do cannot be checked from here, because its sign-in is not set up here."),
        _("Set it up, or look at the health of the bot in Teams."),
    ),
    "permission.missing": Text(
        _("The {identity} lacks {permission} ({kind}), which it needs for: {feature}."), _ASK_FOR_APP
    ),
    "permission.optional": Text(
        _("The {identity} was not given {permission} ({kind}). Without it there is no: {feature}."),
        _("Grant it if you want that; everything else works without it."),
    ),
    "permission.unseen": Text(
        _("What was granted to the {identity} ({kind}) cannot be checked. {permission} may be missing."), _ASK_FOR_APP
    ),
    "policy.endless": Text(
        _("{package}: what is given under “{policy}” never ends, is never reviewed, and is in no file."),
        _("Set an end or a review in the policy, or keep its people in a file."),
    ),
    "policy.nobody": Text(
        _("{package}: the policy “{policy}” takes requests and names nobody who may make one."),
        _("Nothing breaks. Switch requests off in it if only administrators assign."),
    ),
    "policy.outsiders": Text(
        _("{package}: people of other companies get in under “{policy}” without anybody deciding."),
        _("Add an approval to the policy: their sponsor, or the approver of their company."),
    ),
    "policy.outsiders-anybody": Text(
        _("{package}: anybody in the world gets in under “{policy}” without anybody deciding."),
        _("Add an approval to the policy, or open it to connected organizations only."),
    ),
    "policy.seen-by-all": Text(
        _("Only some people may ask for {names}, and My Access shows the name to every member."),
        _("Hide an access package whose name tells too much, and share its link."),
        many=_("Only some people may ask for {names}, and My Access shows these {count} names to every member."),
    ),
}

SEVERITIES: Final[Mapping[Severity, str]] = {
    Severity.PROBLEM: _("Has to be mended"),
    Severity.WARNING: _("Should be looked at"),
    Severity.UNKNOWN: _("Could not be checked"),
    Severity.NOTE: _("Good to know"),
}

_IDENTITIES: Final[Mapping[str, str]] = {
    "bot": _("bot"),
    "writer": _("writer"),
    "pipeline": _("command line"),
}
_KINDS: Final[Mapping[str, str]] = {
    "application": _("application permission"),
    "delegated": _("delegated permission"),
}


def sentence(finding: Finding, words: Language) -> str:
    """What was found, in one sentence."""
    text = TEXTS[finding.code]
    values = _values(finding, words)
    if text.many and finding.count > 1:
        return words(text.many, count=finding.count, **values)
    return words(text.one, **values)


def next_step(finding: Finding, words: Language) -> str:
    return words(TEXTS[finding.code].step)


def _values(finding: Finding, words: Language) -> dict[str, str]:
    values = {name: _value(name, value, words) for name, value in finding.values.items()}
    return {**values, "names": _listed(finding.names, words)}


def _value(name: str, value: str, words: Language) -> str:
    if name == "identity":
        return words(_IDENTITIES.get(value, value))
    if name == "kind":
        return words(_KINDS.get(value, value))
    if name in ("feature", "check"):
        return words(value)
    if name == "permission" and not value:
        return words("A permission")
    return value


def _listed(names: tuple[str, ...], words: Language) -> str:
    hidden = len(names) - _MOST_NAMES
    if hidden <= 0:
        return format_list(names, locale=Locale.parse(words.tag, sep="-"))
    shown = ", ".join(names[:_MOST_NAMES])
    return words.plural("{names} and {count} other", "{names} and {count} others", hidden, names=shown)
