"""The authority's time, renewed once: when, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0066b"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both."""
    op.add_column("request_step", sa.Column("renewed_at", sa.DateTime(timezone=True)))
    op.add_column("request_step", sa.Column("renewed_why", sa.UnicodeText()))
