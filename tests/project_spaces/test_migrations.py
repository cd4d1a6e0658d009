"""The migrations make exactly the tables that the models describe, on both databases, once."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from project_spaces import (
    account_records,
    accounts,
    agreements,
    approvals,
    controls,
    datasets,
    egress,
    expiry_warnings,
    habilitations,
    memberships,
    notifications,
    people,
    projects,
    records,
    recovery_codes,
    register,
    retention,
    workspaces,
)
from project_spaces.catalogue import publications
from project_spaces.columns import Base
from project_spaces.engines import open_engine
from project_spaces.migrations import migrate
from project_spaces.migrations.env_names import VERSION_TABLE
from project_spaces.requests import records as request_records
from project_spaces.reviews import campaigns
from project_spaces.trainings import claims

ROOM = (
    expiry_warnings,
    campaigns,
    accounts,
    agreements,
    approvals,
    publications,
    register,
    records,
    request_records,
    controls,
    datasets,
    egress,
    habilitations,
    account_records,
    memberships,
    notifications,
    people,
    projects,
    recovery_codes,
    retention,
    claims,
    workspaces,
)


def test_models_and_migrations_agree(database_url: str) -> None:
    """A room above may have added tables: those it has models for here are compared too."""
    engine = open_engine(database_url, read_only=True)
    known = set(Base.metadata.tables)
    options = {
        "version_table": VERSION_TABLE,
        "compare_type": True,
        "include_name": lambda name, kind, _parents: kind != "table" or name in known,
    }
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    migrate(database_url)
    test_models_and_migrations_agree(database_url)
