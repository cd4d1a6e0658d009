"""Named people without an account: recipients of exports, providers of imports."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table of doors, and name outside recipients in requests."""
    op.add_column("export_request", sa.Column("outside", sa.JSON()))
    op.create_table(
        "outside_access",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(30), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("name", sa.UnicodeText(), nullable=False),
        sa.Column("organisation", sa.UnicodeText(), nullable=False),
        sa.Column("mail", sa.UnicodeText(), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("code", sa.UnicodeText()),
        sa.Column("secret", sa.UnicodeText()),
        sa.Column("last_step", sa.Integer()),
        sa.Column("opened_by", sa.String(30), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True)),
        sa.Column("max_count", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("attested_at", sa.DateTime(timezone=True)),
        sa.Column("statement", sa.UnicodeText()),
        sa.PrimaryKeyConstraint("id", name="pk_outside_access"),
        sa.UniqueConstraint("token_sha256", name="uq_outside_access_token_sha256"),
        sa.ForeignKeyConstraint(["opened_by"], ["person.username"], name="fk_outside_access_opened_by"),
    )
    op.create_index("ix_outside_access_request_id", "outside_access", ["request_id"])
