"""Databases for every room's tests: each test that asks for ``store`` runs on SQLite and on PostgreSQL.

PostgreSQL is the system's own (Debian package ``postgresql``): a throw-away cluster on a unix socket, started once per
run, stopped and deleted at its end. Each test finds the migrated tables empty.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from audit.testing import MemoryLedger
from project_spaces.engines import open_engine
from project_spaces.store import Store, migrate
from tests.fixtures.refusals import (
    pytest_configure,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

__all__ = ["pytest_configure", "pytest_sessionfinish", "pytest_terminal_summary", "pytest_testnodedown"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what this suite may be asked for."""
    parser.addoption("--screenshots", metavar="DIR", help="keep the pictures of the documentation in this folder")
    parser.addoption(
        "--untried", metavar="PATH", action="append", default=[], help="list refusals below it that no test tried"
    )
    parser.addoption("--kills", metavar="N", type=int, default=6, help="length of the campaign of kills")
    parser.addoption("--kill-seed", metavar="N", type=int, default=1, help="which moments and victims it chooses")


#: Rooms in the order in which workers share their files (``bureau test``). The first two need no image of a workspace:
#: images are made meanwhile. Then whatever takes longest, so that workers end together; files that need an installation
#: stay side by side, so that each worker builds it once.
ORDER = ("exports", "portal", "end_to_end", "linkage", "hub_extensions", "openid", "engine", "gateway", "audit")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the rooms into their ``ORDER``; within a room the order stays."""
    here = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        room = item.path.relative_to(here).parts[0]
        return ORDER.index(room) if room in ORDER else len(ORDER)

    items.sort(key=rank)


DEBIAN_BINARIES = "/usr/lib/postgresql"
START_TIMEOUT_S = 60


def _binary(name: str) -> str:
    places = [str(path) for path in sorted(Path(DEBIAN_BINARIES).glob("*/bin"), reverse=True)]
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.fail(f"PostgreSQL is not installed ({name} not found): apt-get install postgresql", pytrace=False)
    return found


def _not_root() -> dict[str, int]:
    """PostgreSQL refuses to run as root: give it another user."""
    if os.geteuid() != 0:
        return {}
    users = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = users.get("postgres") or users["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a throw-away cluster, to which ``/<database>`` is added: ``postgresql+psycopg://…?host=…``."""
    initdb, server = _binary("initdb"), _binary("postgres")
    folder = Path(tempfile.mkdtemp(prefix="bvpg", dir="/tmp"))
    identity = _not_root()
    if identity:
        os.chown(folder, identity["user"], identity["group"])
    data = folder / "data"
    options = {"cwd": folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **identity}
    subprocess.run(
        [initdb, "-D", str(data), "-U", "bureau", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        **options,
    )
    settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off", "max_connections": "60"}
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([server, "-D", str(data), *arguments], stdout=log, stderr=log, **options)
    try:
        _wait_until_it_answers(folder, process)
        yield f"host={folder} user=bureau"
    finally:
        process.send_signal(signal.SIGINT)  # SIGTERM would wait for pools that still hold a connection
        process.wait(START_TIMEOUT_S)
        shutil.rmtree(folder)


def _wait_until_it_answers(folder: Path, process: subprocess.Popen[bytes]) -> None:
    pause, waited = 0.05, 0.0
    while waited < START_TIMEOUT_S and process.poll() is None:
        try:
            psycopg.connect(f"host={folder} user=bureau dbname=postgres").close()
        except psycopg.OperationalError:
            try:
                process.wait(pause)
            except subprocess.TimeoutExpired:
                waited += pause
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}", pytrace=False)


def _sqlalchemy(server: str, database: str) -> str:
    folder = server.split(maxsplit=1)[0].removeprefix("host=")
    return f"postgresql+psycopg://bureau@/{database}?host={folder}"


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> str:
    """One migrated database, emptied after each test: copying a database takes longer than most tests."""
    url = _sqlalchemy(postgres_server, "postgres")
    migrate(url)
    return url


def _empty(server: str) -> None:
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        tables = {name for (name,) in found} - {"bureau_schema_version", "revision"}
        connection.execute("SET session_replication_role = replica")  # in any order, whatever refers to whatever
        connection.execute("; ".join(f'DELETE FROM "{name}"' for name in sorted(tables)))  # noqa: S608
        connection.execute("UPDATE revision SET number = 0")


@pytest.fixture(scope="session")
def in_memory() -> Iterator[Path]:
    """A folder in memory where the system has one: thousands of commits wait for no disk."""
    memory = Path("/dev/shm")  # noqa: S108 - removed below
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None, prefix="bv-tests-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def sqlite_template(in_memory: Path) -> Path:
    """A SQLite file that holds the migrated schema, to be copied."""
    file = in_memory / "migrated.sqlite"
    migrate(f"sqlite:///{file}")
    return file


class KeptEngines:
    """Opens the engine of an address once and keeps it, with every statement that it has compiled."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, bool], Engine] = {}

    def keep(self, url: str) -> None:
        """Give *url* to one test after another, each with connections of its own."""
        for read_only in (True, False):
            self._open.setdefault((url, read_only), open_engine(url, read_only=read_only)).dispose()

    def open(self, url: str, *, read_only: bool) -> Engine:
        """Return the engine of *url*: the kept one, or one of its own."""
        return self._open.get((url, read_only)) or open_engine(url, read_only=read_only)


@pytest.fixture(scope="session")
def kept_engines() -> Iterator[KeptEngines]:
    """What stores open; compiling the same statements for each test takes longer than most tests."""
    engines = KeptEngines()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("project_spaces.store.open_engine", engines.open)
        yield engines


@pytest.fixture
def sqlite_url(sqlite_template: Path, in_memory: Path, kept_engines: KeptEngines) -> str:
    """A fresh, migrated SQLite database, at the same place for each test."""
    file = in_memory / "bureau.sqlite"
    url = f"sqlite:///{file}"
    kept_engines.keep(url)
    for path in in_memory.glob(f"{file.name}*"):  # a process of an earlier test may still hold the old file: leave it
        path.unlink()
    shutil.copyfile(sqlite_template, file)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh, migrated database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    url = request.getfixturevalue("postgres_url")
    request.getfixturevalue("kept_engines").keep(url)
    yield url
    _empty(request.getfixturevalue("postgres_server"))


@pytest.fixture
def memory_ledger() -> MemoryLedger:
    """A ledger in memory that can be told to fail."""
    return MemoryLedger()


@pytest.fixture
def store(database_url: str, memory_ledger: MemoryLedger) -> Iterator[Store]:
    """A store on each kind of database."""
    opened = Store(database_url, memory_ledger)
    yield opened
    opened.close()


@pytest.fixture
def quick_store(sqlite_url: str, memory_ledger: MemoryLedger) -> Iterator[Store]:
    """A store on SQLite only, for tests that are not about the database."""
    opened = Store(sqlite_url, memory_ledger)
    yield opened
    opened.close()
