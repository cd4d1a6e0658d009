"""Deletion in time: exactly what is over goes, provably; every proof stays valid, also after a kill at any step."""

import hashlib
import os
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from audit import leaf
from audit.deletions import ACTOR, SLICE, deletion_list, deletions
from audit.errors import LedgerUnavailable
from audit.events import Event, Kind
from audit.export import export_log
from audit.index import Index
from audit.private import PrivateStore
from audit.proof import Proof, prove
from audit.retention import Keep, Retention, Rules, months_before
from audit.verify import verify_log

from .grown_log import Question
from .outside import spicy

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
RULES = Rules(Keep(12), {"short": Keep(6), "long": Keep(36), "held": Keep(6, held=True)})
DAY = timedelta(days=1)


def old(months: int, *, over: bool = True) -> datetime:
    return months_before(NOW, months) - (DAY if over else -DAY)


def event(project, at, actor="alice", content=b"secret", where="ward-7") -> Event:
    return Event(Kind.KERNEL_MESSAGE, actor, project, at, {"n": 1}, content, {"where": where} if where else None)


class Stopped(Exception):
    """A process that is killed."""


class Ledger:
    """A real recorder, filled, and sweeps over it."""

    def __init__(self, recorder) -> None:
        self.recorder, self.places, self.client = recorder, recorder.places, recorder.client()
        self.recorded: list[Event] = []

    def fill(self, *events: Event) -> list[int]:
        receipts = self.client.append(*events)
        self.client.settle()
        return [receipt.index for receipt in receipts]

    def sweep(self, rules=RULES, now=NOW, rest=lambda: None, record=None):
        def recorded(each: Event):
            self.recorded.append(each)
            return self.client.append(each)

        return Retention(self.places, lambda: rules, record or recorded, rest).sweep(now)

    def kept(self, place: int) -> tuple[bool, bool]:
        store = PrivateStore(self.places)
        found = bool(store.facts([place])), store.sealed(place) is not None
        store.close()
        return found

    def entries(self) -> list:
        self.client.settle()
        return Index(self.places).search(kind=Kind.AUDIT_DELETED)


@pytest.fixture
def ledger(recorder):
    made = Ledger(recorder)
    made.fill(event("long", NOW))  # alice keeps her name
    return made


def test_each_project_loses_what_is_over_and_nothing_else(ledger) -> None:
    cases = [
        ("short", old(6), True),
        ("short", old(6, over=False), False),
        ("long", old(12), False),
        ("long", old(36), True),
        ("held", old(36), False),
        (None, old(12), True),
        (None, old(6), False),
        ("tried-by-a-client", old(12), True),
    ]
    places = ledger.fill(*[event(project, at) for project, at, _ in cases])
    ledger.sweep()
    assert [ledger.kept(place) == (False, False) for place in places] == [over for _, _, over in cases]
    assert [ledger.kept(place) == (True, True) for place in places] == [not over for _, _, over in cases]


def test_the_log_says_exactly_what_went_and_the_list_proves_it(ledger) -> None:
    first, second, third = ledger.fill(
        event("short", old(6)),
        event("short", old(6), content=None),
        event("short", old(6), where=None, content=os.urandom(400_000)),
    )
    swept = ledger.sweep()
    (deletion,) = swept.deletions
    (row,) = ledger.entries()
    assert (row.actor, row.project) == (ACTOR, "short")
    assert dict(row.subject) == {
        "months": 6, "entries": 3, "facts": 2, "blobs": 2, "names": 0, "first": first, "last": third,
        "digest": deletion.digest,
    }  # fmt: skip
    text = deletion_list(ledger.places, deletion.id)
    assert hashlib.sha256(text).hexdigest() == row.subject["digest"]
    assert text.decode() == f"{first} fb\n{second} f\n{third} b\n"
    assert not [path for path in ledger.places.blobs.rglob("*") if path.is_file()]
    assert [each.done for each in deletions(ledger.places)] == [True]
    with pytest.raises(KeyError):
        deletion_list(ledger.places, "0" * 32)


def test_every_proof_stays_valid_also_for_a_program_that_is_not_ours(ledger, tmp_path) -> None:
    places = ledger.fill(*[event("short", old(6)) for _ in range(300)])
    before = ledger.places.checkpoint.read_text()
    proofs = [prove(ledger.places.log, place) for place in places[::50]]
    ledger.sweep()
    ledger.client.settle()
    assert verify_log(ledger.places.log, old_checkpoint=before).good
    assert [prove(ledger.places.log, place).splitlines()[1] for place in places[::50]] == [
        proof.splitlines()[1] for proof in proofs
    ]
    assert export_log(ledger.places.root, tmp_path / "copy").good
    entry = Index(ledger.places).rows(places[:1])[0].leaf
    proof = Proof.parse(prove(ledger.places.log, places[0]))
    question = Question(entry, proof.index, proof.path, proof.checkpoint, ledger.places.vkey.read_text().strip())
    assert spicy([question], tmp_path) == [True]


def test_what_is_deleted_is_overwritten_on_the_disk(ledger) -> None:
    ledger.fill(event("short", old(6), where="hidden-place"), event("long", old(6), where="kept-place"))
    ledger.sweep()
    ledger.recorder.stop()  # the journal is integrated, its segments hold nothing any more that is not in the tables
    data = b"".join(path.read_bytes() for path in ledger.places.root.glob("private.sqlite*"))
    assert b"hidden-place" not in data
    assert b"kept-place" in data


def test_segments_and_spool_hold_nothing_for_longer_than_an_hour(ledger) -> None:
    """Retention works on the tables alone because journal segments are dropped once they are integrated."""
    ledger.fill(event("short", old(6), content=os.urandom(400_000), where="hidden-place"))
    for _ in range(40):  # small segments: the first one is full and superfluous soon
        ledger.fill(*[event("long", NOW, content=os.urandom(4000), where="x") for _ in range(20)])
    ledger.recorder.stop()
    ledger.recorder.start()
    assert not list(ledger.places.spool.iterdir())
    journal = b"".join(path.read_bytes() for path in ledger.places.journal.iterdir())
    assert b"hidden-place" not in journal


def test_doing_it_again_does_nothing(ledger) -> None:
    ledger.fill(event("short", old(6)), event("short", old(6)))
    assert ledger.sweep().entries == 2
    again = ledger.sweep()
    assert (again.entries, again.names, len(ledger.recorded)) == (0, 0, 1)


def test_without_the_log_nothing_is_deleted(ledger) -> None:
    def unavailable(_event):
        raise LedgerUnavailable

    (place,) = ledger.fill(event("short", old(6)))
    with pytest.raises(LedgerUnavailable):
        ledger.sweep(record=unavailable)
    assert ledger.kept(place) == (True, True)
    ledger.sweep()
    assert ledger.kept(place) == (False, False)
    assert len(ledger.entries()) == 1


def test_a_kill_at_any_step_is_gone_on_from(ledger, monkeypatch) -> None:
    """Stopped at each rest and around each record in turn: in the end everything is gone and was recorded once."""
    monkeypatch.setattr("audit.deletions.SLICE", 4)
    for steps in range(12):
        places = ledger.fill(
            *[event("short", old(6), content=os.urandom(200_000 if n == 7 else 10)) for n in range(10)]
        )
        left = iter(range(steps))

        def pass_by(left=left) -> None:
            if next(left, None) is None:
                raise Stopped

        def record(each: Event, pass_by=pass_by):
            pass_by()
            receipts = ledger.client.append(each)
            pass_by()
            return receipts

        with suppress(Stopped):
            ledger.sweep(rest=pass_by, record=record)
        ledger.sweep()
        assert {ledger.kept(place) for place in places} == {(False, False)}
        assert not [path for path in ledger.places.blobs.rglob("*") if path.is_file()]
        assert sum(row.subject["entries"] for row in ledger.entries()) == 10 * (steps + 1)
    assert verify_log(ledger.places.log).good


def test_a_hold_that_comes_in_the_middle_stops_what_was_planned_until_it_is_lifted(ledger) -> None:
    (place,) = ledger.fill(event("short", old(6)))

    def stop() -> None:
        raise Stopped

    def unavailable(_event):
        raise LedgerUnavailable

    with pytest.raises(LedgerUnavailable):
        ledger.sweep(record=unavailable)
    held = Rules(Keep(12), {"short": Keep(6, held=True)})
    ledger.sweep(held)
    assert ledger.kept(place) == (True, True)
    assert ledger.entries() == []
    ledger.sweep()
    assert ledger.kept(place) == (False, False)


def test_a_longer_time_chosen_later_brings_nothing_back_and_a_shorter_one_reaches_back(ledger) -> None:
    first, second = ledger.fill(event("short", old(6)), event("long", old(12)))
    ledger.sweep()
    longer = Rules(Keep(12), {"short": Keep(36), "long": Keep(6)})
    ledger.sweep(longer)
    assert ledger.kept(first) == (False, False)
    assert ledger.kept(second) == (False, False)


class TestNames:
    def known(self, ledger) -> set[str]:
        database = sqlite3.connect(ledger.places.private)
        return {name for (name,) in database.execute("SELECT name FROM person")}

    def test_a_name_goes_with_the_last_entry_that_is_kept(self, ledger) -> None:
        ledger.fill(
            event("short", old(6), actor="gone"),
            event("short", old(6), actor="back"),
            event("short", NOW - DAY, actor="back"),
            event("short", old(6), actor="elsewhere"),
            event("long", old(12), actor="elsewhere"),
            event("held", old(36), actor="held"),
            Event(Kind.MOUNT, "system:x", "short", old(6), persons={"beneficiary": "named"}),
        )
        swept = ledger.sweep()
        assert self.known(ledger) == {"alice", "back", "elsewhere", "held"}
        assert swept.names == 2
        (row,) = [row for row in ledger.entries() if row.subject["names"]]
        assert (row.project, row.subject["names"]) == (None, 2)
        assert Index(ledger.places).search(kind=Kind.KERNEL_MESSAGE, project="short")[-1].actor_name is None

    def test_who_comes_back_has_a_name_again(self, ledger) -> None:
        ledger.fill(event("short", old(6), actor="gone"))
        ledger.sweep()
        assert self.known(ledger) == {"alice"}
        ledger.fill(event("short", NOW, actor="gone"))
        assert self.known(ledger) == {"alice", "gone"}

    def test_deleted_names_are_listed_by_pseudonym(self, ledger) -> None:
        ledger.fill(event("short", old(6), actor="gone"))
        (deletion,) = [each for each in ledger.sweep().deletions if each.names]
        assert deletion_list(ledger.places, deletion.id).decode() == f"{ledger.recorder.keys.pseudonym('gone')} n\n"


def test_entries_are_recorded_while_a_sweep_goes_on(ledger) -> None:
    """Each rest of the sweep lets a whole append through to the tables: it holds no lock meanwhile."""
    ledger.fill(*[event("short", old(6)) for _ in range(3 * SLICE)])
    other, added = ledger.recorder.client(), []

    def append() -> None:
        if len(added) < 5:
            added.extend(other.append(event("long", NOW)))
            other.settle()

    ledger.sweep(rest=append)
    assert len(added) == 5
    assert all(ledger.kept(receipt.index) == (True, True) for receipt in added)


def test_a_leaf_that_is_not_ours_is_left_alone(ledger) -> None:
    (place,) = ledger.fill(event("short", old(6)))
    database = sqlite3.connect(ledger.places.private)
    with database:
        database.execute("DELETE FROM sealed WHERE idx = ?", (place,))
    ledger.sweep()
    assert leaf.parse(Index(ledger.places).rows([place])[0].leaf)["kind"] == "kernel.message"
    assert ledger.kept(place) == (False, False)


@pytest.mark.parametrize(
    ("now", "months", "before"),
    [
        (datetime(2026, 11, 25, tzinfo=UTC), 6, datetime(2026, 5, 25, tzinfo=UTC)),
        (datetime(2026, 8, 31, tzinfo=UTC), 6, datetime(2026, 2, 28, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), 12, datetime(2027, 2, 28, tzinfo=UTC)),
        (datetime(2026, 1, 15, tzinfo=UTC), 36, datetime(2023, 1, 15, tzinfo=UTC)),
        (datetime(2026, 12, 1, tzinfo=UTC), 12, datetime(2025, 12, 1, tzinfo=UTC)),
    ],
)
def test_months_are_those_of_the_calendar(now, months: int, before) -> None:
    assert months_before(now, months) == before
