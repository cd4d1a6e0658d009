"""Embargoes that are looked at again: when somebody last did, and when people were last reminded."""

import sqlalchemy as sa
from alembic import op

revision = "0066c"
down_revision = "0064b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both moments."""
    for name in ("reviewed_at", "reminded_at"):
        op.add_column("embargo", sa.Column(name, sa.DateTime(timezone=True)))
