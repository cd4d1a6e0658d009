"""A small world for the domain's tests: one project, two people, one data set, and a clock that tests move."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Integer, Table, func, select

from audit.testing import MemoryLedger
from project_spaces.access import may
from project_spaces.datasets import register_dataset
from project_spaces.decisions import Action, Decision
from project_spaces.facts import Classification, PlatformRole
from project_spaces.habilitations import grant_habilitation
from project_spaces.memberships import grant_membership
from project_spaces.outbox import RevisionRow
from project_spaces.people import create_person, grant_role
from project_spaces.projects import create_project
from project_spaces.quotas import Quota
from project_spaces.store import Base, Store
from project_spaces.text import Text
from tests.conftest import KeptEngines

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SYSTEM = "system:test"


@dataclass
class World:
    """Shortcuts over the domain's verbs; every right lasts from yesterday to ``days`` from now."""

    store: Store
    ledger: MemoryLedger
    now: datetime = NOW

    def person(self, username: str, *roles: PlatformRole) -> str:
        create_person(
            self.store,
            username=username,
            display_name=username.title(),
            email=f"{username}@example.org",
            actor=SYSTEM,
            now=self.now,
        )
        for role in roles:
            grant_role(self.store, username, role, actor=SYSTEM, now=self.now)
        return username

    def project(self, slug: str, *, days: int = 100, quota: Quota | None = None) -> str:
        create_project(
            self.store,
            slug=slug,
            title="Réadmissions à 30 jours",
            purpose="Mesurer la qualité des soins.",
            starts_at=self.now - DAY,
            ends_at=self.now + days * DAY,
            quota=quota or Quota(),
            actor=SYSTEM,
            now=self.now,
        )
        return slug

    def dataset(self, slug: str, classification: Classification = Classification.PSEUDONYMISED) -> str:
        register_dataset(
            self.store,
            slug=slug,
            title=Text("Séjours", "Stays"),
            owner="CHU",
            classification=classification,
            min_persons=11,
            person_column="ID",
            actor=SYSTEM,
            now=self.now,
        )
        return slug

    def member(self, person: str, project: str, *, days: int = 60, actor: str = SYSTEM) -> str:
        window = {"starts_at": self.now - DAY, "ends_at": self.now + days * DAY}
        return grant_membership(self.store, person=person, project=project, actor=actor, now=self.now, **window)

    def habilitate(self, person: str, project: str, dataset: str, *, days: float = 30, actor: str = SYSTEM) -> str:
        window = {"starts_at": self.now - DAY, "ends_at": self.now + days * DAY}
        return grant_habilitation(
            self.store, person=person, project=project, dataset=dataset, actor=actor, now=self.now, **window
        )

    def may(self, person: str, action: Action, at: datetime | None = None, **resource) -> Decision:
        with self.store.read() as session:
            return may(session, person, action, now=at or self.now, **resource)


def populate(world: World) -> World:
    """Fill a world with what most tests begin with."""
    world.person("ana")
    world.person("ben")
    world.project("etude")
    world.dataset("sejours")
    world.member("ana", "etude")
    world.habilitate("ana", "etude", "sejours")
    return world


@dataclass(frozen=True)
class Populated:
    """What ``populate`` leaves behind, to be laid into one empty database after another."""

    rows: Mapping[Table, Sequence[Mapping[str, Any]]]
    ledger: MemoryLedger

    def lay_into(self, engine: Engine, ledger: MemoryLedger) -> None:
        """Write the rows and the entries as they were."""
        ledger.begin_as(self.ledger)
        with engine.begin() as connection:
            for table, rows in self.rows.items():
                if table.name == RevisionRow.__tablename__:  # a migrated database has the row
                    connection.execute(table.update().values(number=rows[0]["number"]))
                    continue
                connection.execute(table.insert(), rows)
                if engine.dialect.name == "postgresql":
                    _count_on(connection, table)


def _count_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after those that came with their numbers."""
    column = table.autoincrement_column
    if column is not None and isinstance(column.type, Integer) and column.autoincrement is not False:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, select(func.max(column)).scalar_subquery())))


@pytest.fixture(scope="session")
def populated(sqlite_template: Path, in_memory: Path) -> Populated:
    """The small world, made once."""
    file = in_memory / "populated.sqlite"
    shutil.copyfile(sqlite_template, file)
    ledger = MemoryLedger()
    store = Store(f"sqlite:///{file}", ledger)
    populate(World(store, ledger))
    with store.read() as session:
        found = {table: session.execute(table.select()).mappings().all() for table in Base.metadata.sorted_tables}
    store.close()
    return Populated({table: [dict(row) for row in rows] for table, rows in found.items() if rows}, ledger)


@pytest.fixture
def world(
    store: Store, database_url: str, kept_engines: KeptEngines, populated: Populated, memory_ledger: MemoryLedger
) -> World:
    """Ana works in ``etude`` on ``sejours``; Ben is nobody there. On each kind of database."""
    populated.lay_into(kept_engines.open(database_url, read_only=False), memory_ledger)
    return World(store, memory_ledger)


@pytest.fixture
def quick_world(
    quick_store: Store, sqlite_url: str, kept_engines: KeptEngines, populated: Populated, memory_ledger: MemoryLedger
) -> World:
    """The same on SQLite only."""
    populated.lay_into(kept_engines.open(sqlite_url, read_only=False), memory_ledger)
    return World(quick_store, memory_ledger)
