"""The population that a table was submitted with: what left is compared with what would leave."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0008r"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; tables that left before have none, and are compared by their labels."""
    op.add_column("export_file", sa.Column("population", sa.JSON))
