"""PNG and JPEG: pixels need a person; everything that is not a pixel is refused or dropped.

Text chunks and bytes after the end have carried whole tables (12,845 bytes after IEND: the image opens normally). The
picture is decoded and encoded again, and the new bytes are what leaves.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.embedded import check_hidden

#: Chunks that make the picture, and the bytes that each may have.
_PIXEL_CHUNKS = {
    b"IHDR": 13,
    b"PLTE": 768,
    b"IDAT": 1 << 31,
    b"IEND": 0,
    b"tRNS": 256,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"pHYs": 9,
    b"sBIT": 4,
    b"bKGD": 6,
    b"tIME": 7,
    b"iCCP": 1 << 22,
    b"hIST": 512,
    b"cICP": 4,
}
_TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
#: What plotting libraries write by themselves.
_USUAL_KEYS = frozenset(
    {"software", "creation time", "author", "title", "source", "date:create", "date:modify", "date:timestamp"}
)
#: Characters of a text chunk that still look like a program's name.
_LONGEST_TEXT = 160
MOST_PIXELS = 60_000_000
#: How the notes begin that drawing programs leave in a photograph or a logo inside a document: they may stay there.
PROGRAMS_NOTES = (b"http://ns.adobe.com/xap/1.0/\0", b"Photoshop 3.0\0", b"Ducky")
#: What ends a scan of a JPEG: a marker that neither escapes a byte nor restarts the decoder.
_SCANNED = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


def chunks(data: bytes) -> tuple[list[tuple[bytes, bytes]], int]:
    """Return the chunks of a PNG and the number of bytes after its end.

    Raises:
        Unreadable: a chunk runs past the end of the file, or no IEND.
    """
    found, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name = data[at + 4 : at + 8]
        if at + 12 + length > len(data):
            break
        found.append((name, data[at + 8 : at + 8 + length]))
        at += 12 + length
        if name == b"IEND":
            return found, len(data) - at
    raise Unreadable("L'image est tronquée.", "The picture is cut short.")


def _text(body: bytes, name: bytes) -> tuple[str, str]:
    key, _, rest = body.partition(b"\0")
    if name == b"zTXt":
        rest = _inflate(rest[1:])
    elif name == b"iTXt":
        packed, fields = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
        rest = fields[2] if len(fields) == 3 else rest
        rest = _inflate(rest) if packed else rest
    return key.decode("latin-1"), rest.decode("utf-8", "replace")


def _inflate(data: bytes, most: int = 1 << 20) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, most)
    except zlib.error:
        return data


def check_png(data: bytes, where: str) -> Iterator[Finding]:
    """Yield what a PNG carries besides its pixels."""
    found, after = chunks(data)
    if after:
        yield block(
            "image.trailing",
            where,
            f"{after} octets suivent la fin de l'image.",
            f"{after} bytes follow the end of the picture.",
        )
    keys = [_text(body, name)[0].casefold() for name, body in found if name in _TEXT_CHUNKS]
    unknown = sum(len(body) for name, body in found if name not in _TEXT_CHUNKS and name not in _PIXEL_CHUNKS)
    for name, body in found:
        if name in _TEXT_CHUNKS:
            key, text = _text(body, name)
            said_once = key.casefold() in _USUAL_KEYS and keys.count(key.casefold()) == 1
            if not said_once or len(text) > _LONGEST_TEXT or "\n" in text.strip():
                yield block(
                    "image.text",
                    f"{where} · {key[:40]}",
                    "L'image contient un texte caché : enregistrez-la sans métadonnées.",
                    "The picture holds a hidden text: save it without metadata.",
                )
        elif name in {b"eXIf", b"iCCP"}:
            yield from check_hidden(body if name == b"eXIf" else _inflate(body.partition(b"\0")[2][1:]), where)
        if name == b"eXIf":
            yield flag(
                "image.metadata",
                where,
                "L'image porte des métadonnées EXIF ; elles sont retirées.",
                "The picture carries EXIF metadata; they are removed.",
            )
        elif name in {b"acTL", b"fdAT", b"fcTL"}:
            yield block(
                "image.frames",
                where,
                "L'image est animée : elle a des vues cachées.",
                "The picture is animated: it has hidden frames.",
            )
            return
        elif (
            len(body) > _PIXEL_CHUNKS.get(name, -1)
            and name not in _TEXT_CHUNKS
            and (name in _PIXEL_CHUNKS or unknown > 64)
        ):
            yield block(
                "image.chunk",
                f"{where} · {name.decode('latin-1')}",
                "L'image contient un bloc inconnu.",
                "The picture holds an unknown block.",
            )
    yield from _surplus(found, where)


def _surplus(found: list[tuple[bytes, bytes]], where: str) -> Iterator[Finding]:
    """Yield a finding when the compressed pixels hold more bytes than the picture has room for."""
    head = next((body for name, body in found if name == b"IHDR"), b"")
    if len(head) != 13:
        raise Unreadable("L'image n'a pas d'en-tête.", "The picture has no header.")
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", head)
    if width * height > MOST_PIXELS:
        raise Unreadable("L'image est démesurée.", "The picture is outsized.")
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(colour, 4)
    room = height * (1 + (width * samples * depth + 7) // 8) * (2 if interlace else 1) + 64
    stream = zlib.decompressobj()
    try:
        size = len(stream.decompress(b"".join(body for name, body in found if name == b"IDAT"), room + 4096))
    except zlib.error as error:
        raise Unreadable("L'image est endommagée.", "The picture is damaged.") from error
    if size > room or len(stream.unused_data) > 16:
        yield block(
            "image.surplus",
            where,
            "L'image contient plus d'octets que de pixels.",
            "The picture holds more bytes than pixels.",
        )


def segments(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """Return the segments of a JPEG, those between its scans included, and where the picture ends.

    Raises:
        Unreadable: no end, or something that is no segment where one must stand.
    """
    found, at = list[tuple[int, bytes]](), 2
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker == 0xD9:
            return found, at + 2
        elif at + 4 <= len(data):
            (length,) = struct.unpack(">H", data[at + 2 : at + 4])
            found.append((marker, data[at + 4 : at + 2 + length]))
            at += 2 + max(2, length)
            if marker == 0xDA and (behind := _SCANNED.search(data, at)) is not None:
                at = behind.start()
        else:
            break
    raise Unreadable("L'image est tronquée.", "The picture is cut short.")


def check_jpeg(data: bytes, where: str, accepted: tuple[bytes, ...] = ()) -> Iterator[Finding]:
    """Yield what a JPEG carries besides its pixels; *accepted*: how notes begin that may stay if they hold no table."""
    found, end = segments(data)
    notes = [(marker, body) for marker, body in found if marker == 0xFE or 0xE0 <= marker <= 0xEF]
    said = sum(len(body) for marker, body in notes if marker == 0xFE)
    for marker, body in notes:
        known = body.startswith((b"ICC_PROFILE", b"Adobe", b"Exif", *accepted)) and marker != 0xFE
        if (said if marker == 0xFE else len(body)) > (64 if marker in {0xE0, 0xFE} else -1) and not known:
            yield block(
                "image.text",
                f"{where} · segment {marker:#x}",
                "L'image contient un texte caché : enregistrez-la sans métadonnées.",
                "The picture holds a hidden text: save it without metadata.",
            )
        yield from check_hidden(body, where)
    if end < len(data):
        yield block(
            "image.trailing",
            where,
            f"{len(data) - end} octets suivent la fin de l'image.",
            f"{len(data) - end} bytes follow the end of the picture.",
        )
    if sum(len(body) for _, body in notes if body.startswith(b"Exif")) > 2000:
        yield block(
            "image.metadata",
            where,
            "L'image porte beaucoup de métadonnées EXIF.",
            "The picture carries much EXIF metadata.",
        )


def reencode(data: bytes) -> bytes:
    """Return the pixels of *data* as a fresh PNG.

    Raises:
        Unreadable: the picture can't be decoded, or has more pixels than a screen will ever show.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as picture:
            picture.load()
            mode = (
                "RGBA"
                if "A" in picture.getbands() or "transparency" in picture.info
                else "L"
                if picture.mode in {"1", "L"}
                else "RGB"
            )
            clean = Image.frombytes(mode, picture.size, picture.convert(mode).tobytes())
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Unreadable("L'image est endommagée ou démesurée.", "The picture is damaged or outsized.") from error
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=False)
    return out.getvalue()


def _eyes(where: str) -> Finding:
    return flag(
        "image.pixels",
        where,
        "Une image se juge à l'œil : points isolés, effectifs, noms.",
        "A picture is judged by eye: lone points, counts, names.",
    )


def inspect_png(path: Path, policy: Policy) -> Inspected:  # noqa: ARG001 - the signature of every inspector
    """Read a PNG. Raises ``Unreadable`` when it can't be decoded."""
    data = path.read_bytes()
    return Inspected(findings=[*check_png(data, path.name), _eyes(path.name)], normal=Normal(".png", reencode(data)))


def inspect_jpeg(path: Path, policy: Policy) -> Inspected:  # noqa: ARG001 - the signature of every inspector
    """Read a JPEG. Raises ``Unreadable`` when it can't be decoded."""
    data = path.read_bytes()
    return Inspected(findings=[*check_jpeg(data, path.name), _eyes(path.name)], normal=Normal(".png", reencode(data)))
