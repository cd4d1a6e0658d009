"""Requests of projects' leads that data be closed for a while, and what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0072b"
down_revision = "0072"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "embargo_ask",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("dataset", _SLUG, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("asked_by", _SLUG, nullable=False),
        sa.Column("state", _SLUG, nullable=False),
        sa.Column("answer", sa.UnicodeText()),
        sa.Column("decided_at", _MOMENT),
        sa.Column("decided_by", sa.String(64)),
        sa.Column("embargo", _ID),
        sa.PrimaryKeyConstraint("id", name="pk_embargo_ask"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_embargo_ask_project"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_embargo_ask_dataset"),
        sa.ForeignKeyConstraint(["asked_by"], ["person.username"], name="fk_embargo_ask_asked_by"),
        sa.ForeignKeyConstraint(["embargo"], ["embargo.id"], name="fk_embargo_ask_embargo"),
    )
    op.create_index("ix_embargo_ask_project_dataset", "embargo_ask", ["project", "dataset"])
    op.create_index("ix_embargo_ask_dataset", "embargo_ask", ["dataset"])
