"""What a steward is shown of a quarantined file: who, when, recorded first."""

from dataclasses import replace

import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.exports.testing import AUTHOR, COLLEAGUE, STRANGER
from hub_extensions.imports import reviewing
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.reading import read_file
from hub_extensions.imports.records import ImportFile
from hub_extensions.imports.testing import SAM, ImportBench
from project_spaces.errors import BureauError, Conflict, NotFound, Refused, Unavailable


def only_file(bench: ImportBench, request_id: str) -> str:
    """The id of an import's file."""
    with bench.desk.store.read() as session:
        return session.query(ImportFile).filter_by(request_id=request_id).one().id


def look(bench: ImportBench, request_id: str, who: str = SAM) -> bytes:
    return read_file(bench.desk, request_id, only_file(bench, request_id), bench.by(who)).path.read_bytes()


def test_who_judges_it_looks_at_it_and_it_is_recorded_without_its_hash(bench: ImportBench) -> None:
    request_id = bench.checked()
    assert look(bench, request_id) == b"age,n\n40,12\n"
    assert isinstance(bench.ledger, MemoryLedger)
    (read,) = bench.ledger.of(Kind.IMPORT_READ)
    assert read.actor == SAM
    assert set(read.subject) == {"request", "file"}, "the hash of a small table tells its numbers"


@pytest.mark.parametrize(("who", "refusal"), [(AUTHOR, Refused), (COLLEAGUE, Refused), (STRANGER, NotFound)])
def test_nobody_else_is_given_a_byte(bench: ImportBench, who: str, refusal: type[BureauError]) -> None:
    request_id = bench.checked()
    with pytest.raises(refusal):
        look(bench, request_id, who)


def test_nothing_is_opened_before_the_programs_looked_nor_after_it_is_in_place(bench: ImportBench) -> None:
    request_id = bench.submitted()
    with pytest.raises(Conflict):
        look(bench, request_id)
    advance(bench.desk, request_id, now=bench.now)
    reviewing.approve(bench.desk, request_id, bench.by(SAM))
    assert look(bench, request_id)
    advance(bench.desk, request_id, now=bench.now)
    with pytest.raises(Conflict):
        look(bench, request_id)


def test_what_is_not_what_was_received_is_not_shown(bench: ImportBench) -> None:
    request_id = bench.checked()
    for file in bench.home.glob("quarantine/objects/*/*"):
        file.chmod(0o600)
        file.write_bytes(b"other bytes")
    with pytest.raises(Unavailable):
        look(bench, request_id)


def test_without_a_ledger_nothing_is_shown(bench: ImportBench) -> None:
    request_id = bench.checked()
    assert isinstance(bench.ledger, MemoryLedger)
    bench.ledger.stop()
    with pytest.raises(Unavailable):
        look(bench, request_id)


def test_the_wheres_of_hints_light_nothing(bench: ImportBench) -> None:
    request_id = bench.checked({"rein.csv": b"FLAG,n\n40,12\n"})
    waiting = read_file(bench.desk, request_id, only_file(bench, request_id), replace(bench.by(SAM)))
    assert waiting.wheres == ("id",)
