"""`bureau bench search`: an auditor's searches in a long ledger, against a plain SQLite table with an index per column.

The entries are made up: people who work in a few projects each, mostly cells and what they show, now and then a mount,
a refusal or a hit of a rule. Both sides hold the same entries and answer the same questions in turn: a page of fifty
and one more, newest first, from three places of the log. Ours also opens the index, reads the rows from the tiles and
proves each under the signed checkpoint, as the page does; the plain table is open and has its rows at hand.
"""

import functools
import hashlib
import itertools
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from audit import merkle
from audit.checkpoint import Checkpoint, Signer
from audit.events import Kind
from audit.index import Index, IndexWriter
from audit.places import Places
from audit.row_checks import RowCheck
from audit.rows import Row
from audit.tiles import TileWriter
from hub_extensions.bench.comparison import Case, as_json, show
from hub_extensions.engine.progress import Visible

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE, PROJECTS, DATASETS = 500, 60, 80
#: One entry in so many carries it.
EVERY = {Kind.MOUNT: 400, Kind.REFUSAL: 900, Kind.FILE_WRITE: 40, Kind.CONTENTS_READ: 12, Kind.OUTPUT_COUNT: 5}
RULE_EVERY = 1500
AT_ONCE = 16_384
PAGE = 51


@dataclass(frozen=True, slots=True)
class Made:
    """One made-up entry, and what it is found by."""

    leaf: bytes
    at: int
    kind: str
    person: str
    project: str
    dataset: str | None
    rule: str | None


def entries(size: int) -> Iterator[Made]:
    """Make them up, the same each time; a second apart."""
    dice = random.Random(5)  # noqa: S311 - the same ledger each time
    homes = [dice.sample(range(PROJECTS), dice.randint(1, 3)) for _ in range(PEOPLE)]
    for number in range(size):
        person = min(int(dice.expovariate(3 / PEOPLE)), PEOPLE - 1)  # a few do most
        project = dice.choice(homes[person])
        kind = next((kind for kind, every in EVERY.items() if not dice.randrange(every)), Kind.KERNEL_MESSAGE)
        dataset = f"set-{(project * 7 + dice.randrange(4)) % DATASETS}" if kind is Kind.MOUNT else None
        rule = "volume@1" if not dice.randrange(RULE_EVERY) else None
        at = START + timedelta(seconds=number)
        one = Made(b"", int(at.timestamp()), kind.value, f"p{person:032x}", f"project-{project}", dataset, rule)
        yield replace(one, leaf=_leaf(number, at, one))


def _leaf(number: int, at: datetime, made: Made) -> bytes:
    workspace = hashlib.sha256(f"{made.person} {made.project} {number // 5000}".encode()).hexdigest()[:32]
    subject = {"workspace": workspace, "channel": "shell"} | ({"dataset": made.dataset} if made.dataset else {})
    body: dict[str, Any] = {"v": 1, "id": f"{number:032x}", "at": f"{at:%Y-%m-%dT%H:%M:%S.000000Z}", "kind": made.kind}
    body |= {"actor": made.person, "project": made.project, "subject": subject}
    if made.rule:
        body["rules"] = [made.rule]
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


class Plain:
    """What one would write first: a table, and an index for each column."""

    COLUMNS = ("kind", "person", "project", "dataset", "rule")

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file)
        self._database.executescript(
            "PRAGMA journal_mode = WAL; CREATE TABLE entry "
            "(idx INTEGER PRIMARY KEY, at INTEGER, kind, person, project, dataset, rule, leaf);"
            + "".join(f"CREATE INDEX {name}_idx ON entry ({name}, idx);" for name in ("at", *self.COLUMNS))
        )

    def add(self, start: int, made: list[Made]) -> None:
        """Take entries in."""
        rows = [
            (place, one.at, one.kind, one.person, one.project, one.dataset, one.rule, one.leaf)
            for place, one in enumerate(made, start)
        ]
        with self._database:
            self._database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def search(self, *, limit: int, **asked: Any) -> list[Any]:
        """Answer as the index does."""
        terms = {f"{name} = ?": asked[name] for name in self.COLUMNS if name in asked}
        bounds = {"before": "idx < ?", "after": "idx > ?", "since": "at >= ?", "until": "at <= ?"}
        terms |= {
            sql: int(value.timestamp()) if isinstance(value := asked[name], datetime) else value
            for name, sql in bounds.items()
            if name in asked
        }
        order = "ASC" if "after" in asked else "DESC"
        sql = f"SELECT idx, leaf FROM entry WHERE {' AND '.join(terms) or '1'} ORDER BY idx {order} LIMIT ?"  # noqa: S608
        return self._database.execute(sql, (*terms.values(), limit)).fetchall()


def fill(folder: Path, size: int, report: Callable[[int, int], None]) -> tuple[Places, Plain]:
    """Make both sides."""
    places = Places(folder)
    places.prepare()
    tiles, index, plain = TileWriter(places.log, 0), IndexWriter(places), Plain(folder / "plain.sqlite")
    source, start, frontier, signer = entries(size), 0, merkle.Frontier(), Signer.generate("bench/ledger")
    while made := list(itertools.islice(source, AT_ONCE)):
        for one in made:
            frontier.append(merkle.hash_leaf(one.leaf))
            tiles.append(one.leaf, merkle.hash_leaf(one.leaf))
        index.add(start, [one.leaf for one in made])
        plain.add(start, made)
        start += len(made)
        report(start, size)
    tiles.publish()
    index.make_durable()
    index.close()
    places.vkey.write_text(signer.vkey)
    places.checkpoint.write_text(signer.sign(Checkpoint(signer.name, frontier.size, frontier.root()).text()))
    return places, plain


def look(places: Places, **asked: Any) -> list[Row]:
    """Search as a page does: open the index, find, and hold each entry against the signature before it is shown."""
    with closing(Index(places, RowCheck(places))) as index:
        return index.search(limit=PAGE, **asked)


def questions(size: int) -> dict[str, list[dict[str, Any]]]:
    """What auditors ask, by case: each from the newest entry, from the middle back, and from a third on."""
    dice = random.Random(9)  # noqa: S311 - the same questions each time
    person = [{"person": f"p{number:032x}"} for number in dice.sample(range(0, PEOPLE, 2), 40)]
    project = [{"project": f"project-{number}"} for number in range(0, PROJECTS, 2)]
    kind = [{"kind": each.value} for each in (*EVERY, Kind.KERNEL_MESSAGE)]
    rare = [{"kind": each.value} for each in (Kind.REFUSAL, Kind.MOUNT)]
    dataset = [{"dataset": f"set-{number}"} for number in range(0, DATASETS, 4)]
    middle = START + timedelta(seconds=size // 2)
    day = {"since": middle, "until": middle + timedelta(days=1)}
    rule = [{"rule": "volume@1"}]
    asked = {
        "one criterion": [*person, *project, *kind, *dataset, *rule],
        "rare kind of one person": _both(rare, person),
        "person in a project, of one kind": _both(_both(rare, person[:10]), project[:10]),
        "rule hits of a project": _both(rule, project),
        "a day of a person": [each | day for each in person],
    }
    cursors: list[dict[str, Any]] = [{}, {"before": size // 2}, {"after": size // 3}]
    return {name: [one | cursor for one in each for cursor in cursors] for name, each in asked.items()}


def _both(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one | other for one in some for other in others]


def measure(places: Places, plain: Plain, size: int, report: Callable[[int, int], None]) -> list[Case]:
    """Ask both in turn; what they find must be the same."""
    cases = []
    asked = questions(size)
    for number, (name, each) in enumerate(asked.items()):
        ours, stock = [], []
        for place, question in enumerate(each):
            answers = {
                "ours": functools.partial(look, places, **question),
                "stock": functools.partial(plain.search, limit=PAGE, **question),
            }
            found = {side: _timed(answers[side]) for side in (answers if place % 2 else reversed(answers))}
            ours.append(found["ours"][0])
            stock.append(found["stock"][0])
            assert all(row.signed for row in found["ours"][1])  # noqa: S101 - what is not signed is not shown
            same = sorted(row.index for row in found["ours"][1]) == sorted(row[0] for row in found["stock"][1])
            assert same, question  # noqa: S101 - a bench that compares different answers says nothing
        cases.append(Case(f"{name}, {size:,} entries", tuple(ours), tuple(stock)))
        report(number + 1, len(asked))
    return cases


def _timed(work: Callable[[], list[Any]]) -> tuple[float, list[Any]]:
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


@click.command()
@click.option("--entries", "size", default=1_000_000, show_default=True, type=click.IntRange(1_000, 20_000_000))
@click.option("--folder", type=click.Path(path_type=Path), help="On which disk; a temporary folder by default.")
@click.option("--json", "as_document", is_flag=True, help="Print one JSON document.")
def command(size: int, folder: Path | None, as_document: bool) -> None:  # noqa: FBT001 - click
    """Search in a ledger of ENTRIES made-up entries; stock is a plain SQLite table with an index per column."""
    with tempfile.TemporaryDirectory(prefix="bv", dir=folder) as name, Visible() as report:
        report.step(f"Making {size:,} entries")
        places, plain = fill(Path(name), size, report.advance)
        report.step("Searching")
        cases = measure(places, plain, size, report.advance)
    versions = {"sqlite": sqlite3.sqlite_version}
    click.echo(json.dumps(as_json(cases, versions), indent=1) if as_document else show(cases))
