"""Each mend turns a table that is refused into one that is not, by the same checks, and says what it did."""

import csv
import io
import os
import random
import time
from pathlib import Path

import pikepdf
import pytest
from click.testing import CliRunner
from PIL import Image

from hub_extensions.commands.check import command
from hub_extensions.exports.checks import DEFAULT, Verdict
from hub_extensions.exports.mends import CannotMend, Mend, Mended, mend_file, offered, run_mend, suppressing, tauargus
from tests.exports.conftest import Checked

SMALL = """dep,sexe,n,pct
75,H,120,50.0
75,F,120,50.0
92,H,7,4.5
92,F,150,95.5
93,H,80,40.0
93,F,120,60.0
"""
MARGINS = """dep,H,F,Total
75,120,110,230
92,7,150,157
93,80,120,200
94,60,15,75
Total,267,395,662
"""
AGES = """classe_age,n
0-9,100
10-19,4
20-29,80
30-39,90
"""
EXTREMES = """groupe,n,age_moyen,age_min,age_max
A,120,54.2,19,97
B,130,52.1,20,101
"""
IDENTIFIED = """BEN_NIR_ANO,n
a3f5c1d2e4b6978812ab34cd56ef7890,120
b4f5c1d2e4b6978812ab34cd56ef7891,130
"""


def mended(tmp_path: Path, text: str, mend: Mend) -> Mended:
    path = tmp_path / "table.csv"
    path.write_text(text)
    return mend_file(path, "table.csv", mend, DEFAULT)


def rows(made: Mended) -> list[list[str]]:
    return list(csv.reader(io.StringIO(made.data.decode())))


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        (SMALL, Mend.SUPPRESS),
        (SMALL, Mend.MERGE),
        (SMALL, Mend.ROUND_5),
        (SMALL, Mend.ROUND_10),
        (MARGINS, Mend.SUPPRESS),
        (MARGINS, Mend.ROUND_5),
        (AGES, Mend.MERGE),
        (AGES, Mend.SUPPRESS),
        (EXTREMES, Mend.TRIM),
    ],
)
def test_what_was_refused_is_no_longer(checked: Checked, tmp_path: Path, text: str, mend: Mend) -> None:
    before = tmp_path / "before.csv"
    before.write_text(text)
    after = tmp_path / "after.csv"
    after.write_bytes(mended(tmp_path, text, mend).data)
    refused, judged = checked([before, after], DEFAULT, apart=True)
    assert refused.verdict is Verdict.BLOCK
    assert mend in offered(refused.type, [finding.rule for finding in refused.findings])
    assert judged.verdict is not Verdict.BLOCK, judged.findings


def test_margins_give_no_suppressed_cell_back(tmp_path: Path) -> None:
    """Seven men of 92: without a second cell in the row and in the column, 157 − 150 tells them."""
    made = rows(mended(tmp_path, MARGINS, Mend.SUPPRESS))
    assert made[2][1] == "< 11"
    masked = [(row, column) for row in range(1, 6) for column in range(1, 4) if not made[row][column].isdigit()]
    assert len(masked) >= 4
    for row in {row for row, _ in masked}:
        assert sum(at == row for at, _ in masked) >= 2
    for column in {column for _, column in masked}:
        assert sum(at == column for _, at in masked) >= 2


def test_shares_of_a_suppressed_row_go_with_it(tmp_path: Path) -> None:
    """Where the others add up to a whole they tell the masked one, and all go; alone they stay."""
    assert rows(mended(tmp_path, SMALL, Mend.SUPPRESS))[3] == ["92", "H", "< 11"]
    alone = rows(mended(tmp_path, "dep,n,age_moyen\n75,120,54.2\n92,7,61.0\n93,80,50.1\n", Mend.SUPPRESS))
    assert alone[2] == ["92", "< 11", "s."]
    assert alone[3] == ["93", "80", "50.1"]


def test_a_merged_class_says_what_it_holds(tmp_path: Path) -> None:
    made = mended(tmp_path, AGES, Mend.MERGE)
    assert made.sidecar == {"classes": {"classe_age": {"10-19 + 20-29": ["10-19", "20-29"]}}}
    assert ["10-19 + 20-29", "84"] in rows(made)
    assert "10-19 + 20-29" in made.note.fr


def test_identifying_columns_go(tmp_path: Path) -> None:
    with pytest.raises(CannotMend):
        mended(tmp_path, "BEN_NIR_ANO,n\n" + "".join(f"{i:032x},1\n" for i in range(30)), Mend.DROP)
    made = rows(mended(tmp_path, "BEN_NIR_ANO,dep,n\nx1,75,120\nx2,92,130\n", Mend.DROP))
    assert made[0] == ["dep", "n"]


def test_a_mend_that_changes_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotMend):
        mended(tmp_path, "dep,n\n75,120\n92,130\n", Mend.SUPPRESS)


def test_the_confined_worker_does_the_same(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(MARGINS)
    assert run_mend(path, "table.csv", Mend.SUPPRESS, DEFAULT) == mend_file(path, "table.csv", Mend.SUPPRESS, DEFAULT)
    path.write_bytes(b"\x80\x04c__main__\nevil\n.")
    with pytest.raises(CannotMend):
        run_mend(path, "table.csv", Mend.SUPPRESS, DEFAULT)


def test_the_command_writes_a_copy_beside_the_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(AGES)
    shown = CliRunner().invoke(command, [str(path), "--mend", "merge", "--lang", "en"])
    assert shown.exit_code == 0, shown.output
    assert "10-19 + 20-29" in shown.output
    assert "84" in (tmp_path / "table-corrige.csv").read_text()
    assert path.read_text() == AGES


def _scatter(extra: str = "") -> bytes:
    marks = "".join(
        f'<use xlink:href="#m" x="{number * 3.7:.2f}" y="{number * 1.3 % 90:.2f}"/>' for number in range(60)
    )
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 240 100">'
    return f'{head}<defs><circle id="m" r="2"/></defs>{marks}{extra}</svg>'.encode()


def test_a_drawing_with_a_mark_for_each_person_becomes_a_picture(checked: Checked, tmp_path: Path) -> None:
    path = tmp_path / "nuage.svg"
    path.write_bytes(_scatter())
    (refused,) = checked([path], DEFAULT)
    assert refused.verdict is Verdict.BLOCK
    assert offered(refused.type, [finding.rule for finding in refused.findings]) == (Mend.RASTER,)
    made = run_mend(path, "nuage.svg", Mend.RASTER, DEFAULT)
    assert made.suffix == ".png"
    (tmp_path / "nuage.png").write_bytes(made.data)
    (judged,) = checked([tmp_path / "nuage.png"], DEFAULT)
    assert judged.verdict is Verdict.FLAG
    with Image.open(tmp_path / "nuage.png") as picture:
        assert picture.width == 1600
        assert len(picture.convert("L").getcolors() or ()) > 1


def test_a_page_becomes_a_picture_and_two_do_not(tmp_path: Path) -> None:
    with pikepdf.new() as document:
        document.add_blank_page(page_size=(200, 100))
        document.save(tmp_path / "une.pdf")
        document.add_blank_page(page_size=(200, 100))
        document.save(tmp_path / "deux.pdf")
    assert mend_file(tmp_path / "une.pdf", "une.pdf", Mend.RASTER, DEFAULT).data.startswith(b"\x89PNG")
    with pytest.raises(CannotMend):
        mend_file(tmp_path / "deux.pdf", "deux.pdf", Mend.RASTER, DEFAULT)


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_picture_of_somebody_else_is_not_drawn_into_mine(tmp_path: Path, scheme: str) -> None:
    """The renderer opens what a drawing names: another project's figure would come back as pixels."""
    secret = tmp_path / "secret.png"
    Image.new("RGB", (50, 50), "red").save(secret)
    path = tmp_path / "nuage.svg"
    path.write_bytes(_scatter(f'<image xlink:href="{scheme}{secret}" width="50" height="50"/>'))
    with pytest.raises(CannotMend):
        run_mend(path, "nuage.svg", Mend.RASTER, DEFAULT)
    path.write_bytes(_scatter(f'<style>rect {{ fill: url("{scheme}{secret}#x") }}</style><rect width="9" height="9"/>'))
    with pytest.raises(CannotMend):
        run_mend(path, "nuage.svg", Mend.RASTER, DEFAULT)


def _wide(seed: int) -> str:
    """Eight départements by six diagnoses with their totals, some counts small."""
    drawn = random.Random(seed)  # noqa: S311 - invented counts, the same each time
    names = [f"g{number}" for number in range(6)]
    rows = [[drawn.choice((5, 14, 18, 25, 33, 40, 60, 80)) for _ in names] for _ in range(8)]
    lines = [f"d{number},{','.join(map(str, row))},{sum(row)}" for number, row in enumerate(rows)]
    totals = [sum(column) for column in zip(*rows, strict=True)]
    return "\n".join([f"dep,{','.join(names)},Total", *lines, f"Total,{','.join(map(str, totals))},{sum(totals)}", ""])


def test_the_solver_masks_no_more_than_one_by_one_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six cells one by one, four with τ-ARGUS's solver, which leaves its counts nowhere; both pass the same audit."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    best = mended(tmp_path, _wide(6), Mend.SUPPRESS)
    assert list(here.iterdir()) == []
    monkeypatch.setattr(suppressing, "optimal", lambda _table, _policy: set())
    alone = mended(tmp_path, _wide(6), Mend.SUPPRESS)
    assert (best.data.count(b"s."), alone.data.count(b"s.")) == (4, 6)


def test_a_solver_that_hangs_or_dies_costs_its_proposal_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tauargus, "PATIENCE_S", 0.2)
    for broken in (lambda *_: time.sleep(60), lambda *_: os._exit(1)):
        monkeypatch.setattr(tauargus, "_solve", broken)
        assert b"< 11" in mended(tmp_path, MARGINS, Mend.SUPPRESS).data
