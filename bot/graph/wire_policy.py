"""Graph's JSON about assignment policies and what they ask, turned into domain values.

The functions raise GraphContractError when the JSON is not what it should be.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain import (
    ApproverVisibility,
    AssignmentPolicy,
    Choice,
    PolicyId,
    PolicyRequirements,
    Question,
    QuestionId,
    QuestionKind,
    StageRule,
    SubjectSet,
    SubjectSetKind,
)
from bot.graph.wire import ExpirationWire, ScheduleWire
from bot.graph.wire_base import JsonObject, Span, Typed, Wire, read


class _Localization(Wire):
    language_code: str = ""
    text: str = ""


class _Localized(Typed):
    text: str = ""
    localizations: tuple[_Localization, ...] = ()

    def text_in(self, locale: str) -> str:
        """The text in the language asked for, else in another variety of it, else as it was written first.

        Graph answers in the language of `Accept-Language` where it can; this is for the answers where it did not.
        """
        wanted = locale.casefold()
        texts = {each.language_code.casefold(): each.text for each in self.localizations if each.text}
        if wanted in texts:
            return texts[wanted]
        language = wanted.partition("-")[0]
        return next((text for code, text in texts.items() if code.partition("-")[0] == language), self.text)


class _OpenObject(Typed):
    """An object of which only the kind matters."""


class _Choice(_Localized):
    actual_value: str


class _Question(_Localized):
    id: str
    sequence: int = 0
    is_required: bool = False
    is_single_line_question: bool = True
    regex_pattern: str = ""
    is_multiple_selection_allowed: bool = False
    is_answer_editable: bool = True
    choices: tuple[_Choice, ...] = ()

    @property
    def question_kind(self) -> QuestionKind:
        kind = self.kind.casefold()
        if kind == "accesspackagetextinputquestion":
            return QuestionKind.TEXT if self.is_single_line_question else QuestionKind.MULTILINE_TEXT
        if kind == "accesspackagemultiplechoicequestion":
            return QuestionKind.MULTIPLE_CHOICE if self.is_multiple_selection_allowed else QuestionKind.SINGLE_CHOICE
        return QuestionKind.OTHER

    def value(self, locale: str) -> Question:
        return Question(
            id=QuestionId(self.id),
            kind=self.question_kind,
            text=self.text_in(locale),
            is_required=self.is_required,
            regex=self.regex_pattern or None,
            choices=tuple(
                Choice(each.actual_value, each.text_in(locale) or each.actual_value) for each in self.choices
            ),
            odata_type=self.odata_type,
            is_answer_editable=self.is_answer_editable,
        )


def questions_in(questions: Iterable[_Question], locale: str) -> tuple[Question, ...]:
    """Questions in the order in which they are to be asked."""
    return tuple(question.value(locale) for question in sorted(questions, key=lambda question: question.sequence))


class _Requirements(Wire):
    """`verifiable…` is no part of v1.0 yet; where Graph sends it, the form is no use without the credential."""

    policy_id: str
    policy_display_name: str = ""
    policy_description: str = ""
    is_approval_required_for_add: bool = False
    is_approval_required_for_update: bool = False
    is_requestor_justification_required: bool = False
    allow_custom_assignment_schedule: bool = False
    schedule: ScheduleWire = ScheduleWire()
    questions: tuple[_Question, ...] = ()
    verifiable_credential_requirement_status: _OpenObject | None = None

    def value(self, locale: str) -> PolicyRequirements:
        return PolicyRequirements(
            policy_id=PolicyId(self.policy_id),
            policy_name=self.policy_display_name,
            policy_description=self.policy_description,
            is_approval_required=self.is_approval_required_for_add,
            is_justification_required=self.is_requestor_justification_required,
            is_custom_schedule_allowed=self.allow_custom_assignment_schedule,
            expiration=self.schedule.expiration.value(),
            questions=questions_in(self.questions, locale),
            is_verified_id_required=_is_missing(self.verifiable_credential_requirement_status),
            is_approval_required_for_update=self.is_approval_required_for_update,
        )


def _is_missing(status: _OpenObject | None) -> bool:
    """Whether a credential still has to be shown; not where it was shown, or where the policy wants none."""
    return status is not None and status.kind.casefold() not in ("", "verifiablecredentialverified")


class _RequirementsList(Wire):
    value: list[_Requirements]


class SubjectSetWire(Typed):
    user_id: str = ""
    group_id: str = ""
    connected_organization_id: str = ""
    id: str = ""
    manager_level: int = 1
    description: str = ""

    def value(self) -> SubjectSet:
        return SubjectSet(
            kind=SubjectSetKind(self.kind),
            id=self.user_id or self.group_id or self.connected_organization_id or self.id,
            manager_level=max(1, self.manager_level),
            description=self.description,
        )


class _Stage(Wire):
    primary_approvers: tuple[SubjectSetWire, ...] = ()
    fallback_primary_approvers: tuple[SubjectSetWire, ...] = ()
    escalation_approvers: tuple[SubjectSetWire, ...] = ()
    fallback_escalation_approvers: tuple[SubjectSetWire, ...] = ()
    duration_before_automatic_denial: Span | None = None
    duration_before_escalation: Span | None = None
    is_escalation_enabled: bool = False
    is_approver_justification_required: bool = False
    approver_information_visibility: str = ApproverVisibility.DEFAULT.value

    def value(self) -> StageRule:
        return StageRule(
            primary=_values(self.primary_approvers),
            fallback=_values(self.fallback_primary_approvers),
            escalation=_values(self.escalation_approvers) if self.is_escalation_enabled else (),
            fallback_escalation=_values(self.fallback_escalation_approvers) if self.is_escalation_enabled else (),
            automatic_denial_after=self.duration_before_automatic_denial,
            escalation_after=self.duration_before_escalation if self.is_escalation_enabled else None,
            is_justification_required=self.is_approver_justification_required,
            visibility=ApproverVisibility(self.approver_information_visibility),
        )


class _ApprovalSettings(Wire):
    is_approval_required_for_add: bool = False
    is_approval_required_for_update: bool = False
    is_requestor_justification_required: bool = False
    stages: tuple[_Stage, ...] = ()


class RequestorSettingsWire(Wire):
    enable_targets_to_self_update_access: bool = False
    enable_targets_to_self_remove_access: bool = False
    allow_custom_assignment_schedule: bool = False


class PolicyWire(Wire):
    id: str
    display_name: str = ""
    requestor_settings: RequestorSettingsWire = RequestorSettingsWire()
    request_approval_settings: _ApprovalSettings = _ApprovalSettings()
    expiration: ExpirationWire = ExpirationWire()
    questions: tuple[_Question, ...] = ()


def policy_requirements(data: JsonObject, locale: str) -> list[PolicyRequirements]:
    """The answer of getApplicablePolicyRequirements: what each policy asks, texts in `locale` where there are any."""
    return [each.value(locale) for each in read(_RequirementsList, data).value]


def assignment_policy(data: JsonObject) -> AssignmentPolicy:
    """Escalation approvers are left out of a stage that does not escalate, whatever the policy still lists."""
    found = read(PolicyWire, data)
    settings, requestors = found.request_approval_settings, found.requestor_settings
    return AssignmentPolicy(
        id=PolicyId(found.id),
        name=found.display_name,
        is_approval_required=settings.is_approval_required_for_add,
        stages=tuple(stage.value() for stage in settings.stages),
        expiration=found.expiration.value(),
        is_approval_required_for_update=settings.is_approval_required_for_update,
        is_justification_required=settings.is_requestor_justification_required,
        may_extend=requestors.enable_targets_to_self_update_access,
        may_give_back=requestors.enable_targets_to_self_remove_access,
        is_custom_schedule_allowed=requestors.allow_custom_assignment_schedule,
    )


def _values(sets: Iterable[SubjectSetWire]) -> tuple[SubjectSet, ...]:
    return tuple(each.value() for each in sets)
