"""Is this log whole, signed, and the continuation of what was seen before? Answered from its public files alone.

Every entry is hashed, every tile compared with what the entries below it give, the root with the signed checkpoint;
with a checkpoint remembered from earlier also the root at that size, so that a rollback or a fork shows. The key must
come another way than the log: a forger can sign a forged log with his own key and put that key beside it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from audit import merkle
from audit.checkpoint import Checkpoint, Verifier, read_checkpoint
from audit.errors import Malformed
from audit.tiles import ENTRIES, TILE_HEIGHT, TILE_WIDTH, TileReader, levels, tile_path, tile_root

#: More problems than this are counted, not listed.
MAX_LISTED = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and in which file."""

    where: str
    fr: str
    en: str


@dataclass(slots=True)
class Report:
    """What a verification found."""

    origin: str = ""
    size: int = 0
    root: bytes = b""
    #: The key was given by the caller, not taken from the log itself.
    independent_key: bool = False
    #: Size of the remembered checkpoint that this log was shown to continue, None when none was given.
    continues: int | None = None
    checked_entries: int = 0
    #: The copy may lack what lies wholly below this index (C2SP tlog-tiles, pruning); 0 for a whole log.
    minimum: int = 0
    #: Sealed messages that are here and are those that their entries commit to, and those that are not here, each
    #: deleted by a recorded list; None for a copy without them.
    messages: int | None = None
    deleted_messages: int | None = None
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0

    @property
    def good(self) -> bool:
        """Nothing is wrong."""
        return self.problem_count == 0

    def add(self, where: str, fr: str, en: str) -> None:
        """Note a problem."""
        self.problem_count += 1
        if len(self.problems) < MAX_LISTED:
            self.problems.append(Problem(where, fr, en))


class Visitor(Protocol):
    """Somebody who sees the entries go by."""

    def visit(self, first: int, entries: list[bytes], /) -> None:
        """See the entries of one bundle, of which *first* is the first."""

    def finish(self) -> None:
        """See the end."""


def published_folder(folder: Path) -> Path:
    """Return the folder with the checkpoint: *folder* itself, or its ``log`` when it is a ledger's directory.

    Raises
    ------
    Malformed
        when there is no checkpoint in either.
    """
    for candidate in (folder, folder / "log"):
        if (candidate / "checkpoint").is_file():
            return candidate
    msg = f"no log in {folder}: it has no file 'checkpoint'"
    raise Malformed(msg)


def load_vkey(folder: Path) -> str:
    """Return the verifier key that lies beside the log; raises ``Malformed`` when there is none."""
    try:
        return (folder / "log.vkey").read_text()
    except (OSError, UnicodeDecodeError):
        msg = "log.vkey is missing: give the verifier key"
        raise Malformed(msg) from None


def load_checkpoint(folder: Path, vkey: str) -> Checkpoint:
    """Read and verify the published checkpoint; raises ``Malformed``."""
    try:
        note = (folder / "checkpoint").read_bytes().decode()  # as it is: reading text would mend the ends of lines
    except UnicodeDecodeError:
        msg = "not text"
        raise Malformed(msg) from None
    return read_checkpoint(note, Verifier(vkey))


def verify_log(
    folder: Path,
    vkey: str | None = None,
    old_checkpoint: str | None = None,
    progress: Callable[[int, int], None] = lambda done, size: None,  # noqa: ARG005 - nobody listens
    *,
    minimum: int = 0,
    note: str | None = None,
    visit: Callable[[Report], Visitor] | None = None,
) -> Report:
    """Verify the published log in *folder* (or in its ``log``).

    Parameters
    ----------
    vkey
        verifier key that came another way; the one beside the log is used when not given, and the report says so.
    old_checkpoint
        signed checkpoint remembered from an earlier visit.
    progress
        called with (entries checked, size of the log).
    minimum
        smallest index whose entry must be there; what lies wholly below it is neither wanted nor checked, and its
        hashes are taken from the tiles above, which still have to lead to the signed root.
    note
        signed checkpoint to verify the folder against, the one in it when not given.
    visit
        makes somebody who sees every entry while it is checked.

    Raises
    ------
    Malformed
        when it can't be asked: no log there, no key, *old_checkpoint* is not one of this log, or *minimum* lies beyond
        its end.
    """
    folder = published_folder(folder) if note is None else folder
    verifier = Verifier(load_vkey(folder) if vkey is None else vkey)
    report = Report(origin=verifier.name, independent_key=vkey is not None)
    old = None if old_checkpoint is None else read_checkpoint(old_checkpoint, verifier)
    try:
        checkpoint = load_checkpoint(folder, verifier.vkey) if note is None else read_checkpoint(note, verifier)
    except Malformed as error:
        report.add("checkpoint", f"la signature ou la forme n'est pas bonne ({error})", str(error))
        return report
    report.size, report.root, report.minimum = checkpoint.size, checkpoint.root, minimum
    check_minimum(minimum, checkpoint)
    walk = _Walk(TileReader(folder, checkpoint.size), checkpoint, old, report, progress)
    walk.visitor = None if visit is None else visit(report)
    walk.run()
    return report


def check_minimum(minimum: int, checkpoint: Checkpoint) -> None:
    """Refuse a minimum index beyond the log's end; raises ``Malformed``."""
    if not 0 <= minimum <= checkpoint.size:
        msg = f"the log has {checkpoint.size} entries: none to begin with at {minimum}"
        raise Malformed(msg)


class _Walk:
    """One pass over all entries, from left to right."""

    def __init__(
        self,
        reader: TileReader,
        checkpoint: Checkpoint,
        old: Checkpoint | None,
        report: Report,
        progress: Callable[[int, int], None],
    ) -> None:
        self.visitor: Visitor | None = None
        self.reader, self.checkpoint, self.old = reader, checkpoint, old
        self.report, self.progress = report, progress
        #: The first bundle that must be there begins at this entry.
        self.start = report.minimum - report.minimum % TILE_WIDTH
        self.frontier = merkle.Frontier()
        self.old_root: bytes | None = None

    def run(self) -> None:
        """Check everything; each fault is noted and the walk goes on where it can."""
        full = TILE_WIDTH * merkle.HASH_SIZE
        try:
            self.frontier = merkle.Frontier.of(self.start, self.reader.node)
            self._remember_old()
        except Malformed as error:
            self._unreadable("tile", error)
            return
        self._upper_levels([tile_root(hashes) for hashes in self._level_zero() if len(hashes) == full])
        if self.frontier.root() != self.checkpoint.root:
            self.report.add(
                "checkpoint",
                "les entrées ne mènent pas à la racine signée",
                "the entries do not lead to the root that was signed",
            )
        self._compare_old()
        if self.visitor is not None:
            self.visitor.finish()

    def _level_zero(self) -> Iterator[bytes]:
        for index in range(self.start // TILE_WIDTH, -(-self.reader.size // TILE_WIDTH)):
            width = min(TILE_WIDTH, self.reader.size - index * TILE_WIDTH)
            tile = self._hashes(0, index)
            entries = self._entries(index)
            hashes = [merkle.hash_leaf(entry) for entry in entries] if entries is not None else _split(tile)
            joined = b"".join(hashes)
            if tile is not None and entries is not None and joined != tile:
                place = next(n for n in range(width) if hashes[n] != tile[32 * n : 32 * n + 32])
                number = index * TILE_WIDTH + place
                self.report.add(
                    tile_path(ENTRIES, index, width),
                    f"l'entrée {number} n'est pas celle de sa tuile",
                    f"entry {number} is not the one in its tile",
                )
            if entries is not None and self.visitor is not None:
                self.visitor.visit(index * TILE_WIDTH, entries)
            self._grow(hashes)
            self.report.checked_entries += len(entries or ())
            self.progress(self.frontier.size, self.reader.size)
            yield joined

    def _entries(self, index: int) -> list[bytes] | None:
        try:
            return self.reader.bundle(index)
        except Malformed as error:
            self._unreadable(tile_path(ENTRIES, index), error)
            return None

    def _hashes(self, level: int, index: int) -> bytes | None:
        try:
            return self.reader.hashes(level, index)
        except Malformed as error:
            self._unreadable(tile_path(level, index), error)
            return None

    def _unreadable(self, where: str, error: Malformed) -> None:
        self.report.add(where, f"fichier absent ou illisible ({error})", str(error))

    def _grow(self, hashes: list[bytes]) -> None:
        for leaf_hash in hashes:
            self.frontier.append(leaf_hash)
            if self.old is not None and self.frontier.size == self.old.size:
                self.old_root = self.frontier.root()

    def _upper_levels(self, nodes: list[bytes]) -> None:
        """Compare the tiles above with *nodes*, the roots of the full tiles from ``start`` on."""
        for level in range(1, levels(self.reader.size)):
            count, first = self.reader.size >> TILE_HEIGHT * level, self.start >> TILE_HEIGHT * level
            above, skipped = [], first % TILE_WIDTH
            nodes = [b""] * skipped + nodes
            for index in range(first // TILE_WIDTH, -(-count // TILE_WIDTH)):
                at = (index - first // TILE_WIDTH) * TILE_WIDTH
                expected = b"".join(nodes[at : at + TILE_WIDTH])
                tile = self._hashes(level, index)
                if at == 0 and tile is not None:
                    expected = tile[: skipped * merkle.HASH_SIZE] + expected  # of what lies below the minimum
                if tile is not None and tile != expected:
                    self.report.add(
                        tile_path(level, index),
                        "ses empreintes ne sont pas celles des tuiles du dessous",
                        "its hashes are not those of the tiles below",
                    )
                if len(expected) == TILE_WIDTH * merkle.HASH_SIZE:
                    above.append(tile_root(expected))
            nodes = above

    def _remember_old(self) -> None:
        """Compute the root at the remembered size now when the walk begins behind it."""
        if self.old is not None and self.old.size <= self.start:
            self.old_root = merkle.root_at(self.old.size, self.reader.node)

    def _compare_old(self) -> None:
        if self.old is None:
            return
        if self.old.size > self.checkpoint.size:
            self.report.add(
                "checkpoint",
                f"retour en arrière : {self.old.size} entrées avaient été signées",
                f"rolled back: {self.old.size} entries were signed before",
            )
        elif self.old_root != self.old.root:
            self.report.add(
                "checkpoint",
                f"bifurcation : ses {self.old.size} premières entrées ne sont pas celles qui avaient été signées",
                f"forked: its first {self.old.size} entries are not those signed before",
            )
        else:
            self.report.continues = self.old.size


def _split(tile: bytes | None) -> list[bytes]:
    return [] if tile is None else [tile[at : at + 32] for at in range(0, len(tile), 32)]
