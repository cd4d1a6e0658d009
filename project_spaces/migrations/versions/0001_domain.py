"""The domain: people and accounts, projects, data sets, memberships, habilitations, workspaces, and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ID = sa.String(32)
_CHOICE = sa.String(30)
_ACTOR = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)
_BIG_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything."""
    _outbox()
    _people()
    _projects_and_data()
    _rights()
    _workspaces()


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("seq", _BIG_KEY, autoincrement=True, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("payload", sa.Text()),
        sa.Column("ledger_index", sa.BigInteger()),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
    )
    op.create_index("ix_outbox_waiting", "outbox", ["seq"], sqlite_where=_WAITING, postgresql_where=_WAITING)
    revision_table = op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_revision"),
    )
    op.bulk_insert(revision_table, [{"id": 1, "number": 0}])


_WAITING = sa.text("ledger_index IS NULL")


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("username", _SLUG, nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("disabled_at", _MOMENT),
        sa.Column("enrolled_at", _MOMENT),
        sa.PrimaryKeyConstraint("username", name="pk_person"),
    )
    op.create_table(
        "platform_role",
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("role", _CHOICE, nullable=False),
        sa.Column("granted_at", _MOMENT, nullable=False),
        sa.Column("granted_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("person", "role", name="pk_platform_role"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_platform_role_person"),
    )
    op.create_table(
        "account",
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("activation_sha256", sa.String(64)),
        sa.Column("activation_ends_at", _MOMENT),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("sealed_totp", sa.String(1000)),
        sa.Column("last_totp_step", sa.BigInteger()),
        sa.PrimaryKeyConstraint("person", name="pk_account"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_account_person"),
        sa.UniqueConstraint("activation_sha256", name="uq_account_activation_sha256"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("name_sha256", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locks", sa.Integer(), nullable=False),
        sa.Column("locked_until", _MOMENT),
        sa.Column("last_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name_sha256", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_last_at", "sign_in_failures", ["last_at"])


def _projects_and_data() -> None:
    op.create_table(
        "project",
        sa.Column("slug", _SLUG, nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("purpose", sa.UnicodeText(), nullable=False),
        sa.Column("status", _CHOICE, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("cpu", sa.Float(), nullable=False),
        sa.Column("memory_mb", sa.Integer(), nullable=False),
        sa.Column("pids", sa.Integer(), nullable=False),
        sa.Column("storage_gb", sa.Integer(), nullable=False),
        sa.Column("gpu_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_project"),
    )
    op.create_table(
        "dataset",
        sa.Column("slug", _SLUG, nullable=False),
        sa.Column("title_fr", sa.String(300), nullable=False),
        sa.Column("title_en", sa.String(300), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("classification", _CHOICE, nullable=False),
        sa.Column("min_persons", sa.Integer(), nullable=False),
        sa.Column("person_column", sa.String(128)),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("withdrawn_at", _MOMENT),
        sa.PrimaryKeyConstraint("slug", name="pk_dataset"),
    )
    op.create_table(
        "dataset_version",
        sa.Column("dataset", _SLUG, nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("manifest_sha256", sa.String(64), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("dataset", "version", name="pk_dataset_version"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_dataset_version_dataset"),
    )


def _rights() -> None:
    op.create_table(
        "membership",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("role", _CHOICE, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("granted_at", _MOMENT, nullable=False),
        sa.Column("granted_by", _ACTOR, nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_membership_person"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_membership_project"),
    )
    op.create_index("ix_membership_person_project", "membership", ["person", "project"])
    op.create_index("ix_membership_project", "membership", ["project"])
    op.create_table(
        "habilitation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("dataset", _SLUG, nullable=False),
        sa.Column("starts_at", _MOMENT, nullable=False),
        sa.Column("ends_at", _MOMENT, nullable=False),
        sa.Column("granted_at", _MOMENT, nullable=False),
        sa.Column("granted_by", _ACTOR, nullable=False),
        sa.Column("reason", sa.UnicodeText(), nullable=False),
        sa.Column("revoked_at", _MOMENT),
        sa.Column("revoked_by", _ACTOR),
        sa.Column("revoked_reason", sa.UnicodeText()),
        sa.PrimaryKeyConstraint("id", name="pk_habilitation"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_habilitation_person"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_habilitation_project"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_habilitation_dataset"),
    )
    op.create_index("ix_habilitation_person_project", "habilitation", ["person", "project"])
    op.create_index("ix_habilitation_project", "habilitation", ["project"])
    op.create_index("ix_habilitation_dataset", "habilitation", ["dataset"])


def _workspaces() -> None:
    op.create_table(
        "workspace",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _SLUG, nullable=False),
        sa.Column("project", _SLUG, nullable=False),
        sa.Column("state", _CHOICE, nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("running_at", _MOMENT),
        sa.Column("stopped_at", _MOMENT),
        sa.Column("cause", _CHOICE),
        sa.Column("note_fr", sa.String(500)),
        sa.Column("note_en", sa.String(500)),
        sa.Column("socket_dir", sa.String(200), nullable=False),
        sa.Column("owner_uid", sa.Integer(), nullable=False),
        sa.Column("image_digest", sa.String(200), nullable=False),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("sealed_inner_token", sa.String(1000)),
        sa.Column("sealed_hub_token", sa.String(1000)),
        sa.Column("oauth_client_id", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_workspace"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_workspace_person"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_workspace_project"),
    )
    op.create_index("ix_workspace_person", "workspace", ["person"])
    op.create_index("ix_workspace_project", "workspace", ["project"])
    op.create_index("ix_workspace_state", "workspace", ["state"])
    still_open = sa.text("state <> 'stopped'")
    op.create_index(
        "uq_workspace_open",
        "workspace",
        ["person", "project"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
