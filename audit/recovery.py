"""The copy at the second place, read as a living ledger is: for auditors who come together when the server is lost.

A copy has no names and no private facts, but all that a quorum needs: the sealed messages, the public parts of the keys
and the shares sealed to each auditor. It is verified whole under a key that came another way before anything of it is
believed: whoever lost a server has no reason to trust the disk that is left.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from audit.epochs import EpochKeys
from audit.errors import Malformed
from audit.events import Scalar
from audit.rows import Row, body_of, row_of
from audit.sealed_checks import SealedCheck
from audit.sealed_copy import read_telling
from audit.sealed_files import SealedFiles
from audit.tiles import TILE_WIDTH, TileReader
from audit.verify import verify_log


class CopiedLog:
    """A copy that was verified whole; ``audit.unsealing.unseal`` opens messages out of it.

    Raises
    ------
    Malformed
        the copy holds no sealed messages, or is not good; the first thing wrong is named.
    """

    def __init__(self, folder: Path, vkey: str) -> None:
        self._files = SealedFiles(folder)
        if not self._files.there:
            msg = f"{folder} holds no sealed messages"
            raise Malformed(msg)
        report = verify_log(folder, vkey, visit=partial(SealedCheck, self._files))
        if not report.good:
            first = report.problems[0]
            msg = f"this copy is not good: {first.where}: {first.en}"
            raise Malformed(msg)
        self.size, self._root = report.size, report.root
        self._reader = TileReader(folder, report.size)
        self.epochs = copied_keys(folder)

    @property
    def name(self) -> dict[str, Scalar]:
        """Size and root: what the record of an unsealing says of a log that is not the one it stands in."""
        return {"copied": self.size, "root": self._root.hex()}

    def rows(self, places: Sequence[int]) -> list[Row]:
        """Return these entries; nobody's name is known here."""
        found = [(place, self._reader.entry(place)) for place in places]
        return [row_of(place, entry, body_of(entry), {}, {}) for place, entry in found]

    def sealed(self, place: int) -> bytes | None:
        """Return the sealed message of an entry, None when it has none or it was deleted."""
        if (message := self._files.bundle(place // TILE_WIDTH).get(place)) is not None:
            return message
        large = self._files.large(str((read_telling(self._reader.entry(place)) or {}).get("sealed")))
        return large.read_bytes() if large.exists() else None


def copied_keys(folder: Path) -> EpochKeys:
    """Return the keys in a copy: public parts and sealed shares, to read only."""
    keys = folder / "keys"
    return EpochKeys(keys, keys / "private", nullcontext)
