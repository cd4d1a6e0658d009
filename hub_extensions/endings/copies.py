"""What the two desks hold of a project beside its folders: copies that never left, and files that never came in.

When a project's fate is carried out, what still waits at a desk is given up there, recorded like any other step and
told to its author; when it is deleted, the bytes go at once, and not with the next sweep.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from audit.events import Kind
from hub_extensions.exports import acting as export_acting
from hub_extensions.exports.desk import SYSTEM as EXPORTS
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.requests import ExportFile, ExportRelease, ExportRequest
from hub_extensions.exports.states import Act as ExportAct
from hub_extensions.exports.states import State
from hub_extensions.imports import acting as import_acting
from hub_extensions.imports.desk import SYSTEM as IMPORTS
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.records import ImportFile, ImportRequest
from hub_extensions.imports.states import FINAL
from hub_extensions.imports.states import Act as ImportAct
from hub_extensions.imports.states import State as ImportState
from hub_extensions.outside.access import close_all
from project_spaces.notifications import Topic, notify
from project_spaces.text import Text

#: Somebody is to answer, or the package is being built.
_GOING = (State.SUBMITTED, State.IN_REVIEW, State.REVIEWED, State.APPROVED)
_LEFT = (State.RELEASED, State.REVOKED)
#: What its author would still have to finish: nobody can, once the time for last exports is over.
_UNFINISHED = (State.DRAFT, State.RETURNED)

EXPORT_OVER = Text(
    "Votre demande d'export de {} est retirée : l'espace projet a pris fin.",
    "Your request for export from {} is withdrawn: the project space has ended.",
)
IMPORT_OVER = Text(
    "Votre import vers {} est abandonné : l'espace projet a pris fin.",
    "Your import into {} is withdrawn: the project space has ended.",
)


def busy(session: Session, project: str) -> int:
    """Return how many requests of *project* are still being answered."""
    mine = (ExportRequest.project == project, ExportRequest.state.in_(_GOING))
    return session.scalars(select(func.count()).select_from(ExportRequest).where(*mine)).one()


class FrozenCopies:
    """The export desk's copies of a project's files that were never released.

    A copy that another request refers to stays: copies are kept by their hash, whoever froze them.
    """

    place = "export-copies"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def held(self, project: str) -> list[Path]:
        """Return the files, by hash."""
        with self._desk.store.read() as session:
            gone = _frozen(session, (ExportRequest.project == project) & ExportRequest.state.not_in(_LEFT))
            other = (ExportRequest.project != project) | ExportRequest.state.in_(_LEFT)
            kept = _frozen(session, other) | set(session.scalars(select(ExportRelease.sha256)))
        return _there(self._desk.vault.path(each) for each in sorted(gone - kept))

    def settle(self, project: str, now: datetime) -> None:
        """Withdraw what its author never submitted again."""
        with self._desk.store.read() as session:
            mine = (ExportRequest.project == project, ExportRequest.state.in_(_UNFINISHED))
            waiting = list(session.scalars(select(ExportRequest.id).where(*mine).order_by(ExportRequest.id)))
        for number in waiting:
            with export_acting.acting(
                self._desk,
                number,
                ExportAct.WITHDRAW,
                actor=EXPORTS,
                now=now,
                kind=Kind.EXPORT_WITHDRAWN,
                subject={"change": "project ended"},
            ) as turn:
                text, page = Text(*(each.format(project) for each in EXPORT_OVER)), f"exports/{number}"
                notify(turn.session, to=turn.request.author, kind=Topic.RIGHTS, text=text, link=page, now=now)

    def drop(self, project: str) -> None:
        """Delete the files."""
        with self._desk.alone():
            _delete(self.held(project))


class QuarantinedFiles:
    """What was sent to a project and is in quarantine: received, waiting to be judged, refused, or in place since."""

    place = "quarantine"

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk

    def held(self, project: str) -> list[Path]:
        """Return the files, by hash; one that an open import of another place refers to is not the project's alone."""
        with self._desk.store.read() as session:
            gone = _received(session, ImportRequest.project == project)
            elsewhere = ImportRequest.project.is_(None) | (ImportRequest.project != project)
            kept = _received(session, elsewhere & ImportRequest.state.not_in((*FINAL, ImportState.RELEASED)))
        return _there(self._desk.quarantine.path(each) for each in sorted(gone - kept))

    def settle(self, project: str, now: datetime) -> None:
        """Withdraw what waits, after any step that is just being done; who was let in from outside is shut out."""
        over = (*FINAL, ImportState.RELEASED)
        with self._desk.alone():
            with self._desk.store.read() as session:
                mine = (ImportRequest.project == project, ImportRequest.state.not_in(over))
                waiting = list(session.scalars(select(ImportRequest.id).where(*mine).order_by(ImportRequest.id)))
            for number in waiting:
                with import_acting.acting(
                    self._desk,
                    number,
                    ImportAct.WITHDRAW,
                    import_acting.By(IMPORTS, now),
                    kind=Kind.IMPORT_WITHDRAWN,
                    subject={"change": "project ended"},
                ) as turn:
                    close_all(turn.session, number, now)
                    turn.tell(turn.request.author, Topic.RIGHTS, IMPORT_OVER)

    def drop(self, project: str) -> None:
        """Delete the files."""
        with self._desk.alone():
            _delete(self.held(project))


def _frozen(session: Session, which: ColumnElement[bool]) -> set[str]:
    pairs = select(ExportFile.sha256, ExportFile.released_sha256).join(
        ExportRequest, ExportRequest.id == ExportFile.request_id
    )
    return {each for pair in session.execute(pairs.where(which)) for each in pair if each is not None}


def _received(session: Session, which: ColumnElement[bool]) -> set[str]:
    query = select(ImportFile.sha256).join(ImportRequest, ImportRequest.id == ImportFile.request_id)
    return set(session.scalars(query.where(which)))


def _there(files: Iterable[Path]) -> list[Path]:
    return [file for file in files if file.exists()]


def _delete(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
