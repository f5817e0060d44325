"""What the members of an assignment policy have to do with each other, and with the directory.

Every rule raises GraphProblem: 400 naming what is wrong, 403 where the licence does not cover it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from sandbox.graph.engine.limits import check_size
from sandbox.graph.engine.membership_rules import RuleRejected, compile_rule
from sandbox.graph.engine.policies import DYNAMIC_STAGE, is_true, part, parts, type_name
from sandbox.graph.engine.times import parse_duration
from sandbox.graph.handlers.policy_shape import APPROVER_KINDS, STAGES
from sandbox.graph.handlers.writing import require_governance
from sandbox.graph.operations import Call
from sandbox.graph.problems import bad_request
from sandbox.graph.wire import Json
from sandbox.tenant.model import AccessPackage

_MAX_STAGES: Final = 3
_EARLIEST_ESCALATION: Final = timedelta(days=1)
_SHORTEST_WITH_ESCALATION: Final = timedelta(days=4)
_TARGETS: Final[Mapping[str, frozenset[str]]] = {
    "specificDirectoryUsers": frozenset({"singleUser", "groupMembers", "attributeRuleMembers"}),
    "specificConnectedOrganizationUsers": frozenset({"connectedOrganizationMembers"}),
    "specificDirectoryServicePrincipals": frozenset({"singleServicePrincipal", "groupMembers"}),
}
"""Which subject sets go with a scope; scopes that are not listed take none."""

_NEEDS_TARGETS: Final = frozenset({"specificDirectoryUsers", "specificConnectedOrganizationUsers"})
_REVIEWER_KINDS: Final = frozenset({"singleUser", "groupMembers", "requestorManager", "targetUserSponsors"})
_STAGE_SETS: Final = (
    "primaryApprovers",
    "fallbackPrimaryApprovers",
    "escalationApprovers",
    "fallbackEscalationApprovers",
)
_ON_BEHALF_FLAGS: Final = (
    "enableOnBehalfRequestorsToAddAccess",
    "enableOnBehalfRequestorsToUpdateAccess",
    "enableOnBehalfRequestorsToRemoveAccess",
)
_EXTENSION_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(STAGES[:4], "accessPackageAssignmentRequestWorkflowExtension"),
    **dict.fromkeys(STAGES[4:], "accessPackageAssignmentWorkflowExtension"),
}


class PolicyRules:
    """Holds the settings of one policy of `package` to the rules; `policy_id` is None for a new one."""

    def __init__(self, call: Call, package: AccessPackage, policy_id: str | None) -> None:
        self._call = call
        self._world = call.reader.world
        self._tenant = call.tenant
        self._package = package
        self._policy_id = policy_id

    def check(self, settings: Json) -> None:
        self._check_targets(settings)
        self._check_requestors(part(settings, "requestorSettings"))
        self._check_approval(part(settings, "requestApprovalSettings"))
        _check_expiration(part(settings, "expiration"))
        check_questions(parts(settings, "questions"))
        self._check_review(part(settings, "reviewSettings"))
        self._check_automatic(settings)
        self._check_extensions(parts(settings, "customExtensionStageSettings"))
        self._check_references(settings)

    def _check_targets(self, settings: Json) -> None:
        scope = str(settings.get("allowedTargetScope", "notSpecified"))
        targets = parts(settings, "specificAllowedTargets")
        allowed = _TARGETS.get(scope, frozenset())
        _check_kinds("specificAllowedTargets", targets, allowed, f" for the scope '{scope}'")
        if scope in _NEEDS_TARGETS and not targets:
            raise bad_request(f"'specificAllowedTargets' must not be empty for the scope '{scope}'.", "InvalidTargets")
        rules = [target for target in targets if type_name(target) == "attributeRuleMembers"]
        if rules and len(targets) > 1:
            raise bad_request("A rule must be the only one of 'specificAllowedTargets'.", "InvalidTargets")
        for rule in rules:
            try:
                compile_rule(str(rule.get("membershipRule") or ""))
            except RuleRejected as error:
                raise bad_request(f"'membershipRule' is not valid here: {error}.", "InvalidMembershipRule") from error

    def _check_requestors(self, settings: Json) -> None:
        requestors = parts(settings, "onBehalfRequestors")
        switched_on = [name for name in _ON_BEHALF_FLAGS if is_true(settings.get(name))]
        _check_kinds("onBehalfRequestors", requestors, frozenset({"targetManager", "singleUser", "groupMembers"}))
        if switched_on and not requestors:
            raise bad_request(f"'{switched_on[0]}' needs 'onBehalfRequestors'.", "InvalidRequestors")
        if switched_on or requestors:
            require_governance(self._call, "Requests on behalf of others")

    def _check_approval(self, settings: Json) -> None:
        stages = parts(settings, "stages")
        if len(stages) > _MAX_STAGES:
            raise bad_request(f"An assignment policy has at most {_MAX_STAGES} approval stages.", "InvalidStages")
        for name in ("isApprovalRequiredForAdd", "isApprovalRequiredForUpdate"):
            if is_true(settings.get(name)) and not stages:
                raise bad_request(f"'{name}' needs at least one of 'stages'.", "InvalidStages")
        for stage in stages:
            self._check_stage(stage)

    def _check_stage(self, stage: Json) -> None:
        if type_name(stage) == DYNAMIC_STAGE:
            require_governance(self._call, "Dynamic approval stages")
        elif not parts(stage, "primaryApprovers"):
            raise bad_request("Every approval stage needs 'primaryApprovers'.", "InvalidStages")
        for name in _STAGE_SETS:
            approvers = parts(stage, name)
            _check_kinds(name, approvers, APPROVER_KINDS)
            if any(type_name(approver) == "targetUserSponsors" for approver in approvers):
                require_governance(self._call, "Approvals by the target's sponsors")
        denial = _positive(stage, "durationBeforeAutomaticDenial")
        if not is_true(stage.get("isEscalationEnabled")):
            return
        escalation = _positive(stage, "durationBeforeEscalation")
        if not parts(stage, "escalationApprovers"):
            raise bad_request("'isEscalationEnabled' needs 'escalationApprovers'.", "InvalidEscalation")
        if escalation is None or escalation < _EARLIEST_ESCALATION:
            raise bad_request("'durationBeforeEscalation' must be at least one day.", "InvalidEscalation")
        if denial is None or denial < _SHORTEST_WITH_ESCALATION or denial <= escalation:
            raise bad_request(
                "With escalation 'durationBeforeAutomaticDenial' must be at least four days, and later than that.",
                "InvalidEscalation",
            )

    def _check_review(self, settings: Json) -> None:
        for name in ("primaryReviewers", "fallbackReviewers"):
            _check_kinds(name, parts(settings, name), _REVIEWER_KINDS)
        if not is_true(settings.get("isEnabled")):
            return
        if not is_true(settings.get("isSelfReview")) and not parts(settings, "primaryReviewers"):
            raise bad_request("'reviewSettings' needs 'isSelfReview' or 'primaryReviewers'.", "InvalidReview")
        if not part(part(settings, "schedule"), "recurrence"):
            raise bad_request("'reviewSettings' needs a 'schedule' with a 'recurrence'.", "InvalidReview")

    def _check_automatic(self, settings: Json) -> None:
        """A rule and the settings for it go together, at most once in a package."""
        has_rule = any(type_name(one) == "attributeRuleMembers" for one in parts(settings, "specificAllowedTargets"))
        is_automatic = is_true(part(settings, "automaticRequestSettings").get("requestAccessForAllowedTargets"))
        if is_automatic != has_rule:
            raise bad_request(
                "'automaticRequestSettings' with 'requestAccessForAllowedTargets' and a target of type "
                "'attributeRuleMembers' need each other.",
                "InvalidAutomaticRequestSettings",
            )
        if not is_automatic:
            return
        require_governance(self._call, "Automatic assignment policies")
        for other in self._tenant.policies_of(self._package.id):
            if other.id != self._policy_id and other.settings.get("automaticRequestSettings"):
                raise bad_request("The access package has an automatic policy already.", "AutomaticPolicyExists")

    def _check_extensions(self, stages: list[Json]) -> None:
        if stages:
            require_governance(self._call, "Custom extensions")
        for setting in stages:
            for name in ("stage", "customExtension"):
                if name not in setting:
                    raise bad_request(f"'customExtensionStageSettings/{name}' is required.")
            extension = self._tenant.custom_extensions.get(setting["customExtension"])
            if extension is None or extension.catalog_id != self._package.catalog_id:
                raise bad_request(
                    f"The catalog has no custom extension '{setting['customExtension']}'.", "ExtensionNotFound"
                )
            if extension.kind != _EXTENSION_KINDS[setting["stage"]]:
                raise bad_request(
                    f"A custom extension of type '{extension.kind}' cannot be hung on '{setting['stage']}'.",
                    "InvalidExtension",
                )

    def _check_references(self, settings: Json) -> None:
        """Everybody who is named must exist, and not too many may be."""
        principals: set[str] = set()
        organizations: set[str] = set()
        for found in _subject_sets(settings):
            match type_name(found):
                case "singleUser":
                    principals.add(_known(found, "userId", self._tenant.users))
                case "groupMembers":
                    principals.add(_known(found, "groupId", self._tenant.groups))
                case "connectedOrganizationMembers":
                    known = self._tenant.connected_organizations
                    organizations.add(_known(found, "connectedOrganizationId", known))
                case "singleServicePrincipal":
                    known_apps = {app.object_id for app in self._tenant.apps.values()}
                    principals.add(_known(found, "servicePrincipalId", known_apps))
        check_size(self._world, "max_policy_principals", len(principals))
        check_size(self._world, "max_policy_organizations", len(organizations))


def _check_kinds(name: str, sets: Iterable[Json], allowed: frozenset[str], why: str = "") -> None:
    for found in sets:
        kind = type_name(found)
        if kind not in allowed:
            raise bad_request(f"'{kind}' is not a type for '{name}'{why}.", "InvalidSubjectSet")


def _check_expiration(expiration: Json) -> None:
    kind = str(expiration.get("type", "notSpecified"))
    for name, needed_by in (("duration", "afterDuration"), ("endDateTime", "afterDateTime")):
        if kind == needed_by and not expiration.get(name):
            raise bad_request(f"An expiration of type '{kind}' needs '{name}'.", "InvalidExpiration")
        if kind != needed_by and expiration.get(name):
            raise bad_request(f"An expiration of type '{kind}' takes no '{name}'.", "InvalidExpiration")
    if kind == "afterDuration":
        _positive(expiration, "duration")


def check_questions(questions: list[Json]) -> None:
    ids = [question["id"] for question in questions if question.get("id")]
    if len(ids) != len(set(ids)):
        raise bad_request("Two 'questions' have the same 'id'.", "InvalidQuestion")
    for question in questions:
        if not question.get("text"):
            raise bad_request("'questions/text' is required.", "InvalidQuestion")
        if type_name(question) != "accessPackageMultipleChoiceQuestion":
            continue
        values = [choice.get("actualValue") for choice in parts(question, "choices")]
        if not values or None in values:
            raise bad_request("A multiple choice question needs 'choices' with 'actualValue'.", "InvalidQuestion")
        if len(values) != len(set(values)):
            raise bad_request("Two 'choices' of a question have the same 'actualValue'.", "InvalidQuestion")


def _positive(settings: Json, name: str) -> timedelta | None:
    """The span of a duration, None where it is not set. Raises GraphProblem 400 for one that is not positive."""
    value = settings.get(name)
    if value is None:
        return None
    span = parse_duration(str(value))
    if span < timedelta(0) or (not span and name != "durationBeforeEscalation"):
        raise bad_request(f"'{name}' must be longer than nothing.")
    return span


def _subject_sets(settings: Json) -> Iterator[Json]:
    yield from parts(settings, "specificAllowedTargets")
    yield from parts(part(settings, "requestorSettings"), "onBehalfRequestors")
    for stage in parts(part(settings, "requestApprovalSettings"), "stages"):
        for name in _STAGE_SETS:
            yield from parts(stage, name)
    for name in ("primaryReviewers", "fallbackReviewers"):
        yield from parts(part(settings, "reviewSettings"), name)


def _known(subject_set: Json, member: str, known: Iterable[str]) -> str:
    found = subject_set.get(member)
    if found is None:
        raise bad_request(f"'{member}' is required in a '{type_name(subject_set)}'.", "InvalidSubjectSet")
    if found not in known:
        raise bad_request(f"'{member}' names nobody: '{found}'.", "SubjectNotFound")
    return str(found)
