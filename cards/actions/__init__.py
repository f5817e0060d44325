"""What buttons send back. One class per button, shared by the card that writes it and the handler that reads it.

Payloads carry ids and answers only: cards stay in chats for months, so the state is looked up again on every press.
Every feature has a module here; others import from the package.
"""

from __future__ import annotations

from cards.actions.access import (
    ExtendAccess,
    ExtendSeveral,
    GiveBack,
    LetGo,
    LetGoSeveral,
    OpenExtension,
    OpenGiveBack,
    ShowAccess,
)
from cards.actions.approvals import (
    ApproveRequest,
    ApproveSeveral,
    AskTakeBack,
    DenyRequest,
    DenySeveral,
    ListApprovals,
    OpenApproval,
    RefreshApproval,
    TakeBack,
    UndoDecision,
)
from cards.actions.base import CardAction, RunCommand, choice_value, chosen_values
from cards.actions.enrolment import (
    AgreeToPlan,
    AskAgreement,
    ChooseRows,
    GetPlanFile,
    RefusePlan,
    ShowPlan,
    StopPlan,
    UndoPlan,
)
from cards.actions.finding import PickPackage, SharePackage, ShowPackages
from cards.actions.forms import ANSWER, MYSELF, FormInputs, OpenRequestForm, PickPackages, SubmitRequest, SubmitSeveral
from cards.actions.remarks import OpenRemark, SendAnswer, SendRemark
from cards.actions.requests import (
    CancelRequest,
    NudgeApprovers,
    RefreshRequestStatus,
    ReprocessRequest,
    ShowMyRequests,
    ShowRequest,
)
from cards.actions.reviews import AcceptSuggestions, DecideReview, OpenReview
from cards.actions.settings import ChangeSettings
from cards.actions.team import (
    EVERYTHING,
    AskExport,
    ConfirmChange,
    ExportTeam,
    ResendInvitation,
    ShowExtras,
    ShowGuests,
    ShowHolders,
    ShowMatrix,
    ShowPersonAccess,
    ShowTeam,
    SuggestRequest,
    TeamFilter,
)

__all__ = [
    "ANSWER",
    "EVERYTHING",
    "MYSELF",
    "AcceptSuggestions",
    "AgreeToPlan",
    "ApproveRequest",
    "ApproveSeveral",
    "AskAgreement",
    "AskExport",
    "AskTakeBack",
    "CancelRequest",
    "CardAction",
    "ChangeSettings",
    "ChooseRows",
    "ConfirmChange",
    "DecideReview",
    "DenyRequest",
    "DenySeveral",
    "ExportTeam",
    "ExtendAccess",
    "ExtendSeveral",
    "FormInputs",
    "GetPlanFile",
    "GiveBack",
    "LetGo",
    "LetGoSeveral",
    "ListApprovals",
    "NudgeApprovers",
    "OpenApproval",
    "OpenExtension",
    "OpenGiveBack",
    "OpenRemark",
    "OpenRequestForm",
    "OpenReview",
    "PickPackage",
    "PickPackages",
    "RefreshApproval",
    "RefreshRequestStatus",
    "RefusePlan",
    "ReprocessRequest",
    "ResendInvitation",
    "RunCommand",
    "SendAnswer",
    "SendRemark",
    "SharePackage",
    "ShowAccess",
    "ShowExtras",
    "ShowGuests",
    "ShowHolders",
    "ShowMatrix",
    "ShowMyRequests",
    "ShowPackages",
    "ShowPersonAccess",
    "ShowPlan",
    "ShowRequest",
    "ShowTeam",
    "StopPlan",
    "SubmitRequest",
    "SubmitSeveral",
    "SuggestRequest",
    "TakeBack",
    "TeamFilter",
    "UndoDecision",
    "UndoPlan",
    "choice_value",
    "chosen_values",
]
