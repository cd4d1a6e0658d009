"""The guard over a real recorder: stopped, killed, held back, rolled back – alarms, and entries once it is back."""

import http.server
import json
import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audit.events import Kind
from audit.index import Index
from audit.testing import MemoryLedger
from hub_extensions.oversight.alarms import (
    Alarm,
    AlarmBook,
    AlarmKind,
    AlarmTeller,
    Memory,
    alarm_book,
    changes,
    open_alarms,
)
from hub_extensions.settings import Settings
from hub_extensions.worker.guard import Guard, Lateness, Sweeper
from project_spaces.store import Store
from project_spaces.text import Text

from ..audit.recorder_process import RecorderProcess

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LONGEST = timedelta(seconds=60)


class Told:
    """Stands for the program and the address that are told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, AlarmKind]] = []

    def tell(self, alarms, state: str) -> None:
        self.heard += [(state, alarm.kind) for alarm in alarms]


class Watched:
    """A recorder, a store over it, and a guard whose clocks the test moves."""

    def __init__(self, tmp_path: Path, database_url: str) -> None:
        self.recorder = RecorderProcess(tmp_path / "ledger", "--heartbeat", "3600").start()
        self.ledger = self.recorder.client(timeout=0.5)
        self.store = Store(database_url, self.ledger)
        self.book, self.told = AlarmBook(tmp_path / "alarms.json"), Told()
        self.elapsed = 1000.0
        self.base = datetime.now(UTC)
        self.restart()

    def restart(self) -> None:
        self.guard = Guard(self.store, self.recorder.places, self.book, self.told, LONGEST)

    def look(self, later: float = 0.0) -> list[AlarmKind]:
        self.elapsed += later
        now = self.base + timedelta(seconds=self.elapsed - 1000)
        return [alarm.kind for alarm in self.guard.look(now, self.elapsed)]

    def silences(self) -> list[str]:
        self.ledger.settle()
        rows = Index(self.recorder.places).search(kind=Kind.LEDGER_SILENT)
        return [row.subject["cause"] for row in reversed(rows)]

    def integrator(self) -> int:
        """Process id of the process that publishes."""
        children = Path(f"/proc/{self.recorder.process.pid}/task/{self.recorder.process.pid}/children")
        return int(children.read_text().split()[0])


@pytest.fixture
def watched(tmp_path: Path, sqlite_url: str):
    made = Watched(tmp_path, sqlite_url)
    made.ledger.settle()
    yield made
    made.store.close()
    made.recorder.close()


def test_a_recorder_in_good_order(watched) -> None:
    assert watched.look() == watched.look(5) == []
    assert watched.silences() == []


def test_a_recorder_that_is_stopped_and_goes_on(watched) -> None:
    """SIGSTOP: the process is there, its socket too; nobody answers."""
    watched.look()
    watched.recorder.signal(signal.SIGSTOP)
    assert watched.look(5) == []
    assert watched.look(20) == [AlarmKind.UNREACHABLE]
    assert watched.look(60) == [AlarmKind.SILENT, AlarmKind.UNREACHABLE]
    watched.recorder.signal(signal.SIGCONT)
    watched.ledger.ping()
    assert watched.look(5) == [AlarmKind.SILENT]  # it answers again, and has said nothing yet
    assert watched.silences() == ["ledger_unreachable"]
    assert watched.told.heard == [
        ("opened", AlarmKind.UNREACHABLE),
        ("opened", AlarmKind.SILENT),
        ("closed", AlarmKind.UNREACHABLE),
    ]


def test_a_recorder_that_is_killed_is_an_alarm_also_for_a_worker_that_starts_meanwhile(watched) -> None:
    watched.look()
    watched.recorder.kill()
    watched.look(20)
    watched.restart()
    watched.look(1)
    assert watched.look(20) == [AlarmKind.UNREACHABLE]
    watched.recorder.start()
    assert watched.look(5) == []
    assert "ledger_unreachable" in watched.silences()


def test_an_integrator_that_stalls(watched) -> None:
    watched.look()
    os.kill(watched.integrator(), signal.SIGSTOP)
    watched.recorder.client().append(*_events(3))
    assert watched.look(5) == []
    assert watched.look(31) == [AlarmKind.STALLED]
    os.kill(watched.integrator(), signal.SIGCONT)
    watched.ledger.settle()
    assert watched.look(1) == []
    assert watched.silences() == ["publication_stalled"]


def test_a_checkpoint_that_is_held_back_or_forged(watched) -> None:
    watched.recorder.client().append(*_events(2))
    watched.ledger.settle()
    watched.look()
    checkpoint = watched.recorder.places.checkpoint
    good = checkpoint.read_text()
    first, size, *rest = good.split("\n")
    for text in ("\n".join((first, "1", *rest)), "nothing", ""):
        checkpoint.write_text(text)
        assert AlarmKind.ROLLED_BACK in watched.look(5), text
    checkpoint.unlink()
    assert AlarmKind.ROLLED_BACK in watched.look(5)
    checkpoint.write_text(good)
    assert watched.look(5) == []
    assert watched.silences() == ["checkpoint_rolled_back"]
    assert int(size) >= 3


def test_a_silence_while_nobody_watched_is_found_afterwards_and_once(watched) -> None:
    watched.look()
    watched.recorder.stop()
    watched.recorder.start()  # says that it opened; the time between is short, so this installation asks for less
    watched.ledger.settle()
    watched.guard = Guard(watched.store, watched.recorder.places, watched.book, watched.told, timedelta(microseconds=1))
    watched.look(1)
    assert watched.silences() == ["gap"]
    watched.restart()
    watched.look(1)
    assert watched.silences() == ["gap"]


def test_what_could_not_be_recorded_is_recorded_by_the_next_worker(watched) -> None:
    watched.look()
    watched.recorder.signal(signal.SIGSTOP)
    watched.look(20)
    watched.recorder.kill()
    alarm = Alarm("stalled", AlarmKind.STALLED, NOW, Text("Bloqué.", "Stalled."))
    memory = watched.book.read()
    memory.unrecorded.append((alarm, NOW + LONGEST))
    watched.book.write(memory)
    watched.recorder.start()
    watched.restart()
    watched.look(5)
    watched.look(5)
    assert sorted(watched.silences()) == ["ledger_unreachable", "publication_stalled"]


def _events(count: int) -> list:
    from ..audit.recorder_process import event

    return [event(number) for number in range(count)]


class TestBook:
    ALARM = Alarm("silent", AlarmKind.SILENT, NOW, Text("Silence « é ».", "Silence."))

    def settings(self, tmp_path: Path) -> Settings:
        settings = Settings(home=tmp_path)
        settings.state_dir.mkdir()
        return settings

    def test_what_is_written_is_read(self, tmp_path: Path) -> None:
        book = AlarmBook(tmp_path / "a.json")
        assert book.read() == Memory()
        memory = Memory([self.ALARM], [(self.ALARM, NOW)], (7, NOW), 42, NOW)
        book.write(memory)
        assert book.read() == memory

    def test_open_alarms_are_there_for_a_banner_and_a_worker_that_died_is_one(self, tmp_path: Path) -> None:
        settings = self.settings(tmp_path)
        assert open_alarms(settings, NOW) == ()
        alarm_book(settings).write(Memory([self.ALARM], seen_at=NOW))
        assert open_alarms(settings, NOW + timedelta(seconds=60)) == (self.ALARM,)
        kinds = [each.kind for each in open_alarms(settings, NOW + timedelta(seconds=61))]
        assert kinds == [AlarmKind.SILENT, AlarmKind.WATCHER]

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"alarms": 1}', "\xff"])
    def test_a_file_that_can_not_be_read_is_an_alarm(self, tmp_path: Path, text: str) -> None:
        settings = self.settings(tmp_path)
        alarm_book(settings).path.write_text(text, encoding="latin-1")
        assert [each.kind for each in open_alarms(settings, NOW)] == [AlarmKind.WATCHER]

    def test_an_alarm_keeps_its_beginning(self) -> None:
        later = Alarm("silent", AlarmKind.SILENT, NOW + LONGEST, self.ALARM.text)
        other = Alarm("stalled", AlarmKind.STALLED, NOW, self.ALARM.text)
        assert changes([self.ALARM], [later, other]) == ([self.ALARM, other], [other], [])
        assert changes([self.ALARM], []) == ([], [], [self.ALARM])


class TestTelling:
    def test_a_program_is_told_on_its_standard_input(self, tmp_path: Path) -> None:
        out = tmp_path / "told"
        script = f"import sys; open({str(out)!r}, 'a').write(sys.stdin.read() + chr(10))"
        teller = AlarmTeller(f'{sys.executable} -c "{script}"', "")
        teller.tell([TestBook.ALARM], "opened")
        teller.tell([TestBook.ALARM], "closed")
        teller.close()
        told = [json.loads(line) for line in out.read_text().splitlines()]
        assert [each["state"] for each in told] == ["opened", "closed"]
        assert told[0]["text"]["fr"] == "Silence « é »."
        assert told[0]["kind"] == "ledger_silent"

    def test_an_address_is_told(self) -> None:
        got = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_arguments) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        teller = AlarmTeller("", f"http://127.0.0.1:{server.server_port}/alarm")
        teller.tell([TestBook.ALARM], "opened")
        teller.close()
        server.shutdown()
        assert [each["kind"] for each in got] == ["ledger_silent"]

    def test_one_who_can_not_be_told_stops_nothing(self) -> None:
        teller = AlarmTeller("/does/not/exist", "http://127.0.0.1:9/closed")
        teller.tell([TestBook.ALARM], "opened")
        teller.close()


@pytest.fixture
def installed(tmp_path: Path, quick_store: Store, memory_ledger: MemoryLedger):
    settings = Settings(home=tmp_path / "home")
    settings.state_dir.mkdir(parents=True)
    return settings


class TestLateness:
    def test_a_control_that_is_not_signed_is_an_alarm(self, installed: Settings, quick_store: Store) -> None:
        from project_spaces.projects import create_project
        from project_spaces.quotas import Quota

        create_project(
            quick_store, slug="etude", title="T", purpose="P", starts_at=NOW, ends_at=NOW + timedelta(days=90),
            quota=Quota(), actor="system:test", now=NOW,
        )  # fmt: skip
        assert Lateness(installed, quick_store)(NOW) == []
        late = Lateness(installed, quick_store)(datetime(2026, 12, 11, 12, tzinfo=UTC))
        assert [each.key for each in late] == ["control  2026-11", "control etude 2026-11"]
        assert {each.kind for each in late} == {AlarmKind.CONTROL}

    def test_deletions_that_do_not_come_to_an_end_are_an_alarm(self, installed: Settings, quick_store: Store) -> None:
        late = Lateness(installed, quick_store)
        assert late(NOW) == []
        assert [each.kind for each in late(NOW + timedelta(days=4))] == [AlarmKind.RETENTION]


class TestSweeper:
    def test_once_a_day_with_the_rules_of_each_project(self, watched, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path)
        settings.state_dir.mkdir()
        sweeper = Sweeper(settings, watched.store, threading.Event())
        now = datetime.now(UTC)
        assert sweeper.sweep_if_due(now)
        assert not sweeper.sweep_if_due(now + timedelta(hours=23))
        assert sweeper.sweep_if_due(now + timedelta(hours=25))

    def test_a_sweep_that_is_stopped_or_can_not_record_is_not_counted(self, watched, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path)
        settings.state_dir.mkdir()
        told = threading.Event()
        told.set()
        watched.recorder.client().append(*_events(1))
        watched.ledger.settle()
        later = datetime.now(UTC) + timedelta(days=800)
        assert not Sweeper(settings, watched.store, told).sweep_if_due(later)
        assert Sweeper(settings, watched.store, threading.Event()).sweep_if_due(later)
        rows = Index(watched.recorder.places).search(kind=Kind.KERNEL_MESSAGE)
        assert [dict(row.private) for row in rows] == [{}]
