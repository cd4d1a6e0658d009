"""An act and its record are one transaction; without a ledger there is no act; a reader can't write."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from audit.events import Event, Kind
from audit.testing import MemoryLedger
from project_spaces.errors import BureauError, Unavailable
from project_spaces.outbox import OutboxRow
from project_spaces.people import Person
from project_spaces.store import Store
from tests.project_spaces.conftest import NOW, World


def event(subject: dict | None = None) -> Event:
    return Event(Kind.PERSON_CREATED, "system:test", None, NOW, subject or {})


def person(username: str) -> Person:
    return Person(username=username, display_name="X", email="x@example.org", created_at=NOW)


def usernames(store: Store) -> list[str]:
    with store.read() as session:
        return list(session.scalars(select(Person.username).order_by(Person.username)))


class TestWrite:
    def test_change_and_record_are_committed_together(self, store: Store, memory_ledger: MemoryLedger) -> None:
        with store.write(event()) as session:
            session.add(person("ana"))
        assert usernames(store) == ["ana"]
        assert memory_ledger.kinds() == [Kind.PERSON_CREATED]
        assert store.unsettled() == 0

    def test_an_error_inside_leaves_neither_change_nor_record(self, store: Store, memory_ledger: MemoryLedger) -> None:
        before = store.revision()

        def act() -> None:
            with store.write(event()) as session:
                session.add(person("ana"))
                session.flush()
                _ = 1 / 0

        with pytest.raises(ZeroDivisionError):
            act()
        assert usernames(store) == []
        assert memory_ledger.events == []
        assert (store.revision(), store.unsettled()) == (before, 0)

    def test_there_is_no_way_to_write_without_an_event(self, store: Store) -> None:
        with pytest.raises(TypeError):
            store.write()  # type: ignore[call-arg]

    def test_the_event_is_stored_before_the_session_is_given(self, store: Store) -> None:
        one = event()
        with store.write(one) as session:
            assert session.scalars(select(OutboxRow.event_id)).all() == [one.id]

    def test_further_events_keep_their_order(self, store: Store, memory_ledger: MemoryLedger) -> None:
        events = [event({"n": number}) for number in range(5)]
        with store.write(*events[:2]) as session:
            session.also(*events[2:])
        assert [each.subject["n"] for each in memory_ledger.events] == [0, 1, 2, 3, 4]

    def test_what_an_event_says_survives_the_outbox(self, store: Store, memory_ledger: MemoryLedger) -> None:
        full = Event(
            Kind.EXPORT_COMMENTED,
            "ana",
            "etude",
            NOW + timedelta(microseconds=1),
            {"n": 1, "yes": True, "none": None, "é": "ü"},
            content=b"\x00\xff words",
            private={"reason": "clinique"},
            persons={"reviewer": "ben"},
        )
        with store.write(full):
            pass
        assert memory_ledger.events == [full]

    def test_what_an_event_carried_leaves_the_database_once_the_ledger_has_it(self, store: Store) -> None:
        with store.write(event()):
            pass
        with store.read() as session:
            assert session.execute(select(OutboxRow.payload, OutboxRow.ledger_index)).all() == [(None, 0)]

    def test_bulk_never_goes_through_the_outbox(self, store: Store) -> None:
        bulky = Event(Kind.FILE_WRITE, "ana", "etude", NOW, content=b"x" * (2**20 + 1))
        with pytest.raises(ValueError, match="bytes"), store.write(bulky):
            pass

    @pytest.mark.parametrize(
        "subject",
        [{f"k{number}": "x" * 90 for number in range(20)}, {"cpu": 1.5}, {"name": "\ud800"}],
        ids=["too large", "a fraction", "not Unicode"],
    )
    def test_an_event_that_the_ledger_would_never_take_is_refused_before_the_act(
        self, store: Store, subject: dict
    ) -> None:
        """Committed, it would keep every later event waiting for ever."""
        with pytest.raises(ValueError, match=r"leaf|float|surrog|form"), store.write(event(subject)) as session:
            session.add(person("ana"))
        assert usernames(store) == []
        assert store.unsettled() == 0

    def test_odd_private_text_passes(self, store: Store, memory_ledger: MemoryLedger) -> None:
        odd = Event(Kind.REFUSAL, "ana", None, NOW, private={"reason": "\ud800 \0 é"})
        with store.write(odd):
            pass
        assert memory_ledger.events == [odd]

    def test_a_write_inside_a_write_is_refused(self, store: Store) -> None:
        with pytest.raises(RuntimeError, match="one act"), store.write(event()), store.write(event()):
            pass
        assert store.unsettled() == 0

    def test_revision_moves_with_every_act_and_only_then(self, store: Store) -> None:
        first = store.revision()
        assert store.revision() == first
        with store.write(event()):
            pass
        assert store.revision() == first + 1

    def test_two_writers_take_turns(self, store: Store, memory_ledger: MemoryLedger) -> None:
        """Read, add one, write back, from four threads: no increment is lost."""
        with store.write(event()) as session:
            session.add(person("ana"))

        def add_ten() -> None:
            for _ in range(10):
                with store.write(event()) as session:
                    row = session.get_one(Person, "ana")
                    row.email = str(int(row.email.removesuffix("@example.org").replace("x", "0")) + 1)

        threads = [threading.Thread(target=add_ten) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with store.read() as session:
            assert session.get_one(Person, "ana").email == "40"
        assert len(memory_ledger.events) == 41
        assert store.unsettled() == 0


class TestLedgerFails:
    @pytest.mark.parametrize("failure", ["stop", "fill"])
    def test_no_ledger_no_act(self, store: Store, memory_ledger: MemoryLedger, failure: str) -> None:
        getattr(memory_ledger, failure)()
        with pytest.raises(Unavailable) as caught, store.write(event()) as session:
            session.add(person("ana"))
        assert caught.value.status == 503
        assert "journal" in caught.value.text.fr
        assert "ledger" in caught.value.text.en
        assert usernames(store) == []
        assert store.unsettled() == 0

    def test_an_act_stands_when_the_ledger_stops_after_the_commit_and_is_sent_once(
        self, store: Store, memory_ledger: MemoryLedger
    ) -> None:
        with store.write(event()) as session:
            session.add(person("ana"))
            memory_ledger.stop()
        assert usernames(store) == ["ana"]
        assert store.unsettled() == 1
        with pytest.raises(Unavailable):
            store.require_settled()
        memory_ledger.start()
        store.require_settled()
        assert len(memory_ledger.events) == 1
        assert store.flush_outbox() == 0

    def test_no_further_act_while_an_earlier_one_waits(self, store: Store, memory_ledger: MemoryLedger) -> None:
        with store.write(event()):
            memory_ledger.fill()
        with pytest.raises(Unavailable), store.write(event()) as session:
            session.add(person("ana"))
        assert usernames(store) == []

    def test_killed_between_sending_and_marking_records_nothing_twice(
        self, store: Store, memory_ledger: MemoryLedger, database_url: str
    ) -> None:
        """The event reached the ledger, the row says it did not: the next process sends it again, same id."""
        one = event()
        with store.write(one):
            memory_ledger.stop()
        memory_ledger.start()
        memory_ledger.append(one)
        successor = Store(database_url, memory_ledger)
        assert successor.flush_outbox() == 1
        assert len(memory_ledger.events) == 1
        assert successor.ledger_index(one.id) == 0
        successor.close()

    def test_waiting_events_keep_their_order(self, store: Store, memory_ledger: MemoryLedger) -> None:
        events = [event({"n": number}) for number in range(600)]
        with store.write(*events):
            memory_ledger.stop()
        memory_ledger.start()
        assert store.flush_outbox() == 600
        assert [each.subject["n"] for each in memory_ledger.events] == list(range(600))

    def test_record_alone_fails_closed(self, store: Store, memory_ledger: MemoryLedger) -> None:
        memory_ledger.stop()
        with pytest.raises(Unavailable):
            store.record(event())
        memory_ledger.start()
        assert [receipt.index for receipt in store.record(event())] == [0]


class TestRead:
    def test_a_reader_that_changes_a_row_is_told(self, world: World) -> None:
        with pytest.raises(RuntimeError, match="write"), world.store.read() as session:
            session.get_one(Person, "ana").email = "other@example.org"
        with world.store.read() as session:
            assert session.get_one(Person, "ana").email == "ana@example.org"

    def test_a_reader_that_adds_a_row_is_told(self, store: Store) -> None:
        with pytest.raises(RuntimeError, match="write"), store.read() as session:
            session.add(person("ana"))

    @pytest.mark.parametrize(
        "statement",
        [
            insert(Person).values(username="eve", display_name="E", email="e@example.org", created_at=NOW),
            update(Person).values(display_name="E"),
            text("UPDATE revision SET number = 0"),
            text("DELETE FROM outbox"),
        ],
    )
    def test_the_database_refuses_a_reader_s_statement(self, world: World, statement) -> None:
        with pytest.raises((DBAPIError, Unavailable)), world.store.read() as session:
            session.execute(statement)
        assert usernames(world.store) == ["ana", "ben"]

    def test_times_come_back_aware_and_naive_ones_are_refused(self, world: World) -> None:
        with world.store.read() as session:
            assert session.get_one(Person, "ana").created_at == NOW
        with pytest.raises(Exception, match="aware"), world.store.write(event()) as session:
            session.get_one(Person, "ana").created_at = NOW.replace(tzinfo=None)


class TestDatabaseFails:
    def test_a_database_that_does_not_answer_is_one_clear_sentence(self, memory_ledger: MemoryLedger) -> None:
        store = Store("postgresql://bureau@/x?host=/nonexistent", memory_ledger)
        with pytest.raises(BureauError) as caught, store.read() as session:
            session.execute(select(Person))
        assert caught.value.status == 503
        assert "base de données" in caught.value.text.fr
        with pytest.raises(Unavailable), store.write(event()):
            pass
        store.close()
        assert memory_ledger.events == []
