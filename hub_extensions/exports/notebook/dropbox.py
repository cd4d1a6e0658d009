"""The two folders through which a notebook and the desk speak, opened as whatever people of a workspace could replace.

``asks/<id>.json`` with the files ``asks/<id>/<number>/<name>``; ``answers/<id>.json`` and, for a mended file,
``answers/<id>.file``. A program that can't put a whole file there at once, as the workspace's contents API, writes
``asks/<id>.part`` and says with a folder ``asks/<id>.ready`` that it is whole. The person's own programs make the
folders and clear them; here nothing is followed, nothing that is there is overwritten, and no more is read than one
look may cost.
"""

import os
import re
import uuid
from contextlib import suppress
from pathlib import Path

from hub_extensions.exports.notebook.asks import LARGEST_ASK, NOT_AN_ASK
from project_spaces.beneath import link_beneath, names_beneath, open_beneath, remove_beneath
from project_spaces.errors import BureauError, Invalid, NotFound

FOLDER = ".bureau/sas"
ASKS, ANSWERS = f"{FOLDER}/asks", f"{FOLDER}/answers"
#: Entries of a folder that one look reads.
MOST_NAMES = 256
#: Answers that may lie unread; who leaves more gets no further ones.
MOST_UNREAD = 100

_ASK = re.compile(r"([0-9a-f]{32})\.(json|part)")


class Dropbox:
    """The folders of one person in one project, below *home*."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def waiting(self) -> list[str]:
        """Return the ids of the asks that wait; none where nobody ever asked or the folder is not one."""
        try:
            names = names_beneath(self.home, ASKS, MOST_NAMES)
        except (BureauError, OSError):
            return []
        asks = [found for name in names if (found := _ASK.fullmatch(name))]
        return sorted({ask for ask, kind in map(re.Match.groups, asks) if kind == "json" or f"{ask}.ready" in names})

    def take(self, ask: str) -> bytes:
        """Return what is asked, and take it out of the folder: it is answered once.

        Raises
        ------
        NotFound, Refused
            it is gone, or is no ordinary file.
        Invalid
            it is too large to be an ask.
        """
        try:
            data = self._taken(f"{ASKS}/{ask}.json")
        except NotFound:
            data = self._taken(f"{ASKS}/{ask}.part")
        if len(data) > LARGEST_ASK:
            raise Invalid(NOT_AN_ASK)
        return data

    def _taken(self, name: str) -> bytes:
        """Return what a file holds, one byte more than an ask at most, and remove it."""
        try:
            with os.fdopen(open_beneath(self.home, name), "rb") as source:
                return source.read(LARGEST_ASK + 1)
        finally:
            with suppress(BureauError, OSError):
                remove_beneath(self.home, name)

    def folder_of(self, ask: str) -> str:
        """Where the files of an ask lie, below the home."""
        return f"{ASKS}/{ask}"

    def may_answer(self) -> bool:
        """Whether there is room for an answer: a folder, and not too many that nobody read."""
        try:
            return len(names_beneath(self.home, ANSWERS, MOST_UNREAD)) < MOST_UNREAD
        except (BureauError, OSError):
            return False

    def answer(self, ask: str, said: bytes, file: bytes | None = None) -> None:
        """Put an answer there, its file first: who sees the answer finds the file.

        Raises
        ------
        OSError
            the disk or the person's quota is full, or something of that name is there.
        NotFound, Refused
            there is no folder for answers.
        """
        if file is not None:
            self._write(f"{ask}.file", file)
        self._write(f"{ask}.json", said)

    def _write(self, name: str, data: bytes) -> None:
        """Write a file that was not there, owned as the home is; it has its name once the person may read it whole."""
        draft = f"{uuid.uuid4().hex}.part"
        descriptor = open_beneath(self.home, f"{ANSWERS}/{draft}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as target:
                owner = self.home.stat()
                with suppress(PermissionError):
                    os.fchown(descriptor, owner.st_uid, owner.st_gid)
                target.write(data)
            link_beneath(self.home, ANSWERS, draft, name)
        finally:
            remove_beneath(self.home, f"{ANSWERS}/{draft}")

    def withdraw(self, ask: str) -> None:
        """Remove what an answer that failed half-way left."""
        for suffix in ("file", "json"):
            with suppress(BureauError, NotFound, OSError):
                remove_beneath(self.home, f"{ANSWERS}/{ask}.{suffix}")
