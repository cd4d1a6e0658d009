"""Documents in which a part that no reader opens holds the rows, and documents as Word, PowerPoint and their libraries
write them."""

import base64
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from hub_extensions.exports.checks.corpus.case import BLOCK, FLAG, Case, patients, rows_csv
from hub_extensions.exports.checks.corpus.drawings import pdf, pdf_of, png
from hub_extensions.exports.checks.corpus.workbooks import AGGREGATE, WORD_SPACE, word, zipped

_CHART = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
_RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
_LINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
_TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def cases() -> Iterator[Case]:
    """Yield every case of this kind."""
    people = patients(40, "attached")
    rows = rows_csv(people, ["age", "sexe", "dep", "date_entree", "crp", "diag"]).decode()
    for name, parts in {**_files(rows), **_markup(people, rows)}.items():
        yield Case(
            f"part_{name}.docx", BLOCK, f"rows in a part that nobody reads: {name}", word(AGGREGATE, extra=parts)
        )
    drawn = '</w:t></w:r><w:drawing><wp:docPr xmlns:wp="wp" descr="{}"/></w:drawing><w:r><w:t>'
    for name, document in {
        "alt_text": word(AGGREGATE, drawn.format("Ordonnance, NIR 2 55 08 14 168 025 38")),
        "property": word(AGGREGATE, extra={"docProps/custom.xml": b"<P><v>255081416802538</v></P>"}),
    }.items():
        yield Case(f"nir_{name}.docx", BLOCK, f"a NIR where few look: {name}", document)
    yield from _slides(rows)
    yield from _portable(rows)
    yield from _honest()


def jpeg(*notes: bytes, between: bytes = b"") -> bytes:
    """Return a picture of one point, with *notes* as segments before its scan and *between* behind it."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("L", (1, 1), 200).save(out, "JPEG", quality=1)
    plain = out.getvalue()
    return plain[:20] + b"".join(notes) + plain[20:-2] + between + plain[-2:]


def _segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def _files(rows: str) -> Mapping[str, Mapping[str, bytes]]:
    """Parts that are no XML."""
    raw = rows.encode()
    lines = [_segment(0xFE, line.encode()) for line in rows.splitlines()]
    drawn = "".join(f'<circle cx="{i * 7 % 400}.31" cy="{i * 11 % 300}.7" r="2"/>' for i in range(300))
    return {
        "file": {"word/data.csv": raw},
        "page": {"word/afchunk.htm": f"<html><body><pre>{rows}</pre></body></html>".encode()},
        "text_chunk": {"word/media/image1.png": png(None, (b"tEXt", b"Comment\0" + raw))},
        "moment_chunk": {"word/media/image1.png": png(None, (b"tIME", raw))},
        "after_picture": {"word/media/image1.png": png() + raw},
        "after_jpeg": {"word/media/image1.jpeg": jpeg() + raw},
        "behind_scan": {"word/media/image1.jpeg": jpeg(between=_segment(0xFE, raw[:900]))},
        "comments_of_jpeg": {"word/media/image1.jpg": jpeg(*lines)},
        "false_picture": {"word/media/image1.png": raw},
        "metafile": {"word/media/image1.emf": b"\x01\0\0\0" + raw},
        "thumbnail": {"docProps/thumbnail.jpeg": raw},
        "drawing": {
            "word/media/image2.svg": f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{drawn}</svg>'.encode()
        },
        "printer": {"word/printerSettings/printerSettings1.bin": raw},
        "font": {"word/fonts/font1.odttf": zlib.compress(raw)},
    }


def _markup(people: list[dict[str, object]], rows: str) -> Mapping[str, Mapping[str, bytes]]:
    """Parts of XML: as lines, as attributes, as elements, as cells."""
    lines = rows.splitlines()
    names = ("age", "sexe", "crp")
    elements = "".join("<row>" + "".join(f"<{n}>{p[n]}</{n}>" for n in names) + "</row>" for p in people)
    attributes = "".join("<row " + " ".join(f'{n}="{p[n]}"' for n in names) + "/>" for p in people)
    variables = "".join(f'<w:docVar w:name="v{i}" w:val="{line}"/>' for i, line in enumerate(lines))
    cells = "".join(
        "<w:tr>" + "".join(f"<w:tc><w:p><w:r><w:t>{c}</w:t></w:r></w:p></w:tc>" for c in line.split(",")) + "</w:tr>"
        for line in lines
    )
    links = "".join(
        f'<Relationship Id="r{i}" Type="{_LINK}" Target="https://x.example/{line}" TargetMode="External"/>'
        for i, line in enumerate(lines)
    )
    points = "".join(f'<c:pt idx="{i}"><c:v>{v}</c:v></c:pt>' for i, v in enumerate(("120", "4", "97")))
    labels = "".join(f'<c:pt idx="{i}"><c:v>{v}</c:v></c:pt>' for i, v in enumerate(("75", "92", "93")))
    series = f"<c:ser><c:tx><c:v>patients</c:v></c:tx><c:cat>{labels}</c:cat><c:val>{points}</c:val></c:ser>"
    objects = escape(json.dumps([{n: p[n] for n in names} for p in people]))
    parted = "".join("<v>" + "|".join(str(p[n]) for n in names) + "</v>" for p in people)
    spread = "".join("".join(f"<{n}>{p[n]}</{n}>" for n in names) for p in people)
    packed = base64.b64encode(rows.encode()).decode()
    return {
        "objects": {"customXml/item1.xml": f"<d>{objects}</d>".encode()},
        "bars": {"docProps/app.xml": f"<P>{parted}</P>".encode()},
        "spread": {"customXml/item1.xml": f"<d>{spread}</d>".encode()},
        "encoded": {
            "word/settings.xml": f'<w:settings {WORD_SPACE}><w:docVar w:val="{packed}"/></w:settings>'.encode()
        },
        "encoded_comment": {"word/settings.xml": f"<w:settings {WORD_SPACE}><!--{packed}--></w:settings>".encode()},
        "elements": {"customXml/item1.xml": f"<data>{elements}</data>".encode()},
        "attributes": {"customXml/item2.xml": f"<data>{attributes}</data>".encode()},
        "own_name": {"word/extra.xml": f'<data xmlns="urn:mine">{elements}</data>'.encode()},
        "cdata": {"word/notes.xml": f"<d><![CDATA[{rows}]]></d>".encode()},
        "wide": {"customXml/item3.xml": f'<?xml version="1.0" encoding="UTF-16"?><d>{rows}</d>'.encode("utf-16")},
        "comment": {"word/styles.xml": f"<w:styles {WORD_SPACE}><!-- {rows} --></w:styles>".encode()},
        "instruction": {"word/settings.xml": f"<w:settings {WORD_SPACE}><?rows {rows}?></w:settings>".encode()},
        "variables": {
            "word/settings.xml": f"<w:settings {WORD_SPACE}><w:docVars>{variables}</w:docVars></w:settings>".encode()
        },
        "glossary": {
            "word/glossary/document.xml": f"<w:glossaryDocument {WORD_SPACE}><w:tbl>{cells}</w:tbl></w:glossaryDocument>".encode()
        },
        "links": {"word/_rels/document.xml.rels": f"<Relationships {_RELATIONS}>{links}</Relationships>".encode()},
        "chart_of_four": {
            "word/charts/chart1.xml": f"<c:chartSpace {_CHART}><c:barChart>{series}</c:barChart></c:chartSpace>".encode()
        },
    }


def _slides(rows: str) -> Iterator[Case]:
    slide = b'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>Titre</a:t></a:r></a:p></p:sld>'
    notes = f'<p:notes xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>{rows}</a:t></a:r></a:p></p:notes>'.encode()
    tags = "".join(f'<p:tag name="T{i}" val="{line}"/>' for i, line in enumerate(rows.splitlines()))
    for name, parts in {
        "notes": {"ppt/notesSlides/notesSlide1.xml": notes},
        "tags": {"ppt/tags/tag1.xml": f'<p:tagLst xmlns:p="p">{tags}</p:tagLst>'.encode()},
        "file": {"ppt/data.txt": rows.encode()},
        "picture": {"ppt/media/image1.png": png(None, (b"tEXt", b"Comment\0" + rows.encode()))},
        "film": {"ppt/media/media1.mp4": rows.encode()},
    }.items():
        yield Case(
            f"slides_{name}.pptx",
            BLOCK,
            f"rows in a presentation: {name}",
            zipped({"[Content_Types].xml": _TYPES, "ppt/slides/slide1.xml": slide, **parts}),
        )


def _honest() -> Iterator[Case]:
    style = '<w:style w:type="paragraph" w:styleId="Titre{0}"><w:name w:val="heading {0}"/></w:style>'
    styles = f"<w:styles {WORD_SPACE}>{''.join(style.format(level) for level in range(1, 10))}</w:styles>"
    shape = (
        '<v:shape xmlns:v="urn:schemas-microsoft-com:vml" style="margin-left:{0};width:46{0}pt" coordsize="{0},21600"/>'
    )
    header = (
        f"<w:hdr {WORD_SPACE}>{''.join(shape.format(i) for i in range(6))}<w:p><w:r><w:t>CHU</w:t></w:r></w:p></w:hdr>"
    )
    contents = "".join(f"</w:t><w:tab/><w:t>{page}</w:t></w:r></w:p><w:p><w:r><w:t>Partie" for page in (3, 5, 9, 12))
    properties = b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Pages>12</Pages><Words>1204</Words><Characters>8042</Characters></Properties>'
    note = _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:title/></x:xmpmeta>")
    parts = {
        "word/styles.xml": styles.encode(),
        "word/header1.xml": header.encode(),
        "docProps/app.xml": properties,
        "customXml/item1.xml": b'<b:Sources xmlns:b="http://schemas.openxmlformats.org/officeDocument/2006/bibliography"/>',
        "word/media/image1.png": png(None, (b"tEXt", b"Software\0Matplotlib version3.10.0")),
        "word/media/image2.jpeg": jpeg(note),
        "docProps/thumbnail.jpeg": jpeg() + bytes(32),
    }
    yield Case(
        "rapport_whole.docx",
        FLAG,
        "a report with its contents and pictures",
        word(AGGREGATE, f"Partie{contents}", parts),
    )


def pdf_with(*lines: str) -> bytes:
    """Return a page of these lines."""
    drawn = b" ".join(b"(%s) Tj T*" % line.encode("latin-1") for line in lines)
    return pdf(b"BT /F1 8 Tf 12 TL 72 700 Td " + drawn + b" ET")


def _portable(rows: str) -> Iterator[Case]:
    import pikepdf

    raw, name = rows.encode(), pikepdf.Name
    said = b"BT /F1 8 Tf " + b" ".join(b"(%s) Tj T*" % line for line in raw.splitlines()) + b" ET"

    def picture(document: Any, data: bytes) -> Any:
        facts = {"Type": name.XObject, "Subtype": name.Image, "Width": 1, "Height": 1, "Filter": name.DCTDecode}
        return pikepdf.Stream(document, data, **facts, ColorSpace=name.DeviceGray, BitsPerComponent=8)

    def attached(document: Any) -> Any:
        file = pikepdf.Dictionary(F=document.make_stream(raw, Type=name.EmbeddedFile))
        return document.make_indirect(pikepdf.Dictionary(Type=name.Filespec, F="d.csv", EF=file))

    changes: dict[str, Callable[[Any], None]] = {
        "stream": lambda document: document.Root.update({"/Mine": document.make_stream(raw)}),
        "form": lambda document: document.Root.update(
            {"/Mine": document.make_stream(said, Type=name.XObject, Subtype=name.Form)}
        ),
        "jpeg": lambda document: document.pages[0].update(
            {"/Thumb": picture(document, jpeg(*(_segment(0xFE, line) for line in raw.splitlines())))}
        ),
        "strings": lambda document: document.Root.update(
            {"/PieceInfo": [pikepdf.Dictionary(Private=line) for line in rows.splitlines()]}
        ),
        "associated": lambda document: document.Root.update({"/AF": [attached(document)]}),
        "described": lambda document: document.pages[0].update(
            {"/Metadata": document.make_stream(raw, Type=name.Metadata, Subtype=name.XML)}
        ),
    }
    for kind, change in changes.items():
        yield Case(f"buried_{kind}.pdf", BLOCK, f"rows beside the pages: {kind}", pdf_of(change))
    comments = b"".join(b"%% %s\n" % line for line in raw.splitlines())
    head, mark, rest = pdf_of(lambda _document: None).partition(b"\nxref")
    moved = rest.replace(b"startxref\n%d" % (len(head) + 1), b"startxref\n%d" % (len(head) + 1 + len(comments) + 1))
    yield Case(
        "buried_comments.pdf",
        BLOCK,
        "rows in comments between objects",
        head + b"\n" + comments.rstrip() + mark + moved,
    )
    kept = pdf_of(lambda document: document.Root.update({"/Mine": picture(document, jpeg())}))
    yield Case("report_logo.pdf", FLAG, "a page with a picture", kept)
