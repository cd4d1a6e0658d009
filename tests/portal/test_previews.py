"""What a reviewer sees is drawn by us: cells lit, text escaped, pictures encoded again, nothing else."""

import base64
import io
import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, PngImagePlugin

from hub_extensions.exports.checks import Policy, Severity
from hub_extensions.exports.checks.formats.delimited import inspect_delimited
from hub_extensions.exports.checks.tables.rules import check_grid
from hub_extensions.exports.marks import Mark, english, mark_of
from hub_extensions.exports.previews.views import NotebookView, NoView, PictureView, TableView, TextView, view_of
from hub_extensions.portal.templating import render

#: Each would act in a page that believed it.
PAYLOADS = (
    "<script>top.hacked=1</script>",
    '"><img src=x onerror=top.hacked=1>',
    "<svg onload=top.hacked=1>",
    '<meta http-equiv="refresh" content="0;url=http://evil.example">',
    "<style>@import 'http://evil.example/x.css'</style>",
    "</pre></td><iframe src=http://evil.example>",
    "{{ 7*7 }}",
)


def drawn(path: Path, wheres: tuple[str, ...] = ()) -> str:
    view = view_of(path, path.name, wheres)
    return render("preview.html", "fr", ZoneInfo("UTC"), view=view, name=path.name)


@pytest.mark.parametrize(
    ("where", "mark"),
    [
        ("ligne 3, patients", Mark(3, "patients")),
        ("Feuil1 · ligne 12, taux, brut", Mark(12, "taux, brut")),
        ("ligne 4, colonne 2", Mark(4, None, 2)),
        ("ligne 4", Mark(4)),
        ("ligne 2, cout_min (+3)", Mark(2, "cout_min")),
        ("texte · ligne 7", Mark(7)),
        ("B3", Mark(3, None, 2)),
        ("Feuil1!AA10", Mark(10, None, 27)),
        ("120 lignes", None),
        ("", None),
    ],
)
def test_where_a_finding_points(where: str, mark: Mark | None) -> None:
    assert mark_of(where) == mark


def test_places_are_told_in_english() -> None:
    assert english("ligne 3, colonne 2") == "line 3, column 2"


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("dep;taux;n\n75;0,25;120\n92;0,5;4\n", []),
        ("# Source : SNDS, 2022\n# Champ\ndep;taux;n\n75;0,25;120\n92;0,5;4\n", ["Source : SNDS, 2022", "Champ"]),
        ("Patients hospitalisés\ndep\ttaux\tn\n75\t0,25\t120\n92\t0,5\t4\n", ["Patients hospitalisés"]),
        ("dep|taux|n\n75|0,25|120\n92|0,5|4\n# Source : SNDS\n", ["Source : SNDS"]),
    ],
)  # fmt: skip
def test_a_french_table_below_its_titles_is_drawn_in_its_cells_and_the_right_one_is_lit(
    tmp_path: Path, text: str, titles: list[str]
) -> None:
    """The reviewer sees the normalised file: its lines are those that the checks name."""
    file = tmp_path / "table.csv"
    file.write_text(text)
    read = inspect_delimited(file, Policy())
    wheres = [finding.where for finding in check_grid(read.grids[0], Policy()) if finding.severity is Severity.BLOCK]
    normal = read.normal
    assert normal is not None
    file.with_suffix(normal.suffix).write_bytes(normal.data)
    view = view_of(file.with_suffix(normal.suffix), f"table{normal.suffix}", wheres)
    assert isinstance(view, TableView)
    assert [title.text for title in view.titles] == titles
    assert [cell.text for cell in view.header] == ["dep", "taux", "n"]
    assert [[cell.text for cell in row] for _, row in view.rows] == [["75", "0,25", "120"], ["92", "0,5", "4"]]
    assert [cell.text for _, row in view.rows for cell in row if cell.marked] == ["4"]
    assert [line for line, _ in view.rows] == [len(titles) + 2, len(titles) + 3]
    page = render("preview.html", "fr", ZoneInfo("UTC"), view=view, name="table.csv")
    assert f'<th scope="col">{len(titles) + 1}</th>' in page
    assert all(f'<p class="title">{title}</p>' in page for title in titles)


def test_the_cell_that_a_finding_names_is_lit_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("age,patients\n18-39,120\n80+,4\n")
    view = view_of(file, file.name, ["ligne 3, patients"])
    assert isinstance(view, TableView)
    assert [(line, cell.text) for line, row in view.rows for cell in row if cell.marked] == [(3, "4")]
    assert drawn(file, ("ligne 3, patients",)).count('class="lit"') == 1


def lit(tmp_path: Path, text: str, *wheres: str) -> list[tuple[int, str]]:
    """The line and the text of every cell that is lit, the header's too."""
    file = tmp_path / "table.csv"
    file.write_text(text)
    view = view_of(file, file.name, wheres)
    assert isinstance(view, TableView)
    rows = [(1, view.header), *view.rows]
    return [(line, cell.text) for line, row in rows for cell in row if cell.marked]


def test_a_cell_of_a_second_sheet_is_lit_in_its_own_sheet(tmp_path: Path) -> None:
    """Sheets stand below one another in the released file; the checks count the lines of each."""
    book = "Un\ndep,n\n75,120\n92,140\n\nDeux\ntitre\n\ndep,n\n75,0\n92,150\n"
    assert lit(tmp_path, book, "Deux · ligne 4, n") == [(10, "0")]
    assert lit(tmp_path, book, "Un · ligne 3, n") == [(4, "140")]
    assert lit(tmp_path, book, "Deux!B5") == [(11, "150")]


def test_a_cell_below_a_title_is_lit_by_its_column(tmp_path: Path) -> None:
    assert lit(tmp_path, "Effectifs 2025\n\nage,n\n40,120\n50,0\n", "ligne 5, n") == [(5, "0")]


def test_a_cell_is_lit_by_its_labels_and_a_column_by_its_name(tmp_path: Path) -> None:
    table = "departement,hommes,femmes\n75,830,120\n92,833,140\n"
    assert lit(tmp_path, table, "hommes ; departement 92") == [(3, "833")]
    assert lit(tmp_path, table, "departement = 75") == [(2, "75"), (2, "830"), (2, "120")]
    assert lit(tmp_path, table, "femmes") == [(1, "femmes")]
    assert lit(tmp_path, table, "total", "", "region 92", "hommes ; age 12") == []


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("name", ["evil.csv", "evil.md", "evil.html", "evil.svg", "evil.ipynb"])
def test_nothing_of_a_file_becomes_markup(tmp_path: Path, name: str, payload: str) -> None:
    file = tmp_path / name
    cells = [{"cell_type": payload, "source": [payload]}]
    quoted = '"' + payload.replace('"', '""') + '"'
    text = {"evil.csv": f"{quoted},b\n{quoted},1\n", "evil.ipynb": json.dumps({"cells": cells})}.get(name, payload)
    file.write_text(text)
    page = drawn(file)
    body = page.split("</head>", 1)[1].lower()
    for opened in ("<script", "<img", "<svg", "<meta", "<iframe", "<style", "49"):
        assert opened not in body


def test_the_line_of_a_text_that_a_finding_names_is_lit_and_escaped(tmp_path: Path) -> None:
    file = tmp_path / "note.md"
    file.write_text("# Titre\nParmi eux, <b>4</b> patients\nfin")
    page = drawn(file, ("texte · ligne 2",))
    assert page.count("<mark>") == 1
    assert "<mark>Parmi eux, &lt;b&gt;4&lt;/b&gt; patients</mark>" in page


def test_a_picture_is_encoded_again_without_what_was_hidden_in_it(tmp_path: Path) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "NIR 1 84 12 76 451 089 46")
    out = io.BytesIO()
    Image.new("RGB", (8, 5), (10, 90, 80)).save(out, "PNG", pnginfo=notes)
    file = tmp_path / "curve.png"
    file.write_bytes(out.getvalue() + b"PK\x03\x04 a second file")
    view = view_of(file, file.name, [])
    assert isinstance(view, PictureView)
    clean = base64.b64decode(view.address.partition(",")[2])
    assert b"NIR" not in clean
    assert b"second file" not in clean
    assert (view.width, view.height) == (8, 5)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("broken.png", b"\x89PNG not really"),
        ("bytes.csv", b"\xff\xfe\x00bad"),
        ("broken.ipynb", b"{"),
        ("list.ipynb", b"[]"),
        ("model.pkl", b"cos\nsystem\n"),
        ("table.parquet", b"PAR1"),
    ],
)
def test_what_can_not_be_shown_safely_is_not_shown(tmp_path: Path, name: str, data: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(data)
    assert isinstance(view_of(file, name, []), NoView)
    assert "sans risque" in drawn(file)


def test_text_and_notebooks_are_shown_as_text(tmp_path: Path) -> None:
    note = tmp_path / "note.md"
    note.write_text("# Titre")
    assert view_of(note, note.name, []) == TextView("# Titre", cut=False)
    book = tmp_path / "book.ipynb"
    book.write_text(json.dumps({"cells": [{"cell_type": "code", "source": ["a = 1\n", "b"]}]}))
    assert view_of(book, book.name, []) == NotebookView((("code", "a = 1\nb"),), cut=False)


def test_json_nested_without_end_is_no_preview(tmp_path: Path) -> None:
    file = tmp_path / "deep.ipynb"
    file.write_text('{"cells":' + "[" * 200_000)
    assert view_of(file, file.name, []) == NoView()
