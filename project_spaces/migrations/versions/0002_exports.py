"""The export desk: requests, files, votes, remarks, steps, releases, links and downloads."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_SHA256 = sa.String(64)
_CHOICE = sa.String(30)
_ACTOR = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    _requests()
    _files()
    _votes()
    _said()
    _handed_out()


def _requests() -> None:
    op.create_table(
        "export_request",
        sa.Column("id", _ID, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("author", _SLUG, nullable=False),
        sa.Column("title", sa.UnicodeText(), nullable=False),
        sa.Column("purpose", sa.UnicodeText(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("state", _CHOICE, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("closed_round", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("submitted_at", _MOMENT),
        sa.Column("approved_at", _MOMENT),
        sa.Column("hold", sa.JSON()),
        sa.Column("criteria", sa.JSON()),
        sa.PrimaryKeyConstraint("id", name="pk_export_request"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_export_request_project"),
        sa.ForeignKeyConstraint(["author"], ["person.username"], name="fk_export_request_author"),
    )
    for column in ("project", "author", "state"):
        op.create_index(f"ix_export_request_{column}", "export_request", [column])


def _files() -> None:
    op.create_table(
        "export_file",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("path", sa.UnicodeText(), nullable=False),
        sa.Column("kind", _CHOICE, nullable=False),
        sa.Column("context", sa.UnicodeText(), nullable=False),
        sa.Column("controls", sa.UnicodeText(), nullable=False),
        sa.Column("code", sa.UnicodeText(), nullable=False),
        sa.Column("sha256", _SHA256),
        sa.Column("size", sa.BigInteger()),
        sa.Column("released_sha256", _SHA256),
        sa.Column("released_size", sa.BigInteger()),
        sa.Column("released_name", sa.UnicodeText()),
        sa.Column("type", sa.String(100)),
        sa.Column("verdict", sa.String(16)),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("fingerprint", _SHA256),
        sa.Column("removed_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_export_file"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_file_request_id"),
    )
    op.create_index("ix_export_file_request_id", "export_file", ["request_id"])


def _votes() -> None:
    op.create_table(
        "export_vote",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("file_id", _ID, nullable=False),
        sa.Column("reviewer", _SLUG, nullable=False),
        sa.Column("ballot", _CHOICE, nullable=False),
        sa.Column("fingerprint", _SHA256, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("cast_at", _MOMENT, nullable=False),
        sa.Column("void_at", _MOMENT),
        sa.Column("void_because", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_export_vote"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_vote_request_id"),
        sa.ForeignKeyConstraint(["file_id"], ["export_file.id"], name="fk_export_vote_file_id"),
        sa.ForeignKeyConstraint(["reviewer"], ["person.username"], name="fk_export_vote_reviewer"),
    )
    op.create_index("ix_export_vote_request_id", "export_vote", ["request_id"])
    op.create_index("ix_export_vote_reviewer", "export_vote", ["reviewer"])
    live = sa.text("void_at IS NULL")
    op.create_index(
        "export_vote_once",
        "export_vote",
        ["file_id", "reviewer"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )


def _said() -> None:
    op.create_table(
        "export_comment",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_id", _ID),
        sa.Column("author", _SLUG, nullable=False),
        sa.Column("by_reviewer", sa.Boolean(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("text", sa.UnicodeText(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_export_comment"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_comment_request_id"),
        sa.ForeignKeyConstraint(["file_id"], ["export_file.id"], name="fk_export_comment_file_id"),
        sa.ForeignKeyConstraint(["author"], ["person.username"], name="fk_export_comment_author"),
    )
    op.create_index("ix_export_comment_request_id", "export_comment", ["request_id"])
    op.create_table(
        "export_step",
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("actor", _ACTOR, nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("content", sa.JSON()),
        sa.Column("salt", _ID),
        sa.PrimaryKeyConstraint("event_id", name="pk_export_step"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_step_request_id"),
    )
    op.create_index("ix_export_step_request_id", "export_step", ["request_id"])


def _handed_out() -> None:
    op.create_table(
        "export_release",
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("sha256", _SHA256, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("key_id", _SHA256, nullable=False),
        sa.Column("released_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.Column("revoked_by", _SLUG),
        sa.Column("reason", sa.UnicodeText()),
        sa.PrimaryKeyConstraint("request_id", name="pk_export_release"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_release_request_id"),
        sa.ForeignKeyConstraint(["revoked_by"], ["person.username"], name="fk_export_release_revoked_by"),
    )
    op.create_table(
        "export_link",
        sa.Column("id", _ID, nullable=False),
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("recipient", _SLUG, nullable=False),
        sa.Column("issued_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("max_count", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_export_link"),
        sa.ForeignKeyConstraint(["request_id"], ["export_request.id"], name="fk_export_link_request_id"),
        sa.ForeignKeyConstraint(["recipient"], ["person.username"], name="fk_export_link_recipient"),
    )
    op.create_index("ix_export_link_request_id", "export_link", ["request_id"])
    op.create_index("ix_export_link_recipient", "export_link", ["recipient"])
    op.create_table(
        "export_download",
        sa.Column("id", _ID, nullable=False),
        sa.Column("link_id", _ID, nullable=False),
        sa.Column("recipient", _SLUG, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_export_download"),
        sa.ForeignKeyConstraint(["link_id"], ["export_link.id"], name="fk_export_download_link_id"),
        sa.ForeignKeyConstraint(["recipient"], ["person.username"], name="fk_export_download_recipient"),
    )
    op.create_index("ix_export_download_link_id", "export_download", ["link_id"])
