"""The parts that a document may be made of, by name and by content: what is none of them is refused.

Word opens a file without a complaint when it holds parts that it never shows: a table under any name, rows called a
picture. The list is of what is read here, so what nobody reads can't leave.
"""

import re
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.formats.raster import PROGRAMS_NOTES, check_jpeg, check_png
from hub_extensions.exports.checks.formats.vector import inspect_svg
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.embedded import check_hidden

_EMBEDDED = re.compile(
    r"embeddings/|vbaproject|activex|oleobject|/embed|\.(?:xlsx?|xlsm|xlsb|docm?|pptm|exe|js|vbs)$", re.IGNORECASE
)
_XML = re.compile(r"\.(?:xml|rels|vml)$", re.IGNORECASE)
_PICTURE = re.compile(r"(?:^|/)(?:media/[^/]+|docprops/thumbnail)\.(png|jpe?g|svg)$", re.IGNORECASE)
_MEDIA = re.compile(r"(?:^|/)media/|^docprops/thumbnail\.", re.IGNORECASE)
_PRINTER = re.compile(r"(?:^|/)printersettings/[^/]+\.bin$", re.IGNORECASE)
#: Bytes of the settings of a printer that a program keeps.
LARGEST_PRINTER = 32 << 10
#: Fields of ZIP headers: room to grow (Office), moments and owners (zip), the mark of a Java archive, large sizes.
_GROWS, _USUAL_EXTRAS = 0xA220, {0x5455: 13, 0x7875: 15, 0x000A: 36, 0xCAFE: 4, 0x0001: 28}


def is_markup(name: str) -> bool:
    """Whether a part is XML, read as such."""
    return _XML.search(name) is not None and not _EMBEDDED.search(name)


def check_part(name: str, data: bytes, policy: Policy) -> Iterator[Finding]:
    """Yield what is wrong with a part that is no XML."""
    if not data and name.endswith("/"):
        return
    if _PRINTER.search(name):
        yield from check_hidden(data, name)
        yield from check_hidden(data.decode("utf-16-le", "replace"), name)
        if len(data) > LARGEST_PRINTER:
            yield _unknown(name)
    elif _EMBEDDED.search(name):
        yield block(
            "document.embedded",
            name,
            "Le document incorpore un fichier (souvent le classeur d'un graphique) : collez une image.",
            "The document embeds a file (often a chart's workbook): paste a picture.",
        )
    elif _MEDIA.search(name):
        yield from _picture(name, data, policy)
    else:
        yield _unknown(name)


def _unknown(name: str) -> Finding:
    return block(
        "document.unknown_part",
        name,
        "Le document contient une partie qu'aucun lecteur ne montre : enregistrez-le à nouveau, sans elle.",
        "The document holds a part that no reader shows: save it again without it.",
    )


def _picture(name: str, data: bytes, policy: Policy) -> Iterator[Finding]:
    """Yield what a picture of the document carries: its bytes leave as they are."""
    yield flag("image.pixels", name, "Une image se juge à l'œil.", "A picture is judged by eye.")
    kind = _PICTURE.search(name)
    begins = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff"}
    suffix = kind[1].lower() if kind else ""
    if not suffix or (suffix in begins and not data.startswith(begins[suffix])):
        yield block(
            "document.picture",
            name,
            "Cette image n'en est pas une, ou d'un format qui n'est pas contrôlé : collez-la en PNG ou en JPEG.",
            "This is no picture, or one of a format that isn't checked: paste it as PNG or JPEG.",
        )
        return
    try:
        match suffix:
            case "png":
                yield from check_png(data, name)
            case "svg":
                yield from _drawing(name, data, policy)
            case _:
                yield from check_jpeg(data.rstrip(b"\0"), name, PROGRAMS_NOTES)
    except (Unreadable, struct.error) as error:
        raise Unreadable("Une image du document est endommagée.", "A picture of the document is damaged.") from error


def _drawing(name: str, data: bytes, policy: Policy) -> list[Finding]:
    with tempfile.TemporaryDirectory(prefix="bv-drawing-") as folder:
        path = Path(folder) / "drawing.svg"
        path.write_bytes(data)
        found = inspect_svg(path, policy).findings
    return [replace(each, where=name) for each in found]


def check_headers(path: Path, members: list[zipfile.ZipInfo]) -> Iterator[Finding]:
    """Yield a block when the headers of the archive itself carry more than its programs write."""
    data, noted = path.read_bytes(), 0
    for member in members:
        name, length = struct.unpack("<HH", data[member.header_offset + 26 : member.header_offset + 30].ljust(4, b"\0"))
        at = member.header_offset + 30 + name
        noted += len(member.comment) + _stray(member.extra) + _stray(data[at : at + length])
    if noted > 0:
        yield block(
            "content.trailing",
            path.name,
            "Les en-têtes de l'archive portent des octets que personne ne voit : enregistrez le document à nouveau.",
            "The headers of the archive carry bytes that nobody sees: save the document again.",
        )


def _stray(extra: bytes) -> int:
    """Return the bytes of extra fields that no program is known to write."""
    stray, at = 0, 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack("<HH", extra[at : at + 4])
        body = extra[at + 4 : at + 4 + size]
        grows = kind == _GROWS and not body[4:].strip(b"\0")
        stray += 0 if grows or size <= _USUAL_EXTRAS.get(kind, -1) else 4 + size
        at += 4 + size
    return stray + len(extra[at:].strip(b"\0"))
