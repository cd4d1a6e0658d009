"""The catalogue: cards of data set versions, and which data sets are public."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0009"
branch_labels = None
depends_on = None

_SLUG = sa.String(30)
_ACTOR = sa.String(64)
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "catalogue_card",
        sa.Column("dataset", _SLUG, nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("recorded_at", _MOMENT, nullable=False),
        sa.Column("recorded_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("dataset", "version", name="pk_catalogue_card"),
        sa.ForeignKeyConstraint(
            ["dataset", "version"],
            ["dataset_version.dataset", "dataset_version.version"],
            name="fk_catalogue_card_dataset",
        ),
    )
    op.create_table(
        "catalogue_publication",
        sa.Column("dataset", _SLUG, nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("changed_by", _ACTOR, nullable=False),
        sa.PrimaryKeyConstraint("dataset", name="pk_catalogue_publication"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_catalogue_publication_dataset"),
    )
