"""Graph's JSON about an access package with all its policies, turned into the rules of who may ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.domain import AccessPackageId, GroupId, PolicyId, PolicyRequirements, UserId
from bot.graph.odata import Query
from bot.graph.wire import access_package
from bot.graph.wire_base import JsonObject, Wire, read
from bot.graph.wire_policy import PolicyWire, RequestorSettingsWire, SubjectSetWire, assignment_policy, questions_in
from bot.rules import PackageRules, PolicyRule, TargetScope

RULES_QUERY: Final[Query] = {
    "$expand": "catalog,assignmentPolicies($expand=questions),incompatibleAccessPackages,incompatibleGroups"
}
_ATTRIBUTE_RULE: Final = "attributerulemembers"


class _RequestorSettings(RequestorSettingsWire):
    enable_targets_to_self_add_access: bool = False
    enable_on_behalf_requestors_to_add_access: bool = False
    on_behalf_requestors: tuple[SubjectSetWire, ...] = ()

    @property
    def manager_levels(self) -> int:
        if not self.enable_on_behalf_requestors_to_add_access:
            return 0
        managers = [each for each in self.on_behalf_requestors if each.kind.casefold() == "targetmanager"]
        return max((each.manager_level for each in managers), default=0)


class _AutomaticSettings(Wire):
    request_access_for_allowed_targets: bool = False


class _ReviewSettings(Wire):
    is_enabled: bool = False


class _Policy(PolicyWire):
    description: str = ""
    allowed_target_scope: str = TargetScope.NOT_SPECIFIED.value
    specific_allowed_targets: tuple[SubjectSetWire, ...] = ()
    requestor_settings: _RequestorSettings = _RequestorSettings()
    automatic_request_settings: _AutomaticSettings = _AutomaticSettings()
    review_settings: _ReviewSettings = _ReviewSettings()


class _Named(Wire):
    id: str
    display_name: str = ""


class _Catalog(Wire):
    state: str = "published"
    is_externally_visible: bool = False


class _Package(Wire):
    catalog: _Catalog = _Catalog()
    incompatible_access_packages: tuple[_Named, ...] = ()
    incompatible_groups: tuple[_Named, ...] = ()
    assignment_policies: tuple[JsonObject, ...] = ()


class _Organization(Wire):
    id: str = ""
    state: str = ""

    @property
    def is_configured(self) -> bool:
        return self.state.casefold() == "configured"


class _Plan(Wire):
    service_plan_name: str = ""


class _Sku(Wire):
    capability_status: str = ""
    service_plans: tuple[_Plan, ...] = ()


class _IdentitySource(Wire):
    domain_name: str = ""


class _OrganizationOfDomain(_Organization):
    identity_sources: tuple[_IdentitySource, ...] = ()


class _Subject(Wire):
    connected_organization: _Organization = _Organization()


def package_rules(data: JsonObject, locale: str) -> PackageRules:
    """Raises: GraphContractError."""
    found = read(_Package, data)
    return PackageRules(
        package=access_package(data),
        policies=tuple(_rule(policy, locale) for policy in found.assignment_policies),
        is_published=found.catalog.state.casefold() == "published",
        is_externally_visible=found.catalog.is_externally_visible,
        incompatible_packages=tuple(
            (AccessPackageId(each.id), each.display_name) for each in found.incompatible_access_packages
        ),
        incompatible_groups=tuple((GroupId(each.id), each.display_name) for each in found.incompatible_groups),
    )


def service_plans(skus: Iterable[JsonObject]) -> frozenset[str]:
    """The plans of all subscriptions that are in force."""
    found = [read(_Sku, sku) for sku in skus]
    return frozenset(
        plan.service_plan_name
        for sku in found
        if sku.capability_status.casefold() in ("enabled", "warning", "")
        for plan in sku.service_plans
    )


def organization(data: JsonObject) -> tuple[str | None, bool]:
    """The connected organization of a subject, and whether it is more than proposed."""
    found = read(_Subject, data).connected_organization
    return found.id or None, found.is_configured


def organization_of_mail(organizations: Iterable[JsonObject], mail: str) -> tuple[str | None, bool]:
    """The connected organization with the domain of this address, and whether it is more than proposed."""
    domain = mail.rpartition("@")[2].casefold()
    for data in organizations:
        found = read(_OrganizationOfDomain, data)
        if domain and any(source.domain_name.casefold() == domain for source in found.identity_sources):
            return found.id or None, found.is_configured
    return None, False


def _rule(data: JsonObject, locale: str) -> PolicyRule:
    found = read(_Policy, data)
    targets = found.specific_allowed_targets
    settings, asking = found.request_approval_settings, found.requestor_settings
    return PolicyRule(
        policy=assignment_policy(data),
        requirements=PolicyRequirements(
            policy_id=PolicyId(found.id),
            policy_name=found.display_name,
            policy_description=found.description,
            is_approval_required=settings.is_approval_required_for_add,
            is_justification_required=settings.is_requestor_justification_required,
            is_custom_schedule_allowed=asking.allow_custom_assignment_schedule,
            expiration=found.expiration.value(),
            questions=questions_in(found.questions, locale),
        ),
        scope=TargetScope(found.allowed_target_scope),
        user_ids=frozenset(UserId(each.user_id) for each in targets if each.user_id),
        group_ids=frozenset(GroupId(each.group_id) for each in targets if each.group_id),
        organization_ids=frozenset(
            each.connected_organization_id for each in targets if each.connected_organization_id
        ),
        lets_ask_for_self=asking.enable_targets_to_self_add_access,
        lets_extend=asking.enable_targets_to_self_update_access,
        manager_levels=asking.manager_levels,
        is_automatic=found.automatic_request_settings.request_access_for_allowed_targets
        or any(each.kind.casefold() == _ATTRIBUTE_RULE for each in targets),
        is_reviewed=found.review_settings.is_enabled,
    )
