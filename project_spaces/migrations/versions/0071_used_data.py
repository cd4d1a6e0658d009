"""Which data sets were ever mounted in which project: filled from the workspaces that there were."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and fill it with the first mount of each data set in each project."""
    used = op.create_table(
        "used_data",
        sa.Column("project", sa.String(30), nullable=False),
        sa.Column("dataset", sa.String(30), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("project", "dataset", name="pk_used_data"),
        sa.ForeignKeyConstraint(["project"], ["project.slug"], name="fk_used_data_project"),
        sa.ForeignKeyConstraint(["dataset"], ["dataset.slug"], name="fk_used_data_dataset"),
    )
    op.create_index("ix_used_data_dataset", "used_data", ["dataset"])
    workspace = sa.table(
        "workspace",
        sa.column("project", sa.String),
        sa.column("versions", sa.JSON),
        sa.column("started_at", sa.DateTime(timezone=True)),
    )
    first: dict[tuple[str, str], object] = {}
    for row in op.get_bind().execute(sa.select(workspace).order_by(workspace.c.started_at)):
        for each in row.versions:
            first.setdefault((row.project, each["dataset"]), row.started_at)
    rows = [{"project": project, "dataset": name, "first_at": at} for (project, name), at in first.items()]
    if rows:
        op.bulk_insert(used, rows)
