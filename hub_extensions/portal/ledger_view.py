"""The ledger as an auditor looks at it: search in the index, and a verification from the published tiles alone.

The checkpoint of each good verification is remembered, so that the next one also shows a rollback or a fork.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from audit.errors import Malformed
from audit.index import Index, Row
from audit.places import Places, write_durably
from audit.verify import Report, verify_log
from project_spaces.errors import Unavailable
from project_spaces.text import Text

NO_LOG = Text(
    "Le journal ne peut pas être lu : il n'a pas encore d'entrée publiée, ou son dossier manque.",
    "The ledger can't be read: it has no published entry yet, or its folder is missing.",
)


@dataclass(frozen=True)
class Found:
    """What a search asks: every field narrows it; *before* is the cursor (an entry's index)."""

    kind: str | None = None
    person: str | None = None
    project: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


class LedgerView(Protocol):
    """What the audit page asks of the ledger."""

    def search(self, asked: Found) -> list[Row]:
        """Return entries, newest first."""

    def verify(self) -> Report:
        """Verify the whole log now."""


class PublishedLedger:
    """The ledger in *folder*; *remembered* is the file of the last checkpoint that verified here."""

    def __init__(self, folder: Path, remembered: Path) -> None:
        self._places = Places(folder)
        self._remembered = remembered

    def search(self, asked: Found) -> list[Row]:
        """Return entries, newest first.

        Raises
        ------
        Unavailable
            the index is not there.
        """
        try:
            index = Index(self._places)
        except Exception as error:  # sqlite3 raises several kinds; each means that there is nothing to read yet
            raise Unavailable(NO_LOG) from error
        try:
            filters: dict[str, Any] = {
                "kind": asked.kind,
                "person": asked.person,
                "project": asked.project,
                "since": asked.since,
                "until": asked.until,
                "before": asked.before,
            }
            return index.search(**filters, limit=asked.limit)
        finally:
            index.close()

    def verify(self) -> Report:
        """Verify every entry, every tile and the signature; compare with the remembered checkpoint.

        Raises
        ------
        Unavailable
            there is no published log.
        """
        old = self._remembered.read_text(encoding="utf-8") if self._remembered.exists() else None
        try:
            report = verify_log(self._places.root, old_checkpoint=old)
        except (Malformed, OSError) as error:
            raise Unavailable(NO_LOG) from error
        if report.good:
            self._remember(report)
        return report

    def _remember(self, report: Report) -> None:
        """Keep the checkpoint that was verified, unless the log has grown between the two readings."""
        note = self._places.checkpoint.read_text(encoding="utf-8")
        if note.splitlines()[1:2] == [str(report.size)]:
            write_durably(self._remembered, note.encode())
