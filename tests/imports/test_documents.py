"""Identities in workbooks, documents and PDF: refused wherever they stand, as they are in a CSV."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hub_extensions.exports.checks.corpus.attached import pdf_with
from hub_extensions.exports.checks.corpus.workbooks import AGGREGATE, word, workbook, zipped
from hub_extensions.imports.contents import Expected, look

PEOPLE = [["nom", "code", "n"], ["Martin", "A1", 40], ["Durand", "B2", 55], ["Petit", "C3", 61]]
KEYED = [["cle", "age"], ["255081416802538", 68], ["184017511800166", 40]]
ROWS = [["patient", "age", "crp"], *([f"p{i}", 20 + i, i * 7 % 13 + 0.5] for i in range(60))]


def blocked(tmp_path: Path, name: str, data: bytes) -> set[str]:
    """Rules that refuse a file."""
    file = tmp_path / "quarantined"
    file.write_bytes(data)
    return {each.rule for each in look(file, name, Expected(), None).findings if each.severity.value == "block"}


def book(rows: list[list[Any]], change: Callable[[Any], None] | None = None) -> bytes:
    """A workbook with a clean sheet first and *rows* on a second one."""

    def fill(made: Any) -> None:
        sheet = made.create_sheet("suite")
        for row in rows:
            sheet.append(row)
        if change is not None:
            change(sheet)

    return workbook(fill)


def hide(sheet: Any) -> None:
    """Hide a sheet as a program can."""
    sheet.sheet_state = "veryHidden"


def note(sheet: Any) -> None:
    """Write a number of somebody into a comment."""
    sheet["A1"].comment = openpyxl.comments.Comment("NIR 2 55 08 14 168 025 38", "x")


CACHE = b'<pivotCacheDefinition><cacheFields><cacheField name="prenom"/></cacheFields></pivotCacheDefinition>'
LISTED = word(PEOPLE)
INSIDE = {"word/embeddings/Microsoft_Excel_Sheet1.xlsx": book(PEOPLE)}


@pytest.mark.parametrize(
    ("name", "data", "rule"),
    [
        ("p.xlsx", book(PEOPLE), "identifier.header"),
        ("p.xlsx", book(PEOPLE, hide), "identifier.header"),
        ("p.xlsx", book(KEYED), "identifier.nir"),
        ("p.xlsx", book(ROWS, note), "identifier.nir"),
        ("p.xlsx", workbook(None, {"xl/pivotCache/pivotCacheDefinition1.xml": CACHE}), "identifier.header"),
        ("p.xlsx", workbook(None, {"docProps/custom.xml": b"<P><v>255081416802538</v></P>"}), "identifier.nir"),
        ("p.docx", LISTED, "identifier.header"),
        ("p.docx", word(AGGREGATE, "NIR 2 55 08 14 168 025 38"), "identifier.nir"),
        ("p.docx", word(AGGREGATE, extra=INSIDE), "identifier.header"),
        ("p.docx", word(AGGREGATE, extra={"word/data.csv": b"nom,n\nMartin,1\n"}), "document.unknown_part"),
        ("p.docx", word(AGGREGATE, extra={"word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0"}), "office.embedded"),
        ("p.pdf", pdf_with("nom;age", "Martin;40", "Durand;55", "Petit;61"), "identifier.header"),
        ("p.pdf", pdf_with("NIR 2 55 08 14 168 025 38"), "identifier.nir"),
        ("a.zip", zipped({"p.xlsx": book(PEOPLE)}), "identifier.header"),
        ("a.zip", zipped({"LISEZMOI": b"NIR 2 55 08 14 168 025 38"}), "identifier.nir"),
        ("a.zip", zipped({"p.docx": b"no document"}), "type.mismatch"),
    ],
    ids=["sheet", "hidden sheet", "column", "comment", "pivot table", "property", "table", "sentence", "chart's book",
         "part", "object", "table of a page", "page", "in an archive", "without extension", "false document"],
)  # fmt: skip
def test_identities_are_refused_in_whatever_carries_them(tmp_path: Path, name: str, data: bytes, rule: str) -> None:
    assert rule in blocked(tmp_path, name, data)


def test_rows_with_a_pseudonym_come_in(tmp_path: Path) -> None:
    plain = io.BytesIO()
    made = openpyxl.Workbook()
    for row in ROWS:
        made.active.append(row)
    made.save(plain)
    for name, data in {
        "p.xlsx": plain.getvalue(),
        "q.xlsx": book(ROWS, hide),
        "p.docx": word(AGGREGATE, "Contact : jean.dupont@chu.fr"),
        "p.pdf": pdf_with("Notice des variables", "age : en années"),
    }.items():
        assert not blocked(tmp_path, name, data)
