"""Logs to look at: a signer, and a folder written by the tile writer."""

from pathlib import Path

import pytest

from audit import merkle
from audit.checkpoint import Checkpoint, Signer, Verifier
from audit.tiles import TileWriter

from .recorder_process import RecorderProcess


class Log:
    """A published log that a test can grow."""

    def __init__(self, folder: Path, origin: str = "bureau.test/ledger") -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.signer = Signer.generate(origin)
        self.frontier = merkle.Frontier()
        self.writer = TileWriter(folder, 0)
        (folder / "log.vkey").write_text(self.signer.vkey + "\n")

    @property
    def signer_verifier(self) -> Verifier:
        return Verifier(self.signer.vkey)

    def grow(self, *entries: bytes) -> str:
        for entry in entries:
            leaf_hash = merkle.hash_leaf(entry)
            self.frontier.append(leaf_hash)
            self.writer.append(entry, leaf_hash)
        self.writer.publish()
        note = self.signer.sign(Checkpoint(self.signer.name, self.frontier.size, self.frontier.root()).text())
        (self.folder / "checkpoint").write_text(note)
        return note

    def grow_to(self, size: int) -> str:
        return self.grow(*(b'{"n":%d}' % n for n in range(self.frontier.size, size)))


@pytest.fixture
def log(tmp_path):
    return Log(tmp_path / "log")


@pytest.fixture
def make_log(tmp_path):
    return lambda name, origin="bureau.test/ledger": Log(tmp_path / name, origin)


@pytest.fixture
def recorder(tmp_path):
    """A recorder that runs; small journal segments, so that tests see them roll."""
    process = RecorderProcess(tmp_path / "ledger", "--segment-bytes", "65536").start()
    yield process
    process.close()
