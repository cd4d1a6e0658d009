"""Sealing keys per project and month: made on first use, and after the auditors' ceremony never whole on the disk.

Under the key folder: ``public/<project>/<month>.key`` is the key in use, ``<month>-<key id>.key`` one that was replaced
within its month; ``shares/<project>/<month>-<key id>/<auditor>.share`` are sealed shares; ``ceremonies/<number>.json``
says who holds them. Private parts exist in ``private/`` only as long as no ceremony was held.

Each step is durable before the next and may be done again, so a crash between two leaves a state that goes on: a
ceremony first names the auditors (every key made from then on is shared), then retires the keys in use, then shares and
destroys the private parts that are left (``finish``).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from audit import hybrid, shares
from audit.auditors import Ceremony, parse_ceremony
from audit.errors import KeysUnusable, Malformed
from audit.places import private_folder, sync_folder, write_durably
from audit.sealing import SealingKey
from audit.shares import SealedShare


@dataclass(frozen=True, slots=True)
class EpochState:
    """What is there of one key."""

    key: SealingKey
    #: Names of the auditors whose sealed share is there.
    auditors: tuple[str, ...]
    #: Shares that open it; 0 when it was never shared.
    threshold: int
    #: Whether its private part lies on this server.
    private: bool


class EpochKeys:
    """The keys in one folder; *lock* excludes the other processes that make keys."""

    def __init__(self, folder: Path, private: Path, lock: Callable[[], AbstractContextManager[None]]) -> None:
        self._folder = folder
        self._private = private
        self._lock = lock

    def current(self, project: str, epoch: str) -> SealingKey:
        """Return the public key in use for *project* and *epoch* (``YYYY-MM``); the pair is made on first use.

        Raises
        ------
        KeysUnusable
            the folder is gone, or can't be written where it must be.
        """
        place = self._public(project, epoch)
        with _reachable():
            if not place.exists():
                with self._lock():
                    if not place.exists():
                        self._make(project, epoch, place)
            return SealingKey(project, epoch, place.read_bytes())

    def ceremony(self) -> Ceremony | None:
        """Return the last ceremony, None when private parts are still kept here.

        Raises
        ------
        KeysUnusable
            its file is gone or does not read: then no key is made.
        """
        with _reachable():
            held = sorted((self._folder / "ceremonies").glob("*.json"))
            if held:
                return parse_ceremony(held[-1].read_bytes())
            if (self._folder / "shares").exists():
                msg = "keys were shared, but no ceremony is here"
                raise KeysUnusable(msg)
            return None

    def hold(self, ceremony: Ceremony) -> int:
        """Name the auditors from now on; returns how many private parts were shared and destroyed."""
        with _reachable(), self._lock():
            place = self._folder / "ceremonies" / f"{ceremony.number:04d}.json"
            place.parent.mkdir(exist_ok=True, mode=0o700)
            write_durably(place, ceremony.dump())
        return self.finish()

    def finish(self) -> int:
        """Retire what an older rule made and destroy what is left; safe to call again after a crash."""
        ceremony = self.ceremony()
        if ceremony is None:
            return 0
        with _reachable(), self._lock():
            for key in self.all():
                place = self._public(key.project, key.epoch)
                if place.exists() and place.read_bytes() == key.public:
                    held = self.shares(key)
                    if not held or held[0].ceremony != ceremony.number:
                        place.rename(place.with_name(f"{key.epoch}-{key.id.hex()}.key"))
                        sync_folder(place.parent)
            return sum(self._share_and_destroy(place, ceremony) for place in self._private_files())

    def all(self) -> list[SealingKey]:
        """Return every key that was ever used here."""
        found = sorted((self._folder / "public").glob("*/*.key"))
        return [SealingKey(place.parent.name, place.stem[:7], place.read_bytes()) for place in found]

    def find(self, project: str, key_id: bytes) -> SealingKey | None:
        """Return the key of *project* with this id."""
        return next((key for key in self.all() if key.project == project and key.id == key_id), None)

    def shares(self, key: SealingKey) -> list[SealedShare]:
        """Return the sealed shares of *key* that are there; a damaged one counts as lost."""
        found = []
        for place in sorted(self._shares(key.project, key.epoch, key.id.hex()).glob("*.share")):
            try:
                share = shares.read_sealed(place.read_bytes())
            except Malformed:
                continue
            if (share.slot.project, share.slot.key) == (key.project, key.id.hex()):
                found.append(share)
        return found

    def private_of(self, key: SealingKey) -> bytes | None:
        """Return the private part if it (still) lies here."""
        for place in self._private_files():
            ours = place.parent.name == key.project and len(data := place.read_bytes()) == hybrid.PRIVATE_SIZE
            if ours and hybrid.public_of(data) == key.public:
                return data
        return None

    def private_parts(self) -> int:
        """Count the private parts that lie on this server."""
        return len(self._private_files())

    def states(self) -> list[EpochState]:
        """Return what is there of each key."""
        found = []
        for key in self.all():
            held = self.shares(key)
            names = tuple(share.slot.auditor for share in held)
            threshold = held[0].slot.threshold if held else 0
            found.append(EpochState(key, names, threshold, private=self.private_of(key) is not None))
        return found

    def _make(self, project: str, epoch: str, place: Path) -> None:
        ceremony = self.ceremony()
        public, private = hybrid.generate()
        if ceremony is None:
            target = self._private / project / f"{epoch}.key"
            private_folder(target.parent)
            write_durably(target, private)
        else:
            self._write_shares(private, project, epoch, ceremony)
        private_folder(place.parent)
        write_durably(place, public)

    def _write_shares(self, private: bytes, project: str, epoch: str, ceremony: Ceremony) -> None:
        sealed = shares.split(private, project, epoch, ceremony)
        folder = self._shares(project, epoch, sealed[0].slot.key)
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        private_folder(part)
        for share in sealed:
            write_durably(part / f"{share.slot.auditor}.share", share.dump())
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
        sync_folder(folder.parent)

    def _share_and_destroy(self, place: Path, ceremony: Ceremony) -> int:
        project, epoch = place.parent.name, place.stem[:7]
        data = place.read_bytes()
        known = len(data) == hybrid.PRIVATE_SIZE and self.find(project, hybrid.key_id(hybrid.public_of(data)))
        if known:
            self._write_shares(data, project, epoch, ceremony)
        destroy(place)  # a part that belongs to no public key was never used: a crash came between the two
        return 1 if known else 0

    def _private_files(self) -> list[Path]:
        return sorted(place for place in self._private.glob("*/*") if place.is_file())

    def _public(self, project: str, epoch: str) -> Path:
        return self._folder / "public" / project / f"{epoch}.key"

    def _shares(self, project: str, epoch: str, key: str) -> Path:
        return self._folder / "shares" / project / f"{epoch}-{key}"


def destroy(place: Path) -> None:
    """Overwrite and delete a secret; an SSD, a snapshot or a backup may keep the old blocks, and the docs say so."""
    descriptor = os.open(place, os.O_WRONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(os.fstat(descriptor).st_size))
        file.flush()
        os.fsync(file.fileno())
    place.unlink()
    sync_folder(place.parent)


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (OSError, Malformed) as error:
        raise KeysUnusable(str(error)) from error
