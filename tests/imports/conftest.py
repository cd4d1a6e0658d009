"""One populated database for the whole run, copied for every test that needs an import desk."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit.testing import capture
from hub_extensions.exports.testing import populate
from hub_extensions.imports.testing import ImportBench, add_stewards, open_import_bench
from project_spaces.store import Store


@pytest.fixture(scope="session")
def with_stewards(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with people, roles, projects and stewards."""
    file = tmp_path_factory.mktemp("stewards") / "bureau.sqlite"
    shutil.copyfile(sqlite_template, file)
    with capture() as ledger:
        store = Store(f"sqlite:///{file}", ledger)
        populate(store)
        add_stewards(store)
        store.close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture
def import_home(with_stewards: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Make fresh installations by name."""

    def make(name: str) -> Path:
        home = tmp_path / name
        home.mkdir()
        shutil.copyfile(with_stewards, home / "bureau.sqlite")
        return home

    return make


@pytest.fixture
def bench(import_home: Callable[[str], Path]) -> Iterator[ImportBench]:
    """A desk of its own for one test."""
    with capture() as ledger:
        made = open_import_bench(import_home("home"), ledger)
        yield made
        made.desk.store.close()
