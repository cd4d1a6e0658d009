"""The program that made a file: frozen at submission, read by reviewers alone, recorded, never in a package."""

import json
import zipfile
from datetime import timedelta

import pytest

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.exports import drafting
from hub_extensions.exports.details import detail
from hub_extensions.exports.drafting import Declaration
from hub_extensions.exports.reading import read_program
from hub_extensions.exports.releasing import sweep
from hub_extensions.exports.requests import OutputKind
from hub_extensions.exports.testing import ADA, AUTHOR, BEA, COLLEAGUE, ONCE, STRANGER, Bench
from project_spaces.errors import BureauError, NotFound, Unavailable

SOURCE = b"df.groupby('dep').size()\n"


def submitted(bench: Bench, code: str) -> tuple[str, str]:
    """A request whose author names *code* as the program of its file; the request and the file."""
    request_id = bench.draft("a.csv")
    file_id = detail(bench.desk, request_id, AUTHOR, now=bench.now)["files"][0]["id"]
    said = Declaration(OutputKind.TABLE, "Adultes", "Seuil 11", code)
    drafting.change_file(bench.desk, request_id, file_id, said, actor=AUTHOR, now=bench.now)
    bench.submit(request_id)
    return request_id, file_id


def read(bench: Bench, request_id: str, file_id: str, who: str = ADA) -> bytes:
    return read_program(bench.desk, request_id, file_id, actor=who, now=bench.now).path.read_bytes()


def test_a_reviewer_reads_what_lay_there_at_the_submission(bench: Bench) -> None:
    bench.write("analyse/table.py", SOURCE)
    request_id, file_id = submitted(bench, "/project/analyse/table.py")
    bench.write("analyse/table.py", b"innocent\n")
    assert read(bench, request_id, file_id) == SOURCE
    assert detail(bench.desk, request_id, ADA, now=bench.now)["files"][0]["program"] is True
    assert isinstance(bench.ledger, MemoryLedger)
    (event,) = bench.ledger.of(Kind.EXPORT_READ)
    assert (event.actor, event.subject["program"]) == (ADA, True)


@pytest.mark.parametrize("who", [AUTHOR, COLLEAGUE, ONCE, STRANGER])
def test_nobody_but_its_reviewers_reads_it(bench: Bench, who: str) -> None:
    bench.write("table.py", SOURCE)
    request_id, file_id = submitted(bench, "table.py")
    with pytest.raises(BureauError):
        read(bench, request_id, file_id, who)


@pytest.mark.parametrize("code", ["", "absent.py", "../../etc/passwd", "data.csv", "link.py", "folder.py", "large.py"])
def test_what_is_no_program_of_the_folder_is_not_kept_and_stops_nothing(bench: Bench, code: str) -> None:
    (bench.project_dir / "link.py").symlink_to("/etc/passwd")
    (bench.project_dir / "folder.py").mkdir()
    bench.write("data.csv", b"n\n1\n")
    bench.write("large.py", b"#" * (3 << 20))
    request_id, file_id = submitted(bench, code)
    assert detail(bench.desk, request_id, ADA, now=bench.now)["files"][0]["program"] is False
    with pytest.raises(NotFound):
        read(bench, request_id, file_id)


def test_it_outlives_the_sweep_and_is_in_no_package(bench: Bench) -> None:
    bench.write("table.ipynb", json.dumps({"cells": []}).encode())
    request_id, file_id = submitted(bench, "table.ipynb")
    sweep(bench.desk, now=bench.now + timedelta(days=3))
    assert read(bench, request_id, file_id)
    for reviewer in (ADA, BEA):
        bench.vote(request_id, reviewer)
    release = detail(bench.desk, request_id, AUTHOR, now=bench.now)["release"]
    with zipfile.ZipFile(bench.desk.vault.path(release["sha256"])) as package:
        assert not [name for name in package.namelist() if name.endswith(".ipynb")]


def test_a_copy_that_was_changed_is_not_shown(bench: Bench) -> None:
    bench.write("table.py", SOURCE)
    request_id, file_id = submitted(bench, "table.py")
    for file in bench.home.glob("exports/objects/*/*"):
        file.chmod(0o600)
        file.write_bytes(b"other")
    with pytest.raises(Unavailable):
        read(bench, request_id, file_id)
