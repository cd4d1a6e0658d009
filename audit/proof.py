"""A proof that one entry is in the log, in one text file that others verify offline (C2SP tlog-proof)."""

import base64
from dataclasses import dataclass
from pathlib import Path

from audit import merkle
from audit.checkpoint import Checkpoint, Verifier, read_checkpoint
from audit.errors import Malformed
from audit.tiles import TileReader
from audit.verify import published_folder

HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """Index, audit path and signed checkpoint, taken apart."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def text(self) -> str:
        """Return the proof's file content."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append("extra " + base64.b64encode(self.extra).decode())
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(node).decode() for node in self.path]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> "Proof":
        """Read a proof; raises ``Malformed``. Nothing is verified yet."""
        head, separator, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        extra = None
        if lines[0] != HEADER or not separator or len(lines) < 2:
            msg = "not a proof: it begins with c2sp.org/tlog-proof@v1 and has an empty line before its checkpoint"
            raise Malformed(msg)
        try:
            if lines[1].startswith("extra "):
                extra = base64.b64decode(lines.pop(1)[6:], validate=True)
            word, _, index = lines[1].partition(" ")
            path = tuple(base64.b64decode(line, validate=True) for line in lines[2:])
        except (ValueError, IndexError):
            msg = "not a proof: a line is not base64"
            raise Malformed(msg) from None
        if word != "index" or not index.isascii() or not index.isdigit() or str(int(index)) != index:
            msg = "not a proof: no index"
            raise Malformed(msg)
        return cls(int(index), path, checkpoint, extra)


def prove(folder: Path, index: int, extra: bytes | None = None) -> str:
    """Return the tlog-proof of entry *index* of the published log.

    Raises
    ------
    Malformed
        when the log can't be read.
    ValueError
        when there is no such entry (yet).
    """
    folder = published_folder(folder)
    note = (folder / "checkpoint").read_text()
    checkpoint = Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")
    reader = TileReader(folder, checkpoint.size)
    path = merkle.prove_inclusion(index, checkpoint.size, reader.node)
    return Proof(index, tuple(path), note, extra).text()


def verify_proof(text: str, entry: bytes, vkey: str) -> Checkpoint:
    """Return the checkpoint under which *entry* is proved to be in the log.

    Raises
    ------
    Malformed
        when the proof, its signature or the entry is not right.
    """
    proof = Proof.parse(text)
    checkpoint = read_checkpoint(proof.checkpoint, Verifier(vkey))
    if not merkle.verify_inclusion(
        proof.index, checkpoint.size, checkpoint.root, merkle.hash_leaf(entry), list(proof.path)
    ):
        msg = f"the proof does not lead from this entry to the root of {checkpoint.size} entries"
        raise Malformed(msg)
    return checkpoint
