"""The migration makes exactly the tables that the models describe."""

from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub_extensions.exports import requests
from project_spaces.store import Base, migrate


def test_migration_and_models_agree(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bureau.sqlite"
    migrate(url)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    tables = {table for table in Base.metadata.tables if table.startswith("export_")}
    assert requests.ExportRequest.__tablename__ in tables
    assert [each for each in differences if any(table in str(each) for table in tables)] == []
    engine.dispose()
