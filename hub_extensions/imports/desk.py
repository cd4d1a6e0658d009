"""The import desk of one installation: its store, its quarantine, its limits, its scanner. Built once, from settings.

Nothing that an import must not choose for itself (how large, scanned by what, judged by whom) is a parameter of a verb.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hub_extensions.exports.storage import Vault
from hub_extensions.imports.inspecting import Inspector, inspect_confined
from hub_extensions.imports.scanning import Scanner
from project_spaces.layout import Layout
from project_spaces.store import Store

#: Who acts when nobody does.
SYSTEM = "system:imports"


@dataclass(frozen=True)
class Rules:
    """Limits of one import: bytes of a file, files, bytes altogether."""

    max_file_bytes: int = 512 << 20
    max_files: int = 50
    max_total_bytes: int = 2 << 30
    #: Days for which a provider from outside is let in.
    provider_days: int = 14


@dataclass(frozen=True)
class ImportDesk:
    """What the verbs of the desk work with. The quarantine is a folder of its own, mounted nowhere."""

    store: Store
    quarantine: Vault
    layout: Layout
    rules: Rules
    scanner: Scanner
    inspector: Inspector = inspect_confined

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock under which files are checked, placed and swept: one process at a time."""
        with (self.quarantine.root / "desk.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def open_import_desk(
    store: Store, *, quarantine_dir: Path, layout: Layout, rules: Rules, scanner: Scanner
) -> ImportDesk:
    """Open the desk whose quarantine is *quarantine_dir*."""
    return ImportDesk(store, Vault(quarantine_dir), layout, rules, scanner)
