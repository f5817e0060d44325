"""Whom to remind of what, and when."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "nudges",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_card", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "stage", "person_id"),
    )
    op.create_index("ix_nudges_due_at", "nudges", ["due_at"], unique=False)
    op.create_index("ix_nudges_person_id", "nudges", ["person_id"], unique=False)


def downgrade() -> None:
    op.drop_table("nudges")
