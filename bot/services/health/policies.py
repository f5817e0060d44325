"""Policies that let in more people, or for longer, than anybody looks at."""

from __future__ import annotations

from typing import Final

from bot.domain import ExpirationKind
from bot.rules import PolicyRule, TargetScope
from bot.services.health.facts import Facts
from bot.services.health.findings import Finding, Severity
from bot.survey import SurveyedPackage

OUTSIDERS: Final = frozenset(
    {TargetScope.SPECIFIC_ORGANIZATIONS, TargetScope.CONFIGURED_ORGANIZATIONS, TargetScope.ALL_EXTERNAL}
)
_FOR_SOME: Final = frozenset({TargetScope.SPECIFIC_USERS, TargetScope.NOT_SPECIFIED})
_ENDLESS: Final = frozenset({ExpirationKind.NO_EXPIRATION, ExpirationKind.NOT_SPECIFIED})


async def open_to_outsiders(facts: Facts) -> list[Finding]:
    """Policies under which people of other companies get in without anybody's decision."""
    found = []
    for package in await facts.packages():
        for rule in package.rules.policies:
            if is_open_to_outsiders(package, rule):
                anybody = rule.scope is TargetScope.ALL_EXTERNAL
                severity = Severity.PROBLEM if anybody else Severity.WARNING
                found.append(
                    _about("policy.outsiders-anybody" if anybody else "policy.outsiders", severity, package, rule)
                )
    return found


def is_open_to_outsiders(package: SurveyedPackage, rule: PolicyRule) -> bool:
    """Whether somebody from outside may ask under this policy, and nobody decides."""
    lets_in = rule.scope in OUTSIDERS or (rule.scope is TargetScope.ALL_USERS and package.rules.is_externally_visible)
    return package.rules.is_published and lets_in and rule.lets_ask_for_self and not rule.policy.is_approval_required


async def endless(facts: Facts) -> list[Finding]:
    """Policies whose assignments never end, are never reviewed, and are in no file."""
    return [
        _about("policy.endless", Severity.WARNING, package, rule)
        for package in await facts.packages()
        for rule in package.rules.policies
        if is_endless(rule, facts.setup.file_policies)
    ]


def is_endless(rule: PolicyRule, file_policies: frozenset[str]) -> bool:
    is_kept_in_file = rule.policy.name.casefold() in file_policies
    return (
        rule.policy.expiration.kind in _ENDLESS
        and not rule.is_reviewed
        and not rule.is_automatic
        and not is_kept_in_file
    )


async def open_to_nobody(facts: Facts) -> list[Finding]:
    """Policies that take requests and say nobody who may make one."""
    return [
        _about("policy.nobody", Severity.NOTE, package, rule)
        for package in await facts.packages()
        for rule in package.rules.policies
        if rule.scope is TargetScope.NOT_SPECIFIED and rule.lets_ask_for_self
    ]


async def seen_by_all(facts: Facts) -> list[Finding]:
    """Access packages that only some may ask for, and that My Access shows to every member all the same."""
    found = [
        package
        for package in await facts.packages()
        if not package.rules.package.is_hidden
        and package.rules.policies
        and all(rule.scope in _FOR_SOME for rule in package.rules.policies)
        and any(rule.scope is TargetScope.SPECIFIC_USERS for rule in package.rules.policies)
    ]
    if not found:
        return []
    names = tuple(sorted((each.name for each in found), key=str.casefold))
    return [Finding("policy.seen-by-all", Severity.NOTE, names=names, count=len(names))]


def _about(code: str, severity: Severity, package: SurveyedPackage, rule: PolicyRule) -> Finding:
    values = {"package": package.name, "policy": rule.policy.name}
    return Finding(code, severity, rule.id, values, place=package_place(package))


def package_place(package: SurveyedPackage) -> str:
    return f"#view/Microsoft_Azure_ELMAdmin/EntitlementMenuBlade/~/overview/entitlementId/{package.id}"
