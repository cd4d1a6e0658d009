"""Reviews of what lies in no project and has no end: roles, perimeters, and the owners that people speak for."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0066c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an item name a role or an owner instead of a project and an end."""
    with op.batch_alter_table("review_item") as table:
        table.add_column(sa.Column("about", sa.String(200)))
        table.alter_column("right", existing_type=sa.String(32), type_=sa.String(200), existing_nullable=False)
        table.alter_column("project", existing_type=sa.String(30), nullable=True)
        table.alter_column("ends_at", existing_type=sa.DateTime(timezone=True), nullable=True)
