"""Conditions of habilitation: charters, trainings, kill switches, sign-ins, approvals, agreements, embargoes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_CHOICE = sa.String(30)
_ACTOR = sa.String(64)
_SHA256 = sa.String(64)
_WORDS = sa.String(200)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    _charters()
    _people()
    _projects_and_data()


def _charters() -> None:
    op.create_table(
        "charter_version",
        sa.Column("charter", _SLUG, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title_fr", _WORDS, nullable=False),
        sa.Column("title_en", _WORDS, nullable=False),
        sa.Column("text_fr", sa.UnicodeText(), nullable=False),
        sa.Column("text_en", sa.UnicodeText(), nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.Column("published_at", _MOMENT, nullable=False),
        sa.Column("published_by", _ACTOR, nullable=False),
        sa.Column("sign_by", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("charter", "number", name="pk_charter_version"),
    )
    op.create_table(
        "charter_signature",
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("charter", _SLUG, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.Column("signed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("person", "charter", "number", name="pk_charter_signature"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_charter_signature_person"),
        sa.ForeignKeyConstraint(
            ["charter", "number"],
            ["charter_version.charter", "charter_version.number"],
            name="fk_charter_signature_charter",
        ),
    )


def _people() -> None:
    op.create_table(
        "training",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("kind", _SLUG, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("certificate", _WORDS, nullable=False),
        sa.Column("certificate_sha256", _SHA256),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", _ACTOR, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_training"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_training_person"),
    )
    op.create_index("ix_training_person", "training", ["person"])
    op.create_table(
        "kill_switch",
        sa.Column("id", _ID, nullable=False),
        sa.Column("scope", _CHOICE, nullable=False),
        sa.Column("name", _SLUG, nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", _ACTOR, nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("lifted_at", _MOMENT),
        sa.Column("lifted_by", _ACTOR),
        sa.Column("lifted_reason", sa.UnicodeText()),
        sa.PrimaryKeyConstraint("id", name="pk_kill_switch"),
    )
    in_force = sa.text("lifted_at IS NULL")
    op.create_index(
        "uq_kill_switch_in_force",
        "kill_switch",
        ["scope", "name"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_table(
        "sign_in",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("acr", _WORDS),
        sa.Column("address", sa.String(64)),
        sa.Column("ended_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_sign_in_person"),
    )
    op.create_index("ix_sign_in_person_at", "sign_in", ["person", "at"])


def _projects_and_data() -> None:
    op.add_column("dataset", sa.Column("agreement_required", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "project_approval",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("kind", _SLUG, nullable=False),
        sa.Column("reference", _WORDS, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", _ACTOR, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_project_approval"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_project_approval_project"),
    )
    op.create_index("ix_project_approval_project", "project_approval", ["project"])
    op.create_table(
        "dataset_agreement",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("dataset", _SLUG, nullable=False),
        sa.Column("reference", _WORDS, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", _ACTOR, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_dataset_agreement"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_dataset_agreement_project"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_dataset_agreement_dataset"),
    )
    op.create_index("ix_dataset_agreement_project_dataset", "dataset_agreement", ["project", "dataset"])
    op.create_index("ix_dataset_agreement_dataset", "dataset_agreement", ["dataset"])
    op.create_table(
        "embargo",
        sa.Column("id", _ID, nullable=False),
        sa.Column("dataset", _SLUG, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", _ACTOR, nullable=False),
        sa.Column("lifted_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_embargo"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_embargo_dataset"),
    )
    op.create_index("ix_embargo_dataset", "embargo", ["dataset"])
