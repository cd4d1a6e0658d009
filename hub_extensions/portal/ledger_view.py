"""The ledger as the portal's pages look at it: the search index, the published tiles, and what is proved from them.

Everything here reads; nothing here is recorded. The verbs of ``verbs.audit`` record first and look second.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from audit.row_checks import RowCheck
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
    """The ledger in *folder*.

    Parameters
    ----------
    remembered
        file of the last checkpoint that verified here.
    pseudonym
        tells a name's pseudonym: whoever edits the table of names is found out.
    """

    def __init__(self, folder: Path, remembered: Path, pseudonym: Callable[[str], str] | None = None) -> None:
        self.places = Places(folder)
        self._remembered, self._pseudonym = remembered, pseudonym
        self.verifications = Verifications(folder, remembered)

    @contextmanager
    def open(self) -> Iterator[Index]:
        """Give the index of what the published checkpoint covers; it holds each entry against what the log signed.

        Raises
        ------
        Unavailable
            it is not there, it is being made again, or a file of the log is not as it must be: which.
        """
        try:
            index = Index(self.places, self._check(), self._pseudonym, covered=True)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(NO_LOG) from error
        try:
            yield index
        except (Malformed, sqlite3.DatabaseError) as error:
            raise Unavailable(damaged(str(error))) from error
        finally:
            index.close()

    def _check(self) -> RowCheck:
        """What holds entries against the signature, and the log against what was verified here before."""
        remembered = self._remembered
        return RowCheck(self.places, remembered.read_text(encoding="utf-8") if remembered.exists() else None)

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
            self._require_signed([index])
            return Proved(
                index,
                size,
                TileReader(self.places.log, size).entry(index),
                prove(self.places.root, index),
                load_vkey(self.places.log).strip(),
            )
        except (Malformed, OSError) as error:
            raise Unavailable(damaged(str(error))) from error

    def _require_signed(self, indexes: Sequence[int]) -> None:
        """Raise ``Unavailable`` unless each of these entries is the one that the log signed: nothing else is proved."""
        check, reader = self._check(), TileReader(self.places.log, self.published().size)
        for index in indexes:
            if (problem := check.problem(index, reader.entry(index))) is not None:
                raise Unavailable(damaged(f"{problem.where} : {problem.fr}", f"{problem.where}: {problem.en}"))

    def bundle(self, indexes: Sequence[int], more: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
        """Return entries with their proofs as one document (``audit.bundle``); raises ``Unavailable``."""
        try:
            self._require_signed(indexes)
            return make_bundle(self.places.root, indexes, more)
        except (Malformed, OSError, ValueError) as error:
            raise Unavailable(damaged(str(error))) from error


def damaged(what: str, en: str | None = None) -> Text:
    """Return the sentence for a log that is there and not as it must be."""
    return Text(
        f"Le journal n'est pas tel qu'il doit être : {what}.", f"The ledger is not as it must be: {en or what}."
    )
