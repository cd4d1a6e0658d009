"""The second place holds the sealed messages too: whole, only what is new, and nothing that retention deleted."""

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit.errors import Malformed
from audit.export import copy_keys, export_log
from audit.private import PrivateStore
from audit.retention import Keep, Rules
from audit.sealed_checks import SealedCheck
from audit.sealed_files import SealedFiles, bundle_path
from audit.verify import Report, verify_log
from audit.wire import INLINE_BLOB
from hub_extensions.commands.ledger import command
from project_spaces.errors import Invalid

from .recorder_process import RecorderProcess
from .test_retention import NOW, Ledger, event, old

RULES = Rules(Keep(12), {"short": Keep(6)})
LONG = b"x" * (INLINE_BLOB + 1)


@pytest.fixture
def ledger(recorder) -> Ledger:
    made = Ledger(recorder)
    made.fill(event("long", NOW, content=b"kept"), event("long", NOW, content=LONG), event("long", NOW, content=None))
    return made


@pytest.fixture
def place(tmp_path) -> Path:
    return tmp_path / "elsewhere"


def copy(ledger: Ledger, place: Path, minimum: int = 0) -> Report:
    ledger.client.settle()
    return export_log(ledger.places.root, place, sealed=ledger.places, minimum=minimum)


def check(place: Path, minimum: int = 0) -> Report:
    return verify_log(place, minimum=minimum, visit=lambda report: SealedCheck(SealedFiles(place), report))


def contents(place: Path) -> dict[str, int]:
    return {
        str(file.relative_to(place)): file.stat().st_mtime_ns
        for name in ("sealed", "deleted")
        for file in (place / name).rglob("*")
        if file.is_file()
    }


def store_sealed(ledger: Ledger, index: int) -> bytes | None:
    store = PrivateStore(ledger.places)
    found = store.sealed(index)
    store.close()
    return found


def test_every_message_is_there_byte_for_byte_and_only_its_owner_reads_it(ledger, place):
    report = copy(ledger, place)
    assert report.good, report.problems
    files = SealedFiles(place)
    held = files.bundle(0)
    assert held[1] == store_sealed(ledger, 1)
    assert 3 not in held
    (long,) = (place / "sealed" / "large").rglob("*/*")
    assert long.read_bytes() == store_sealed(ledger, 2)
    assert (report.messages, report.deleted_messages) == (2, 0)
    for file in (place / "sealed").rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file


def test_only_what_is_new_travels(ledger, place):
    ledger.fill(*(event("long", NOW, content=b"%d" % n) for n in range(300)))
    copy(ledger, place)
    before = contents(place)
    ledger.fill(event("long", NOW, content=b"later"))
    assert copy(ledger, place).messages == 303
    changed = {name for name, at in contents(place).items() if before.get(name) != at}
    assert changed == {"sealed/001", "sealed/size"}


def test_retention_holds_at_the_second_place_and_the_lists_prove_it(ledger, place):
    first = ledger.fill(
        event("short", old(6), content=b"over"), event("short", old(6), content=LONG), event("long", old(6))
    )
    assert copy(ledger, place).messages == 5
    ledger.sweep(RULES)
    report = copy(ledger, place)
    assert report.good, report.problems
    assert (report.messages, report.deleted_messages) == (3, 2)
    assert first[0] not in SealedFiles(place).bundle(0)
    assert len(list((place / "sealed" / "large").rglob("*/*"))) == 1
    (each,) = [each for each in ledger.recorded if each.subject["entries"]]
    assert (place / "deleted" / each.id).read_bytes()


def test_a_copy_that_begins_after_deletions_is_whole_too(ledger, place):
    ledger.fill(event("short", old(6)), event("short", old(6)))
    ledger.sweep(RULES)
    report = copy(ledger, place)
    assert report.good, report.problems
    assert (report.messages, report.deleted_messages) == (2, 2)
    late = copy(ledger, place.with_name("late"), minimum=2)
    assert (late.good, late.deleted_messages) == (True, 2)


def test_a_message_that_was_lost_stops_the_copy_and_leaves_the_earlier_one(ledger, place):
    copy(ledger, place)
    checkpoint = (place / "checkpoint").read_text()
    (lost,) = ledger.fill(event("long", NOW))
    store = PrivateStore(ledger.places)
    store.forget([lost])  # no plan, no entry
    store.close()
    with pytest.raises(Malformed, match=f"entry {lost} is gone, and no recorded deletion"):
        copy(ledger, place)
    assert (place / "checkpoint").read_text() == checkpoint
    assert check(place).good


def test_a_deletion_that_is_recorded_and_half_done_is_carried_out_whole(ledger, place):
    """Killed between the record and the last row: the second place may be ahead, never behind what the log says."""

    class Killed(Exception):
        pass

    entries = ledger.fill(event("short", old(6)), event("short", old(6)))
    copy(ledger, place)

    def record(each):
        ledger.client.append(each)
        raise Killed

    with pytest.raises(Killed):
        ledger.sweep(RULES, record=record)
    report = copy(ledger, place)
    assert report.good, report.problems
    assert not SealedFiles(place).bundle(0).keys() & set(entries)


def test_a_copy_killed_anywhere_goes_on(ledger, place, monkeypatch):
    ledger.fill(*(event("short", old(6), content=b"%d" % n) for n in range(300)))
    copy(ledger, place)
    ledger.sweep(RULES)
    ledger.fill(*(event("long", NOW, content=b"%d" % n) for n in range(300)))
    writes, real = [0], SealedFiles._write
    for fatal in range(1, 8):
        count = [0]

        def write(files, where, data, count=count, fatal=fatal):
            count[0] += 1
            writes[0] += 1
            if count[0] == fatal:
                raise KeyboardInterrupt
            real(files, where, data)

        monkeypatch.setattr(SealedFiles, "_write", write)
        try:
            copy(ledger, place)
        except KeyboardInterrupt:
            assert check(place).size < 600  # what is published is the earlier copy
            continue
        break
    else:
        pytest.fail("never came to an end")
    report = check(place)
    assert report.good, report.problems
    assert (report.messages, report.deleted_messages) == (302, 300)


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)


TAMPERINGS = {
    "a flipped byte in a message": (lambda place: flip(place / bundle_path(0)), "is not the one that it commits to"),
    "a flipped byte in a long message": (
        lambda place: flip(next((place / "sealed/large").rglob("*/*"))),
        "is not the one that it commits to",
    ),
    "a message taken away": (lambda place: (place / bundle_path(0)).unlink(), "is missing, and no recorded deletion"),
    "a long message taken away": (
        lambda place: next((place / "sealed/large").rglob("*/*")).unlink(),
        "is missing, and no recorded deletion",
    ),
    "a bundle cut short": (
        lambda place: (place / bundle_path(0)).write_bytes((place / bundle_path(0)).read_bytes()[:-1]),
        "in the middle of a message",
    ),
    "a list made up to explain a missing message": (
        lambda place: ((place / bundle_path(0)).unlink(), (place / "deleted" / ("0" * 32)).write_text("1 b\n")),
        "not the one that the log recorded",
    ),
    "a line added to a recorded list": (
        lambda place: [each.write_bytes(each.read_bytes() + b"1 b\n") for each in (place / "deleted").iterdir()],
        "not the one that the log recorded",
    ),
    "a list taken away": (
        lambda place: shutil.rmtree(place / "deleted"),
        "is missing, and no recorded deletion",
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Iterator[Path]:
    """A copy with messages short and long, and one that was deleted; to be copied and tampered with."""
    folder = tmp_path_factory.mktemp("good")
    recorder = RecorderProcess(folder / "ledger").start()
    made = Ledger(recorder)
    made.fill(event("long", NOW, content=b"kept"), event("long", NOW, content=LONG), event("short", old(6)))
    made.sweep(RULES)
    assert copy(made, folder / "copy").good
    yield folder / "copy"
    recorder.close()


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_tampered_copy_is_refused_with_what_is_wrong(what, good, place):
    shutil.copytree(good, place)
    assert check(place).good
    tamper, said = TAMPERINGS[what]
    tamper(place)
    report = check(place)
    assert any(said in problem.en for problem in report.problems), report.problems


def test_a_message_brought_back_after_its_deletion_is_refused(ledger, place):
    (over,) = ledger.fill(event("short", old(6)))
    message = store_sealed(ledger, over)
    ledger.sweep(RULES)
    copy(ledger, place)
    files = SealedFiles(place)
    files.put_bundle(0, files.bundle(0) | {over: message})
    assert any(f"entry {over} had to be deleted" in problem.en for problem in check(place).problems)


def test_the_command_copies_and_checks_messages(ledger, place):
    ledger.client.settle()
    made = CliRunner().invoke(command, ["export", str(place), "--dir", str(ledger.places.root), "--sealed", "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.output)["messages"] == 2
    good = CliRunner().invoke(command, ["verify", str(place), "--sealed", "--from", "1", "--lang", "en"])
    assert good.exit_code == 0, good.output
    assert "2 sealed messages are those committed to; 0 were deleted" in good.output
    flip(place / bundle_path(0))
    assert CliRunner().invoke(command, ["verify", str(place)]).exit_code == 1
    shutil.rmtree(place / "sealed")
    missing = CliRunner().invoke(command, ["verify", str(place), "--sealed"])
    assert isinstance(missing.exception, Invalid)


def test_no_private_part_of_a_key_leaves_with_the_copy(recorder, place):
    recorder.keys.public("stays", "2026-11")
    assert recorder.keys.private_parts() == 1
    copy_keys(recorder.keys.directory, place)
    files = sorted(str(each.relative_to(place)) for each in place.rglob("*") if each.is_file())
    assert files == ["keys/public/stays/2026-11.key"]
