"""PNG and JPEG: pixels need a person; everything that is not a pixel is refused or dropped.

Text chunks and bytes after the end have carried whole tables (12,845 bytes after IEND: the image opens normally). The
picture is decoded and encoded again, and the new bytes are what leaves.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from hub_extensions.exports.checks.embedded import check_hidden
from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.inspection import Inspected, Normal, Unreadable
from hub_extensions.exports.checks.policy import Policy

_PIXEL_CHUNKS = frozenset(
    {
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"pHYs",
        b"sBIT",
        b"bKGD",
        b"tIME",
        b"iCCP",
        b"hIST",
        b"cICP",
    }
)
_TEXT_CHUNKS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
#: What plotting libraries write by themselves.
_USUAL_KEYS = frozenset(
    {"software", "creation time", "author", "title", "source", "date:create", "date:modify", "date:timestamp"}
)
#: Characters of a text chunk that still look like a program's name.
_LONGEST_TEXT = 160
MOST_PIXELS = 60_000_000


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
    for name, body in found:
        if name in _TEXT_CHUNKS:
            key, text = _text(body, name)
            if key.casefold() not in _USUAL_KEYS or len(text) > _LONGEST_TEXT or "\n" in text.strip():
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
        elif name not in _PIXEL_CHUNKS | _TEXT_CHUNKS and len(body) > 64:
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


def check_jpeg(data: bytes, where: str) -> Iterator[Finding]:
    """Yield what a JPEG carries besides its pixels."""
    end = data.rfind(b"\xff\xd9")
    if end < 0:
        raise Unreadable("L'image est tronquée.", "The picture is cut short.")
    at, size = 2, 0
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        marker, length = data[at + 1], struct.unpack(">H", data[at + 2 : at + 4])[0]
        body = data[at + 4 : at + 2 + length]
        if (marker == 0xFE and len(body) > 64) or (
            0xE0 < marker <= 0xEF and not body.startswith((b"ICC_PROFILE", b"Adobe", b"Exif"))
        ):
            yield block(
                "image.text",
                f"{where} · segment {marker:#x}",
                "L'image contient un texte caché : enregistrez-la sans métadonnées.",
                "The picture holds a hidden text: save it without metadata.",
            )
        size += length if body.startswith(b"Exif") else 0
        if 0xE0 < marker <= 0xEF:
            yield from check_hidden(body, where)
        at += 2 + length
    first_end = data.find(b"\xff\xd9", at)
    if 0 <= first_end < len(data) - 2:
        yield block(
            "image.trailing",
            where,
            f"{len(data) - first_end - 2} octets suivent la fin de l'image.",
            f"{len(data) - first_end - 2} bytes follow the end of the picture.",
        )
    if size > 2000:
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
