"""Answers one ask: the same freeze, the same confined checks and the same mends as the desk's, recorded first.

What is answered tells something of the project's data (a row was recognised, a difference names a release), hence the
order: counted against the hour's limit, judged, recorded in the ledger, and only then put where the workspace can read.
The entry commits to the very bytes that are put there, also those of a refusal. Only that the ledger does not answer is
said without it.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlencode

from audit import canonical
from audit.events import Event, Kind
from hub_extensions.exports import permissions
from hub_extensions.exports.checking import NOT_CHECKED
from hub_extensions.exports.checks import Policy
from hub_extensions.exports.checks.policy import SHARES
from hub_extensions.exports.correcting import free_name, write_mended
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.drafting import checked_path
from hub_extensions.exports.marks import mark_of
from hub_extensions.exports.mends import LABELS, offered, run_mend
from hub_extensions.exports.notebook.asks import Ask, Place, Verb, read_ask
from hub_extensions.exports.notebook.dropbox import Dropbox
from hub_extensions.exports.notebook.pace import Pace
from hub_extensions.exports.rules_in_words import criteria_of, in_words
from hub_extensions.exports.standing import data_of, standing_of
from hub_extensions.exports.submitting import Checked, pre_check
from project_spaces.errors import BureauError, Invalid, Unavailable
from project_spaces.text import Text

VERSION = 1
#: What entries of the ledger call it.
WHAT = "in a notebook"
_PLACES = Text("Un fichier est attendu.", "A file is expected.")


@dataclass(frozen=True)
class Asker:
    """Who asks: known from the running workspace whose folder it is, never from what is asked."""

    person: str
    project: str
    home: Path


@dataclass(frozen=True)
class Answer:
    """What will be put where the workspace can read: the answer, a file beside it, or one in the project folder."""

    said: bytes
    file: bytes | None = None
    write: Callable[[], None] = lambda: None
    #: What the entry says of it that commits to the bytes; None: it is recorded already.
    entry: Event | None = None


@dataclass(frozen=True)
class Helper:
    """Answers asks on behalf of *desk*; *portal_url* is where people submit."""

    desk: Desk
    pace: Pace
    portal_url: str

    def serve(self, asker: Asker, ask_id: str, now: datetime) -> None:
        """Answer one ask, or say why not; who leaves no room for answers gets none."""
        box = Dropbox(asker.home)
        try:
            data = box.take(ask_id)
            if not box.may_answer():
                return
            answer = self._answered(asker, ask_id, read_ask(data), now)
            self._settle(answer)
        except BureauError as error:
            answer = self._refused(asker, error, now)
        except Exception:
            _put(box, ask_id, Answer(_refusal(Unavailable(NOT_CHECKED))))
            raise
        _put(box, ask_id, answer)

    def _settle(self, answer: Answer) -> None:
        """Record what is not recorded yet, then write into the project folder what belongs there."""
        if answer.entry is not None:
            self.desk.store.record(answer.entry)
        answer.write()

    def _refused(self, asker: Asker, error: BureauError, now: datetime) -> Answer:
        """Record a refusal; where that can't be done, only this is said."""
        said = _refusal(error)
        if error.status == Unavailable.status:
            return Answer(said)
        subject = {"what": "export.try", "status": error.status}
        private = {"reason": error.text.en}
        event = Event(Kind.REFUSAL, asker.person, asker.project, now, subject, _digests(said), private)
        try:
            self.desk.store.record(event)
        except Unavailable as worse:
            return Answer(_refusal(worse))
        return Answer(said)

    def _answered(self, asker: Asker, ask_id: str, ask: Ask, now: datetime) -> Answer:
        self.pace.spend(asker.person, asker.project, max(1, len(ask.files)), now)
        self._check_may(asker, now)
        root, paths = self._places(asker, ask_id, ask)
        match ask.verb:
            case Verb.POLICY:
                said = _encoded({"ok": True, "policy": self._policy(asker)})
                return Answer(said, entry=_entry(asker, ask, _digests(said), now))
            case Verb.CHECK:
                return self._checked(asker, ask, root, paths, now)
            case Verb.MEND:
                return self._mended(asker, ask, root, paths[0], now)

    def _check_may(self, asker: Asker, now: datetime) -> None:
        """Refuse whoever may not take results out."""
        with self.desk.store.read() as session:
            permissions.check_submitter(standing_of(session, asker.person, asker.project, now))

    def _places(self, asker: Asker, ask_id: str, ask: Ask) -> tuple[Path, tuple[str, ...]]:
        """Return the folder that the paths are below, and the paths: an ask's own begin with its folder."""
        if ask.place is Place.PROJECT:
            return self.desk.project_dir(asker.project), tuple(checked_path(path) for path in ask.files)
        below = Dropbox(asker.home).folder_of(ask_id)
        if any(len(PurePosixPath(path).parts) != 2 for path in ask.files):
            raise Invalid(_PLACES)
        return asker.home, tuple(checked_path(f"{below}/{path}") for path in ask.files)

    def _checked(self, asker: Asker, ask: Ask, root: Path, paths: Sequence[str], now: datetime) -> Answer:
        said: list[bytes] = []

        def told(files: tuple[Checked, ...]) -> bytes:
            each = [self._file(name, file) for name, file in zip(ask.files, files, strict=True)]
            whole = {"ok": True, "files": each, "policy": self._policy(asker), "submit": self._submit(asker, ask)}
            said.append(_encoded(whole))
            return said[-1]

        pre_check(self.desk, asker.project, paths, actor=asker.person, now=now, folder=root, what=WHAT, told=told)
        return Answer(said[-1])

    def _mended(self, asker: Asker, ask: Ask, root: Path, path: str, now: datetime) -> Answer:
        """Mend one file: beside the old one in the project folder, or into the answer."""
        if ask.mend is None:  # an ask to mend names its mend: ``Ask`` sees to it
            raise Invalid(_PLACES)
        name, rules = PurePosixPath(path).name, self._rules(asker)
        with self.desk.vault.aside() as vault:
            frozen = vault.freeze(root, path, max_bytes=self.desk.rules.max_file_bytes)
            mended = run_mend(vault.path(frozen.sha256), name, ask.mend, rules)
        whole = {"ok": True, "note": list(mended.note), "sidecar": dict(mended.sidecar), "suffix": mended.suffix}
        if ask.place is Place.PROJECT:
            new = free_name(root, path, mended)
            said = _encoded({**whole, "path": new})
            entry = _entry(asker, ask, _digests(said, mended.data), now)
            return Answer(said, write=partial(write_mended, root, path, new, mended), entry=entry)
        said = _encoded(whole)
        return Answer(said, mended.data, entry=_entry(asker, ask, _digests(said, mended.data), now))

    def _rules(self, asker: Asker) -> Policy:
        desk = self.desk
        with desk.store.read() as session:
            return data_of(session, asker.project, base=desk.policy, dataset_dir=desk.dataset_dir).policy

    def _policy(self, asker: Asker) -> dict[str, Any]:
        """The rules that hold for the project, by their names and in sentences."""
        criteria = criteria_of(self._rules(asker))
        typed = {name: float(value) if name in SHARES else value for name, value in criteria.items()}
        return {**typed, "sentences": [list(sentence) for sentence in in_words(criteria)]}

    def _file(self, name: str, file: Checked) -> dict[str, Any]:
        found = [{**finding.to_wire(), "mark": _mark(finding.where)} for finding in file.findings]
        mends = offered(file.type or "", [finding.rule for finding in file.findings])
        return {
            "name": name,
            "verdict": file.verdict.value,
            "type": file.type,
            "findings": found,
            "mends": [{"mend": mend.value, "label": list(LABELS[mend])} for mend in mends],
        }

    def _submit(self, asker: Asker, ask: Ask) -> str:
        """The page on which the person submits, with the files that lie in the project folder already chosen."""
        chosen = ask.files if ask.place is Place.PROJECT else ()
        query = urlencode([("project", asker.project), *(("file", path) for path in chosen)])
        return f"{self.portal_url}/exports/new?{query}"


def _entry(asker: Asker, ask: Ask, digests: bytes, now: datetime) -> Event:
    """Tell of what was asked other than a check, which ``pre_check`` records."""
    subject: dict[str, str | int | bool] = {"what": WHAT, "verb": ask.verb.value, "files": len(ask.files)}
    private = {f"file{number}": path[:200] for number, path in enumerate(ask.files)}
    return Event(Kind.EXPORT_CHECKED, asker.person, asker.project, now, subject, digests, private or None)


def _digests(said: bytes, file: bytes | None = None) -> bytes:
    """Return what an entry seals of an answer: hashes in a leaf could be guessed."""
    parts = {"answer": said} if file is None else {"answer": said, "file": file}
    return canonical.dumps({name: hashlib.sha256(data).hexdigest() for name, data in parts.items()})


def _encoded(said: dict[str, Any]) -> bytes:
    return json.dumps({"version": VERSION, **said}, ensure_ascii=False).encode() + b"\n"


def _refusal(error: BureauError) -> bytes:
    return _encoded({"ok": False, "error": list(error.text), "reasons": [list(each) for each in error.reasons]})


def _put(box: Dropbox, ask_id: str, answer: Answer) -> None:
    """Put the answer there, whole or not at all: its folder is the person's own to fill or to break."""
    try:
        box.answer(ask_id, answer.said, answer.file)
    except (BureauError, OSError):
        box.withdraw(ask_id)


def _mark(where: str) -> dict[str, Any] | None:
    mark = mark_of(where)
    return None if mark is None else {"line": mark.line, "name": mark.name, "number": mark.number}
