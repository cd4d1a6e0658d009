"""Organisations, who belongs to them, perimeters of administration, trainings claimed, and the outcome of reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"
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
    _places()
    _trainings()
    op.add_column("review_item", sa.Column("event", _ID))
    op.add_column("review_campaign", sa.Column("reminded_at", _MOMENT))


def _places() -> None:
    op.create_table(
        "organisation",
        sa.Column("slug", _SLUG, nullable=False),
        sa.Column("name", _WORDS, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_organisation"),
    )
    op.create_table(
        "affiliation",
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("organisation", _SLUG, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", _ACTOR, nullable=False),
        sa.Column("reviewed_at", _MOMENT),
        sa.Column("reviewed_by", _ACTOR),
        sa.Column("document", _WORDS),
        sa.PrimaryKeyConstraint("person", name="pk_affiliation"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_affiliation_person"),
        sa.ForeignKeyConstraint(["organisation"], ["organisation.slug"], name="fk_affiliation_organisation"),
    )
    op.create_index("ix_affiliation_organisation", "affiliation", ["organisation"])
    op.create_table(
        "project_organisation",
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("organisation", _SLUG, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("project", name="pk_project_organisation"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_project_organisation_project"),
        sa.ForeignKeyConstraint(["organisation"], ["organisation.slug"], name="fk_project_organisation_organisation"),
    )
    op.create_index("ix_project_organisation_organisation", "project_organisation", ["organisation"])
    op.create_table(
        "perimeter",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("scope", _CHOICE, nullable=False),
        sa.Column("name", _SLUG, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("granted_at", _MOMENT, nullable=False),
        sa.Column("granted_by", _ACTOR, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_perimeter"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_perimeter_person"),
    )
    op.create_index("ix_perimeter_person", "perimeter", ["person"])


def _trainings() -> None:
    op.create_table(
        "training_kind",
        sa.Column("slug", _SLUG, nullable=False),
        sa.Column("title_fr", _WORDS, nullable=False),
        sa.Column("title_en", _WORDS, nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("defined_at", _MOMENT, nullable=False),
        sa.Column("defined_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_training_kind"),
    )
    op.create_table(
        "training_claim",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("kind", _SLUG, nullable=False),
        sa.Column("taken_at", _MOMENT, nullable=False),
        sa.Column("certificate", _WORDS, nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("file", sa.LargeBinary()),
        sa.Column("claimed_at", _MOMENT, nullable=False),
        sa.Column("state", _CHOICE, nullable=False),
        sa.Column("decided_at", _MOMENT),
        sa.Column("decided_by", _ACTOR),
        sa.Column("reason", sa.UnicodeText()),
        sa.PrimaryKeyConstraint("id", name="pk_training_claim"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_training_claim_person"),
        sa.ForeignKeyConstraint(["kind"], ["training_kind.slug"], name="fk_training_claim_kind"),
    )
    op.create_index("ix_training_claim_person", "training_claim", ["person"])
    op.create_index("ix_training_claim_state", "training_claim", ["state"])
