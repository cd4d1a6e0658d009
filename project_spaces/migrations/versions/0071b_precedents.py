"""On which accepted request a short one rests."""

import sqlalchemy as sa
from alembic import op

revision = "0071b"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of the short requests that there were, nobody wrote it down."""
    op.add_column("access_request", sa.Column("precedent", sa.String(32)))
