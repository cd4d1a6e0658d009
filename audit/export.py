"""A copy of the log that anyone can verify: daily to a second place, or to an auditor on a stick.

Only what belongs to the copied checkpoint is written, so the copy of a log that goes on growing is whole. Copying again
to the same place adds what is new, and refuses when the log does not continue the copy that is there; the new
checkpoint is published there last, after the copy was verified under it. A copy may begin at a minimum index: it lacks
the tiles and bundles that lie wholly below (C2SP tlog-tiles, pruning). The log itself is never pruned: its leaves hold
nothing that must be forgotten. With its sealed messages it is what the second place of an installation holds: nobody
reads them there without the auditors' quorum, and they are deleted there when they are deleted here
(``audit.sealed_copy``).
"""

import shutil
from functools import partial
from pathlib import Path
from typing import Final

from audit import merkle
from audit.anchor_checks import WITNESSED
from audit.checkpoint import Checkpoint, Verifier, read_checkpoint, split_note
from audit.errors import Malformed
from audit.places import Places, private_folder, sync_folder, write_durably
from audit.sealed_checks import SealedCheck
from audit.sealed_copy import SealedCopy
from audit.sealed_files import SealedFiles
from audit.tiles import ENTRIES, TILE_HEIGHT, TILE_WIDTH, TileReader, encode_entry, levels, replace_file, tile_path
from audit.timestamp import FOLDER, kept
from audit.verify import Report, check_minimum, load_vkey, published_folder, verify_log

#: What of the key folder may leave: public parts, sealed shares, and who holds them. Nothing of it opens anything
#: without the auditors' own keys, and with them a quorum opens the copy when the server is lost.
KEYS: Final = ("public", "shares", "ceremonies")


def export_log(
    source: Path, target: Path, vkey: str | None = None, *, minimum: int = 0, sealed: Places | None = None
) -> Report:
    """Copy the published log to *target* and verify the copy; the report is that of the copy.

    Parameters
    ----------
    minimum
        smallest index whose entry is copied; what lies wholly below is left out.
    sealed
        the ledger whose sealed messages and lists of deletions go along.

    Raises
    ------
    Malformed
        when *source* is no log, *target* holds another log or one that *source* does not continue, or a sealed message
        is missing that should be there.
    """
    source = published_folder(source)
    key = load_vkey(source) if vkey is None else vkey
    old = (target / "checkpoint").read_text() if (target / "checkpoint").exists() else None
    if old is None and target.exists() and any(target.iterdir()):
        msg = f"{target} is not empty and holds no log"
        raise Malformed(msg)
    note = (source / "checkpoint").read_text()
    checkpoint = read_checkpoint(note, Verifier(key))
    check_minimum(minimum, checkpoint)
    reader = TileReader(source, checkpoint.size)
    known = 0 if old is None else _continued(read_checkpoint(old, Verifier(key)), checkpoint, reader)
    target.mkdir(parents=True, exist_ok=True)
    _copy_tiles(reader, target, minimum, known)
    files = SealedFiles(target)
    if sealed is not None:
        SealedCopy(sealed, files).bring(reader, minimum)
    write_durably(target / "log.vkey", f"{key.strip()}\n".encode(), 0o644)
    report = verify_log(
        target, key, old if known >= minimum and old is not None else None, minimum=minimum, note=note,
        visit=partial(SealedCheck, files) if files.there else None,
    )  # fmt: skip
    if report.good:
        write_durably(target / "checkpoint", note.encode(), 0o644)
        _copy_anchors(source, target, checkpoint.size, minimum)
    return report


def copy_keys(keys: Path, target: Path) -> None:
    """Bring to *target* what a quorum of auditors needs to open the copy's messages; never a private part."""
    for name in KEYS:
        for place in sorted((keys / name).rglob("*")):
            there = target / "keys" / place.relative_to(keys)
            if place.is_file() and not place.name.endswith(".part") and not _same(place, there):
                private_folder(there.parent)
                write_durably(there, place.read_bytes())


def _same(place: Path, there: Path) -> bool:
    return there.exists() and there.read_bytes() == place.read_bytes()


def prunable(level: int, index: int, minimum: int) -> bool:
    """Tell whether a full tile, or the bundle of a level-0 tile, lies wholly below *minimum* (C2SP tlog-tiles)."""
    return (index + 1) << TILE_HEIGHT * (level + 1) <= minimum


def _continued(old: Checkpoint, new: Checkpoint, reader: TileReader) -> int:
    """Return the size of the earlier copy, which the log continues by its tiles; raises ``Malformed``."""
    if old.size > new.size:
        msg = f"rolled back: {old.size} entries were signed before; the earlier copy is left as it is"
        raise Malformed(msg)
    if merkle.root_at(old.size, reader.node) != old.root or merkle.root_at(new.size, reader.node) != new.root:
        msg = f"forked: its first {old.size} entries are not those signed before; the earlier copy is left as it is"
        raise Malformed(msg)
    return old.size


def _copy_anchors(source: Path, target: Path, size: int, minimum: int) -> None:
    """Copy what witnesses and authorities state about the copied entries: a later checkpoint has no tree here."""
    witnessed = source / WITNESSED
    if witnessed.exists() and Checkpoint.parse(split_note(note := witnessed.read_text())[0]).size <= size:
        write_durably(target / WITNESSED, note.encode(), 0o644)
    for each in (each for each in kept(source) if minimum <= each <= size):
        for name in (f"{FOLDER}/{each}.checkpoint", f"{FOLDER}/{each}.tsr"):
            if not (target / name).exists():
                (target / FOLDER).mkdir(exist_ok=True)
                write_durably(target / name, (source / name).read_bytes(), 0o644)


def _copy_tiles(reader: TileReader, target: Path, minimum: int, known: int) -> None:
    """Write, durably, the tiles that are not there; one that an unpublished attempt left behind is written again."""
    written = []
    for level in range(levels(reader.size)):
        count, whole = reader.size >> TILE_HEIGHT * level, known >> TILE_HEIGHT * (level + 1)
        for index in range(-(-count // TILE_WIDTH)):
            if prunable(level, index, minimum):
                continue
            width = min(TILE_WIDTH, count - index * TILE_WIDTH)
            tiles = [(tile_path(level, index, width), partial(reader.hashes, level, index))]
            if level == 0:
                tiles.append((tile_path(ENTRIES, index, width), partial(_bundle, reader, index)))
            for path, content in tiles:
                if index >= whole or not (target / path).exists():
                    replace_file(target / path, content())
                    written.append(target / path)
    for place in [*written, *{each.parent for each in written}]:  # at once, so that the disk's journal is written once
        sync_folder(place)
    for place in written:
        shutil.rmtree(place.with_name(f"{place.name}.p"), ignore_errors=True)  # a full tile replaces its partial ones


def _bundle(reader: TileReader, index: int) -> bytes:
    return b"".join(map(encode_entry, reader.bundle(index)))
