"""An index to look up how long requests for a package took."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("ix_requests_package_id_completed_at", "requests", ["package_id", "completed_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_requests_package_id_completed_at", table_name="requests")
