"""When the person behind a session was here last."""

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0066"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the time: for sessions from before, that of their sign-in."""
    never = sa.text("'1970-01-01 00:00:00+00'")
    op.add_column("sign_in", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=never))
    op.execute("UPDATE sign_in SET seen_at = at")
