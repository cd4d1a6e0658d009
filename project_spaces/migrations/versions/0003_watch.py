"""Watching: retention and holds of traces, marks and signed controls, budgets of what is shown and their use."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_ACTOR = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    _retention()
    _controls()
    _egress()


def _retention() -> None:
    op.create_table(
        "retention",
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_retention"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_retention_project"),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("placed_at", _MOMENT, nullable=False),
        sa.Column("placed_by", _ACTOR, nullable=False),
        sa.Column("lifted_at", _MOMENT),
        sa.Column("lifted_by", _ACTOR),
        sa.Column("lifted_reason", sa.UnicodeText()),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_legal_hold_project"),
    )
    op.create_index("ix_legal_hold_project", "legal_hold", ["project"])


def _controls() -> None:
    op.create_table(
        "control",
        sa.Column("id", _ID, nullable=False),
        sa.Column("scope", _SLUG, nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("log_size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.Column("signed_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_control"),
        sa.UniqueConstraint("scope", "period", "edition", name="uq_control_scope_period_edition"),
    )
    op.create_table(
        "finding_mark",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scope", _SLUG, nullable=False),
        sa.Column("verdict", sa.String(30), nullable=False),
        sa.Column("comment", sa.UnicodeText(), nullable=False),
        sa.Column("marked_at", _MOMENT, nullable=False),
        sa.Column("marked_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("entry", name="pk_finding_mark"),
    )


def _egress() -> None:
    op.create_table(
        "egress_budget",
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("hour_mb", sa.Integer(), nullable=False),
        sa.Column("day_mb", sa.Integer(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_egress_budget"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_egress_budget_project"),
    )
    op.create_table(
        "egress_use",
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shown", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "project", "hour", name="pk_egress_use"),
    )
    op.create_table(
        "egress_lift",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("lifted_at", _MOMENT, nullable=False),
        sa.Column("lifted_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_egress_lift"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_egress_lift_person"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_egress_lift_project"),
    )
    op.create_index("ix_egress_lift_person_project", "egress_lift", ["person", "project"])
