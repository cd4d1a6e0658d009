"""The import desk: what comes in, in quarantine and after."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "import_request",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("project", sa.String(30)),
        sa.Column("dataset", sa.String(30)),
        sa.Column("version", sa.String(40)),
        sa.Column("author", sa.String(30), nullable=False),
        sa.Column("provider", sa.String(32)),
        sa.Column("title", sa.UnicodeText(), nullable=False),
        sa.Column("state", sa.String(30), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True)),
        sa.Column("declaration", sa.JSON()),
        sa.Column("hold", sa.JSON()),
        sa.Column("decided_by", sa.String(30)),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        sa.Column("place", sa.String(100)),
        sa.Column("manifest_sha256", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_import_request"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_import_request_project"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_import_request_dataset"),
        sa.ForeignKeyConstraint(["author"], ["person.username"], name="fk_import_request_author"),
    )
    for column in ("project", "dataset", "author", "state"):
        op.create_index(f"ix_import_request_{column}", "import_request", [column])
    op.create_table(
        "import_file",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.UnicodeText(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(100)),
        sa.Column("verdict", sa.String(16)),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("scanner", sa.String(100)),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_import_file"),
        sa.ForeignKeyConstraint(["request_id"], ["import_request.id"], name="fk_import_file_request_id"),
    )
    op.create_index("ix_import_file_request_id", "import_file", ["request_id"])
    op.create_table(
        "import_step",
        sa.Column("event_id", sa.String(32), nullable=False),
        sa.Column("request_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON()),
        sa.Column("salt", sa.String(32)),
        sa.PrimaryKeyConstraint("event_id", name="pk_import_step"),
        sa.ForeignKeyConstraint(["request_id"], ["import_request.id"], name="fk_import_step_request_id"),
    )
    op.create_index("ix_import_step_request_id", "import_step", ["request_id"])
