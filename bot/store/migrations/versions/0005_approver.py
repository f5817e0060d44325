"""Decisions that wait for a while, proofs of strong sign-ins, access taken back, and cards that offer a decision."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("decisions", sa.Column("due_at", sa.DateTime(timezone=True)))
    op.create_index("ix_decisions_approver_id_decided_at", "decisions", ["approver_id", "decided_at"], unique=False)
    op.create_table(
        "proofs",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("proved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "object_id", "context"),
    )
    op.create_index("ix_proofs_proved_at", "proofs", ["proved_at"], unique=False)
    op.create_table(
        "revocations",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("approver_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Text(), nullable=False),
        sa.Column("sealed_reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "approver_id"),
    )
    op.create_index("ix_revocations_state_made_at", "revocations", ["state", "made_at"], unique=False)
    op.add_column("messages", sa.Column("offers_decision", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_messages_offers_decision",
        "messages",
        ["updated_at"],
        unique=False,
        sqlite_where=sa.text("offers_decision"),
        postgresql_where=sa.text("offers_decision"),
    )
    op.create_index(
        "ix_requests_decided_by_id",
        "requests",
        ["decided_by_id"],
        unique=False,
        sqlite_where=sa.text("decided_by_id <> ''"),
        postgresql_where=sa.text("decided_by_id <> ''"),
    )


def downgrade() -> None:
    op.drop_index("ix_requests_decided_by_id", "requests")
    op.drop_index("ix_messages_offers_decision", "messages")
    op.drop_column("messages", "offers_decision")
    op.drop_table("revocations")
    op.drop_table("proofs")
    op.drop_index("ix_decisions_approver_id_decided_at", "decisions")
    op.drop_column("decisions", "due_at")
