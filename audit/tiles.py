"""The tree as plain files that any web server or USB stick can carry: C2SP tlog-tiles.

``tile/<L>/<N>`` holds 256 hashes, ``tile/entries/<N>`` the 256 entries below a level-0 tile, each after its length in
two bytes. The rightmost tiles are partial, ``….p/<W>``. A level-(L+1) hash is the root of a full tile of level L.
"""

import errno
import hashlib
import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from audit.errors import Malformed
from audit.merkle import HASH_SIZE

TILE_WIDTH = 256
TILE_HEIGHT = 8
ENTRIES = "entries"
_sha256 = hashlib.sha256


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile or entry bundle (level ``"entries"``) below the log's folder."""
    digits = f"{index % 1000:03d}"
    rest = index // 1000
    while rest:
        digits = f"x{rest % 1000:03d}/{digits}"
        rest //= 1000
    return f"tile/{level}/{digits}" + (f".p/{width}" if width < TILE_WIDTH else "")


def levels(size: int) -> int:
    """Return how many tile levels a tree of *size* has."""
    count = 0
    while size:
        count, size = count + 1, size >> TILE_HEIGHT
    return count


def encode_entry(entry: bytes) -> bytes:
    """Return *entry* as it stands in a bundle."""
    return len(entry).to_bytes(2, "big") + entry


def decode_bundle(data: bytes) -> list[bytes]:
    """Split an entry bundle; raises ``Malformed`` when lengths and bytes disagree."""
    entries, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            msg = "an entry bundle ends in the middle of an entry"
            raise Malformed(msg)
        entries.append(data[at + 2 : end])
        at = end
    return entries


def tile_root(hashes: bytes) -> bytes:
    """Return the root of a full tile."""
    return _rows(hashes)[-1][0]


class TileReader:
    """Reads a published log of *size* entries; keeps the last tiles, so that many proofs read few files.

    Raises
    ------
    Malformed
        when a tile is missing or has a wrong length. Contents are not checked: see ``audit.verify``.
    """

    def __init__(self, folder: Path, size: int, keep: int = 512) -> None:
        self.folder = folder
        self.size = size
        self._keep = keep
        self._tiles: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()
        self._last_bundle: tuple[int, list[bytes]] = (-1, [])

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of the complete subtree at (level, index): what ``merkle`` asks for."""
        tile_level, row = divmod(level, TILE_HEIGHT)
        tile, place = divmod(index, TILE_WIDTH >> row)
        return self._tile(tile_level, tile)[row][place]

    def entry(self, index: int) -> bytes:
        """Return one entry."""
        number = index // TILE_WIDTH
        if number != self._last_bundle[0]:
            self._last_bundle = number, self.bundle(number)
        return self._last_bundle[1][index % TILE_WIDTH]

    def bundle(self, index: int) -> list[bytes]:
        """Return the entries of one bundle that belong to this size."""
        width = self._width(0, index)
        data, whole = self._read(ENTRIES, index, width)
        entries = decode_bundle(data)
        if len(entries) != whole:
            msg = f"{tile_path(ENTRIES, index, width)} holds {len(entries)} entries"
            raise Malformed(msg)
        return entries[:width]

    def hashes(self, level: int, index: int) -> bytes:
        """Return the hashes of one tile that belong to this size."""
        width = self._width(level, index)
        data, whole = self._read(level, index, width)
        if len(data) != whole * HASH_SIZE:
            msg = f"{tile_path(level, index, width)} has {len(data)} bytes"
            raise Malformed(msg)
        return data[: width * HASH_SIZE]

    def _width(self, level: int, index: int) -> int:
        width = min(TILE_WIDTH, (self.size >> TILE_HEIGHT * level) - index * TILE_WIDTH)
        if width <= 0:
            msg = f"a log of {self.size} entries has no tile {tile_path(level, index)}"
            raise Malformed(msg)
        return width

    def _read(self, level: int | str, index: int, width: int) -> tuple[bytes, int]:
        """Return a file and how much it must hold: a full tile replaces its partial ones, and begins as they do."""
        found = {
            each: data
            for each in dict.fromkeys((width, TILE_WIDTH))  # in this order: a partial one may go while we look
            if (data := _file(self.folder / tile_path(level, index, each))) is not None
        }
        if not found:
            msg = f"{tile_path(level, index, width)} is missing"
            raise Malformed(msg)
        data = found[whole := max(found)]
        if not data.startswith(found.get(width, b"")):
            msg = f"{tile_path(level, index)} and {tile_path(level, index, width)} differ"
            raise Malformed(msg)
        return data, whole

    def _tile(self, level: int, index: int) -> list[list[bytes]]:
        key = (level, index)
        rows = self._tiles.get(key)
        if rows is None:
            rows = self._tiles[key] = _rows(self.hashes(level, index))
            if len(self._tiles) > self._keep:
                self._tiles.popitem(last=False)
        else:
            self._tiles.move_to_end(key)
        return rows


class TileWriter:
    """Grows the published files; the only one who writes there.

    Files appear whole (written beside, then renamed). They are made durable by ``sync``: until then the journal is
    what counts.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        reader = TileReader(folder, size)
        self._edges: list[bytearray] = []
        for level in range(levels(size)):
            count = size >> TILE_HEIGHT * level
            partial = count % TILE_WIDTH
            self._edges.append(bytearray(reader.hashes(level, count // TILE_WIDTH) if partial else b""))
        entries = reader.bundle(size // TILE_WIDTH) if size % TILE_WIDTH else []
        self._bundle = bytearray(b"".join(map(encode_entry, entries)))
        self._published = size
        #: Files that are not durable yet, by folder.
        self._unsynced: dict[Path, set[Path]] = {}

    def append(self, entry: bytes, leaf_hash: bytes) -> None:
        """Add one entry; full tiles are written at once."""
        self._bundle += encode_entry(entry)
        self.size += 1
        if self.size % TILE_WIDTH == 0:
            self._write(ENTRIES, self.size // TILE_WIDTH - 1, self._bundle)
            self._bundle = bytearray()
        level, node = 0, leaf_hash
        while True:
            if level == len(self._edges):
                self._edges.append(bytearray())
            edge = self._edges[level]
            edge += node
            if len(edge) < TILE_WIDTH * HASH_SIZE:
                return
            count = self.size >> TILE_HEIGHT * level
            self._write(level, count // TILE_WIDTH - 1, edge)
            node, self._edges[level] = tile_root(bytes(edge)), bytearray()
            level += 1

    def publish(self) -> None:
        """Write the partial tiles of the present size; call before the checkpoint of that size is published."""
        if self.size == self._published:
            return
        for level, edge in enumerate(self._edges):
            count = self.size >> TILE_HEIGHT * level
            if edge and count != self._published >> TILE_HEIGHT * level:
                self._write(level, count // TILE_WIDTH, edge, len(edge) // HASH_SIZE)
        if self._bundle:
            self._write(ENTRIES, self.size // TILE_WIDTH, self._bundle, self.size % TILE_WIDTH)
        self._published = self.size

    def sync(self) -> None:
        """Make everything that was written durable."""
        for folder, files in self._unsynced.items():
            for path in [*files, folder, folder.parent]:
                _fsync(path)
        self._unsynced.clear()

    def _write(self, level: int | str, index: int, data: bytes | bytearray, width: int = TILE_WIDTH) -> None:
        path = self.folder / tile_path(level, index, width)
        replace_file(path, data)
        self._unsynced.setdefault(path.parent, set()).add(path)
        if width == TILE_WIDTH:
            partial = path.with_name(path.name + ".p")
            shutil.rmtree(partial, ignore_errors=True)
            self._unsynced.pop(partial, None)


def replace_file(path: Path, data: bytes | bytearray) -> None:
    """Write *data* so that readers see the old file or the new one, whole."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
    except FileNotFoundError:
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
    part.replace(path)


def walk_bundles(reader: TileReader, begin: int = 0) -> Iterator[tuple[int, list[bytes]]]:
    """Yield (index of the first entry, entries) of each bundle, from the one that holds entry *begin*."""
    for index in range(begin // TILE_WIDTH, -(-reader.size // TILE_WIDTH)):
        yield index * TILE_WIDTH, reader.bundle(index)


@lru_cache(maxsize=128)
def _rows(hashes: bytes) -> list[list[bytes]]:
    """Rows of the complete subtrees inside a tile: row r holds those of 2**r hashes.

    The last ones are kept, by what they were worked out from: all proofs meet in the few tiles of the upper levels.
    """
    row = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
    rows = [row]
    while len(row) > 1:
        # hash_children, written out: this line is what a proof costs
        row = [_sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
        rows.append(row)
    return rows


def _file(path: Path) -> bytes | None:
    """Return what is in a file, None where there is none: nothing, a folder, or a link that leads nowhere."""
    try:
        return path.read_bytes()
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}:
            raise
        return None


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
