"""Policies of files in Graph's own shape: the one that only administrators use, member by member, and every key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.files.administration import Kind, Named
from bot.files.packages_yaml import read_packages

FILES = Path(__file__).resolve().parents[1] / "fixtures" / "administration"
HEAD = "catalog: Sales\npackages:\n  - name: Archive\n    description: Old files\n    policies:\n      - "


def settings(policy: str) -> dict[str, Any]:
    (made,) = read_packages("p.yaml", (HEAD + policy + "\n").encode()).packages[0].policies
    return dict(made.settings)


def test_an_administrators_policy_lets_nobody_ask_and_lasts_a_year() -> None:
    """What the B2B article's script says in Graph's beta, here in v1.0."""
    (package,) = read_packages("packages.yaml", (FILES / "packages.yaml").read_bytes()).packages
    (policy,) = package.policies
    assert policy.settings == {
        "displayName": "Default Access Policy - Admin Assignment",
        "description": "Users with access to this package are assigned by an admin",
        "allowedTargetScope": "notSpecified",
        "specificAllowedTargets": [],
        "expiration": {"type": "afterDuration", "duration": "P365D", "endDateTime": None},
        "requestorSettings": {
            "enableTargetsToSelfAddAccess": False,
            "enableTargetsToSelfUpdateAccess": False,
            "enableTargetsToSelfRemoveAccess": False,
            "allowCustomAssignmentSchedule": True,
            "enableOnBehalfRequestorsToAddAccess": False,
            "enableOnBehalfRequestorsToUpdateAccess": False,
            "enableOnBehalfRequestorsToRemoveAccess": False,
            "onBehalfRequestors": [],
        },
        "requestApprovalSettings": {
            "isApprovalRequiredForAdd": False,
            "isApprovalRequiredForUpdate": False,
            "isRequestorJustificationRequired": False,
            "stages": [],
        },
        "reviewSettings": None,
        "automaticRequestSettings": None,
        "notificationSettings": {"isAssignmentNotificationDisabled": False},
        "questions": [],
    }


@pytest.mark.parametrize(
    ("policy", "scope", "targets"),
    [
        ("{template: admin-only}", "notSpecified", []),
        ("{template: members}", "allMemberUsers", []),
        (
            "{template: specific, users: [a@b.example], groups: [Sales]}",
            "specificDirectoryUsers",
            [("singleUser", Kind.USER), ("groupMembers", Kind.GROUP)],
        ),
        ("{template: all-users}", "allDirectoryUsers", []),
        (
            "{template: organizations, organizations: [Fernhill]}",
            "specificConnectedOrganizationUsers",
            [("connectedOrganizationMembers", Kind.ORGANIZATION)],
        ),
        ("{template: all-organizations}", "allConfiguredConnectedOrganizationUsers", []),
        ("{template: anyone}", "allExternalUsers", []),
    ],
)
def test_each_template_says_who_may_ask(policy: str, scope: str, targets: list[tuple[str, Kind]]) -> None:
    made = settings(policy)
    assert made["allowedTargetScope"] == scope
    found = [(each["@odata.type"].rpartition(".")[2], _named(each).kind) for each in made["specificAllowedTargets"]]
    assert found == targets
    assert made["requestorSettings"]["enableTargetsToSelfAddAccess"] is (scope != "notSpecified")


def test_a_stage_names_who_decides_by_when_and_who_comes_next() -> None:
    approval = settings(
        "{template: members, justification: true, approve-extensions: true, approval: [{approvers: [manager],"
        " fallback: [lena@b.example], within: 6 days, justification: true,"
        " escalate: {after: 2 days, to: [{group: Directors}]}}, {approvers: [sam@b.example, {group: Owners}]}]}"
    )["requestApprovalSettings"]
    assert approval["isApprovalRequiredForAdd"] is approval["isApprovalRequiredForUpdate"] is True
    assert approval["isRequestorJustificationRequired"] is True
    first, second = approval["stages"]
    assert first["primaryApprovers"] == [{"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}]
    assert [_named(each).name for each in first["fallbackPrimaryApprovers"]] == ["lena@b.example"]
    assert (first["durationBeforeAutomaticDenial"], first["durationBeforeEscalation"]) == ("P6D", "P2D")
    assert first["isEscalationEnabled"] is first["isApproverJustificationRequired"] is True
    assert [_named(each).name for each in first["escalationApprovers"]] == ["Directors"]
    assert [_named(each).kind for each in second["primaryApprovers"]] == [Kind.USER, Kind.GROUP]
    assert (second["durationBeforeAutomaticDenial"], second["isEscalationEnabled"]) == ("P14D", False)


def test_questions_are_asked_in_the_languages_of_the_file() -> None:
    line, choice = settings(
        "{template: members, questions: [{text: 'Which ship?', required: true, pattern: '[A-Z]+',"
        " translations: {de: 'Welches Schiff?'}}, {text: 'Where?', choices: [North, South], several: true}]}"
    )["questions"]
    assert (line["@odata.type"].rpartition(".")[2], line["regexPattern"]) == (
        "accessPackageTextInputQuestion",
        "[A-Z]+",
    )
    assert (line["isRequired"], line["sequence"]) == (True, 0)
    assert line["localizations"] == [{"languageCode": "de", "text": "Welches Schiff?"}]
    assert [each["actualValue"] for each in choice["choices"]] == ["North", "South"]
    assert choice["isMultipleSelectionAllowed"] is True


@pytest.mark.parametrize(
    ("policy", "expiration"),
    [
        ("{expires: never}", ("noExpiration", None, None)),
        ("{days: 30}", ("afterDuration", "P30D", None)),
        ("{expires: 12 hours}", ("afterDuration", "PT12H", None)),
        ("{expires: 2027-12-24}", ("afterDateTime", None, "2027-12-24T23:59:59Z")),
    ],
)
def test_access_ends_never_after_a_while_or_on_a_day(policy: str, expiration: tuple[str | None, ...]) -> None:
    assert tuple(settings(policy)["expiration"].values()) == expiration


def test_extending_reviews_and_mails_are_as_the_file_says() -> None:
    made = settings(
        "{template: members, extend: false, mails: false, reviews: {every: quarter, starts: 2027-01-04,"
        " reviewers: manager, fallback: [{group: Owners}], if-no-answer: remove}}"
    )
    assert made["requestorSettings"]["enableTargetsToSelfUpdateAccess"] is False
    assert made["notificationSettings"] == {"isAssignmentNotificationDisabled": True}
    reviews = made["reviewSettings"]
    assert (reviews["isEnabled"], reviews["expirationBehavior"]) == (True, "removeAccess")
    assert reviews["primaryReviewers"][0]["@odata.type"] == "#microsoft.graph.requestorManager"
    pattern = reviews["schedule"]["recurrence"]["pattern"]
    assert (pattern["type"], pattern["interval"], pattern["dayOfMonth"]) == ("absoluteMonthly", 3, 4)


def test_of_what_graph_says_about_a_value_only_types_are_sent() -> None:
    kind = "#microsoft.graph.accessPackageAssignmentReviewSettings"
    made = settings(
        "{graph: {'@odata.context': x, reviewSettings: {'@odata.type': '"
        + kind
        + "', '@odata.id': y, isEnabled: true}}}"
    )
    assert "@odata.context" not in made
    assert made["reviewSettings"] == {"@odata.type": kind, "isEnabled": True}


def _named(subject_set: dict[str, Any]) -> Named:
    """The name in the place of an id."""
    (found,) = [each for each in subject_set.values() if isinstance(each, Named)]
    return found
