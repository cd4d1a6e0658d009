"""Answers one ask: the same freeze, the same confined checks and the same mends as the desk's, recorded first.

What is answered tells something of the project's data (a row was recognised, a difference names a release), hence the
order: counted against the hour's limit, judged, recorded in the ledger, and only then put where the workspace can read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlencode

from audit.events import Event, Kind
from hub_extensions.exports import permissions
from hub_extensions.exports.checking import NOT_CHECKED
from hub_extensions.exports.checks import Policy
from hub_extensions.exports.correcting import free_name, write_mended
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.drafting import checked_path
from hub_extensions.exports.marks import mark_of
from hub_extensions.exports.mends import LABELS, Mended, offered, run_mend
from hub_extensions.exports.notebook.asks import Ask, Place, Verb, read_ask
from hub_extensions.exports.notebook.dropbox import Dropbox
from hub_extensions.exports.notebook.pace import Pace
from hub_extensions.exports.standing import data_of, standing_of
from hub_extensions.exports.submitting import Checked, pre_check
from project_spaces.errors import BureauError, Invalid, Refused, Unavailable
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
class Helper:
    """Answers asks on behalf of *desk*; *portal_url* is where people submit."""

    desk: Desk
    pace: Pace
    portal_url: str

    def serve(self, asker: Asker, ask_id: str, now: datetime) -> None:
        """Answer one ask, or say why not; who leaves no room for answers gets none."""
        box = Dropbox(asker.home)
        file: bytes | None = None
        try:
            data = box.take(ask_id)
            if not box.may_answer():
                return
            said, file = self._answered(asker, ask_id, read_ask(data), now)
        except BureauError as error:
            said = _refusal(error)
        except Exception:
            _put(box, ask_id, _refusal(Unavailable(NOT_CHECKED)), None)
            raise
        _put(box, ask_id, said, file)

    def _answered(self, asker: Asker, ask_id: str, ask: Ask, now: datetime) -> tuple[dict[str, Any], bytes | None]:
        self.pace.spend(asker.person, asker.project, max(1, len(ask.files)), now)
        self._check_may(asker, now)
        root, paths = self._places(asker, ask_id, ask)
        match ask.verb:
            case Verb.POLICY:
                self._record(asker, ask, now)
                return {"ok": True, "policy": self._policy(asker)}, None
            case Verb.CHECK:
                return self._checked(asker, ask, root, paths, now), None
            case Verb.MEND:
                return self._mended(asker, ask, root, paths[0], now)

    def _check_may(self, asker: Asker, now: datetime) -> None:
        """Refuse whoever may not take results out; the refusal is recorded."""
        with self.desk.store.read() as session:
            who = standing_of(session, asker.person, asker.project, now)
        try:
            permissions.check_submitter(who)
        except Refused as refusal:
            subject = {"what": "export.try", "status": refusal.status}
            self.desk.store.record(Event(Kind.REFUSAL, asker.person, asker.project, now, subject))
            raise

    def _places(self, asker: Asker, ask_id: str, ask: Ask) -> tuple[Path, tuple[str, ...]]:
        """Return the folder that the paths are below, and the paths: an ask's own begin with its folder."""
        if ask.place is Place.PROJECT:
            return self.desk.project_dir(asker.project), tuple(checked_path(path) for path in ask.files)
        below = Dropbox(asker.home).folder_of(ask_id)
        if any(len(PurePosixPath(path).parts) != 2 for path in ask.files):
            raise Invalid(_PLACES)
        return asker.home, tuple(checked_path(f"{below}/{path}") for path in ask.files)

    def _checked(self, asker: Asker, ask: Ask, root: Path, paths: Sequence[str], now: datetime) -> dict[str, Any]:
        files = pre_check(self.desk, asker.project, paths, actor=asker.person, now=now, folder=root, what=WHAT)
        said = [self._file(name, file) for name, file in zip(ask.files, files, strict=True)]
        return {"ok": True, "files": said, "policy": self._policy(asker), "submit": self._submit(asker, ask)}

    def _mended(
        self, asker: Asker, ask: Ask, root: Path, path: str, now: datetime
    ) -> tuple[dict[str, Any], bytes | None]:
        """Mend one file: beside the old one in the project folder, or into the answer."""
        if ask.mend is None:  # an ask to mend names its mend: ``Ask`` sees to it
            raise Invalid(_PLACES)
        name, rules = PurePosixPath(path).name, self._rules(asker)
        with self.desk.vault.aside() as vault:
            frozen = vault.freeze(root, path, max_bytes=self.desk.rules.max_file_bytes)
            mended = run_mend(vault.path(frozen.sha256), name, ask.mend, rules)
        self._record(asker, ask, now)
        said = {"ok": True, "note": list(mended.note), "sidecar": dict(mended.sidecar), "suffix": mended.suffix}
        if ask.place is Place.PROJECT:
            return {**said, "path": self._beside(root, path, mended)}, None
        return said, mended.data

    def _beside(self, root: Path, path: str, mended: Mended) -> str:
        new = free_name(root, path, mended)
        write_mended(root, path, new, mended)
        return new

    def _rules(self, asker: Asker) -> Policy:
        desk = self.desk
        with desk.store.read() as session:
            return data_of(session, asker.project, base=desk.policy, dataset_dir=desk.dataset_dir).policy

    def _policy(self, asker: Asker) -> dict[str, Any]:
        """The rules that hold for the project, as a notebook shows them."""
        policy = self._rules(asker)
        return {each.name: _plain(getattr(policy, each.name)) for each in fields(policy)}

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

    def _record(self, asker: Asker, ask: Ask, now: datetime) -> None:
        """Record what was asked other than a check, which ``pre_check`` records, before anybody reads the answer."""
        subject: dict[str, str | int | bool] = {"what": WHAT, "verb": ask.verb.value, "files": len(ask.files)}
        private = {f"file{number}": path[:200] for number, path in enumerate(ask.files)}
        event = Event(Kind.EXPORT_CHECKED, asker.person, asker.project, now, subject, private=private or None)
        self.desk.store.record(event)


def _refusal(error: BureauError) -> dict[str, Any]:
    return {"ok": False, "error": list(error.text), "reasons": [list(each) for each in error.reasons]}


def _put(box: Dropbox, ask_id: str, said: dict[str, Any], file: bytes | None) -> None:
    """Put the answer there, whole or not at all: its folder is the person's own to fill or to break."""
    try:
        box.answer(ask_id, {"version": VERSION, **said}, file)
    except (BureauError, OSError):
        box.withdraw(ask_id)


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)


def _mark(where: str) -> dict[str, Any] | None:
    mark = mark_of(where)
    return None if mark is None else {"line": mark.line, "name": mark.name, "number": mark.number}
