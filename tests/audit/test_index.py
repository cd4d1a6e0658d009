"""Search, and forgetting: what is deleted is gone and every proof stays valid."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from audit import leaf, merkle
from audit.events import Event, Kind
from audit.index import Index, IndexWriter
from audit.keystore import KeyStore
from audit.places import Places
from audit.private import PrivateStore
from audit.records import pack, unpack
from audit.tiles import TileWriter
from audit.verify import verify_log

from .recorder_process import event

START = datetime(2026, 1, 1, tzinfo=UTC)


class Filled:
    """An index over hand-made events, without a recorder."""

    def __init__(self, folder):
        self.places = Places(folder)
        self.places.prepare()
        self.keys = KeyStore(folder / "keys")
        self._tiles, self._index, self._private = (
            TileWriter(self.places.log, 0),
            IndexWriter(self.places),
            PrivateStore(self.places),
        )

    def add(self, *events):
        start = self._tiles.size
        packed = [entry for one in events for entry in unpack(pack(leaf.prepare(one, self.keys)))]
        for entry in packed:
            self._tiles.append(entry.leaf, merkle.hash_leaf(entry.leaf))
        self._tiles.publish()
        self._private.add(start, packed)
        self._index.add(start, [entry.leaf for entry in packed])
        return Index(self.places)


@pytest.fixture
def filled(tmp_path):
    return Filled(tmp_path)


def at(minute, kind=Kind.MOUNT, actor="alice", project="stays", **more):
    return Event(kind, actor, project, START + timedelta(minutes=minute), **more)


def test_each_criterion_and_all_together(filled):
    index = filled.add(
        at(0, Kind.SIGNIN_SUCCESS, project=None),
        at(1, subject={"dataset": "sejours"}),
        at(2, actor="bob", subject={"dataset": "sejours"}),
        at(3, Kind.HABILITATION_GRANTED, actor="bob", persons={"person": "alice"}),
        at(4, Kind.KERNEL_MESSAGE, project="other"),
        at(5, Kind.LEDGER_HEARTBEAT, actor="system:ledger", project=None),
    )

    def found(**asked):
        return [row.index for row in index.search(**asked)]

    assert found() == [5, 4, 3, 2, 1, 0]
    assert found(kind="mount") == [2, 1]
    assert found(kind=[Kind.MOUNT, Kind.SIGNIN_SUCCESS]) == [2, 1, 0]
    assert found(actor="alice") == [4, 1, 0]
    assert found(actor=filled.keys.pseudonym("alice")) == [4, 1, 0]
    assert found(actor="system:ledger") == [5]
    assert found(person="alice") == [4, 3, 1, 0]
    assert found(project="stays") == [3, 2, 1]
    assert found(dataset="sejours", actor="bob") == [2]
    assert found(since=START + timedelta(minutes=2), until=START + timedelta(minutes=4)) == [4, 3, 2]
    assert found(before=3, limit=2) == [2, 1]
    assert found(actor="nobody") == []
    assert found(project="' OR 1=1 --") == []
    assert found(since=START + timedelta(days=9)) == []
    assert found(until=START - timedelta(days=9)) == []


def test_a_row_tells_names_facts_and_size(filled):
    index = filled.add(at(0, persons={"reviewer": "bob"}, private={"where": "10.0.0.7"}, content=b"x" * 1000))
    (row,) = index.search()
    assert row.actor_name == "alice"
    assert row.names[row.persons["reviewer"]] == "bob"
    assert row.private == {"where": "10.0.0.7"}
    assert row.size == 1024
    assert row.at == START
    assert row.leaf_hash == merkle.hash_leaf(row.leaf)
    assert index.sealed(0) is not None


def test_a_rule_that_was_hit_is_in_the_leaf_and_is_found_by_name_version_or_at_all(filled):
    index = filled.add(
        at(0),
        at(1, rules=("volume@2", "hours@1")),
        at(2, rules=("hours@1",)),
        at(3, rules=("volume@1",)),
        at(4, rules=()),
    )

    def found(rule, **more):
        return [row.index for row in index.search(rule=rule, **more)]

    assert found("volume") == [3, 1]
    assert found("volume@2") == [1]
    assert found("hours") == [2, 1]
    assert found(True) == [3, 2, 1]
    assert found(True, until=START + timedelta(minutes=2)) == [2, 1]
    assert found(None) == [4, 3, 2, 1, 0]
    assert found("vol") == []
    hit, plain = index.rows([1, 0])
    assert hit.rules == ("hours@1", "volume@2")
    assert leaf.parse(hit.leaf)["rules"] == ["hours@1", "volume@2"]
    assert plain.rules == ()
    assert "rules" not in leaf.parse(plain.leaf)


@pytest.mark.parametrize("rule", ["", "volume", "Volume@1", "volume@0", "a person@1", "volume@1\n"])
def test_a_rule_is_a_name_and_a_version_and_nothing_that_a_client_could_choose(rule):
    with pytest.raises(ValueError, match="name@version"):
        at(0, rules=(rule,))


def test_times_that_are_not_in_order_are_found_by_time(filled):
    index = filled.add(*[at(n % 7 * 1000 + n) for n in range(3000)])
    since, until = START + timedelta(minutes=2500), START + timedelta(minutes=4000)
    found = {row.index for row in index.search(since=since, until=until, limit=10_000)}
    assert found == {n for n in range(3000) if 2500 <= n % 7 * 1000 + n <= 4000}


@pytest.mark.parametrize("strange", [b"not json", b"{}", b'{"v":1}', b'{"v":1,"kind":"x","actor":"y","at":"then"}'])
def test_a_leaf_that_is_not_ours_is_shown_as_unreadable_and_stops_nothing(filled, strange):
    filled._tiles.append(strange, merkle.hash_leaf(strange))
    filled._tiles.publish()
    filled._index.add(0, [strange])
    (row,) = filled.add(at(1)).search(limit=1, before=1)
    assert row.leaf == strange


def test_what_is_forgotten_is_gone_from_the_disk_and_every_proof_stays(recorder):
    client = recorder.client()
    receipts = client.append(
        event(1, content=b"secret-small", private={"where": "hidden-place"}),
        event(2, content=os.urandom(400_000)),
        event(3, private={"where": "kept-place"}),
    )
    client.settle()
    index, private = Index(recorder.places), PrivateStore(recorder.places)
    forgotten = private.forget([receipts[0].index, receipts[1].index])
    assert (forgotten.facts, forgotten.blobs) == (1, 2)
    assert private.forget_person(recorder.keys.pseudonym("alice")).names == 1
    private.make_durable()
    assert index.sealed(receipts[0].index) is None
    assert index.sealed(receipts[1].index) is None
    assert not [path for path in recorder.places.blobs.rglob("*") if path.is_file()]
    recorder.stop()
    assert b"hidden-place" not in recorder.places.private.read_bytes()
    assert b"kept-place" in recorder.places.private.read_bytes()
    assert verify_log(recorder.places.log).good
    recorder.start()
    recorder.client().settle()
    rows = Index(recorder.places).search(kind=Kind.KERNEL_MESSAGE)
    assert [(row.actor_name, dict(row.private)) for row in rows] == [
        (None, {"where": "kept-place"}),
        (None, {}),
        (None, {}),
    ]


def test_readers_cannot_write_the_index(filled):
    index = filled.add(at(0))
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        index._database.execute("DELETE FROM entry")


def test_a_silence_of_the_recorder_is_found(filled):
    beat = {"kind": Kind.LEDGER_HEARTBEAT, "actor": "system:ledger", "project": None}
    index = filled.add(*[at(minute, **beat) for minute in (1, 2, 3, 30, 31)], at(15))
    now = START + timedelta(minutes=40)
    found = [
        ((silence.begin - START) // timedelta(minutes=1), (silence.end - START) // timedelta(minutes=1))
        for silence in index.silences(timedelta(minutes=2), START, now)
    ]
    assert found == [(3, 30), (31, 40)]
    assert index.silences(timedelta(minutes=30), START, now) == []
