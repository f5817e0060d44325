"""A policy as a person would say it: who may ask, who approves and by when, for how long, who reviews."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cards.language import Language, _

_SCOPES: Final[Mapping[str, str]] = {
    "notSpecified": _("Nobody can ask; administrators assign."),
    "allMemberUsers": _("All members can ask, guests cannot."),
    "allDirectoryUsers": _("Everybody in the directory can ask, guests too."),
    "allConfiguredConnectedOrganizationUsers": _("People of all connected companies can ask."),
    "allExternalUsers": _("Anybody from outside can ask."),
    "allDirectoryServicePrincipals": _("All workloads can ask."),
    "allDirectoryAgentIdentities": _("All agents can ask."),
}
_EVERY: Final[Mapping[tuple[str, int], str]] = {
    ("weekly", 1): _("Access is reviewed every week by {people}."),
    ("absoluteMonthly", 1): _("Access is reviewed every month by {people}."),
    ("absoluteMonthly", 3): _("Access is reviewed every quarter by {people}."),
    ("absoluteMonthly", 6): _("Access is reviewed every half year by {people}."),
    ("absoluteYearly", 1): _("Access is reviewed every year by {people}."),
}
_PARTS: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def policy_words(settings: Mapping[str, Any], words: Language) -> list[str]:
    """Whole sentences, in the order in which people want to know."""
    approval, asks = _part(settings, "requestApprovalSettings"), _part(settings, "requestorSettings")
    said = [_who(settings, words)]
    if asks.get("enableOnBehalfRequestorsToAddAccess"):
        said.append(words("Managers can ask for their people."))
    said += _approval(approval, words) if said and is_asked_for(settings) else []
    if approval.get("isRequestorJustificationRequired"):
        said.append(words("A reason is required."))
    said += [words("It asks: {question}", question=str(each.get("text"))) for each in _items(settings, "questions")]
    said.append(_end(_part(settings, "expiration"), words))
    if is_asked_for(settings):
        extends = asks.get("enableTargetsToSelfUpdateAccess")
        said.append(words("People can extend it themselves.") if extends else words("It cannot be extended by people."))
        if approval.get("isApprovalRequiredForUpdate"):
            said.append(words("Extending needs approval too."))
        if asks.get("allowCustomAssignmentSchedule"):
            said.append(words("People may choose a shorter period."))
    said += _reviews(_part(settings, "reviewSettings"), words)
    if _part(settings, "notificationSettings").get("isAssignmentNotificationDisabled"):
        said.append(words("Entra sends no mails about these assignments."))
    return said


def span_words(duration: str, words: Language) -> str:
    """An ISO 8601 duration in days or hours, as exact as it is; as it stands when it cannot be read."""
    found = _PARTS.fullmatch(duration or "")
    if found is None:
        return duration
    years, months, weeks, days, hours, minutes, _seconds = (int(part or 0) for part in found.groups())
    whole = years * 365 + months * 30 + weeks * 7 + days
    if whole and not hours and not minutes:
        return words.plural("{count} day", "{count} days", whole)
    return words.plural("{count} hour", "{count} hours", whole * 24 + hours or 1)


def _who(settings: Mapping[str, Any], words: Language) -> str:
    scope = str(settings.get("allowedTargetScope") or "notSpecified")
    targets = _items(settings, "specificAllowedTargets")
    rules = [str(each["membershipRule"]) for each in targets if each.get("membershipRule")]
    if rules:
        return words("Everybody who fits the rule {rule} gets it automatically.", rule=rules[0])
    if scope in _SCOPES:
        return words(_SCOPES[scope])
    named = _people(targets, words)
    if scope == "specificConnectedOrganizationUsers":
        return words("People of {companies} can ask.", companies=named)
    return words("These can ask: {people}.", people=named)


def is_asked_for(settings: Mapping[str, Any]) -> bool:
    """Whether people ask under a policy of these settings."""
    rules = [each for each in _items(settings, "specificAllowedTargets") if each.get("membershipRule")]
    return str(settings.get("allowedTargetScope") or "notSpecified") != "notSpecified" and not rules


def _approval(approval: Mapping[str, Any], words: Language) -> list[str]:
    stages = _items(approval, "stages") if approval.get("isApprovalRequiredForAdd") else []
    if not stages:
        return [words("Nobody has to approve.")]
    said = []
    for number, stage in enumerate(stages, 1):
        who = _people(_items(stage, "primaryApprovers"), words)
        within = span_words(str(stage.get("durationBeforeAutomaticDenial") or ""), words)
        if len(stages) == 1:
            said.append(words("Approval within {span}: {people}.", people=who, span=within))
        else:
            said.append(words("Approval {number}, within {span}: {people}.", number=number, people=who, span=within))
        if fallback := _items(stage, "fallbackPrimaryApprovers"):
            said.append(words("If there is nobody: {people}.", people=_people(fallback, words)))
        if stage.get("isEscalationEnabled"):
            after = span_words(str(stage.get("durationBeforeEscalation") or ""), words)
            others = _people(_items(stage, "escalationApprovers"), words)
            said.append(words("Asked too after {span}: {people}.", span=after, people=others))
        if stage.get("isApproverJustificationRequired"):
            said.append(words("The approver has to say why."))
    return said


def _end(expiration: Mapping[str, Any], words: Language) -> str:
    kind = str(expiration.get("type") or "notSpecified")
    if kind == "afterDuration":
        return words("Access ends after {span}.", span=span_words(str(expiration.get("duration") or ""), words))
    if kind == "afterDateTime":
        return words("Access ends on {date}.", date=str(expiration.get("endDateTime") or "")[:10])
    return words("Access does not end by itself.")


def _reviews(reviews: Mapping[str, Any], words: Language) -> list[str]:
    if not reviews.get("isEnabled"):
        return []
    pattern = _part(_part(_part(reviews, "schedule"), "recurrence"), "pattern")
    every = _EVERY.get((str(pattern.get("type")), int(pattern.get("interval") or 0)))
    people = words("themselves") if reviews.get("isSelfReview") else _people(_items(reviews, "primaryReviewers"), words)
    return [words(every or _("Access is reviewed by {people}."), people=people)]


def _people(sets: Sequence[Mapping[str, Any]], words: Language) -> str:
    return ", ".join(_one(each, words) for each in sets) or words("nobody")


def _one(subject_set: Mapping[str, Any], words: Language) -> str:
    kind = str(subject_set.get("@odata.type", "")).rpartition(".")[2].removeprefix("#")
    level = int(subject_set.get("managerLevel") or 1)
    plain = {
        "requestorManager": words("the manager") if level == 1 else words("the manager's manager"),
        "internalSponsors": words("our sponsor of the company"),
        "externalSponsors": words("the company's own sponsor"),
        "targetUserSponsors": words("the person's sponsors"),
        "targetApplicationOwners": words("the owners of the workload"),
    }
    if kind in plain:
        return plain[kind]
    ids = ("userId", "groupId", "connectedOrganizationId", "servicePrincipalId")
    named = subject_set.get("description") or next((subject_set[each] for each in ids if subject_set.get(each)), kind)
    return str(getattr(named, "name", named))


def _part(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, Mapping) else {}


def _items(value: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = value.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
