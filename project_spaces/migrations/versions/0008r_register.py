"""The public register: what an administrator adds to a project for everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0008r"
down_revision = "0012"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "register_entry",
        sa.Column("project", sa.String(30), nullable=False),
        sa.Column("organisation", sa.String(200), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("deferred_until", _MOMENT),
        sa.Column("deferred_reason", sa.UnicodeText()),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_register_entry"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_register_entry_project"),
    )
