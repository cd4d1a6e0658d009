"""Drawings, printed pages, pictures and Parquet, built byte by byte."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, seeded


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _drawings()
    yield from _pictures()
    yield from _parquet()


def svg(body: str, before: str = "") -> bytes:
    """Return a drawing as matplotlib writes one."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="460pt" height="345pt" viewBox="0 0 460 345">{body}</svg>'.encode()


def pdf(
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
        "patients_scatter.pdf", BLOCK, "a marker for each patient", pdf(marks, b"<< /XObject << /M0 5 0 R >> >>")
    )
    text = "BT /F1 12 Tf 72 720 Td (Rapport : 1 204 patients, effectifs au-dessus du seuil) Tj ET".encode("latin-1")
    yield Case("report.pdf", FLAG, "a report is read by a person", pdf(text))
    yield Case(
        "report_nir.pdf", BLOCK, "a NIR in a report", pdf(b"BT /F1 12 Tf 72 720 Td (NIR 2 55 08 14 168 025 38) Tj ET")
    )
    yield Case(
        "script.pdf",
        BLOCK,
        "code in a document",
        pdf(text, extra=b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"),
    )
    yield Case("appended.pdf", BLOCK, "rows after the end", pdf(text) + rows_csv(patients(50, "pdf")))


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


def pdf_of(change: Callable[[Any], None]) -> bytes:
    """Return a page with one word, after *change* had the pikepdf document in its hands."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(b"BT /F1 12 Tf 72 720 Td (Rapport) Tj ET"))) as document:
        change(document)
        document.save(out, deterministic_id=True)
    return out.getvalue()
