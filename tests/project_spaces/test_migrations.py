"""The migrations make exactly the tables that the models describe, on both databases, once."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from audit.events import Kind
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
from project_spaces.embargoes import records as embargo_records
from project_spaces.engines import open_engine
from project_spaces.migrations import migrate
from project_spaces.migrations.env_names import VERSION_TABLE
from project_spaces.outbox import decode
from project_spaces.requests import records as request_records
from project_spaces.reviews import campaigns
from project_spaces.sessions import programs
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
    embargo_records,
    habilitations,
    account_records,
    memberships,
    notifications,
    people,
    programs,
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


def test_what_was_mounted_before_is_known_afterwards(tmp_path: Path) -> None:
    """The files of a project that was there already may hold extracts, too."""
    file = tmp_path / "before.sqlite"
    migrate(f"sqlite:///{file}", "0066c")
    with closing(sqlite3.connect(file)) as database, database:
        _insert(database, "project", slug="etude")
        for slug in ("a", "b"):
            _insert(database, "dataset", slug=slug)
        for number, (at, mounted) in enumerate([("2026-02-01", ["a", "b"]), ("2026-01-01", ["a"]), ("2026-03-01", [])]):
            versions = json.dumps([{"dataset": each, "version": "1"} for each in mounted])
            row = {"project": "etude", "started_at": f"{at} 00:00:00.000000", "state": "stopped", "versions": versions}
            _insert(database, "workspace", id=str(number), **row)
    migrate(f"sqlite:///{file}", "0071")
    with closing(sqlite3.connect(file)) as database:
        found = database.execute("SELECT project, dataset, first_at FROM used_data ORDER BY dataset").fetchall()
    assert [(project, dataset, at[:10]) for project, dataset, at in found] == [
        ("etude", "a", "2026-01-01"),
        ("etude", "b", "2026-02-01"),
    ]


def test_who_answers_for_an_older_project_is_filled_in_where_it_is_certain_and_recorded(tmp_path: Path) -> None:
    """Nobody gets a perimeter from words alone, nor from an employer that the lead had only later."""
    file = tmp_path / "before.sqlite"
    migrate(f"sqlite:///{file}", "0081")
    decided, before, after = (f"2026-0{month}-01 00:00:00.000000" for month in (5, 4, 6))
    cases = {
        "named": ("chu  NORD", after),
        "registered": ("", before),
        "later": ("", after),
        "elsewhere": ("CHU Sud", before),
        "answered": ("CHU Nord", before),
    }
    with closing(sqlite3.connect(file)) as database, database:
        for slug, name in (("chu-nord", "CHU Nord"), ("chu-sud", "CHU Sud")):
            _insert(database, "organisation", slug=slug, name=name)
        for project, (words, registered) in cases.items():
            _insert(database, "project", slug=project)
            _insert(database, "affiliation", person=f"lead-{project}", organisation="chu-nord", set_at=registered)
            form = json.dumps({"organisation": words})
            row = {"applicant": f"lead-{project}", "project": project, "form": form, "decided_at": decided}
            _insert(database, "access_request", id=project, **row)
        _insert(database, "project_organisation", project="answered", organisation="chu-sud")
    migrate(f"sqlite:///{file}", "0081b")
    with closing(sqlite3.connect(file)) as database:
        found = dict(database.execute("SELECT project, organisation FROM project_organisation").fetchall())
        recorded = [decode(payload) for (payload,) in database.execute("SELECT payload FROM outbox ORDER BY seq")]
    assert found == {"named": "chu-nord", "registered": "chu-nord", "answered": "chu-sud"}
    assert [(each.kind, each.project, each.subject) for each in recorded] == [
        (Kind.ORGANISATION, project, {"organisation": "chu-nord", "change": "answers for the project"})
        for project in ("named", "registered")
    ]


def _insert(database: sqlite3.Connection, table: str, **facts: str) -> None:
    """A row of *facts*, with nothing in every other column that wants something."""
    columns = database.execute(f"PRAGMA table_info({table})").fetchall()
    row = {name: facts.get(name, "") for _, name, _, wanted, default, _ in columns if wanted and default is None}
    row |= facts
    names, places = ", ".join(row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))  # noqa: S608 - names of ours
