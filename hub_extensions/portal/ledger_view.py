"""The ledger as the portal's pages look at it: the search index, the published tiles, and what is proved from them.

Everything here reads; nothing here is recorded. The verbs of ``verbs.audit`` record first and look second.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.bundle import make_bundle
from audit.checkpoint import Checkpoint, split_note
from audit.errors import Malformed
from audit.index import Index
from audit.places import Places
from audit.proof import prove
from audit.tiles import TileReader
from audit.verify import load_vkey
from hub_extensions.portal.verification import Verifications
from project_spaces.errors import NotFound, Unavailable
from project_spaces.text import Text

NO_LOG = Text(
    "Le journal ne peut pas être lu : il n'a pas encore d'entrée publiée, ou son dossier manque.",
    "The ledger can't be read: it has no published entry yet, or its folder is missing.",
)
NO_ENTRY = Text(
    "Il n'y a pas (encore) d'entrée publiée sous ce numéro.", "There is no entry published under this number (yet)."
)


@dataclass(frozen=True)
class Published:
    """The checkpoint that anyone can see, and when it was written."""

    note: str
    origin: str
    size: int
    root: bytes
    at: datetime


@dataclass(frozen=True)
class Proved:
    """One entry with its proof in both formats, and the key that verifies it."""

    index: int
    size: int
    entry: bytes
    proof: str
    vkey: str

    @property
    def spicy(self) -> str:
        """The proof as Debian's ``spicy-litetlog`` reads it."""
        return self.proof.partition("\n")[2]


class PublishedLedger:
    """The ledger in *folder*; *remembered* is the file of the last checkpoint that verified here."""

    def __init__(self, folder: Path, remembered: Path) -> None:
        self.places = Places(folder)
        self.verifications = Verifications(folder, remembered)

    @contextmanager
    def open(self) -> Iterator[Index]:
        """Give the index.

        Raises
        ------
        Unavailable
            it is not there, or it is being made again.
        """
        try:
            index = Index(self.places)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(NO_LOG) from error
        try:
            yield index
        except Malformed as error:
            raise Unavailable(NO_LOG) from error
        finally:
            index.close()

    def published(self) -> Published:
        """Return the published checkpoint; raises ``Unavailable`` when there is none."""
        try:
            note = self.places.checkpoint.read_text(encoding="utf-8")
            found = Checkpoint.parse(split_note(note)[0])
            at = datetime.fromtimestamp(self.places.checkpoint.stat().st_mtime, UTC)
        except (Malformed, OSError, UnicodeDecodeError) as error:
            raise Unavailable(NO_LOG) from error
        return Published(note, found.origin, found.size, found.root, at)

    def prove(self, index: int) -> Proved:
        """Return the proof of one entry under the published checkpoint.

        Raises
        ------
        NotFound
            no such entry is published (yet).
        Unavailable
            the log can't be read.
        """
        try:
            size = self.published().size
            if not 0 <= index < size:
                raise NotFound(NO_ENTRY)
            return Proved(
                index,
                size,
                TileReader(self.places.log, size).entry(index),
                prove(self.places.root, index),
                load_vkey(self.places.log).strip(),
            )
        except (Malformed, OSError) as error:
            raise Unavailable(NO_LOG) from error

    def bundle(self, indexes: Sequence[int], more: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
        """Return entries with their proofs as one document (``audit.bundle``); raises ``Unavailable``."""
        try:
            return make_bundle(self.places.root, indexes, more)
        except (Malformed, OSError, ValueError) as error:
            raise Unavailable(NO_LOG) from error
