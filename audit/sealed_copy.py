"""Brings sealed messages to a second place, and deletes there what retention deleted here.

Only what is new travels: messages of entries that were not there, lists of deletions that the log has recorded since.
A list is carried out at the second place before it is kept there, so a kill in between is gone on from. A message that
is missing here and that no recorded list explains stops the copy: it is either being deleted at this very moment (the
next try finds its list) or lost, which must not pass in silence.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any, Final

from audit.deletions import deletion_list
from audit.errors import Malformed
from audit.events import Kind
from audit.places import Places
from audit.private import PrivateStore
from audit.sealed_files import SealedFiles, deleted_messages
from audit.tiles import TILE_WIDTH, TileReader, walk_bundles
from audit.wire import INLINE_BLOB

#: Longer messages are files of their own, here as in the ledger.
LARGE: Final = INLINE_BLOB
_TELLING = (b'"sealed":', f'"{Kind.AUDIT_DELETED}"'.encode())


def read_telling(entry: bytes) -> dict[str, Any] | None:
    """Read an entry that has a message or tells of a deletion; None for any other."""
    if not any(word in entry for word in _TELLING):
        return None
    try:
        body = json.loads(entry)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


class SealedCopy:
    """Brings the sealed side of the ledger in *places* to *target*."""

    def __init__(self, places: Places, target: SealedFiles) -> None:
        self._places, self._target = places, target

    def bring(self, reader: TileReader, minimum: int = 0) -> int:
        """Bring what belongs to the log of this size, from entry *minimum* on; return how many messages travelled.

        Raises
        ------
        Malformed
            a message or a list is missing that should be here.
        """
        start = max(self._target.size, minimum - minimum % TILE_WIDTH)
        if start > reader.size:
            msg = f"the copy holds messages of {start} entries, this log has {reader.size}"
            raise Malformed(msg)
        missing, lists, brought = set[int](), list[str](), 0
        with closing(PrivateStore(self._places)) as store:
            for first, entries in walk_bundles(reader, start):
                telling = {
                    first + place: body
                    for place, entry in enumerate(entries)
                    if first + place >= start and (body := read_telling(entry))
                }
                lists += [body["id"] for body in telling.values() if body.get("kind") == Kind.AUDIT_DELETED]
                wanted = {index: str(body["sealed"]) for index, body in telling.items() if "sealed" in body}
                came = self._bring_bundle(first // TILE_WIDTH, wanted, store.sealed)
                missing |= wanted.keys() - came
                brought += len(came)
        gone = self._delete(lists, reader)
        if unexplained := missing - gone:
            msg = f"the sealed message of entry {min(unexplained)} is gone, and no recorded deletion tells why"
            raise Malformed(msg)
        self._target.set_size(reader.size)
        return brought

    def _bring_bundle(self, number: int, wanted: dict[int, str], sealed: Callable[[int], bytes | None]) -> set[int]:
        kept, came = dict[int, bytes](), set[int]()
        for index, digest in wanted.items():
            message = sealed(index)
            if message is None:
                continue
            came.add(index)
            if len(message) > LARGE:
                self._target.put_large(digest, message)
            else:
                kept[index] = message
        if kept:
            self._target.put_bundle(number, self._target.bundle(number) | kept)
        return came

    def _delete(self, lists: Iterable[str], reader: TileReader) -> set[int]:
        """Carry out these lists at the second place; return which entries lost their message."""
        gone = set[int]()
        for number in lists:
            try:
                text = deletion_list(self._places, number)
            except KeyError:
                msg = f"the list of deletion {number} is gone"
                raise Malformed(msg) from None
            losing = deleted_messages(text)
            self._forget(losing, reader)
            self._target.put_list(number, text)
            gone.update(losing)
        return gone

    def _forget(self, losing: Iterable[int], reader: TileReader) -> None:
        by_bundle = defaultdict[int, set[int]](set)
        for index in losing:
            by_bundle[index // TILE_WIDTH].add(index)
        for number, indexes in by_bundle.items():
            held = self._target.bundle(number)
            if held.keys() & indexes:
                self._target.put_bundle(number, {index: held[index] for index in held.keys() - indexes})
            for index in sorted(indexes - held.keys()):
                if index >= reader.size:  # a false list: the check of the copy says so
                    break
                body = read_telling(reader.entry(index)) or {}
                self._target.large(str(body.get("sealed"))).unlink(missing_ok=True)
