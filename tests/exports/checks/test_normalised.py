"""What leaves is the normalised copy: nothing that was hidden in the original is in it."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from hub_extensions.exports.checks.corpus.drawings import png, svg
from hub_extensions.exports.checks.corpus.pages import html_table
from hub_extensions.exports.checks.corpus.texts import code, notebook
from hub_extensions.exports.checks.corpus.workbooks import workbook
from tests.exports.checks.conftest import Checker

ROWS = [["dep", "n"], ["75", 120], ["92", 131]]


def _copy(judge: Checker, tmp_path: Path, name: str, content: bytes) -> bytes:
    verdict = judge(name, content, out_dir=tmp_path / "out")
    assert verdict.normalised is not None, verdict.findings
    return verdict.normalised.read_bytes()


def test_a_picture_is_encoded_again(judge: Checker, tmp_path: Path) -> None:
    original = png(None, (b"tEXt", b"Software\0Matplotlib"))
    copy = _copy(judge, tmp_path, "a.png", original)
    assert b"Matplotlib" not in copy
    with Image.open(io.BytesIO(copy)) as after, Image.open(io.BytesIO(original)) as before:
        assert after.tobytes() == before.convert(after.mode).tobytes()
        assert not after.info


def test_a_page_is_made_static(judge: Checker, tmp_path: Path) -> None:
    page = f'<html><head><title>t</title><style>td {{color: red}}</style></head><body><h1>Titre</h1><!-- note -->{html_table(ROWS)}<a href="https://example.org">lien</a></body></html>'  # noqa: E501
    copy = _copy(judge, tmp_path, "a.html", page.encode()).decode()
    assert "120" in copy
    assert "<table>" in copy
    assert not [part for part in ("style", "note", "href", "<script") if part in copy]


def test_a_drawing_keeps_what_draws(judge: Checker, tmp_path: Path) -> None:
    inside = (
        '<metadata>qui</metadata><desc>note</desc><!-- remarque --><g xmlns:own="urn:own" own:who="moi" data-x="7">'
        '<own:rows>12</own:rows><rect width="20" height="90" style="fill: red"/><text>A &amp; B</text></g>'
        '<use xlink:href="#m1"/>'
    )
    copy = _copy(judge, tmp_path, "a.svg", svg(inside, "<!DOCTYPE svg><?editor who?>")).decode()
    assert all(part in copy for part in ('<rect width="20"', "fill: red", "A &amp; B", 'xlink:href="#m1"'))
    hidden = ("metadata", "desc", "remarque", "moi", "data-x", "rows", "DOCTYPE", "editor")
    assert not [part for part in hidden if part in copy]


def test_a_workbook_becomes_csv(judge: Checker, tmp_path: Path) -> None:
    copy = _copy(judge, tmp_path, "a.xlsx", workbook())
    assert copy.startswith(b"dep,sexe,n\n75,H,120\n")
    assert not zipfile.is_zipfile(io.BytesIO(copy))


def test_a_notebook_loses_outputs_and_metadata(judge: Checker, tmp_path: Path) -> None:
    cell = code("x = 1", {"output_type": "stream", "name": "stdout", "text": "fini\n"})
    copy = json.loads(
        _copy(
            judge,
            tmp_path,
            "a.ipynb",
            notebook(cell, metadata={"kernelspec": {"name": "python3"}, "authors": [{"name": "x"}]}),
        )
    )
    assert copy["cells"][0]["outputs"] == []
    assert copy["cells"][0]["source"] == "x = 1"
    assert set(copy["metadata"]) == {"kernelspec"}


@pytest.mark.parametrize(
    ("content", "copy"),
    [
        (b"\xef\xbb\xbfdep;n\r\n75;120\r\n92;131\r\n", b"dep;n\n75;120\n92;131\n"),
        ("département;n\n75;120\n92;131\n".encode("cp1252"), "département;n\n75;120\n92;131\n".encode()),
    ],
)
def test_a_csv_is_utf8_with_the_authors_separator(judge: Checker, tmp_path: Path, content: bytes, copy: bytes) -> None:
    assert _copy(judge, tmp_path, "a.csv", content) == copy
