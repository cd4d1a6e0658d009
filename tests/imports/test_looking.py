"""What a steward is shown of a quarantined file: who, when, recorded first, drawn from a confined process's words."""

import base64
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from audit.events import Kind
from audit.testing import MemoryLedger
from hub_extensions.exports.previews import NotebookView, NoView, PictureView, TableView, TextView
from hub_extensions.exports.testing import AUTHOR, COLLEAGUE, STRANGER
from hub_extensions.imports import reviewing
from hub_extensions.imports.advancing import advance
from hub_extensions.imports.drawing import view_from, view_in_quarantine
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


def drawn(path: Path, wheres: tuple[str, ...] = ()) -> Any:
    return view_in_quarantine(path, path.name, wheres, "fr")


def test_every_kind_is_drawn_from_the_confined_process_words(tmp_path: Path) -> None:
    put = lambda name, data: (tmp_path / name, (tmp_path / name).write_bytes(data))[0]  # noqa: E731
    table = drawn(put("t.csv", "âge;n\n40;12\n50;4\n".encode("utf-8-sig")), ("ligne 3, n",))
    assert isinstance(table, TableView)
    assert [cell.text for cell in table.header] == ["âge", "n"]
    assert [cell.text for _, row in table.rows for cell in row if cell.marked] == ["4"]
    pq.write_table(pa.table({"age": [40, None], "nom": ["<script>", "b"]}), tmp_path / "p.parquet")
    columnar = drawn(tmp_path / "p.parquet")
    assert [[cell.text for cell in row] for _, row in columnar.rows] == [["40", "<script>"], ["", "b"]]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/x.csv", b"n\n1\n")
    assert [[cell.text for cell in row] for _, row in drawn(tmp_path / "a.zip").rows] == [["in/x.csv", "4"]]
    assert drawn(put("n.md", b"# Titre")) == TextView("# Titre", cut=False)
    book = {"cells": [{"cell_type": "code", "source": "1+1"}]}
    assert drawn(put("n.ipynb", json.dumps(book).encode())) == NotebookView((("code", "1+1"),), cut=False)
    out = io.BytesIO()
    Image.new("RGB", (7, 3)).save(out, "PNG")
    assert isinstance(drawn(put("p.png", out.getvalue())), PictureView)
    for name, data in {"w.xlsx": b"PK", "b.csv": b"\xff\xfe\x00", "c.zip": b"no", "d.parquet": b"PAR1"}.items():
        assert drawn(put(name, data)) == NoView()


def test_a_process_that_dies_over_a_file_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub_extensions.imports.inspecting.COMMAND", ("false",))
    (tmp_path / "t.csv").write_bytes(b"n\n1\n")
    assert drawn(tmp_path / "t.csv") == NoView()


def test_a_large_table_shows_its_first_whole_lines(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    file.write_bytes(b"nom,n\n" + "é,12\n".encode() * 7_000_000)
    view = drawn(file)
    assert isinstance(view, TableView)
    assert view.cut
    assert len(view.rows) == 1000
    assert {len(row) for _, row in view.rows} == {2}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"kind": "rows", "rows": "x", "cut": False},
        {"kind": "html", "text": "<script>"},
        {"kind": "picture", "png": 1, "width": 1, "height": 1},
        {"kind": "text", "text": 1, "cut": False},
    ],
)
def test_a_confined_process_that_says_something_else_is_not_shown(said: dict[str, Any]) -> None:
    assert view_from(said, ()) == NoView()


@pytest.mark.parametrize("png", ["x' onerror=alert(1) '", 'iVBO"><script>', "é"])
def test_a_picture_s_address_is_nothing_but_letters_and_digits(png: str) -> None:
    said = {"kind": "picture", "png": png, "width": 1, "height": 1}
    assert view_from(said, ()) == NoView()
    sound = {**said, "png": base64.b64encode(b"x").decode()}
    assert isinstance(view_from(sound, ()), PictureView)


def test_the_wheres_of_hints_light_nothing(bench: ImportBench) -> None:
    request_id = bench.checked({"rein.csv": b"FLAG,n\n40,12\n"})
    waiting = read_file(bench.desk, request_id, only_file(bench, request_id), replace(bench.by(SAM)))
    assert waiting.wheres == ("id",)
