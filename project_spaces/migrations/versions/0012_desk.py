"""The export desk: who is asked to review, who is away or has a conflict of interest, and recalls."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_CHOICE = sa.String(30)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "export_assignment",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("reviewer", _SLUG, nullable=False),
        sa.Column("assigned_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_because", _CHOICE),
        sa.PrimaryKeyConstraint("id", name="pk_export_assignment"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_assignment_request_id"),
        sa.ForeignKeyConstraint(["reviewer"], ["person.username"], name="fk_export_assignment_reviewer"),
    )
    op.create_index("ix_export_assignment_request_id", "export_assignment", ["request_id"])
    op.create_index("ix_export_assignment_reviewer", "export_assignment", ["reviewer"])
    op.create_index(
        "export_assignment_once",
        "export_assignment",
        ["request_id", "reviewer"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "reviewer_absence",
        sa.Column("id", _ID, nullable=False),
        sa.Column("reviewer", _SLUG, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("cancelled_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_reviewer_absence"),
        sa.ForeignKeyConstraint(["reviewer"], ["person.username"], name="fk_reviewer_absence_reviewer"),
    )
    op.create_index("ix_reviewer_absence_reviewer", "reviewer_absence", ["reviewer"])
    op.create_table(
        "reviewer_conflict",
        sa.Column("reviewer", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("declared_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("reviewer", "project", name="pk_reviewer_conflict"),
        sa.ForeignKeyConstraint(["reviewer"], ["person.username"], name="fk_reviewer_conflict_reviewer"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_reviewer_conflict_project"),
    )
    op.create_table(
        "recall_attestation",
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("recipient", _SLUG, nullable=False),
        sa.Column("statement", sa.UnicodeText(), nullable=False),
        sa.Column("attested_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("request_id", "recipient", name="pk_recall_attestation"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_recall_attestation_request_id"),
        sa.ForeignKeyConstraint(["recipient"], ["person.username"], name="fk_recall_attestation_recipient"),
    )
