"""Workbooks and documents: hidden sheets, caches, embedded files, built as Excel and Word write them."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv

AGGREGATE = [["dep", "sexe", "n"], ["75", "H", 120], ["75", "F", 131], ["92", "H", 84], ["92", "F", 97]]


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _workbooks()
    yield from _documents()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP with fixed dates, the same in every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def workbook(change: Any = None, extra: Mapping[str, bytes] | None = None) -> bytes:
    """Return a workbook of one clean sheet, after *change* and with *extra* parts."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Effectifs"
    for row in AGGREGATE:
        book.active.append(row)
    if change is not None:
        change(book)
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name != "docProps/core.xml"}
        members["docProps/core.xml"] = (
            b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
        )
    return zipped({**members, **(extra or {})})


def _sheet(state: str) -> Any:
    def change(book: Any) -> None:
        sheet = book.create_sheet("brut")
        for person in patients(30, state):
            sheet.append([str(value) for value in person.values()])
        sheet.sheet_state = state

    return change


def _workbooks() -> Iterator[Case]:
    from openpyxl.comments import Comment

    def on_active(act: Any) -> Any:
        return lambda book: act(book.active)

    def hide_column(sheet: Any) -> None:
        sheet.column_dimensions["C"].hidden = True

    def hide_row(sheet: Any) -> None:
        sheet.row_dimensions[3].hidden = True

    def comment(sheet: Any) -> None:
        sheet["A1"].comment = Comment(rows_csv(patients(10, "comment")).decode(), "auteur")

    def link(sheet: Any) -> None:
        sheet["F1"] = '=HYPERLINK("http://x.example","a")'

    def white(sheet: Any) -> None:
        from openpyxl.styles import Font

        sheet["F2"] = "Jean Dupont, 81 ans"
        sheet["F2"].font = Font(color="FFFFFFFF")

    def formatless(sheet: Any) -> None:
        sheet["F2"], sheet["F2"].number_format = 81, ";;;"

    def far(sheet: Any) -> None:
        sheet["ZZ90000"] = "jean.dupont@laposte.net"

    def small(sheet: Any) -> None:
        sheet["C3"] = 4

    yield Case("clean.xlsx", PASS, "one visible aggregate", workbook())
    yield Case(
        "two_sheets.xlsx",
        PASS,
        "two visible aggregates",
        workbook(lambda book: [book.create_sheet("2020").append(row) for row in ([["dep", "n"], ["75", 340]])]),
    )
    yield Case("small_cell.xlsx", BLOCK, "a small cell", workbook(on_active(small)))
    yield Case("hidden.xlsx", BLOCK, "a hidden raw sheet", workbook(_sheet("hidden")))
    yield Case("hidden_veryhidden.xlsx", BLOCK, "a very hidden raw sheet", workbook(_sheet("veryHidden")))
    yield Case("visible_rows.xlsx", BLOCK, "a visible raw sheet", workbook(_sheet("visible")))
    yield Case("hidden_column.xlsx", BLOCK, "a hidden column", workbook(on_active(hide_column)))
    yield Case("hidden_row.xlsx", BLOCK, "a hidden row", workbook(on_active(hide_row)))
    yield Case("comment.xlsx", BLOCK, "rows in a comment", workbook(on_active(comment)))
    yield Case("hyperlink.xlsx", BLOCK, "a formula that opens a link", workbook(on_active(link)))
    yield Case("white_on_white.xlsx", BLOCK, "text in white", workbook(on_active(white)))
    yield Case("invisible_format.xlsx", BLOCK, "a format that shows nothing", workbook(on_active(formatless)))
    yield Case("far_cell.xlsx", BLOCK, "a person's address in a far corner", workbook(on_active(far)))
    records = b"<pivotCacheRecords>" + b'<r><n v="81"/><s v="H"/></r>' * 200 + b"</pivotCacheRecords>"
    yield Case(
        "pivot_cache.xlsx",
        BLOCK,
        "the rows behind a pivot table",
        workbook(extra={"xl/pivotCache/pivotCacheRecords1.xml": records}),
    )
    yield Case(
        "embedded.xlsx",
        BLOCK,
        "an embedded object",
        workbook(extra={"xl/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0" + b"x" * 500}),
    )
    yield Case(
        "external_link.xlsx",
        BLOCK,
        "values of another workbook",
        workbook(extra={"xl/externalLinks/externalLink1.xml": b"<externalLink/>"}),
    )
    yield Case("macro.xlsm", BLOCK, "macros", workbook(extra={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}))
    yield Case(
        "macro_renamed.xlsx",
        BLOCK,
        "macros in a workbook named .xlsx",
        workbook(extra={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}),
    )
    yield Case(
        "encrypted.xlsx",
        BLOCK,
        "an encrypted workbook is an OLE container",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 2000,
    )
    yield Case("appended.xlsx", BLOCK, "bytes after the archive", workbook() + rows_csv(patients(50, "appended")))


_TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
#: Where the names of Word's markup are defined, as an attribute of a part's root.
WORD_SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def word(rows: list[list[Any]], text: str = "Rapport", extra: Mapping[str, bytes] | None = None) -> bytes:
    """Return a document of one paragraph and one table, with *extra* parts."""
    cells = ("".join(f"<w:tc><w:p><w:r><w:t>{cell}</w:t></w:r></w:p></w:tc>" for cell in row) for row in rows)
    body = "".join(f"<w:tr>{row}</w:tr>" for row in cells)
    words = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
    xml = f"<w:document {WORD_SPACE}><w:body>{words}<w:tbl>{body}</w:tbl></w:body></w:document>"
    return zipped({"[Content_Types].xml": _TYPES, "word/document.xml": xml.encode(), **(extra or {})})


def _documents() -> Iterator[Case]:
    yield Case("rapport.docx", FLAG, "a document is read by a person", word(AGGREGATE))
    yield Case("rapport_small.docx", BLOCK, "a small cell in a document", word([*AGGREGATE, ["93", "H", 3]]))
    yield Case("rapport_nir.docx", BLOCK, "a NIR in a document", word(AGGREGATE, "NIR 2 55 08 14 168 025 38"))
    yield Case(
        "rapport_embedded.docx",
        BLOCK,
        "a workbook inside",
        word(AGGREGATE, extra={"word/embeddings/Microsoft_Excel_Sheet1.xlsx": workbook(_sheet("visible"))}),
    )
    yield Case(
        "template.docx",
        BLOCK,
        "a template from elsewhere",
        word(
            AGGREGATE,
            extra={
                "word/_rels/settings.xml.rels": b'<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="https://x.example/t.dotm" TargetMode="External"/></Relationships>'
            },
        ),
    )
    slide = b'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>Titre</a:t></a:r></a:p></p:sld>'
    yield Case(
        "slides.pptx",
        FLAG,
        "slides are read by a person",
        zipped({"[Content_Types].xml": _TYPES, "ppt/slides/slide1.xml": slide}),
    )
    yield Case(
        "slides_chart.pptx",
        BLOCK,
        "the workbook behind a chart",
        zipped(
            {
                "[Content_Types].xml": _TYPES,
                "ppt/slides/slide1.xml": slide,
                "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": workbook(_sheet("visible")),
            }
        ),
    )
