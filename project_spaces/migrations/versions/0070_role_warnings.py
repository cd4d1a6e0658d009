"""Notices before the cut are given about what roles ask, too: those name no project."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0072b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a notice name no project."""
    with op.batch_alter_table("sent_warning") as table:
        table.alter_column("project", existing_type=sa.String(30), nullable=True)
