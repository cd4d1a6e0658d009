"""Requests for access: forms, steps, and the circuits of the owners of data."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_CHOICE = sa.String(30)
_ACTOR = sa.String(64)
_WORDS = sa.String(200)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "access_request",
        sa.Column("id", _ID, nullable=False),
        sa.Column("applicant", _SLUG, nullable=False),
        sa.Column("state", _CHOICE, nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("short", sa.Boolean(), nullable=False),
        sa.Column("project", _SLUG),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("submitted_at", _MOMENT),
        sa.Column("decided_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_access_request"),
        sa.ForeignKeyConstraint(["applicant"], ["person.username"], name="fk_access_request_applicant"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_access_request_project"),
    )
    op.create_index("ix_access_request_applicant", "access_request", ["applicant"])
    op.create_index("ix_access_request_state", "access_request", ["state"])
    op.create_table(
        "request_step",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request", _ID, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("step", _CHOICE, nullable=False),
        sa.Column("actor", _CHOICE, nullable=False),
        sa.Column("owner", _WORDS),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("silence", _CHOICE, nullable=False),
        sa.Column("opened_at", _MOMENT),
        sa.Column("due_at", _MOMENT),
        sa.Column("reminded_at", _MOMENT),
        sa.Column("outcome", _CHOICE),
        sa.Column("reasons", sa.UnicodeText()),
        sa.Column("reference", _WORDS),
        sa.Column("done_at", _MOMENT),
        sa.Column("done_by", _ACTOR),
        sa.PrimaryKeyConstraint("id", name="pk_request_step"),
        sa.ForeignKeyConstraint(["request"], ["access_request.id"], name="fk_request_step_request"),
    )
    op.create_index("ix_request_step_request", "request_step", ["request"])
    op.create_table(
        "owner_circuit",
        sa.Column("owner", _WORDS, nullable=False),
        sa.Column("step", _CHOICE, nullable=False),
        sa.Column("actor", _CHOICE, nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("silence", _CHOICE, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("owner", "step", name="pk_owner_circuit"),
    )
