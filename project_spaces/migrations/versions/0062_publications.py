"""Public results: what was declared public, and its deposit in a repository."""

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the declaration and the table of deposits."""
    op.add_column("export_request", sa.Column("public", sa.Boolean()))
    op.create_table(
        "export_publication",
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("repository", sa.String(64), nullable=False),
        sa.Column("stage", sa.String(30), nullable=False),
        sa.Column("asked_by", sa.String(30), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.UnicodeText()),
        sa.Column("problem", sa.UnicodeText()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.Column("pushed_at", sa.DateTime(timezone=True)),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("request_id", name="pk_export_publication"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_publication_request_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.username"], name="fk_export_publication_asked_by"),
    )
