"""How many files of an ended project were where: in its folders, in quarantine, among the copies of the export desk."""

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0062"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the counts."""
    op.add_column("project_end", sa.Column("places", sa.JSON()))
