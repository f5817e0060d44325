"""Short codes and stuck deliveries of requests, remarks about them, errands in Graph, and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("requests", sa.Column("code", sa.Text(), nullable=False, server_default=""))
    op.add_column("requests", sa.Column("stuck_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_requests_requestor_id", "requests", ["requestor_id"], unique=False)
    op.create_index(
        "ix_requests_code",
        "requests",
        ["code"],
        unique=True,
        sqlite_where=sa.text("code <> ''"),
        postgresql_where=sa.text("code <> ''"),
    )
    op.create_table(
        "remarks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("about_id", sa.Text(), nullable=False),
        sa.Column("sealed_text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_remarks_request_id", "remarks", ["request_id"], unique=False)
    op.create_index("ix_remarks_made_at", "remarks", ["made_at"], unique=False)
    op.create_table(
        "errands",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("hand", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_errands_state_updated_at", "errands", ["state", "updated_at"], unique=False)
    op.create_index("ix_errands_request_id", "errands", ["request_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_about", "audit", ["about"], unique=False)


def downgrade() -> None:
    for name in ("audit", "errands", "remarks"):
        op.drop_table(name)
    op.drop_index("ix_requests_code", "requests")
    op.drop_index("ix_requests_requestor_id", "requests")
    op.drop_column("requests", "stuck_at")
    op.drop_column("requests", "code")
