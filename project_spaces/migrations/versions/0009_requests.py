"""Notifications to people, who speaks for an owner of data, and agreements signed by both sides."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0006"
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
        "notification",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("kind", _CHOICE, nullable=False),
        sa.Column("text_fr", sa.UnicodeText(), nullable=False),
        sa.Column("text_en", sa.UnicodeText(), nullable=False),
        sa.Column("link", sa.String(300), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("read_at", _MOMENT),
        sa.Column("mail", _CHOICE, nullable=False),
        sa.Column("mail_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_notification_person"),
    )
    op.create_index("ix_notification_person_created_at", "notification", ["person", "created_at"])
    waiting = sa.text("mail = 'waiting'")
    op.create_index(
        "ix_notification_waiting",
        "notification",
        ["created_at"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    op.create_table(
        "owner_steward",
        sa.Column("owner", _WORDS, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("granted_at", _MOMENT, nullable=False),
        sa.Column("granted_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("owner", "person", name="pk_owner_steward"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_owner_steward_person"),
    )
    op.create_index("ix_owner_steward_person", "owner_steward", ["person"])
    op.add_column("access_request", sa.Column("copied_from", _ID))
    op.add_column("request_step", sa.Column("document", sa.UnicodeText()))
    op.add_column("request_step", sa.Column("document_sha256", sa.String(64)))
    op.add_column("request_step", sa.Column("applicant_signed_at", _MOMENT))
    op.add_column("request_step", sa.Column("applicant_signed_by", _SLUG))
