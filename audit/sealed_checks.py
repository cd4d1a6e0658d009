"""Are the sealed messages of a copy those that its entries commit to, and is each absent one deleted by a list?

Looked at while the log itself is verified, entry by entry: what an entry says has just been hashed. A message that a
recorded list deletes must be absent: retention holds at the second place too.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from audit.deletion_checks import DeletionCheck
from audit.errors import Malformed
from audit.events import Kind
from audit.sealed_copy import read_telling
from audit.sealed_files import DELETED, bundle_path, deleted_messages
from audit.tiles import TILE_WIDTH
from audit.verify import Report

_NONE, _THERE, _ABSENT = 0, 1, 2


class Messages(Protocol):
    """Where sealed messages are: the files of a copy, or the store of a ledger that runs."""

    def bundle(self, number: int, /) -> dict[int, bytes]:
        """Return the messages of one bundle of entries; raises ``Malformed``."""

    def large(self, digest: str, /) -> Path:
        """Where a long message is expected."""

    def digest_of_large(self, digest: str, /) -> str | None:
        """Return the SHA-256 of what lies there, None when nothing does."""

    def lists(self) -> Iterator[tuple[str, bytes]]:
        """Yield (id, list) of each deletion that was carried out."""

    def under_way(self) -> Iterator[tuple[str, bytes]]:
        """Yield (id, list) of each deletion that is being carried out."""


class SealedCheck:
    """One pass over the sealed side of a log in *files*; ``visit`` is handed to ``verify_log``."""

    def __init__(self, files: Messages, report: Report) -> None:
        self._files, self._report = files, report
        #: One byte an entry: what of its message is here.
        self._standing = bytearray()
        #: What the log says of each deletion: the SHA-256 of its list.
        self._recorded: dict[str, str] = {}
        self._deletions = DeletionCheck([*files.under_way(), *files.lists()], report)

    def visit(self, first: int, entries: list[bytes]) -> None:
        """Look at the messages of one bundle."""
        self._standing.extend(bytes(first + len(entries) - len(self._standing)))
        self._deletions.visit(first, entries)
        number = first // TILE_WIDTH
        try:
            held = self._files.bundle(number)
        except Malformed as error:
            self._report.add(bundle_path(number), f"fichier illisible ({error})", str(error))
            held = {}
        for index, entry in enumerate(entries, first):
            body = read_telling(entry)
            if body is None:
                continue
            if body.get("kind") == Kind.AUDIT_DELETED:
                self._recorded[str(body.get("id"))] = str(body.get("subject", {}).get("digest"))
                self._deletions.recorded(index, body)
            if "sealed" in body:
                self._look(index, str(body["sealed"]), held.pop(index, None))
        for index in held:
            if index < first + len(entries):
                fr, en = f"l'entrée {index} ne scelle aucun message", f"entry {index} seals no message"
                self._report.add(bundle_path(number), fr, en)

    def finish(self) -> None:
        """Hold what is absent against the lists, and the lists against the log."""
        deleted, leaving = bytearray(len(self._standing)), set[int]()
        for number, text in self._files.under_way():
            if self._recorded.get(number) == hashlib.sha256(text).hexdigest():
                leaving.update(deleted_messages(text))
        for number, text in self._files.lists():
            if self._listed(number, text):
                for index in deleted_messages(text):
                    if index < len(deleted):
                        deleted[index] = 1
        for index, standing in enumerate(self._standing):
            where = bundle_path(index // TILE_WIDTH)
            if standing == _ABSENT and not deleted[index] and index not in leaving:
                fr = f"le message scellé de l'entrée {index} manque, et aucune suppression inscrite ne le dit"
                self._report.add(where, fr, f"the sealed message of entry {index} is missing, and no recorded "
                                 "deletion tells why")  # fmt: skip
            elif standing == _THERE and deleted[index]:
                fr = f"le message scellé de l'entrée {index} devait être supprimé"
                self._report.add(where, fr, f"the sealed message of entry {index} had to be deleted")
        self._deletions.finish()
        self._report.messages = self._standing.count(_THERE)
        self._report.deleted_messages = self._standing.count(_ABSENT)

    def _look(self, index: int, expected: str, message: bytes | None) -> None:
        found = self._files.digest_of_large(expected) if message is None else hashlib.sha256(message).hexdigest()
        self._standing[index] = _ABSENT if found is None else _THERE
        if found not in {None, expected}:
            where = bundle_path(index // TILE_WIDTH) if message is not None else str(self._files.large(expected))
            fr = f"le message scellé de l'entrée {index} n'est pas celui qu'elle engage"
            self._report.add(where, fr, f"the sealed message of entry {index} is not the one that it commits to")

    def _listed(self, number: str, text: bytes) -> bool:
        """Say whether the log recorded this very list."""
        recorded = self._recorded.get(number)
        if recorded == hashlib.sha256(text).hexdigest():
            return True
        if recorded is not None or not self._report.minimum:  # a list from before the minimum index can't be judged
            fr = "cette liste de suppressions n'est pas celle que le journal a inscrite"
            self._report.add(f"{DELETED}/{number}", fr, "this list of deletions is not the one that the log recorded")
        return False
