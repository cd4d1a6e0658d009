"""Letters: what is mailed to one address that the account has no more."""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0071b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nothing that there was is a letter."""
    op.add_column("notification", sa.Column("only_to", sa.String(254)))
