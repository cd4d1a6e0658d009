"""When the tokens that a person made for programs were ended."""

import sqlalchemy as sa
from alembic import op

revision = "0064b"
down_revision = "0066b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "programs_end",
        sa.Column("person", sa.String(30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_programs_end"),
        sa.ForeignKeyConstraint(["person"], ["person.username"], name="fk_programs_end_person"),
    )
