"""How the two databases are opened so that they behave alike: one writer at a time, readers that can't write.

SQLite: write-ahead log, foreign keys on, ``BEGIN IMMEDIATE`` for writers, ``query_only`` for readers. PostgreSQL:
read-only transactions for readers; writers queue up on the row of the revision counter (see ``store``).
"""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

#: How long a writer waits for the one before it, in milliseconds; then the act is refused, nothing half-done.
BUSY_TIMEOUT_MS = 10_000


def parse_url(url: str) -> URL:
    """Read *url*; PostgreSQL means psycopg 3 unless another driver is named."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in {"postgres", "postgresql"} else parsed


def open_engine(url: str, *, read_only: bool) -> Engine:
    """Open a pool of connections for readers or for writers."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, read_only=read_only)
    options = {"postgresql_readonly": True} if read_only else {}
    return create_engine(
        parsed,
        pool_pre_ping=True,
        execution_options=options,
        connect_args={"connect_timeout": 5, "options": f"-c lock_timeout={BUSY_TIMEOUT_MS} -c timezone=UTC"},
    )


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not open transactions of its own
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA query_only={'ON' if read_only else 'OFF'}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
