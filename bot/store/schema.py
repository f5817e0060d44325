"""The tables. A change here needs a migration beside it; a test compares the two.

No table refers to another: a decision or a message may be about a request that is not followed (yet), and each table
is swept by its own age.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    false,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment. SQLite keeps no time zone, so it is stored in UTC and given its zone back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

people = Table(
    "people",
    metadata,
    Column("object_id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("teams_id", Text, nullable=False),
    Column("conversation_id", Text),
    Column("service_url", Text),
    Column("locale", Text, nullable=False),
    Column("time_zone", Text),
    Column("is_welcomed", Boolean, nullable=False),
    Column("is_reachable", Boolean, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_people_conversation_id", "conversation_id"),
    Index("ix_people_updated_at", "updated_at"),
)

personal_settings = Table(
    "personal_settings",
    metadata,
    Column("object_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

installations = Table(
    "installations",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("conversation_id", Text, primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
)

token_caches = Table(
    "token_caches",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("object_id", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_token_caches_object_id", "object_id"),
    Index("ix_token_caches_updated_at", "updated_at"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("is_claimed", Boolean, nullable=False),
    Column("code_fingerprint", Text),
    Column("code_expires_at", UtcDateTime),
    Column("code_set_at", UtcDateTime),
    Column("code_attempts", Integer, nullable=False),
    Index("ix_tickets_object_id", "object_id"),
    Index("ix_tickets_expires_at", "expires_at"),
)

submissions = Table(
    "submissions",
    metadata,
    Column("form_id", Text, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("package_id", Text, nullable=False),
    Column("package_name", Text, nullable=False),
    Column("policy_id", Text, nullable=False),
    Column("sealed_payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("request_id", Text),
    Column("conversation_id", Text),
    Column("service_url", Text),
    Column("message_id", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_submissions_state_updated_at", "state", "updated_at"),
)

requests = Table(
    "requests",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("package_id", Text, nullable=False),
    Column("package_name", Text, nullable=False),
    Column("policy_id", Text),
    Column("requestor_id", Text, nullable=False),
    Column("requestor_name", Text, nullable=False),
    Column("target_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("is_stage_proved", Boolean, nullable=False),
    Column("stages_total", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("completed_at", UtcDateTime),
    Column("decided_verdict", Text, nullable=False),
    Column("decided_by_id", Text, nullable=False),
    Column("decided_by_name", Text, nullable=False),
    Column("sealed_reason", Text, nullable=False),
    Column("decision_source", Text, nullable=False),
    Column("asked_here", Boolean, nullable=False),
    Column("stage_started_at", UtcDateTime),
    Column("changed_at", UtcDateTime),
    Column("looked_at", UtcDateTime, nullable=False),
    Column("is_finished", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("code", Text, nullable=False, server_default=""),
    Column("stuck_at", UtcDateTime),
    Column("purpose", Text, nullable=False, server_default=""),
    Index("ix_requests_is_finished_looked_at", "is_finished", "looked_at"),
    Index("ix_requests_is_finished_completed_at", "is_finished", "completed_at"),
    Index("ix_requests_package_id_completed_at", "package_id", "completed_at"),
    Index("ix_requests_requestor_id", "requestor_id"),
    Index(
        "ix_requests_code",
        "code",
        unique=True,
        sqlite_where=text("code <> ''"),
        postgresql_where=text("code <> ''"),
    ),
    Index(
        "ix_requests_decided_by_id",
        "decided_by_id",
        sqlite_where=text("decided_by_id <> ''"),
        postgresql_where=text("decided_by_id <> ''"),
    ),
)

# What nobody found, without anybody who looked for it. Moments are whole days.
missed_searches = Table(
    "missed_searches",
    metadata,
    Column("key", Text, primary_key=True),
    Column("words", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("first_day_at", UtcDateTime, nullable=False),
    Column("last_day_at", UtcDateTime, nullable=False),
    Index("ix_missed_searches_last_day_at", "last_day_at"),
)

# Requests that are put together in words, a line at a time, until they are sent.
drafts = Table(
    "drafts",
    metadata,
    Column("code", Text, primary_key=True),
    Column("form_id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("package_id", Text, nullable=False),
    Column("sealed_content", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_drafts_person_id_package_id", "person_id", "package_id", unique=True),
    Index("ix_drafts_updated_at", "updated_at"),
)

# What people tell each other about a request through Doorman; Entra has no place for it.
remarks = Table(
    "remarks",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("about_id", Text, nullable=False),
    Column("sealed_text", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_remarks_request_id", "request_id"),
    Index("ix_remarks_made_at", "made_at"),
)

# Writes to Graph other than filing and deciding, from the press until it is known what became of them.
errands = Table(
    "errands",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("hand", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_errands_state_updated_at", "state", "updated_at"),
    Index("ix_errands_request_id", "request_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("about", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_about", "about"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("stage_id", Text, primary_key=True),
    Column("approver_id", Text, primary_key=True),
    Column("stage", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("sealed_justification", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),
    Column("approver_name", Text, nullable=False, server_default=""),
    Column("chat", Text, nullable=False, server_default=""),
    Column("shown", Text, nullable=False, server_default=""),
    Index("ix_decisions_state_decided_at", "state", "decided_at"),
    Index("ix_decisions_approver_id_decided_at", "approver_id", "decided_at"),
)

proofs = Table(
    "proofs",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("object_id", Text, primary_key=True),
    Column("context", Text, primary_key=True),
    Column("proved_at", UtcDateTime, nullable=False),
    Index("ix_proofs_proved_at", "proved_at"),
)

revocations = Table(
    "revocations",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("approver_id", Text, primary_key=True),
    Column("assignment_id", Text, nullable=False),
    Column("sealed_reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("ix_revocations_state_made_at", "state", "made_at"),
)

messages = Table(
    "messages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("conversation_id", Text),
    Column("service_url", Text),
    Column("message_id", Text),
    Column("detail", JSON, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("delivered", Integer, nullable=False),
    Column("shown", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("claimed_by", Text, nullable=False),
    Column("claimed_until", UtcDateTime),
    Column("posted_at", UtcDateTime),
    Column("offers_decision", Boolean, nullable=False, server_default=false()),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_messages_request_id", "request_id"),
    Index("ix_messages_person_id_updated_at", "person_id", "updated_at"),
    Index("ix_messages_updated_at", "updated_at"),
    # Only what still has to go out is in this one, so the sweep stays quick however many messages there have been.
    Index(
        "ix_messages_undelivered",
        "updated_at",
        sqlite_where=text("delivered < wanted"),
        postgresql_where=text("delivered < wanted"),
    ),
    # The cards that still have buttons, for the sweep that looks for those that should have none.
    Index(
        "ix_messages_offers_decision",
        "updated_at",
        sqlite_where=text("offers_decision"),
        postgresql_where=text("offers_decision"),
    ),
)

# Access that ends some day, of people who know Doorman, and what they have been told of it.
expiries = Table(
    "expiries",
    metadata,
    Column("assignment_id", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("package_id", Text, nullable=False),
    Column("package_name", Text, nullable=False),
    Column("policy_id", Text),
    Column("began_at", UtcDateTime),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("listed_at", UtcDateTime, nullable=False),
    Column("told_days", Integer, nullable=False),
    Column("choice", Text, nullable=False),
    Column("is_over", Boolean, nullable=False),
    Index("ix_expiries_is_over_ends_at", "is_over", "ends_at"),
    Index("ix_expiries_person_id", "person_id"),
)

nudges = Table(
    "nudges",
    metadata,
    Column("request_id", Text, primary_key=True),
    Column("stage", Integer, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("decide_by", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("has_card", Boolean, nullable=False),
    Column("detail", JSON, nullable=False),
    Index("ix_nudges_due_at", "due_at"),
    Index("ix_nudges_person_id", "person_id"),
)

# Plans of enrolment files that somebody proposed, and what became of each of their rows.
enrolment_runs = Table(
    "enrolment_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("tenant_id", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("second_id", Text),
    Column("state", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("sealed_plan", Text, nullable=False),
    Column("sealed_names", Text, nullable=False),
    Column("package_ids", JSON, nullable=False),
    Column("excluded", JSON, nullable=False),
    Column("is_cancelled", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("agreed_at", UtcDateTime),
    Column("claimed_until", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_enrolment_runs_state_agreed_at", "state", "agreed_at"),
    Index("ix_enrolment_runs_author_id", "author_id"),
)

enrolment_rows = Table(
    "enrolment_rows",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("row_id", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

seen = Table(
    "seen",
    metadata,
    Column("key", Text, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_seen_expires_at", "expires_at"),
)
