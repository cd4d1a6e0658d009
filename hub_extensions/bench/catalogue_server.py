"""What `bureau bench catalogue` asks: a portal over 50 data sets of 200 tables and 500 people, and a bare page.

A process of its own, so that asking and answering don't share a thread. It prints the addresses of both and serves
until its input is closed.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from audit.testing import MemoryLedger
from hub_extensions.portal.testing import open_world
from project_spaces.catalogue.cards import VersionCard
from project_spaces.catalogue.publications import describe_version, set_public
from project_spaces.datasets import register_dataset, register_version
from project_spaces.facts import Classification
from project_spaces.people import create_person
from project_spaces.store import Store, migrate
from project_spaces.text import Text

DATASETS, TABLES, COLUMNS, PEOPLE = 50, 200, 20, 500
ACTOR = "system:bench"
THEMES = ("claims", "hospital", "medicines", "cohort", "biology")
#: Bytes of the bare page: what a page of the catalogue has.
BARE_PAGE = 20_000


class Bare(RequestHandler):
    """The stock counterpart: a page that Tornado only has to send."""

    def get(self) -> None:
        """Send it."""
        self.finish("x" * BARE_PAGE)


def populate(url: str) -> None:
    """Fill a database with what the aim names."""
    migrate(url)
    store, now = Store(url, MemoryLedger()), datetime.now(UTC)
    for number in range(PEOPLE):
        name = f"person-{number}"
        create_person(store, username=name, display_name=name, email=f"{name}@example.org", actor=ACTOR, now=now)
    for number in range(DATASETS):
        slug = f"base-{number}"
        register_dataset(
            store,
            slug=slug,
            title=Text(f"Base de santé n° {number}", f"Health base no {number}"),
            owner=f"Producteur {number % 7}",
            classification=list(Classification)[number % 4],
            min_persons=11,
            person_column=None,
            actor=ACTOR,
            now=now,
        )
        register_version(store, slug, "1", manifest_sha256="0" * 64, rows=1, actor=ACTOR, now=now)
        describe_version(store, slug, "1", _card(number), actor=ACTOR, now=now)
        set_public(store, slug, public=True, actor=ACTOR, now=now)
    store.close()


def _card(number: int) -> VersionCard:
    words = f"Séjours, actes et prestations de la région {number} : une ligne par événement de soins. " * 4
    tables = [
        {
            "name": f"T{table}_B{number}",
            "rows": 1000 * table,
            "title": {"fr": f"Événements de soins {table}", "en": f"Care events {table}"},
            "columns": [
                {"name": f"var_{number}_{table}_{column}", "type": "string", "label": _label(table, column)}
                for column in range(COLUMNS)
            ],
        }
        for table in range(TABLES)
    ]
    card = {
        "description": {"fr": words, "en": words},
        "themes": [THEMES[number % len(THEMES)]],
        "coverage": {"start": f"{2000 + number % 20}-01-01"},
    }
    return VersionCard.model_validate({"card": card, "licence": "x", "source": "x", "citation": "x", "tables": tables})


def _label(table: int, column: int) -> dict[str, str]:
    return {"fr": f"Variable {column} de l'événement {table}", "en": f"Variable {column} of event {table}"}


async def serve(folder: Path) -> None:
    """Serve until standard input ends."""
    url = f"sqlite:///{folder}/bureau.sqlite"
    await asyncio.to_thread(populate, url)
    listening, port = bind_unused_port()
    bare = HTTPServer(Application([("/", Bare)]))
    bare.add_sockets([listening])
    async with open_world(folder, MemoryLedger(), database=url) as world:
        await asyncio.to_thread(world.portal.catalogue.current, world.clock())
        addresses = {"ours": world.address, "stock": f"http://127.0.0.1:{port}/"}
        print(json.dumps(addresses), flush=True)
        await asyncio.to_thread(sys.stdin.read)
    bare.stop()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
