"""Everything that can go wrong, named by what the reader can do next.

    DoormanError
    ├── SignInNeeded            sign in (again), maybe with more proof
    ├── NotAllowed              ask somebody who may
    │   ├── ConsentNeeded       an administrator has to allow the app first
    │   ├── NotRequestable      look for another access package, or ask who may give this one
    │   ├── NotYourDecision     leave it to its approvers
    │   ├── DecideInPortal      decide in My Access: here it is switched off
    │   └── NotASecond          somebody else has to agree to the enrolment plan
    ├── NotFound                look for something else
    │   └── UnknownCode         check the code, or pick from the list
    ├── Conflict                it has changed meanwhile: look again
    │   ├── StaleCard           the card is too old, or was altered
    │   ├── AlreadyAsked        wait for the request that exists
    │   ├── PlanMoved           make the enrolment plan again: the tenant is no longer what it was
    │   └── PlanOver            the enrolment plan was applied, cancelled or refused, or is too old
    ├── TooOften                wait until it may be done again
    ├── InvalidAnswer           correct what was typed
    ├── RemovalsNotAgreed       type the number of people who would be removed
    ├── NotSetUp                have the configuration or the tenant put right: they do not agree
    │   ├── PackageMissing      no access package has the name or id that stands for the role
    │   ├── PackageAmbiguous    several have it
    │   ├── PackageHidden       it was found by its name alone, and is hidden
    │   ├── PolicyMissing       the access package has no policy of the managed name
    │   └── PolicyAmbiguous     it has several
    ├── Unreachable             this person cannot be written to
    │   └── MessageGone         the message or conversation no longer exists
    ├── GraphError              Microsoft Graph did not do it
    │   ├── Throttled           wait as long as it says
    │   ├── GraphUnavailable    try again later
    │   ├── GraphRefused        Graph says no (400), with its own code and message for the log
    │   └── GraphContractError  Graph said something we do not understand
    ├── ConnectorRefused        the connector will not take this message: trying again does not help
    └── ServiceBusy             our own database, Entra or the connector is slow or down: try again later

Errors carry facts. The sentences are in `error_replies`.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum


class DoormanError(Exception):
    """The root of the family; never raised itself."""


class SignInNeeded(DoormanError):
    """No usable token for `scopes`. `claims` is the challenge to answer; `reason` is for the log."""

    def __init__(self, scopes: tuple[str, ...], *, claims: str | None = None, reason: str = "") -> None:
        super().__init__(reason or "no token")
        self.scopes = scopes
        self.claims = claims
        self.reason = reason


class NotAllowed(DoormanError):
    def __init__(self, what: str = "", *, code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.code = code


class ConsentNeeded(NotAllowed):
    """An administrator has not yet consented to `scopes`."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__("consent missing")
        self.scopes = scopes


class NotRequestable(NotAllowed):
    """No policy lets this person request the access package, or there is no such package: both look the same."""


class NotYourDecision(NotAllowed):
    """Graph does not let this person decide the request; `is_own` when they asked for it themselves.

    `is_early`: as far as is known, an approval before theirs is still open.
    """

    def __init__(self, *, is_own: bool = False, is_early: bool = False) -> None:
        super().__init__("not an approver")
        self.is_own = is_own
        self.is_early = is_early


class DecideInPortal(NotAllowed):
    """The administrator has approvals of this access package decided in the portal."""


class SecondProblem(StrEnum):
    AUTHOR = "author"
    BENEFICIARY = "beneficiary"
    NO_REVIEWER = "no reviewer"


class NotASecond(NotAllowed):
    """Why this person may not agree to a plan. `projects` are those that they may not agree for."""

    def __init__(self, problem: SecondProblem, projects: tuple[str, ...] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.projects = projects


class NotFound(DoormanError):
    """`what` is the kind of thing or Graph's address of it without ids, for the log."""

    def __init__(self, what: str = "") -> None:
        super().__init__(what)
        self.what = what


class UnknownCode(NotFound):
    """No request of this code is open to the person: unknown and foreign ones look the same. `list_command` helps."""

    def __init__(self, code: str, list_command: str) -> None:
        super().__init__("code")
        self.code = code
        self.list_command = list_command


class TooOften(DoormanError):
    """It was done already, and may be done again `at` that moment (None: not again)."""

    def __init__(self, at: datetime | None) -> None:
        super().__init__("too often")
        self.at = at


class Conflict(DoormanError):
    """The world moved. `code` is Graph's, where Graph noticed it."""

    def __init__(self, what: str = "", *, code: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.code = code


class StaleCard(Conflict):
    pass


class AlreadyAsked(Conflict):
    """An undecided request of the same person for the same access package exists: `request_id`, where known."""

    def __init__(self, request_id: str = "") -> None:
        super().__init__("open request")
        self.request_id = request_id


class PlanMoved(Conflict):
    """`rows` are the addresses and access packages for which something else is there now than the plan saw."""

    def __init__(self, rows: tuple[tuple[str, str], ...]) -> None:
        super().__init__("moved")
        self.rows = rows


class PlanOver(Conflict):
    """`state` is what became of it: "applying", "done", "cancelled", "refused" or "expired"."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class RemovalsNotAgreed(DoormanError):
    """The brake is on, and what was typed is not the number of removals."""

    def __init__(self, removals: int) -> None:
        super().__init__(str(removals))
        self.removals = removals


class AnswerProblem(StrEnum):
    MISSING = "missing"
    TOO_LONG = "too long"
    WRONG_FORM = "wrong form"
    NOT_A_CHOICE = "not a choice"
    NOT_A_DATE = "not a date"
    TWO_ENDS = "two ends"
    NOT_A_REPORT = "not a report"
    LOCKED = "locked"
    IN_THE_PAST = "in the past"
    ENDS_BEFORE_START = "ends before start"
    TOO_LATE = "too_late"
    NOT_A_PERIOD = "not a period"
    NOT_LATER = "not later"


class InvalidAnswer(DoormanError):
    """One answer of a form is not acceptable: what is wrong with the answer to which question.

    `question` is the text of the policy, or one of Doorman's own in English; `limit` is the greatest length or the
    latest day, where there is one.
    """

    def __init__(self, problem: AnswerProblem, question: str, *, limit: int | date | None = None) -> None:
        super().__init__(f"{problem}: {question}")
        self.problem = problem
        self.question = question
        self.limit = limit


class FileProblem(StrEnum):
    FOREIGN_HOST = "foreign host"
    TOO_LARGE = "too large"
    GONE = "gone"


class UnusableFile(DoormanError):
    """A file that somebody sent cannot be had. `limit` is the greatest size in bytes."""

    def __init__(self, problem: FileProblem, name: str, *, limit: int = 0) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.name = name
        self.limit = limit


class NotSetUp(DoormanError):
    """The tenant is not as the configuration of a project says. `label` is what was looked for."""

    def __init__(self, project: str, role: str, label: str) -> None:
        super().__init__(f"{type(self).__name__}: {label}")
        self.project = project
        self.role = role
        self.label = label


class PackageMissing(NotSetUp):
    pass


class PackageAmbiguous(NotSetUp):
    """`ids` are those of all the access packages of this name."""

    def __init__(self, project: str, role: str, label: str, ids: tuple[str, ...]) -> None:
        super().__init__(project, role, label)
        self.ids = ids


class PackageHidden(NotSetUp):
    """A hidden access package counts only where the configuration names it. `id` is what to name there."""

    def __init__(self, project: str, role: str, label: str, id: str) -> None:  # noqa: A002  the id of the package
        super().__init__(project, role, label)
        self.id = id


class PolicyMissing(NotSetUp):
    """`label` is the access package; `policy` the name that none of its policies has."""

    def __init__(self, project: str, role: str, label: str, policy: str) -> None:
        super().__init__(project, role, label)
        self.policy = policy


class PolicyAmbiguous(PolicyMissing):
    """`ids` are those of all the policies of this name."""

    def __init__(self, project: str, role: str, label: str, policy: str, ids: tuple[str, ...]) -> None:
        super().__init__(project, role, label, policy)
        self.ids = ids


class Unreachable(DoormanError):
    """Nobody can be written to here: blocked, not installed, no conversation. `code` is the connector's."""

    def __init__(self, code: str = "") -> None:
        super().__init__(code)
        self.code = code


class MessageGone(Unreachable):
    pass


class GraphError(DoormanError):
    """`status` is the HTTP status (0 when nothing came back); `code` and `message` are Graph's, for the log only."""

    def __init__(self, status: int = 0, code: str = "", message: str = "") -> None:
        super().__init__(f"{status} {code}".strip())
        self.status = status
        self.code = code
        self.message = message


class Throttled(GraphError):
    def __init__(self, wait_seconds: float, code: str = "") -> None:
        super().__init__(429, code)
        self.wait_seconds = wait_seconds


class GraphUnavailable(GraphError):
    """5xx, a time-out or a lost connection. `may_have_happened` is True when a write could have been carried out."""

    def __init__(self, status: int = 0, code: str = "", *, may_have_happened: bool = False) -> None:
        super().__init__(status, code)
        self.may_have_happened = may_have_happened


class GraphRefused(GraphError):
    pass


class GraphContractError(GraphError):
    pass


class ConnectorRefused(DoormanError):
    """A message that is too large or malformed, or a registration that is not in order. `code` is the connector's."""

    def __init__(self, status: int, code: str = "") -> None:
        super().__init__(f"{status} {code}".strip())
        self.status = status
        self.code = code


class ServiceBusy(DoormanError):
    """`what` names the service ("sign-in", "store", "connector").

    `may_have_happened` is True when a message could have been sent although no answer came.
    """

    def __init__(self, what: str, *, may_have_happened: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.may_have_happened = may_have_happened
