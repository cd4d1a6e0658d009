"""One log that a real recorder wrote, kept as it was published at several sizes."""

import time
from dataclasses import dataclass
from pathlib import Path

from audit.checkpoint import Checkpoint, split_note
from audit.export import export_log
from audit.proof import Proof, prove
from audit.tiles import TileReader

from .recorder_process import RecorderProcess, event

SIZES = (1, 255, 256, 257, 70_000)
_APPEND = 2_000
_PUBLISHED_WITHIN_S = 60


@dataclass(frozen=True)
class Question:
    """What a verifier of one entry is asked: is *entry* number *index* of the log that *note* signs?"""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    note: str
    vkey: str

    @property
    def checkpoint(self) -> Checkpoint:
        return Checkpoint.parse(split_note(self.note)[0])


def question(folder: Path, index: int) -> Question:
    """Take the proof of one entry out of a published folder."""
    proof = Proof.parse(prove(folder, index))
    entry = TileReader(folder, Checkpoint.parse(split_note(proof.checkpoint)[0]).size).entry(index)
    return Question(entry, index, proof.path, proof.checkpoint, (folder / "log.vkey").read_text().strip())


def grow(folder: Path) -> tuple[dict[int, Path], str]:
    """Return the published folder at each size, and the log's private key (an attacker inside would have it)."""
    recorder = RecorderProcess(folder / "ledger", "--heartbeat", "3600").start()
    copies, size = {}, 1  # the recorder's own first entry
    try:
        client = recorder.client(timeout=30)
        for wanted in SIZES:
            while size < wanted:
                more = min(_APPEND, wanted - size)
                client.append(*[event(size + n, content=None) for n in range(more)])
                size += more
            _wait_for(recorder.places.log, wanted)
            copies[wanted] = folder / str(wanted)
            export_log(recorder.places.log, copies[wanted])
        return copies, recorder.places.key.read_text()
    finally:
        recorder.close()


def _wait_for(log: Path, size: int) -> None:
    deadline = time.monotonic() + _PUBLISHED_WITHIN_S
    while not (log / "checkpoint").exists() or f"\n{size}\n" not in (log / "checkpoint").read_text():
        assert time.monotonic() < deadline, f"{size} entries are not published"
        time.sleep(0.02)
