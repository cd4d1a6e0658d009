"""The end of a project: where it stands, what was decided of it, and the certificate of its deletion."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0061"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_CHOICE = sa.String(30)
_HASH = sa.String(64)
_WHO = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)
_PENDING = sa.text("confirmed_at IS NULL AND withdrawn_at IS NULL")


def upgrade() -> None:
    """Create both tables. Projects that ended before are noticed by the worker like any other."""
    op.add_column("project", sa.Column("exports_until", _MOMENT))
    op.create_table(
        "project_end",
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("stage", _CHOICE, nullable=False),
        sa.Column("cause", _CHOICE, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=False),
        sa.Column("ended_by", _WHO, nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("settlement", _ID),
        sa.Column("files", sa.Integer()),
        sa.Column("total_bytes", sa.BigInteger()),
        sa.Column("manifest_sha256", _HASH),
        sa.Column("archive_sha256", _HASH),
        sa.Column("archive_bytes", sa.BigInteger()),
        sa.Column("kept_until", _MOMENT),
        sa.Column("withdrawn", sa.JSON(), nullable=False),
        sa.Column("ended_rights", sa.Integer()),
        sa.Column("begun_event", _ID),
        sa.Column("done_event", _ID),
        sa.Column("done_at", _MOMENT),
        sa.Column("certificate", sa.LargeBinary()),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_project_end"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_project_end_project"),
    )
    op.create_table(
        "project_settlement",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("fate", _CHOICE, nullable=False),
        sa.Column("until", _MOMENT),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("proposed_at", _MOMENT, nullable=False),
        sa.Column("proposed_by", _WHO, nullable=False),
        sa.Column("confirmed_at", _MOMENT),
        sa.Column("confirmed_by", _WHO),
        sa.Column("due_at", _MOMENT),
        sa.Column("withdrawn_at", _MOMENT),
        sa.Column("withdrawn_by", _WHO),
        sa.PrimaryKeyConstraint("id", name="pk_project_settlement"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_project_settlement_project"),
    )
    op.create_index("ix_project_settlement_project", "project_settlement", ["project"])
    op.create_index(
        "uq_project_settlement_open",
        "project_settlement",
        ["project"],
        unique=True,
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
