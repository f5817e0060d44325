"""What the way in which access packages are used needs in licences. An estimate: the contract is what counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.domain import GroupId, SubjectSetKind, UserId
from bot.rules import Applicant
from bot.services.health.approvers import people_of
from bot.services.health.facts import Facts
from bot.services.health.findings import Finding, Severity
from bot.survey import Account, Subscription, SurveyedPackage

PREMIUM: Final = "aad_premium_p2"
GOVERNANCE: Final = "entra_identity_governance"
FREE_GUESTS: Final = 50_000
"""Guests a month that the price of guests begins after."""

_MONTH: Final = timedelta(days=30)
_STALE: Final = timedelta(days=90)
_PLACE: Final = "#view/Microsoft_AAD_IAM/LicensesMenuBlade/~/Products"


async def licences(facts: Facts) -> list[Finding]:
    """Members who may ask or decide against what is paid for, and functions that need more than is paid for."""
    subscriptions = await facts.subscriptions()
    # Governance comes on top of P2 for the same people, or stands for itself: adding both up would count people twice.
    bought = max(_bought(subscriptions, PREMIUM), _bought(subscriptions, GOVERNANCE))
    if not bought:
        return [Finding("licence.none", Severity.PROBLEM, place=_PLACE)]  # access packages cannot even be read then
    packages, accounts, members = await facts.packages(), await facts.accounts(), await facts.policy_members()
    needed = needing_licence(packages, await facts.applicants(), accounts, members)
    found = [_seats(len(needed), bought)]
    if not _bought(subscriptions, GOVERNANCE):
        found += _functions(packages)
    return found


def needing_licence(
    packages: Iterable[SurveyedPackage],
    applicants: Sequence[Applicant],
    accounts: Mapping[UserId, Account],
    members: Mapping[GroupId, frozenset[UserId]],
) -> frozenset[UserId]:
    """Members who could ask for an access package or decide about one; guests are counted apart."""
    needed: set[UserId] = set()
    for package in packages:
        if not package.rules.is_published:
            continue
        asking = [rule for rule in package.rules.policies if rule.lets_ask_for_self or rule.manager_levels]
        for rule in asking:
            needed |= {person.id for person in applicants if not person.is_guest and rule.covers(person)}
            for stage in rule.policy.stages:
                for subject_set in (*stage.primary, *stage.fallback, *stage.escalation):
                    needed |= people_of(subject_set, members)
            if any(each.kind is SubjectSetKind.REQUESTOR_MANAGER for s in rule.policy.stages for each in s.primary):
                led = (accounts[person.id].manager_id for person in applicants if rule.covers(person))
                needed |= {manager for manager in led if manager}
    return frozenset(who for who in needed if who in accounts and not accounts[who].is_guest)


def _seats(needed: int, bought: int) -> Finding:
    values = {"needed": f"{needed:,}", "bought": f"{bought:,}"}
    if needed > bought:
        return Finding("licence.short", Severity.PROBLEM, values=values, place=_PLACE)
    return Finding("licence.enough", Severity.NOTE, values=values, place=_PLACE)


def _functions(packages: Iterable[SurveyedPackage]) -> list[Finding]:
    users: dict[str, list[str]] = {}
    for package in packages:
        for rule in package.rules.policies:
            if rule.is_automatic:
                users.setdefault("licence.automatic", []).append(package.name)
            if rule.manager_levels:
                users.setdefault("licence.on-behalf", []).append(package.name)
            stages = rule.policy.stages
            if any(each.kind is SubjectSetKind.TARGET_USER_SPONSORS for s in stages for each in s.primary):
                users.setdefault("licence.sponsors", []).append(package.name)
    return [
        Finding(code, Severity.PROBLEM, names=tuple(sorted(set(names))), count=len(set(names)), place=_PLACE)
        for code, names in users.items()
    ]


def _bought(subscriptions: Iterable[Subscription], plan: str) -> int:
    return sum(one.bought for one in subscriptions if plan in {each.casefold() for each in one.plans})


async def guests(facts: Facts) -> list[Finding]:
    """How many guests were here this month, and which of them hold access and have not been here for long."""
    seen, accounts, held = await facts.guests_seen(), await facts.accounts(), await facts.held()
    active = sum(at is not None and facts.now - at <= _MONTH for at in seen.values())
    values = {"active": f"{active:,}", "free": f"{FREE_GUESTS:,}"}
    found = [
        Finding(
            "guest.active", Severity.NOTE if active <= FREE_GUESTS else Severity.WARNING, values=values, count=active
        )
    ]
    holders = frozenset().union(*held.people.values()) if held.people else frozenset()
    stale = sorted(accounts[who].name for who in _stale(seen, facts.now) & holders if who in accounts)
    if stale:
        found.append(Finding("guest.stale", Severity.WARNING, names=tuple(stale), count=len(stale)))
    return found


def _stale(seen: Mapping[UserId, datetime | None], now: datetime) -> frozenset[UserId]:
    return frozenset(who for who, at in seen.items() if at is not None and now - at > _STALE)
