"""Warnings before work is cut, and reviews of rights: what was told, what was decided."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_CHOICE = sa.String(30)
_ACTOR = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "sent_warning",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.Column("notice", _CHOICE, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sent_warning"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_sent_warning_person"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_sent_warning_project"),
    )
    op.create_index("ix_sent_warning_project", "sent_warning", ["project"])
    op.create_index("uq_sent_warning_notice", "sent_warning", ["person", "project", "until", "notice"], unique=True)
    op.create_table(
        "review_campaign",
        sa.Column("id", _ID, nullable=False),
        sa.Column("occasion", _CHOICE, nullable=False),
        sa.Column("project", _SLUG),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("opened_by", _ACTOR, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT),
        sa.Column("closed_by", _ACTOR),
        sa.PrimaryKeyConstraint("id", name="pk_review_campaign"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_review_campaign_project"),
    )
    op.create_table(
        "review_item",
        sa.Column("id", _ID, nullable=False),
        sa.Column("campaign", _ID, nullable=False),
        sa.Column("kind", _CHOICE, nullable=False),
        sa.Column("right", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("dataset", _SLUG),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("decision", _CHOICE),
        sa.Column("evidence", sa.UnicodeText()),
        sa.Column("decided_at", _MOMENT),
        sa.Column("decided_by", _ACTOR),
        sa.PrimaryKeyConstraint("id", name="pk_review_item"),
        sa.ForeignKeyConstraint(["campaign"], ["review_campaign.id"], name="fk_review_item_campaign"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_review_item_person"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_review_item_project"),
    )
    op.create_index("ix_review_item_campaign", "review_item", ["campaign"])
