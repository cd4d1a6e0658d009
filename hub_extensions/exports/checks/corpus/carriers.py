"""Formats that carry more than they show: workbooks, pages, drawings, documents, pictures, Parquet, built byte by byte.

The shapes are those that Excel, matplotlib, Plotly, Vega, Bokeh, folium and pandas write, reduced to what matters.
"""

import base64
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, seeded

AGGREGATE = [["dep", "sexe", "n"], ["75", "H", 120], ["75", "F", 131], ["92", "H", 84], ["92", "F", 97]]


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP with fixed dates, the same in every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, method)
    return out.getvalue()


def cases() -> Iterator[Case]:
    """Yield every carrier of the corpus."""
    yield from _workbooks()
    yield from _pages()
    yield from _drawings()
    yield from _pictures()
    yield from _parquet()
    yield from _documents()


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


def _page(body: str, head: str = "") -> bytes:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>t</title>{head}</head><body>{body}</body></html>'.encode()  # noqa: E501


def html_table(rows: list[list[Any]]) -> str:
    """Return rows as an HTML table, the first one its header."""
    head = "".join(f"<th>{cell}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def packed(values: list[float]) -> dict[str, str]:
    """Return values as Plotly packs them."""
    return {"dtype": "f8", "bdata": base64.b64encode(struct.pack(f"<{len(values)}d", *values)).decode()}


def _plotly(traces: list[dict[str, Any]]) -> bytes:
    return _page(
        f'<div id="g"></div><script '
        f'src="https://cdn.plot.ly/plotly-3.1.0.min.js"></script><script>Plotly.newPlot("g", {json.dumps(traces)}, '
        f'{{"title": {{"text": "Patients"}}}}, {{"responsive": true}})</script>'
    )


def _pages() -> Iterator[Case]:
    people = patients(500, "page")
    ages = [float(str(person["age"])) for person in people]
    style = "<style>#T_1 th {color: #333}</style>"
    yield Case("styler_table.html", PASS, "a static aggregate", _page(html_table(AGGREGATE), style))
    yield Case("fragment.html", PASS, "a table without a page around it", html_table(AGGREGATE).encode())
    yield Case("table_small.html", BLOCK, "a small cell in a page", _page(html_table([*AGGREGATE, ["93", "H", 3]])))
    yield Case(
        "rows.html",
        BLOCK,
        "rows of persons",
        _page(html_table([list(people[0]), *[list(person.values()) for person in people[:40]]])),
    )
    yield Case(
        "plotly_hist_8bins.html",
        BLOCK,
        "500 raw values behind 8 bins",
        _plotly([{"type": "histogram", "nbinsx": 8, "x": packed(ages)}]),
    )
    yield Case(
        "plotly_box.html", BLOCK, "raw values behind a box", _plotly([{"type": "box", "y": ages, "boxpoints": False}])
    )
    yield Case(
        "plotly_customdata.html",
        BLOCK,
        "identifiers in customdata",
        _plotly(
            [{"type": "bar", "x": ["75", "92"], "y": [120, 131], "customdata": [[person["ipp"]] for person in people]}]
        ),
    )
    yield Case(
        "plotly_bar_preagg.html",
        FLAG,
        "three bars: nothing raw, active all the same",
        _plotly([{"type": "bar", "x": ["75", "92", "93"], "y": [120, 131, 140], "name": "patients"}]),
    )
    yield Case(
        "plotly_bar_small.html",
        BLOCK,
        "a bar of 4 patients",
        _plotly([{"type": "bar", "x": ["75", "92", "93"], "y": [120, 4, 140], "name": "patients"}]),
    )
    yield Case(
        "plotly_hist.json",
        BLOCK,
        "the same figure as JSON",
        json.dumps({"data": [{"type": "histogram", "x": packed(ages)}], "layout": {}}).encode(),
    )
    vega = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "config": {},
        "data": {"name": "d"},
        "mark": "bar",
        "encoding": {"x": {"field": "dep"}, "y": {"aggregate": "count"}},
        "datasets": {"d": people},
    }
    yield Case(
        "altair_count.html",
        BLOCK,
        "the rows behind a bar chart",
        _page(
            f'<div id="v"></div><script '
            f'src="https://cdn.jsdelivr.net/npm/vega@5.1.0"></script><script>(function(spec){{vegaEmbed("#v", spec)}})({json.dumps(vega)})</script>'  # noqa: E501
        ),
    )
    yield Case("altair_count.json", BLOCK, "the same as JSON", json.dumps(vega).encode())
    bokeh = {
        "a1": {
            "version": "3.4",
            "roots": [
                {
                    "type": "object",
                    "name": "Figure",
                    "attributes": {
                        "renderers": [
                            {
                                "name": "GlyphRenderer",
                                "attributes": {
                                    "data_source": {
                                        "type": "object",
                                        "name": "ColumnDataSource",
                                        "attributes": {"data": {"type": "map", "entries": [["x", ages]]}},
                                    }
                                },
                            }
                        ]
                    },
                }
            ],
        }
    }
    yield Case(
        "bokeh.html",
        BLOCK,
        "a column source of 500",
        _page(
            f'<script src="https://cdn.bokeh.org/bokeh/release/bokeh-3.4.1.min.js"></script><script '
            f'type="application/json" id="d">{json.dumps(bokeh)}</script>'
        ),
    )
    markers = "".join(f"var m{i} = L.marker([48.{i:03d}, 2.{i:03d}], {{}}).addTo(map);\n" for i in range(100))
    yield Case(
        "folium.html",
        BLOCK,
        "a marker for each patient",
        _page(
            f'<script src="https://cdn.jsdelivr.net/npm/leaflet@1.9.3/dist/leaflet.js"></script><script>var map = '
            f'L.map("m");\n{markers}</script>'
        ),
    )
    yield Case(
        "html_remote_script.html",
        BLOCK,
        "a script from elsewhere",
        _page(html_table(AGGREGATE) + '<script src="https://x.example/a.js"></script>'),
    )
    yield Case(
        "html_remote_fetch.html",
        BLOCK,
        "a beacon",
        _page(html_table(AGGREGATE) + '<img src="http://x.example/p.gif?who=1" width="1">'),
    )
    yield Case(
        "html_css_beacon.html",
        BLOCK,
        "a beacon in the style",
        _page(html_table(AGGREGATE), "<style>td {background: url(https://x.example/p.png)}</style>"),
    )
    yield Case(
        "html_handler.html", BLOCK, "code on an event", _page('<p onmouseover="alert(1)">x</p>' + html_table(AGGREGATE))
    )
    yield Case(
        "html_refresh.html",
        BLOCK,
        "a page that sends elsewhere",
        _page(html_table(AGGREGATE), '<meta http-equiv="refresh" content="0;url=https://x.example/">'),
    )
    yield Case(
        "html_iframe.html",
        BLOCK,
        "another page inside",
        _page(html_table(AGGREGATE) + '<iframe src="https://x.example/"></iframe>'),
    )
    yield Case(
        "html_inline_script.html", BLOCK, "unknown code", _page(html_table(AGGREGATE) + "<script>fetch('/x')</script>")
    )
    yield Case(
        "html_comment.html",
        BLOCK,
        "rows in a comment",
        _page(html_table(AGGREGATE) + f"<!-- {rows_csv(people[:20]).decode()} -->"),
    )
    yield Case(
        "html_hidden.html",
        BLOCK,
        "rows in a part that is not shown",
        _page(html_table(AGGREGATE) + f'<div style="display:none">{rows_csv(people[:20]).decode()}</div>'),
    )


def svg(body: str, before: str = "") -> bytes:
    """Return a drawing as matplotlib writes one."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="460pt" height="345pt" viewBox="0 0 460 345">{body}</svg>'.encode()  # noqa: E501


def _pdf(
    content: bytes,
    resources: bytes = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>",
    extra: bytes = b"",
) -> bytes:
    """Return a PDF of one page, written by hand."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b" >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources " + resources + b" >>",
        b"<< /Length %d >>\nstream\n" % len(content) + content + b"\nendstream",
        b"<< /Type /XObject /Subtype /Form /BBox [-3 -3 3 3] /Length 12 >>\nstream\n0 0 3 3 re f\nendstream",
    ]  # fmt: skip
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(
        b"%010d 00000 n \n" % place for place in places
    )
    return bytes(out + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))


def _drawings() -> Iterator[Case]:
    source = seeded("drawing")
    points = [(round(source.uniform(60, 400), 6), round(source.uniform(40, 300), 6)) for _ in range(500)]
    uses = "".join(f'<use xlink:href="#m1" x="{x}" y="{y}" style="fill: #1f77b4"/>' for x, y in points)
    bars = "".join(
        f'<g id="patch_{i}"><path d="M {60 + 90 * i} 300 L {120 + 90 * i} 300 L {120 + 90 * i} {150 + 20 * i} L '
        f'{60 + 90 * i} {150 + 20 * i} z"/></g>'
        for i in range(3)
    )
    yield Case(
        "patients_scatter.svg",
        BLOCK,
        "a mark for each patient, read back exactly",
        svg(f'<defs><path id="m1" d="M 0 3 C 1 3 2 2 3 0"/></defs><g id="PathCollection_1">{uses}</g>'),
    )
    yield Case(
        "circles.svg",
        BLOCK,
        "circles, as ggplot writes them",
        svg("".join(f'<circle cx="{x}" cy="{y}" r="2"/>' for x, y in points[:80])),
    )
    yield Case(
        "line_500.svg",
        BLOCK,
        "one line through 500 values",
        svg('<path d="M ' + " L ".join(f"{x} {y}" for x, y in points) + '"/>'),
    )
    yield Case("bars.svg", FLAG, "three bars", svg(bars))
    yield Case("script.svg", BLOCK, "code in a drawing", svg(bars + "<script>alert(1)</script>"))
    yield Case(
        "entity.svg",
        BLOCK,
        "an external entity",
        svg("<text>&x;</text>", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    )
    yield Case(
        "laughs.svg",
        BLOCK,
        "entities that multiply",
        svg("<text>&b;</text>", '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'),
    )
    yield Case(
        "remote.svg",
        BLOCK,
        "a picture from elsewhere",
        svg('<image href="https://x.example/p.png" width="1" height="1"/>'),
    )
    marks = b"/F1 8 Tf BT 60 20 Td (age) Tj ET\n" + b"".join(
        f"q 1 0 0 1 {x} {y} cm /M0 Do Q\n".encode() for x, y in points
    )
    yield Case(
        "patients_scatter.pdf", BLOCK, "a marker for each patient", _pdf(marks, b"<< /XObject << /M0 5 0 R >> >>")
    )
    text = "BT /F1 12 Tf 72 720 Td (Rapport : 1 204 patients, effectifs au-dessus du seuil) Tj ET".encode("latin-1")
    yield Case("report.pdf", FLAG, "a report is read by a person", _pdf(text))
    yield Case(
        "report_nir.pdf", BLOCK, "a NIR in a report", _pdf(b"BT /F1 12 Tf 72 720 Td (NIR 2 55 08 14 168 025 38) Tj ET")
    )
    yield Case(
        "script.pdf",
        BLOCK,
        "code in a document",
        _pdf(text, extra=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"),
    )
    yield Case("appended.pdf", BLOCK, "rows after the end", _pdf(text) + rows_csv(patients(50, "pdf")))


def png(pixels: bytes | None = None, *chunks: tuple[bytes, bytes], size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a PNG of grey pixels with extra chunks before its end."""
    width, height = size
    raw = (
        pixels
        if pixels is not None
        else b"".join(b"\0" + bytes((x * y) % 256 for x in range(width)) for y in range(height))
    )

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    inner = b"".join(chunk(name, body) for name, body in chunks)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + inner + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )


def _pictures() -> Iterator[Case]:
    rows = rows_csv(patients(60, "png"))
    raw = b"".join(b"\0" + bytes((x * y) % 256 for x in range(64)) for y in range(48))
    yield Case("bar.png", FLAG, "pixels need a person", png())
    yield Case(
        "bar_software.png",
        FLAG,
        "the name of a program is no secret",
        png(None, (b"tEXt", b"Software\0Matplotlib version3.10.0, https://matplotlib.org/")),
    )
    yield Case("bar_with_text_chunk.png", BLOCK, "rows in a text chunk", png(None, (b"tEXt", b"Comment\0" + rows)))
    yield Case(
        "bar_with_ztxt.png",
        BLOCK,
        "rows in a packed text chunk",
        png(None, (b"zTXt", b"Software\0\0" + zlib.compress(rows))),
    )
    yield Case("bar_private_chunk.png", BLOCK, "rows in a chunk of one's own", png(None, (b"prIv", rows)))
    yield Case("bar_trailing.png", BLOCK, "rows after the end", png() + rows)
    yield Case("bar_surplus.png", BLOCK, "rows behind the last pixel", png(raw + rows))
    yield Case("bar_cut.png", BLOCK, "cut short", png()[:-30])
    yield Case(
        "bar_bomb.png", BLOCK, "a picture of ten thousand million pixels", png(b"\0" * 1000, size=(100_000, 100_000))
    )
    from PIL import Image

    out = io.BytesIO()
    Image.frombytes("L", (64, 48), bytes((x * y) % 256 for y in range(48) for x in range(64))).save(out, "JPEG")
    yield Case("photo.jpg", FLAG, "pixels need a person", out.getvalue())
    yield Case("photo_trailing.jpg", BLOCK, "rows after the end", out.getvalue() + rows)
    yield Case(
        "photo_comment.jpg",
        BLOCK,
        "rows in a comment",
        out.getvalue()[:2] + b"\xff\xfe" + struct.pack(">H", len(rows[:900]) + 2) + rows[:900] + out.getvalue()[2:],
    )


def _parquet() -> Iterator[Case]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def write(data: Any, metadata: dict[bytes, bytes] | None = None) -> bytes:
        out = io.BytesIO()
        pq.write_table(data.replace_schema_metadata(metadata), out)
        return out.getvalue()

    clean = pa.table({"dep": ["75", "92", "93"], "n": [120, 44, 131]})
    people = patients(200, "parquet")
    yield Case("agg.parquet", PASS, "an aggregate", write(clean))
    yield Case("agg_small.parquet", BLOCK, "a small cell", write(pa.table({"dep": ["75", "92"], "n": [120, 4]})))
    yield Case(
        "rows.parquet",
        BLOCK,
        "rows of persons",
        write(pa.table({name: [person[name] for person in people] for name in ("age", "sexe", "crp", "dep", "diag")})),
    )
    yield Case("metadata.parquet", BLOCK, "rows in a note", write(clean, {b"note": rows_csv(people[:15])}))
    yield Case("lists.parquet", BLOCK, "lists in cells", write(pa.table({"dep": ["75"], "ages": [[81, 77, 90]]})))


def _documents() -> Iterator[Case]:
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

    def cell(text: object) -> str:
        return f"<w:tc><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"

    def word(rows: list[list[Any]], text: str = "Rapport", extra: Mapping[str, bytes] | None = None) -> bytes:
        body = "".join("<w:tr>" + "".join(map(cell, row)) + "</w:tr>" for row in rows)
        xml = f"<w:document {space}><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p><w:tbl>{body}</w:tbl></w:body></w:document>"  # noqa: E501
        return zipped({"[Content_Types].xml": types, "word/document.xml": xml.encode(), **(extra or {})})

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
                "word/_rels/settings.xml.rels": b'<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="https://x.example/t.dotm" TargetMode="External"/></Relationships>'  # noqa: E501
            },
        ),
    )
    slide = b'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>Titre</a:t></a:r></a:p></p:sld>'
    yield Case(
        "slides.pptx",
        FLAG,
        "slides are read by a person",
        zipped({"[Content_Types].xml": types, "ppt/slides/slide1.xml": slide}),
    )
    yield Case(
        "slides_chart.pptx",
        BLOCK,
        "the workbook behind a chart",
        zipped(
            {
                "[Content_Types].xml": types,
                "ppt/slides/slide1.xml": slide,
                "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": workbook(_sheet("visible")),
            }
        ),
    )
