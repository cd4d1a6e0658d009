"""A copy of the public log that anyone can verify: daily to a second place, or to an auditor on a stick.

Only what belongs to the copied checkpoint is written, so the copy of a log that goes on growing is whole. Copying again
to the same place adds what is new, and refuses when the log does not continue the copy that is there. A copy may begin
at a minimum index: it lacks the tiles and bundles that lie wholly below (C2SP tlog-tiles, pruning). The log itself is
never pruned: its leaves hold nothing that must be forgotten.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from audit.anchor_checks import WITNESSED
from audit.checkpoint import Checkpoint, Verifier, read_checkpoint, split_note
from audit.errors import Malformed
from audit.tiles import ENTRIES, TILE_HEIGHT, TILE_WIDTH, TileReader, encode_entry, levels, replace_file, tile_path
from audit.timestamp import FOLDER, kept
from audit.verify import Report, check_minimum, load_vkey, published_folder, verify_log


def export_log(source: Path, target: Path, vkey: str | None = None, *, minimum: int = 0) -> Report:
    """Copy the published log to *target* and verify the copy; the report is that of the copy.

    Parameters
    ----------
    minimum
        smallest index whose entry is copied; what lies wholly below is left out.

    Raises
    ------
    Malformed
        when *source* is no log, or *target* holds another log or one that *source* does not continue.
    """
    source = published_folder(source)
    key = vkey or load_vkey(source)
    old = (target / "checkpoint").read_text() if (target / "checkpoint").exists() else None
    if old is None and target.exists() and any(target.iterdir()):
        msg = f"{target} is not empty and holds no log"
        raise Malformed(msg)
    note = (source / "checkpoint").read_text()
    checkpoint = read_checkpoint(note, Verifier(key))
    check_minimum(minimum, checkpoint)
    if old is not None:
        _refuse_another(verify_log(source, key, old))
    target.mkdir(parents=True, exist_ok=True)
    _copy_tiles(TileReader(source, checkpoint.size), target, minimum)
    replace_file(target / "log.vkey", f"{key.strip()}\n".encode())
    replace_file(target / "checkpoint", note.encode())
    _copy_anchors(source, target, checkpoint.size, minimum)
    comparable = old is not None and read_checkpoint(old, Verifier(key)).size >= minimum
    return verify_log(target, key, old if comparable else None, minimum=minimum)


def prunable(level: int, index: int, minimum: int) -> bool:
    """Tell whether a full tile, or the bundle of a level-0 tile, lies wholly below *minimum* (C2SP tlog-tiles)."""
    return (index + 1) << TILE_HEIGHT * (level + 1) <= minimum


def _copy_anchors(source: Path, target: Path, size: int, minimum: int) -> None:
    """Copy what witnesses and authorities state about the copied entries: a later checkpoint has no tree here."""
    witnessed = source / WITNESSED
    if witnessed.exists() and Checkpoint.parse(split_note(note := witnessed.read_text())[0]).size <= size:
        replace_file(target / WITNESSED, note.encode())
    for each in (each for each in kept(source) if minimum <= each <= size):
        for name in (f"{FOLDER}/{each}.checkpoint", f"{FOLDER}/{each}.tsr"):
            _write_once(target / name, (source / name).read_bytes)


def _refuse_another(report: Report) -> None:
    if not report.good:
        problem = report.problems[0]
        msg = f"{problem.where}: {problem.en}; the earlier copy is left as it is"
        raise Malformed(msg)


def _copy_tiles(reader: TileReader, target: Path, minimum: int) -> None:
    for level in range(levels(reader.size)):
        count = reader.size >> TILE_HEIGHT * level
        for index in range(-(-count // TILE_WIDTH)):
            if prunable(level, index, minimum):
                continue
            width = min(TILE_WIDTH, count - index * TILE_WIDTH)
            _write_once(target / tile_path(level, index, width), partial(reader.hashes, level, index))
            if level == 0:
                _write_once(target / tile_path(ENTRIES, index, width), partial(_bundle, reader, index))


def _bundle(reader: TileReader, index: int) -> bytes:
    return b"".join(map(encode_entry, reader.bundle(index)))


def _write_once(path: Path, content: Callable[[], bytes]) -> None:
    if not path.exists():
        replace_file(path, content())
