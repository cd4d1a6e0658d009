"""Requests that were planted to calibrate the review of exports."""

import sqlalchemy as sa
from alembic import op

revision = "0012b"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "planted_request",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("why", sa.UnicodeText(), nullable=False),
        sa.Column("planted_by", sa.String(64), nullable=False),
        sa.Column("planted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_planted_request"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_planted_request_request_id"),
    )
