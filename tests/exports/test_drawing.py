"""What is shown of a file that nobody normalised: drawn from a confined process's words, or not at all."""

import base64
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hub_extensions.exports.checks.corpus.write import all_cases
from hub_extensions.exports.previews.showing import view_confined, view_from, view_of_release
from hub_extensions.exports.previews.views import (
    NotebookView,
    NoView,
    PartsView,
    PictureView,
    TableView,
    TextView,
    View,
)


@pytest.fixture(scope="module")
def corpus() -> Mapping[str, bytes]:
    """The corpus of the checks, by name."""
    return {case.name: case.content for case in all_cases()}


def released(tmp_path: Path, name: str, data: bytes) -> View:
    (tmp_path / name).write_bytes(data)
    return view_of_release(tmp_path / name, name, (), "fr")


def drawn(path: Path, wheres: tuple[str, ...] = ()) -> Any:
    return view_confined(path, path.name, wheres, "fr")


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
    monkeypatch.setattr("hub_extensions.exports.previews.showing.COMMAND", ("false",))
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


def test_a_document_that_a_person_must_read_is_shown_page_by_page(tmp_path: Path, corpus: Mapping[str, bytes]) -> None:
    view = released(tmp_path, "report.pdf", corpus["report.pdf"])
    assert isinstance(view, PartsView)
    assert [type(part) for part in view.parts] == [PictureView] * len(view.parts)
    assert view.parts
    assert not view.cut


def test_a_drawing_is_shown_as_the_picture_that_it_is(tmp_path: Path) -> None:
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"><rect width="40" height="20"/></svg>'
    view = released(tmp_path, "bar.svg", drawing)
    assert isinstance(view, PictureView)
    assert view.width == 2 * view.height


@pytest.mark.parametrize(
    "hostile",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script><rect width="4" height="2"/></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd" width="4" height="2"/></svg>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://evil.example/x" width="4" height="2"/></svg>',
    ],
)
def test_a_drawing_that_is_more_than_lines_is_not_drawn(tmp_path: Path, hostile: bytes) -> None:
    assert released(tmp_path, "evil.svg", hostile) == NoView()


def test_a_page_is_shown_as_its_tables_and_its_text(tmp_path: Path) -> None:
    page = b"<h1>Titre</h1><table><tr><th>dep</th><th>n</th></tr><tr><td>75</td><td>120</td></tr></table>"
    view = released(tmp_path, "t.html", page)
    assert isinstance(view, PartsView)
    table, text = view.parts
    assert isinstance(table, TableView)
    assert [[cell.text for cell in row] for _, row in table.rows] == [["75", "120"]]
    assert isinstance(text, TextView)
    assert "Titre" in text.text


def test_an_office_document_is_shown_with_its_tables_text_and_pictures(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (6, 4)).save(picture, "PNG")
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    rows = "".join(
        f"<w:tr>{''.join(cell.format(text) for text in row)}</w:tr>" for row in (("dep", "n"), ("75", "120"))
    )
    body = f"<w:p><w:r><w:t>Le texte.</w:t></w:r></w:p><w:tbl>{rows}</w:tbl>"
    with zipfile.ZipFile(tmp_path / "note.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{body}</w:document>',
        )
        archive.writestr("word/media/image1.png", picture.getvalue())
        archive.writestr("word/media/image2.png", b"no picture")
    view = view_of_release(tmp_path / "note.docx", "note.docx", (), "fr")
    assert isinstance(view, PartsView)
    assert [type(part) for part in view.parts] == [TableView, TextView, PictureView, NoView]
