"""The migration makes exactly the tables that the models describe."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub_extensions.exports import requests
from project_spaces.columns import Base


def test_migration_and_models_agree(database_url: str) -> None:

    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    tables = {table for table in Base.metadata.tables if table.startswith("export_")}
    assert requests.ExportRequest.__tablename__ in tables
    assert [each for each in differences if any(table in str(each) for table in tables)] == []
    engine.dispose()
