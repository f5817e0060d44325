"""Everything a command may use, put together once when the app is wired."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.clock import Clock
from bot.domain import AssignmentRequest
from bot.languages import Languages
from bot.services.access import AccessDesk
from bot.services.administrators import Administrators
from bot.services.approval_lists import ApprovalLists
from bot.services.approvals import Approvals
from bot.services.askings import Askings
from bot.services.codes import Codes
from bot.services.comparing import Comparing
from bot.services.context import ContextDesk
from bot.services.drafts import Drafts
from bot.services.enrolment_cards import EnrolmentCards
from bot.services.enrolments import Enrolments
from bot.services.errands import Errands
from bot.services.expiries import Expiries
from bot.services.facts import FactsDesk
from bot.services.guests import Invitations
from bot.services.health.examination import Health
from bot.services.keeping import Keeping
from bot.services.missed_searches import MissedSearches
from bot.services.muting import Muting
from bot.services.outlook import History
from bot.services.package_office import PackageOffice
from bot.services.packages import PackageFinder
from bot.services.personal import Personal
from bot.services.plan_runs import PlanRuns
from bot.services.projects import Projects
from bot.services.remarks import Remarks
from bot.services.request_form import RequestForms
from bot.services.review_notices import ReviewNotices
from bot.services.reviews import Reviews
from bot.services.revoking import Revoking
from bot.services.single_changes import SingleChanges
from bot.services.submissions import Submissions
from bot.services.team import TeamDesk
from bot.services.team_rights import TeamRights
from bot.services.why_not import WhyNot
from bot.store import Store
from bot.turn import Actor, AttachedFile


class SignIn(Protocol):
    async def token(self, who: Actor, scopes: Sequence[str], *, claims: str | None = None) -> str: ...
    async def forget(self, who: Actor) -> None: ...


class Files(Protocol):
    async def read(self, file: AttachedFile) -> bytes:
        """Raises: UnusableFile, ServiceBusy."""
        ...


class MyRequests(Protocol):
    async def my_requests(self, who: Actor, on: Literal["createdBy", "target"]) -> list[AssignmentRequest]: ...


@dataclass(frozen=True, slots=True)
class Services:
    store: Store
    clock: Clock
    languages: Languages
    personal: Personal
    muting: Muting
    sign_in: SignIn
    files: Files
    enrolments: Enrolments
    enrolment_cards: EnrolmentCards
    packages: PackageFinder
    package_office: PackageOffice
    plan_runs: PlanRuns
    forms: RequestForms
    history: History
    why_not: WhyNot
    comparing: Comparing
    missed_searches: MissedSearches
    submissions: Submissions
    drafts: Drafts
    my_requests: MyRequests
    approvals: Approvals
    approval_lists: ApprovalLists
    askings: Askings
    reviews: Reviews
    review_notices: ReviewNotices
    context: ContextDesk
    revoking: Revoking
    canned_reasons: tuple[str, ...] | None
    """Ready-made reasons as an administrator has written them; None for Doorman's own."""
    facts: FactsDesk
    access: AccessDesk
    keeping: Keeping
    expiries: Expiries
    codes: Codes
    remarks: Remarks
    errands: Errands
    administrators: Administrators
    health: Health
    projects: Projects
    team_desk: TeamDesk
    team_rights: TeamRights
    invitations: Invitations
    single_changes: SingleChanges
    new_id: Callable[[], str]
    portal_url: Callable[[str], str]
    """The place in My Access for a request to decide; of all of them for an empty id."""
    admin_url: str
    """The place in the Entra admin center where administrators look after access packages."""
    package_url: Callable[[str], str]
    """The place in My Access where an access package can be requested."""
    access_url: str
    """The place in My Access for what somebody has."""
    chat_url: Callable[[str], str]
    """A link that opens the chat with Doorman, with these words ready to be sent."""
    support_contact: str
    version: str
