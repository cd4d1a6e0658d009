"""The steward's side: accept, send back, refuse, and take out again what was in its place."""

from audit.events import Kind
from hub_extensions.exports.acting import written
from hub_extensions.imports.acting import By, acting
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.placing import take_out
from hub_extensions.imports.states import Act
from project_spaces.errors import Conflict
from project_spaces.notifications import Topic
from project_spaces.text import Text

RETURNED = Text(
    "Votre import vers {} vous est renvoyé : une correction est attendue.",
    "Your import into {} came back: a correction is awaited.",
)
REJECTED = Text("Votre import vers {} est refusé.", "Your import into {} was rejected.")
REMOVED = Text("Un import vers {} a été retiré de l'espace.", "An import into {} was taken out.")
A_VERSION = Text(
    "Une version enregistrée ne se retire pas d'ici : retirez le jeu de données (bureau dataset withdraw).",
    "A registered version is not taken out from here: withdraw the data set (bureau dataset withdraw).",
)


def approve(desk: ImportDesk, request_id: str, by: By) -> None:
    """Accept the files as they are; ``advancing`` puts them in their place."""
    with acting(desk, request_id, Act.APPROVE, by, kind=Kind.IMPORT_APPROVED) as turn:
        turn.request.decided_by = by.actor


def return_(desk: ImportDesk, request_id: str, message: str, by: By) -> None:
    """Send the import back to its author, with what has to change."""
    content = {"message": written(message)}
    with acting(desk, request_id, Act.RETURN, by, kind=Kind.IMPORT_RETURNED, content=content) as turn:
        turn.request.decided_by = None
        turn.tell(turn.request.author, Topic.TASK, RETURNED)


def reject(desk: ImportDesk, request_id: str, message: str, by: By) -> None:
    """End the import with a no."""
    content = {"message": written(message)}
    with acting(desk, request_id, Act.REJECT, by, kind=Kind.IMPORT_REJECTED, content=content) as turn:
        turn.tell(turn.request.author, Topic.DATA, REJECTED)


def remove(desk: ImportDesk, request_id: str, message: str, by: By) -> None:
    """Take an import out of the project again; running workspaces lose sight of it at once.

    Raises
    ------
    Conflict
        it is a version of a data set, which never changes.
    """
    content = {"message": written(message)}
    with acting(desk, request_id, Act.REMOVE, by, kind=Kind.IMPORT_REMOVED, content=content) as turn:
        if turn.request.project is None or turn.request.place is None:
            raise Conflict(A_VERSION)
        turn.tell(turn.request.author, Topic.DATA, REMOVED)
        project, place = turn.request.project, turn.request.place
    take_out(desk, project, place)
