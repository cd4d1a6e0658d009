"""What a PDF keeps beside its pages: strings and streams that nothing draws, comments between its objects, pictures.

A reader of pages sees none of it, and it leaves with the file: the bytes are released as they came.
"""

import re
import struct
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from hub_extensions.exports.checks.filetypes import is_text
from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.formats.raster import PROGRAMS_NOTES, check_jpeg
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.rows.embedded import check_hidden

#: Bytes of one stream that are searched, levels of one object that are gone down.
MOST_SEARCHED, DEEPEST = 2 << 20, 12
_STREAM = re.compile(rb"\bstream\r?\n")
_SAID = re.compile(rb"\(((?:\\.|[^()\\])*)\)")


def check_buried(document: Any, data: bytes, where: str) -> Iterator[Finding]:
    """Yield rows in what no page draws: *document* as pikepdf opened it, *data* its bytes."""
    import pikepdf

    drawn = {each.objgen for page in document.pages for each in _contents(page)}
    glyphs = {glyph.objgen for item in document.objects for glyph in _glyphs(item)}
    said: dict[str, list[str]] = defaultdict(list)
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream) and ("/EF" in item or _type(item) == "/EmbeddedFile"):
            yield block(
                "document.attachment",
                where,
                "Le document porte une pièce jointe.",
                "The document carries an attachment.",
            )
        if isinstance(item, pikepdf.Stream) and item.objgen not in drawn:
            yield from _stream(item, f"{where} · objet {item.objgen[0]}", drawing=item.objgen in glyphs)
        for key, text in _strings(item):
            said[key].append(text)
    for texts in said.values():
        for text in (*(each for each in texts if len(each) >= 60), "\n".join(dict.fromkeys(texts))):
            yield from check_hidden(text, f"{where} · propriétés")
    between = b"\n".join(_STREAM.split(piece, maxsplit=1)[0] for piece in data.split(b"endstream"))
    yield from check_hidden(_parted(between), f"{where} · entre les objets")


def _parted(syntax: bytes) -> bytes:
    """Return the lines of a PDF's own syntax that something parts: it writes numbers and names between blanks only."""
    lines = (line.lstrip(b"% ") for line in syntax.splitlines() if re.search(rb"[;,|\t]", line))
    return re.sub(rb"[^\S\n]+", b" ", b"\n".join(lines))


def _type(item: Any) -> str:
    return str(item.get("/Type", ""))


def _contents(page: Any) -> Iterator[Any]:
    import pikepdf

    contents = page.get("/Contents")
    yield from contents if isinstance(contents, pikepdf.Array) else filter(None, [contents])


def _strings(item: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the texts of one object that could be rows, each with the key that it stands under."""
    import pikepdf

    if isinstance(item, pikepdf.String):
        text = str(item)
        if re.search(r"\d", text) and re.search(r"[;,|\t\n]", text):
            yield key, text
    elif depth < DEEPEST and isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for name, value in item.items():
            yield from () if _elsewhere(value) else _strings(value, str(name), depth + 1)
    elif depth < DEEPEST and isinstance(item, pikepdf.Array):
        for value in item:
            yield from () if _elsewhere(value) else _strings(value, key, depth + 1)


def _elsewhere(value: Any) -> bool:
    """Whether a value is an object of its own, met on its own."""
    return bool(getattr(value, "is_indirect", False))


def _glyphs(item: Any) -> Iterator[Any]:
    """Yield the streams in which a font draws its letters."""
    import pikepdf

    drawn = item.get("/CharProcs") if isinstance(item, pikepdf.Dictionary) else None
    yield from drawn.values() if isinstance(drawn, pikepdf.Dictionary) else ()


def _stream(stream: Any, where: str, *, drawing: bool) -> Iterator[Finding]:
    """Yield what a stream that is no page holds: a picture like a picture sent alone, anything else if it is text."""
    import pikepdf

    if str(stream.get("/Filter", "")) == "/DCTDecode":
        try:
            yield from check_jpeg(stream.read_raw_bytes().rstrip(b"\0\r\n"), where, PROGRAMS_NOTES)
        except struct.error as error:
            raise Unreadable("Une image du document est endommagée.", "A picture of it is damaged.") from error
        return
    try:
        text = stream.read_bytes()[:MOST_SEARCHED]
    except pikepdf.PdfError:
        text = stream.read_raw_bytes()[:MOST_SEARCHED]
    if is_text(text) and _type(stream) != "/XRef":
        syntax = drawing or _type(stream) == "/ObjStm" or str(stream.get("/Subtype", "")) == "/Form"
        for part in (_parted(text) if syntax or "/PatternType" in stream else text, b"\n".join(_SAID.findall(text))):
            yield from check_hidden(part, where)
