"""The import desk on SQLite and on PostgreSQL: the whole way, its tables, and two stewards who click at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from audit.testing import MemoryLedger
from hub_extensions.exports.testing import populate
from hub_extensions.imports import records, reviewing
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.states import State
from hub_extensions.imports.testing import SAM, SUE, ImportBench, add_stewards, open_import_bench
from hub_extensions.outside.access import OutsideAccess
from project_spaces.engines import open_engine
from project_spaces.errors import Conflict
from project_spaces.migrations.env_names import VERSION_TABLE
from tests.exports.test_both_databases import at_once


@pytest.fixture
def any_bench(database_url: str, memory_ledger: MemoryLedger, tmp_path: Path) -> Iterator[ImportBench]:
    """A desk on each kind of database."""
    bench = open_import_bench(tmp_path, memory_ledger, url=database_url)
    populate(bench.desk.store)
    add_stewards(bench.desk.store)
    yield bench
    bench.desk.store.close()


def test_two_stewards_who_click_at_once_accept_once(any_bench: ImportBench) -> None:
    bench = any_bench
    request_id = bench.checked()
    desk = bench.desk
    refused = at_once(*(lambda who=who: reviewing.approve(desk, request_id, bench.by(who)) for who in (SAM, SUE)))
    assert [type(error) for error in refused] == [Conflict]
    assert advance(desk, request_id, now=bench.now)
    assert bench.state(request_id) is State.RELEASED


def test_models_and_migrations_agree(database_url: str) -> None:
    engine = open_engine(database_url, read_only=True)
    known = {
        row.__tablename__ for row in (records.ImportRequest, records.ImportFile, records.ImportStep, OutsideAccess)
    }
    options = {
        "version_table": VERSION_TABLE,
        "compare_type": True,
        "include_object": lambda _found, name, kind, *_: kind != "table" or name in known,
    }
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), records.Base.metadata) == []
    engine.dispose()
