"""Letting a steward look at what waits in quarantine: whoever may judge it, after the programs, recorded first."""

from dataclasses import dataclass
from pathlib import Path

from audit.events import Event, Kind
from hub_extensions.imports.acting import UNKNOWN_FILE, By, load
from hub_extensions.imports.advancing import DAMAGED
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.permissions import check_viewer, judging
from hub_extensions.imports.states import State
from project_spaces.access import allowed
from project_spaces.errors import Conflict, NotFound, Unavailable
from project_spaces.text import Text

#: Before, the programs have not looked; afterwards the quarantine's copy is swept.
SHOWN = frozenset({State.IN_REVIEW, State.APPROVED})
NOT_NOW = Text(
    "Un fichier se regarde entre la fin des contrôles et sa mise en place.",
    "A file can be looked at between the end of the checks and its being put in place.",
)


@dataclass(frozen=True)
class Waiting:
    """A quarantined file that may be drawn: where, its name, and the places that its findings name."""

    path: Path
    name: str
    wheres: tuple[str, ...]


def read_file(desk: ImportDesk, request_id: str, file_id: str, by: By) -> Waiting:
    """Give whoever judges an import a file of it; who looked at which bytes is recorded before.

    Raises
    ------
    NotFound, Refused
        a stranger asks, or somebody who may not judge it.
    Conflict
        the programs have not looked at it yet, or it is in its place.
    Unavailable
        the file is damaged, or the ledger does not take the entry.
    """
    with desk.store.read() as session:
        request = load(session, request_id)
        check_viewer(session, by.actor, request, by.now)
        allowed(judging(session, by.actor, request, by.now))
        found = next((file for file in request.files if file.id == file_id), None)
        if found is None:
            raise NotFound(UNKNOWN_FILE)
        if request.state not in SHOWN:
            raise Conflict(NOT_NOW)
        if not desk.quarantine.intact(found.sha256):
            raise Unavailable(DAMAGED)
        wheres = tuple(each["where"] for each in found.findings if each["severity"] != "info")
        waiting = Waiting(desk.quarantine.path(found.sha256), found.name, wheres)
        sha256, project = found.sha256, request.project
    facts = {"request": request_id, "file": file_id}
    event = Event(Kind.IMPORT_READ, by.actor, project, by.now, facts, sha256.encode(), {"sha256": sha256})
    desk.store.record(event)
    return waiting
