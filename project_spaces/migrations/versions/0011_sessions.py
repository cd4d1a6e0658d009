"""Sessions tied to the browser they belong to, identities at a provider, recovery codes."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0012b"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_CHOICE = sa.String(30)
_HASH = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything. Sign-ins from before belong to no session that could be found again: they are over."""
    op.drop_index("ix_sign_in_person_at", "sign_in")
    op.drop_table("sign_in")
    op.create_table(
        "sign_in",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("amr", sa.JSON(), nullable=False),
        sa.Column("acr", sa.String(200)),
        sa.Column("address", sa.String(64)),
        sa.Column("method", _CHOICE, nullable=False),
        sa.Column("factor_at", _MOMENT, nullable=False),
        sa.Column("session_sha256", _HASH),
        sa.Column("provider_session_sha256", _HASH),
        sa.Column("device_sha256", _HASH),
        sa.Column("device", sa.String(80)),
        sa.Column("new_device", sa.Boolean(), nullable=False),
        sa.Column("ends_at", _MOMENT),
        sa.Column("ended_at", _MOMENT),
        sa.Column("ended_by", _CHOICE),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_sign_in_person"),
        sa.UniqueConstraint("session_sha256", name="uq_sign_in_session"),
    )
    op.create_index("ix_sign_in_person_at", "sign_in", ["person", "at"])
    op.create_index("ix_sign_in_provider_session", "sign_in", ["provider_session_sha256"])
    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(255), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("linked_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_identity"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_identity_person"),
    )
    op.create_index("ix_identity_person", "identity", ["person"])
    op.create_table(
        "recovery_code",
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("code_sha256", _HASH, nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
        sa.PrimaryKeyConstraint("person", "code_sha256", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_recovery_code_person"),
    )
