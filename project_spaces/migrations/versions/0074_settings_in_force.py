"""The settings that were recorded last as in force."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0070b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of one row."""
    op.create_table(
        "settings_in_force",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("chosen", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
