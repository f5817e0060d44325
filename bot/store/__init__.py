"""What Doorman remembers: people, sign-ins, requests, decisions, and the messages it keeps up to date."""

from bot.store.engine import UnusableDatabaseError
from bot.store.opening import open_store
from bot.store.records import (
    AuditRecord,
    CodeRecord,
    Decision,
    DecisionSource,
    DecisionState,
    Errand,
    MessageKind,
    MessageRecord,
    MessageState,
    PersonalSettings,
    PersonRecord,
    Remark,
    RequestRecord,
    Revocation,
    RevocationState,
    Submission,
    SubmissionState,
    TicketRecord,
)
from bot.store.standalone import StoredInstallations, StoredPeople, StoredProofs, StoredTickets, StoredTokenCaches
from bot.store.store import Store, Unit

__all__ = [
    "AuditRecord",
    "CodeRecord",
    "Decision",
    "DecisionSource",
    "DecisionState",
    "Errand",
    "MessageKind",
    "MessageRecord",
    "MessageState",
    "PersonRecord",
    "PersonalSettings",
    "Remark",
    "RequestRecord",
    "Revocation",
    "RevocationState",
    "Store",
    "StoredInstallations",
    "StoredPeople",
    "StoredProofs",
    "StoredTickets",
    "StoredTokenCaches",
    "Submission",
    "SubmissionState",
    "TicketRecord",
    "Unit",
    "UnusableDatabaseError",
    "open_store",
]
