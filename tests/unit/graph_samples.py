"""Answers of Graph, one of each kind, with what it adds, leaves out and spells differently."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

EPOCH = datetime(2026, 11, 2, 9, tzinfo=UTC)

REQUEST: dict[str, Any] = {
    "@odata.context": "…",
    "id": "r1",
    "requestType": "UserAdd",
    "state": "PENDINGAPPROVAL",
    "status": "PendingApproval",
    "createdDateTime": "2026-11-02T09:00:00.1234567Z",
    "completedDateTime": None,
    "justification": "Because",
    "schedule": {"startDateTime": None, "expiration": {"type": "afterDuration", "duration": "P90D"}},
    "answers": [
        {
            "@odata.type": "#microsoft.graph.accessPackageAnswerString",
            "value": "a,b",
            "displayValue": "A and B",
            "answeredQuestion": {
                "@odata.type": "#microsoft.graph.accessPackageMultipleChoiceQuestion",
                "id": "q1",
                "text": "Which?",
                "isMultipleSelectionAllowed": True,
                "choices": [None],
            },
        }
    ],
    "accessPackage": {"id": "p1", "displayName": "Sales data"},
    "requestor": {
        "id": "subject",
        "objectId": "rita",
        "displayName": "Rita Requester",
        "email": "rita@example.com",
        "connectedOrganization": {"id": "org"},
    },
    "assignment": {
        "id": "a1",
        "target": {"id": "subject", "objectId": "00000000-0000-0000-0000-000000000000", "email": "new@example.com"},
        "assignmentPolicy": {"id": "pol1"},
    },
}
ASSIGNMENT: dict[str, Any] = {
    "id": "a1",
    "state": "Delivered",
    "expiredDateTime": None,
    "schedule": {
        "startDateTime": "2026-11-02T09:00:00Z",
        "expiration": {"type": "afterDuration", "duration": "P90D", "endDateTime": None},
    },
    "target": {"objectId": "rita"},
    "accessPackage": {"id": "p1", "displayName": "Sales data"},
}
STAGE: dict[str, Any] = {
    "id": "s1",
    "status": "completed",
    "assignedToMe": True,
    "reviewResult": "Approved",
    "justification": "Fine",
    "reviewedBy": {"id": "marc", "displayName": "Marc Manager"},
    "reviewedDateTime": "2026-11-02T09:00:00Z",
}
POLICY: dict[str, Any] = {
    "id": "pol1",
    "displayName": "Two stages",
    "expiration": {"type": "afterDuration", "duration": "P365D"},
    "requestApprovalSettings": {
        "isApprovalRequiredForAdd": True,
        "stages": [
            {
                "durationBeforeAutomaticDenial": "P14D",
                "isApproverJustificationRequired": True,
                "isEscalationEnabled": True,
                "durationBeforeEscalation": "PT12H",
                "approverInformationVisibility": "notVisible",
                "primaryApprovers": [
                    {"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 2},
                    {"@odata.type": "microsoft.graph.internalSponsors"},
                ],
                "fallbackPrimaryApprovers": [
                    {"@odata.type": "#microsoft.graph.singleUser", "userId": "sam", "description": "Sam"},
                    {"@odata.type": "#microsoft.graph.singleUser", "id": "beta"},
                ],
                "escalationApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "g1"}],
                "fallbackEscalationApprovers": [{"@odata.type": "#microsoft.graph.somethingNew"}],
            },
            {
                "isEscalationEnabled": False,
                "durationBeforeEscalation": "P1D",
                "escalationApprovers": [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": "g1"}],
            },
        ],
    },
}
REQUIREMENTS: dict[str, Any] = {
    "value": [
        {
            "policyId": "pol1",
            "policyDisplayName": "Everyone",
            "isApprovalRequiredForAdd": True,
            "isRequestorJustificationRequired": "true",
            "allowCustomAssignmentSchedule": True,
            "schedule": {"expiration": {"type": "afterDuration", "duration": "P90D"}},
            "questions": [
                {
                    "@odata.type": "#microsoft.graph.accessPackageMultipleChoiceQuestion",
                    "id": "q2",
                    "sequence": "2",
                    "text": "Which?",
                    "localizations": [{"languageCode": "de-DE", "text": "Welche?"}, {"languageCode": "nl", "text": ""}],
                    "isRequired": True,
                    "isMultipleSelectionAllowed": True,
                    "choices": [
                        {
                            "actualValue": "a",
                            "text": "First",
                            "localizations": [{"languageCode": "de", "text": "Erste"}],
                        },
                        {"actualValue": "b", "text": None},
                    ],
                },
                {
                    "@odata.type": "#microsoft.graph.accessPackageTextInputQuestion",
                    "id": "q1",
                    "sequence": 1,
                    "text": "Cost centre",
                    "isSingleLineQuestion": True,
                    "regexPattern": "[0-9]{4}",
                },
                {"@odata.type": "#microsoft.graph.accessPackageTextInputQuestion", "id": "q3", "sequence": 3}
                | {"isSingleLineQuestion": False},
                {"@odata.type": "#microsoft.graph.accessPackageMultipleChoiceQuestion", "id": "q4", "sequence": 4},
                {"@odata.type": "#microsoft.graph.accessPackageFileQuestion", "id": "q5", "sequence": 5},
            ],
        }
    ]
}
ROLE_SCOPE: dict[str, Any] = {
    "role": {
        "displayName": "Member",
        "originSystem": "AadGroup",
        "originId": "Member_g1",
        "resource": {"displayName": "Sales Readers", "originId": "g1", "originSystem": "AadGroup"},
    },
    "scope": {"displayName": "Root", "originId": "g1"},
}
USER: dict[str, Any] = {
    "@odata.type": "#microsoft.graph.user",
    "id": "rita",
    "displayName": "Rita Requester",
    "mail": None,
    "userType": "Guest",
    "accountEnabled": False,
}
PACKAGE: dict[str, Any] = {
    "id": "p1",
    "displayName": "Sales data",
    "description": None,
    "isHidden": True,
    "catalog": {"id": "c1", "displayName": "General"},
}
