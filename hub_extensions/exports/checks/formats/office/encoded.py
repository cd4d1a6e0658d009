"""What attributes of a document keep in base64: it is decoded and read like the part that it is, or refused.

Word writes a shape a second time so (``o:gfxdata``, a small package of its own), programs of citations their records
(``w:tag`` of content controls). Anybody can write rows there, in one value or cut over many.
"""

import base64
import binascii
import re
import tempfile
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.formats.archives import read_member, sane_members, trailing_bytes
from hub_extensions.exports.checks.formats.office.parts import check_headers, check_part, is_markup
from hub_extensions.exports.checks.formats.office.reading import parse, text_of, words
from hub_extensions.exports.checks.formats.office.unseen import check_unseen, check_written, local
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.prose.freetext import check_blobs
from hub_extensions.exports.checks.prose.spelled import check_spelled

#: Characters of a value above which it is read as what it encodes, and those of a piece of one.
LONG, PIECE = 400, 8
#: Bytes that a value may unpack to.
LARGEST = 4 << 20
_PACKED = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
#: What programs of citations write before a record.
_PROGRAM = re.compile(r"^[A-Z]+(?:_[A-Z]+)*_v\d+_")
_SHARE_OF_TEXT = 0.95


def check_encoded(name: str, root: Any, policy: Policy) -> Iterator[Finding]:
    """Yield what encoded attributes of the part *name* hold, and those that can't be read."""
    pieces: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for element in root.iter():
        for key, value in element.attrib.items():
            if key.endswith("}gfxdata"):
                yield from _shape(value, name, policy)
            elif local(element) == "tag" and len(value) > LONG:
                yield from _citation(value, name)
            elif len(value) > LONG:
                yield from check_blobs(value, name)
            elif len(value) >= PIECE and _PACKED.fullmatch(value):
                pieces[str(element.tag), str(key)][value] = None
    for values in pieces.values():
        yield from _said(values, name)


def _shape(value: str, name: str, policy: Policy) -> Iterator[Finding]:
    """Yield what is wrong with the second copy of a shape: a package of markup and pictures, and nothing else."""
    data = _decoded(re.sub(r"\s+", "", value))
    if not data.startswith(b"PK"):
        yield _unreadable(name)
        return
    with tempfile.TemporaryDirectory(prefix="bv-shape-") as folder:
        path = Path(folder) / "shape.zip"
        path.write_bytes(data)
        try:
            yield from _package(path, name, policy)
        except (Unreadable, zipfile.BadZipFile):
            yield _unreadable(name)


def _package(path: Path, name: str, policy: Policy) -> Iterator[Finding]:
    members = sane_members(path)
    yield from check_headers(path, members)
    if trailing_bytes(path):
        yield _unreadable(name)
    with zipfile.ZipFile(path) as archive:
        for member in members:
            inner, data = f"{name} · {member.filename}", read_member(archive, member)
            if not is_markup(member.filename):
                yield from check_part(inner, data, policy)
                continue
            markup = text_of(data)
            root = parse(markup)
            yield from check_unseen(inner, root, markup)
            yield from check_written(words(root), inner)


def _citation(value: str, name: str) -> Iterator[Finding]:
    """Yield what the record of a citation holds: JSON behind the program's name."""
    packed = _PROGRAM.sub("", value)
    text = _text(_decoded(packed)) if _PACKED.fullmatch(packed) else packed
    if text is None:
        yield _unreadable(name)
    elif text.lstrip().startswith("{"):
        yield from check_spelled(text, name)
    else:
        yield from check_written(text, name)


def _said(values: dict[str, None], name: str) -> Iterator[Finding]:
    """Yield tables in what short values spell, each alone and one behind another."""
    alone = [text for value in values if (text := _text(_decoded(value)))]
    for text in ("\n".join(alone), _text(_decoded("".join(value.rstrip("=") for value in values)))):
        if text:
            yield from check_written(text, name)


def _decoded(value: str) -> bytes:
    """Return what *value* encodes in base64; nothing for what is none."""
    bare = value.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _text(data: bytes) -> str | None:
    """Return *data* as text if that is what it is, packed or not."""
    for window in (None, 31, 15, -15):
        try:
            plain = data if window is None else zlib.decompressobj(window).decompress(data, LARGEST)
        except zlib.error:
            continue
        text = plain.decode("utf-8", "replace")
        readable = sum(c != "\ufffd" and (c.isprintable() or c in "\n\r\t") for c in text)
        if text and readable >= _SHARE_OF_TEXT * len(text):
            return text
    return None


def _unreadable(name: str) -> Finding:
    return block(
        "content.encoded",
        name,
        "Long bloc encodé dans une partie que le lecteur ne voit pas : impossible à contrôler.",
        "A long encoded block in a part that no reader sees: it can't be checked.",
    )
