"""Giving a reviewer bytes: of a frozen file, and of the program that made it. Who read what is recorded before."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from audit.events import Event, Kind
from hub_extensions.exports.acting import UNKNOWN_FILE, check_may, load
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.programs import programs_of
from hub_extensions.exports.requests import ExportFile, ExportRequest
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import Act
from project_spaces.errors import Conflict, NotFound, Unavailable
from project_spaces.store import ReadSession
from project_spaces.text import Text

NOT_FROZEN = Text("Ce fichier n'est pas encore déposé.", "This file is not submitted yet.")
DAMAGED = Text("Le fichier figé est endommagé : rien n'est montré.", "The frozen file is damaged: not shown.")
NO_PROGRAM = Text(
    "Aucun programme n'a été joint : le chemin nommé n'était pas celui d'un programme du dossier du projet.",
    "No program was kept: the path that was named was not one of a program in the project folder.",
)


@dataclass(frozen=True)
class Preview:
    """The bytes a reviewer judges: those that would leave. Show them without script, from an origin of their own."""

    name: str
    media_type: str
    size: int
    path: Path


def read_file(desk: Desk, request_id: str, file_id: str, *, actor: str, now: datetime) -> Preview:
    """Give a reviewer the bytes that would be released; nobody else gets bytes from the desk before the release.

    Raises
    ------
    NotFound, Refused
        the request or file is unknown; *actor* is not one of its reviewers.
    Conflict
        the file is not frozen yet.
    Unavailable
        what is on disk is no longer what was frozen; the ledger does not take the entry.
    """
    with desk.store.read() as session:
        request, file = _reviewed(session, request_id, file_id, actor, now)
        if file.released_sha256 is None:
            raise Conflict(NOT_FROZEN)
        project, sha256, name = request.project, file.released_sha256, str(file.released_name)
        media_type = file.type or "application/octet-stream"
    subject = {"request": request_id, "file": file_id}
    return _given(desk, sha256, name, media_type, Event(Kind.EXPORT_READ, actor, project, now, subject))


def read_program(desk: Desk, request_id: str, file_id: str, *, actor: str, now: datetime) -> Preview:
    """Give a reviewer the program that made a file, as it lay in the project folder at the submission.

    Raises
    ------
    NotFound, Refused, Unavailable
        as ``read_file``; no program was kept.
    """
    with desk.store.read() as session:
        request, file = _reviewed(session, request_id, file_id, actor, now)
        sha256 = programs_of(request).get(file.path)
        if sha256 is None:
            raise NotFound(NO_PROGRAM)
        project, name = request.project, PurePosixPath(file.code).name
    subject = {"request": request_id, "file": file_id, "program": True}
    return _given(desk, sha256, name, "text/plain", Event(Kind.EXPORT_READ, actor, project, now, subject))


def _reviewed(
    session: ReadSession, request_id: str, file_id: str, actor: str, now: datetime
) -> tuple[ExportRequest, ExportFile]:
    request = load(session, request_id)
    check_may(standing_of(session, actor, request.project, now), request, Act.VOTE)
    file = next((each for each in request.files if each.id == file_id), None)
    if file is None:
        raise NotFound(UNKNOWN_FILE)
    return request, file


def _given(desk: Desk, sha256: str, name: str, media_type: str, event: Event) -> Preview:
    if not desk.vault.intact(sha256):
        raise Unavailable(DAMAGED)
    # The hash of a small table gives its numbers to whoever tries them all: the leaf commits to it with a salt.
    desk.store.record(replace(event, content=sha256.encode(), private={"sha256": sha256}))
    path = desk.vault.path(sha256)
    return Preview(name, media_type, path.stat().st_size, path)
