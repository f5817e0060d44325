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
from cards.actions.administration import ApplyPackage, EditPackage, PackageAnswers, PlanPackage
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
    ExportTeam,
    ResendInvitation,
    ShowExtras,
    ShowGuests,
    ShowHolders,
    ShowMatrix,
    ShowPersonAccess,
    ShowTeam,
    TeamFilter,
)

__all__ = [
    "ANSWER",
    "EVERYTHING",
    "MYSELF",
    "AcceptSuggestions",
    "ApplyPackage",
    "ApproveRequest",
    "ApproveSeveral",
    "AskExport",
    "AskTakeBack",
    "CancelRequest",
    "CardAction",
    "ChangeSettings",
    "DecideReview",
    "DenyRequest",
    "DenySeveral",
    "EditPackage",
    "ExportTeam",
    "ExtendAccess",
    "ExtendSeveral",
    "FormInputs",
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
    "PackageAnswers",
    "PickPackage",
    "PickPackages",
    "PlanPackage",
    "RefreshApproval",
    "RefreshRequestStatus",
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
    "ShowRequest",
    "ShowTeam",
    "SubmitRequest",
    "SubmitSeveral",
    "TakeBack",
    "TeamFilter",
    "UndoDecision",
    "choice_value",
    "chosen_values",
]
