"""Where a ledger keeps what: one folder is published, the rest is not."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The files below a ledger's directory."""

    root: Path

    @property
    def log(self) -> Path:
        """Published: ``checkpoint``, ``tile/…``, ``log.vkey``."""
        return self.root / "log"

    @property
    def journal(self) -> Path:
        """Write-ahead segments that are not yet in the tiles."""
        return self.root / "journal"

    @property
    def spool(self) -> Path:
        """Large sealed blobs on their way in."""
        return self.root / "spool"

    @property
    def blobs(self) -> Path:
        """Large sealed blobs, by their SHA-256."""
        return self.root / "blobs"

    @property
    def index(self) -> Path:
        """Search index, made again from the tiles when it is lost."""
        return self.root / "index.sqlite"

    @property
    def private(self) -> Path:
        """Names, private facts and sealed messages: what retention deletes."""
        return self.root / "private.sqlite"

    @property
    def key(self) -> Path:
        """The log's signing key."""
        return self.root / "log.key"

    @property
    def checkpoint(self) -> Path:
        """The published checkpoint."""
        return self.log / "checkpoint"

    @property
    def vkey(self) -> Path:
        """The published verifier key."""
        return self.log / "log.vkey"

    @property
    def integrated(self) -> Path:
        """Checkpoint up to which tiles and index are durable without the journal."""
        return self.root / "integrated"

    def blob(self, digest: str) -> Path:
        """Where the large blob with this SHA-256 (hex) lies."""
        return self.blobs / digest[:2] / digest

    def prepare(self) -> None:
        """Create the folders; everything but the published one for its owner alone."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.journal, self.spool, self.blobs):
            folder.mkdir(exist_ok=True, mode=0o700)
        self.log.mkdir(exist_ok=True)


def private_folder(folder: Path) -> None:
    """Make *folder* and whatever is missing above it, for their owner alone."""
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names in *folder* durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace *path* by *data*: after a crash it holds the old bytes or the new ones, whole."""
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)
