"""Who gives a training, and where one takes it."""

import sqlalchemy as sa
from alembic import op

revision = "0070b"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both."""
    op.add_column("training_kind", sa.Column("organiser", sa.String(200)))
    op.add_column("training_kind", sa.Column("address", sa.String(500)))
