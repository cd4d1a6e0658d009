"""Sealed messages as files of a copy, and the lists that tell which of them were deleted in time.

``sealed/<N>`` lies beside ``tile/entries/<N>`` and holds the sealed messages of its entries: for each that has one, its
place in the bundle (1 byte), the length (4 bytes) and the bytes. A long message is a file of its own,
``sealed/large/<xx>/<SHA-256>``. ``deleted/<id>`` is the list that the entry ``audit.deleted`` of this id commits to.
``sealed/size`` says up to which entry all of this is complete. Nobody but the owner may read these files: the public
log beside them may be handed to anyone.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from audit.errors import Malformed
from audit.places import private_folder, write_durably
from audit.tiles import ENTRIES, TILE_WIDTH, tile_path

SEALED: Final = "sealed"
DELETED: Final = "deleted"
_LENGTH = 4


class SealedFiles:
    """The sealed side of a copy in *folder*."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def there(self) -> bool:
        """Whether this copy holds sealed messages at all."""
        return (self.folder / SEALED).is_dir()

    @property
    def size(self) -> int:
        """Messages of entries below this were brought here (and perhaps deleted since)."""
        try:
            return int((self.folder / SEALED / "size").read_text())
        except FileNotFoundError:
            return 0
        except ValueError:
            msg = f"{SEALED}/size is no number"
            raise Malformed(msg) from None

    def set_size(self, size: int) -> None:
        """Say that everything below *size* is here."""
        self._write(self.folder / SEALED / "size", f"{size}\n".encode())

    def bundle(self, number: int) -> dict[int, bytes]:
        """Return the messages of one bundle by the index of their entry; raises ``Malformed``."""
        try:
            data = self._bundle(number).read_bytes()
        except FileNotFoundError:
            return {}
        found, at = {}, 0
        while at < len(data):
            end = at + 1 + _LENGTH + int.from_bytes(data[at + 1 : at + 1 + _LENGTH], "big")
            if at + 1 + _LENGTH > len(data) or end > len(data):
                msg = f"{bundle_path(number)} ends in the middle of a message"
                raise Malformed(msg)
            found[number * TILE_WIDTH + data[at]] = data[at + 1 + _LENGTH : end]
            at = end
        return found

    def put_bundle(self, number: int, messages: Mapping[int, bytes]) -> None:
        """Replace one bundle; without messages there is no file."""
        data = b"".join(
            bytes([index % TILE_WIDTH]) + len(message).to_bytes(_LENGTH, "big") + message
            for index, message in sorted(messages.items())
        )
        if data:
            self._write(self._bundle(number), data)
        else:
            self._bundle(number).unlink(missing_ok=True)

    def large(self, digest: str) -> Path:
        """Where the long message with this SHA-256 (hex) lies."""
        return self.folder / SEALED / "large" / digest[:2] / digest

    def put_large(self, digest: str, message: bytes) -> None:
        """Add a long message."""
        self._write(self.large(digest), message)

    def digest_of_large(self, digest: str) -> str | None:
        """Return the SHA-256 of what lies under *digest*, None when nothing does."""
        try:
            with self.large(digest).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def lists(self) -> Iterator[tuple[str, bytes]]:
        """Yield (id, list) of every deletion that is known here."""
        for place in sorted((self.folder / DELETED).glob("*")):
            if not place.name.endswith(".part"):
                yield place.name, place.read_bytes()

    def under_way(self) -> Iterator[tuple[str, bytes]]:
        """Yield nothing: a copy keeps a list once it was carried out there."""
        yield from ()

    def put_list(self, number: str, text: bytes) -> None:
        """Keep the list of a deletion, once it has been carried out here."""
        self._write(self.folder / DELETED / number, text)

    def _bundle(self, number: int) -> Path:
        return self.folder / bundle_path(number)

    def _write(self, place: Path, data: bytes) -> None:
        private_folder(place.parent)
        write_durably(place, data)


def bundle_path(number: int) -> str:
    """Return the path of a bundle of sealed messages: that of its entries, under another name."""
    return SEALED + tile_path(ENTRIES, number).removeprefix(f"tile/{ENTRIES}")


def deleted_messages(text: bytes) -> list[int]:
    """Return the entries that lose their message by this list (``audit.deletions``); raises ``Malformed``."""
    found = []
    for line in text.decode("ascii", "replace").splitlines():
        name, _, what = line.partition(" ")
        if "b" in what:
            if not name.isdecimal():
                msg = f"no list of a deletion: {line[:40]!r}"
                raise Malformed(msg)
            found.append(int(name))
    return found
