"""One populated database for the whole run, copied for every test that needs a desk."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import repeat
from pathlib import Path

import pytest

from audit.testing import capture
from hub_extensions.exports.checking import Checker, CheckOrder
from hub_extensions.exports.checks import FileVerdict, run_checks
from hub_extensions.exports.checks.runner import Workers
from hub_extensions.exports.testing import PROJECT, Bench, open_bench, populate
from project_spaces.store import Store

MODULES_OF_A_WORKER = 5
Checked = Callable[..., list[FileVerdict]]


@pytest.fixture(scope="session")
def populated(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with people, roles and projects."""
    file = tmp_path_factory.mktemp("populated") / "bureau.sqlite"
    shutil.copyfile(sqlite_template, file)
    with capture() as ledger:
        store = Store(f"sqlite:///{file}", ledger)
        populate(store)
        store.close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file


@pytest.fixture(scope="session")
def workers_of_modules() -> Iterator[Iterator[Workers]]:
    """One confined worker for each few modules: it may take five minutes of processor time in all."""
    workers = Workers(kept=True)

    def lent() -> Iterator[Workers]:
        while True:
            workers.end()
            yield from repeat(workers, MODULES_OF_A_WORKER)

    yield lent()
    workers.end()


@pytest.fixture(scope="module")
def kept_workers(workers_of_modules: Iterator[Workers]) -> Workers:
    """One confined worker for a whole module and some of its neighbours: the files of their tests may be mixed."""
    return next(workers_of_modules)


@pytest.fixture(scope="module")
def checked(kept_workers: Workers) -> Checked:
    """``run_checks`` in the worker of the module."""
    return partial(run_checks, workers=kept_workers)


@pytest.fixture(scope="module")
def one_worker(kept_workers: Workers) -> Checker:
    """The product's checks, in the worker of the module."""

    def checked(order: CheckOrder) -> Sequence[FileVerdict]:
        given = {"data": order.data, "released": order.released, "out_dir": order.out_dir, "names": order.names}
        given |= {"supporting": order.supporting, "now": order.now, "data_since": order.data_since}
        return run_checks(order.files, order.policy, **given, workers=kept_workers)

    return checked


@pytest.fixture
def fast_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where the system has one: thousands of commits wait for no disk."""
    memory = Path("/dev/shm")  # noqa: S108 - removed below
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="bv-desk-") as folder:
        yield Path(folder)


@pytest.fixture
def new_home(populated: Path, fast_folder: Path) -> Callable[[str], Path]:
    """Make fresh installations by name."""

    def make(name: str) -> Path:
        home = fast_folder / name
        (home / "projects" / PROJECT).mkdir(parents=True)
        shutil.copyfile(populated, home / "bureau.sqlite")
        return home

    return make


@pytest.fixture
def bench(new_home: Callable[[str], Path]) -> Iterator[Bench]:
    """A desk of its own for one test."""
    with capture() as ledger:
        made = open_bench(new_home("home"), ledger)
        yield made
        made.desk.store.close()
