"""Search stays fast when the log grows: no query walks the whole log or sorts, and every combination finds the same."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import pytest

from audit import leaf, merkle
from audit.events import Event, Kind
from audit.index import VERSION, Index, IndexWriter
from audit.places import Places
from audit.postings import By, Postings
from audit.private import PrivateStore
from audit.records import pack, unpack
from audit.testing import PlainKeys
from audit.tiles import TileWriter

START = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE, PROJECTS, SETS = ("alice", "bob", "carol"), ("stays", "grafts"), ("pmsi", "omop")
KINDS = (Kind.MOUNT, Kind.KERNEL_MESSAGE, Kind.REFUSAL)


def history() -> list[Event]:
    """Two hundred and ten entries with everything mixed."""
    found = []
    for n in range(210):
        subject = {"workspace": f"{n // 30:032x}"} | ({"dataset": SETS[n % 2]} if n % 5 == 0 else {})
        rules = ("hours@1",) if n % 7 == 0 else ()
        project = PROJECTS[n % 4 // 2] if n % 11 else None
        at = START + timedelta(minutes=n)
        found.append(Event(KINDS[n % 3], PEOPLE[n % 3 - n // 100], project, at, subject, rules=rules))
    return found


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A ledger's folder with that history, without a recorder."""
    made = Places(tmp_path_factory.mktemp("ledger"))
    made.prepare()
    tiles, index, private = TileWriter(made.log, 0), IndexWriter(made), PrivateStore(made)
    packed = [entry for one in history() for entry in unpack(pack(leaf.prepare(one, PlainKeys())))]
    for entry in packed:
        tiles.append(entry.leaf, merkle.hash_leaf(entry.leaf))
    tiles.publish()
    private.add(0, packed)
    index.add(0, [entry.leaf for entry in packed])
    index.add(100, [entry.leaf for entry in packed[100:]])  # taken in twice: a restart
    index.close()
    private.close()
    return made


ASKED = {
    "kind": Kind.REFUSAL.value,
    "person": "bob",
    "project": "stays",
    "dataset": "pmsi",
    "rule": "hours",
    "workspace": f"{2:032x}",
    "since": START + timedelta(minutes=40),
    "until": START + timedelta(minutes=150),
}
COMBINED = [dict(each) for size in range(len(ASKED) + 1) for each in combinations(ASKED.items(), size)]


def carries(event: Event, asked: dict) -> bool:
    """The plain meaning of each question."""
    tests = {
        "kind": lambda value: event.kind == value,
        "person": lambda value: event.actor == value,
        "project": lambda value: event.project == value,
        "dataset": lambda value: event.subject.get("dataset") == value,
        "rule": lambda value: any(rule.startswith(value + "@") for rule in event.rules),
        "workspace": lambda value: event.subject["workspace"] == value,
        "since": lambda value: event.at >= value,
        "until": lambda value: event.at <= value,
    }
    return all(tests[name](value) for name, value in asked.items())


def test_every_combination_of_criteria_finds_exactly_what_carries_them(places):
    events, index = history(), Index(places)
    for asked in COMBINED:
        expected = [n for n in range(209, -1, -1) if carries(events[n], asked)]
        assert index.places_of(**asked, limit=1000) == expected, asked
    kinds = [Kind.MOUNT.value, Kind.REFUSAL.value]
    both = [n for n in range(209, -1, -1) if events[n].kind in kinds and events[n].project == "stays"]
    assert index.places_of(kind=kinds, project="stays", limit=1000) == both


def test_pages_go_on_and_back_and_lose_nothing(places):
    index = Index(places)
    for asked in ({}, {"person": "bob"}, {"kind": [Kind.MOUNT.value, Kind.REFUSAL.value]}):
        whole, seen, before = index.places_of(**asked, limit=1000), [], None
        while page := index.places_of(**asked, before=before, limit=7):
            if seen:
                assert index.places_of(**asked, after=page[0], limit=7) == seen[-7:], asked
            seen += page
            before = page[-1]
        assert seen == whole


def test_how_many_is_known_without_counting(places):
    events, index = history(), Index(places)
    assert index.count() == 210
    assert index.count(person="bob") == sum(event.actor == "bob" for event in events)
    assert index.count(kind="refusal", project="stays") == sum(
        event.kind is Kind.REFUSAL and event.project == "stays" for event in events
    )
    assert index.count(kind="refusal", project="stays", person="bob") is None
    assert index.count(person="nobody") == 0


def test_no_query_walks_the_whole_log_or_sorts(places):
    index, plans = Index(places), []

    def explain(sql: str) -> None:
        if sql.startswith("SELECT place"):
            with closing(sqlite3.connect(places.index)) as database:
                plans.append([row[3] for row in database.execute("EXPLAIN QUERY PLAN " + sql)])

    index._database.set_trace_callback(explain)
    for asked in COMBINED:
        for cursor in ({}, {"before": 120}, {"after": 120}):
            index.places_of(**asked, **cursor, actor="bob" if "person" in asked else None)
    assert len(plans) > 100
    for plan in plans:
        assert not [step for step in plan if "TEMP B-TREE" in step or "USE TEMP" in step], plan
        assert not [step for step in plan if step.startswith("SCAN")], plan
        assert all("term=?" in step or "rowid" in step for step in plan), plan
        assert "idx>? AND idx<?" in plan[0] or "rowid>? AND rowid<?" in plan[0], f"not bounded on both sides: {plan}"


def test_a_search_begins_with_the_shortest_list_that_it_can(places):
    with closing(sqlite3.connect(places.index)) as database:
        lists, counts = Postings(database), dict(database.execute("SELECT number, count FROM term"))
        chosen = lists.cover({By.KIND: "refusal", By.PERSON: PlainKeys().pseudonym("bob"), By.PROJECT: "stays"})
        assert len(chosen) == 2, "two pairs ask for all three"
        assert all(counts[one] <= counts[other] for one, other in pairwise(chosen))
        assert lists.cover({By.PROJECT: "stays", By.KIND: "never.recorded"}) == []


def test_an_index_of_another_version_is_not_read_and_is_thrown_away(places, tmp_path):
    other = Places(tmp_path)
    other.prepare()
    with closing(sqlite3.connect(other.index)) as database:
        database.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, kind TEXT)")
        database.execute("PRAGMA user_version = 1")
        database.commit()
    with pytest.raises(sqlite3.OperationalError, match="another version"):
        Index(other)
    writer = IndexWriter(other)
    assert writer.size == 0, "it is filled again from the tiles"
    writer.close()
    assert Index(other).places_of() == []
    assert VERSION > 1
    again = IndexWriter(places)
    assert again.size == 210, "one of this version stays"
    again.close()
