"""The author's side before submission: make a request, say what each file is, take one out, give up."""

import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath

from audit.events import Event, Kind
from hub_extensions.exports import permissions
from hub_extensions.exports.acting import Said, Turn, acting, add_step, new_id, written
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.requests import ExportFile, ExportRequest, OutputKind
from hub_extensions.exports.settling import CHANGED, live_votes, void
from hub_extensions.exports.standing import check_people, standing_of
from hub_extensions.exports.states import Act, State
from hub_extensions.outside.access import Outsider
from project_spaces.errors import Conflict, Invalid, TooLarge
from project_spaces.text import Text

#: The project folder as people see it inside their workspace.
MOUNT = "/project/"
LONGEST_PATH = 500


@dataclass(frozen=True)
class Declaration:
    """What the author says of one file: what it is, what it shows, how disclosure was avoided, what made it."""

    kind: OutputKind
    context: str
    controls: str = ""
    code: str = ""


def create(
    desk: Desk,
    *,
    actor: str,
    project: str,
    title: str,
    purpose: str,
    now: datetime,
    recipients: Sequence[str] = (),
    outside: Sequence[Outsider] = (),
    public: bool = False,
    files: Sequence[tuple[str, Declaration]] = (),
) -> str:
    """Open a draft in *project*, with its files or not at all, and return its id.

    Parameters
    ----------
    recipients
        user names of those who will be able to fetch the package; the author when empty. They are part of what the
        reviewers approve (SATRE 3.1.06).
    outside
        recipients without an account, named; the author invites each of them after the release.
    public
        declared fit for a public repository; the reviewers consent to it with their votes.
    files
        paths of the project folder, each with what it is, as ``add_file`` takes them.

    Raises
    ------
    Refused
        *actor* may not take results out of the project, with the reasons.
    Invalid
        the title or the purpose is empty, or a recipient is no known person.
    Invalid, Conflict, TooLarge
        as ``add_file``.
    """
    title, purpose = written(title), written(purpose)
    named = tuple(dict.fromkeys(recipients)) or (actor,)
    held: list[ExportFile] = []
    for path, declaration in files:
        held.append(_new_file(desk, path, declaration, held, len(held)))
    said = Said(
        {
            "title": title,
            "purpose": purpose,
            "recipients": list(named),
            "outside": [asdict(each) for each in outside],
            "public": public,
            "files": [_said_of(file) for file in held],
        }
    )
    request_id = new_id()
    subject = {"request": request_id, **said.committed}
    event = Event(kind=Kind.EXPORT_CREATED, actor=actor, project=project, at=now, subject=subject)
    with desk.store.write(event) as session:
        permissions.check_submitter(standing_of(session, actor, project, now))
        check_people(session, named)
        request = ExportRequest(
            id=request_id,
            project=project,
            author=actor,
            title=title,
            purpose=purpose,
            recipients=list(named),
            outside=[asdict(each) for each in outside],
            public=public,
            state=State.DRAFT,
            round=0,
            closed_round=0,
            edition=1,
            created_at=now,
            changed_at=now,
        )
        request.all_files += held
        add_step(request, event, said)
        session.add(request)
    return request_id


def describe(
    desk: Desk,
    request_id: str,
    *,
    actor: str,
    now: datetime,
    title: str | None = None,
    purpose: str | None = None,
    recipients: Sequence[str] | None = None,
    outside: Sequence[Outsider] | None = None,
    public: bool | None = None,
) -> None:
    """Change what is given of title, purpose and recipients; at the next submission no file has votes any more."""
    new = {
        name: value
        for name, value in (
            ("title", title if title is None else written(title)),
            ("purpose", purpose if purpose is None else written(purpose)),
            ("recipients", recipients if recipients is None else list(dict.fromkeys(recipients))),
            ("outside", outside if outside is None else [asdict(each) for each in dict.fromkeys(outside)]),
            ("public", public),
        )
        if value is not None
    }
    with _editing(desk, request_id, actor=actor, now=now, content=new) as turn:
        if "recipients" in new:
            if not new["recipients"]:
                raise Invalid(Text("Nommez au moins un destinataire.", "Name at least one recipient."))
            check_people(turn.session, new["recipients"])
        for name, value in new.items():
            setattr(turn.request, name, value)


def add_file(desk: Desk, request_id: str, path: str, declaration: Declaration, *, actor: str, now: datetime) -> str:
    """Put a file of the project folder into the request and return its id; its bytes are read at submission.

    Raises
    ------
    Invalid
        the path is not one of a file in the project folder, or the context is empty.
    Conflict
        the file is already in the request.
    TooLarge
        the request is full.
    """
    content = {"path": checked_path(path), **asdict(_written(declaration))}
    with _editing(desk, request_id, actor=actor, now=now, content=content) as turn:
        file = _new_file(desk, path, declaration, turn.request.files, len(turn.request.all_files))
        turn.request.all_files.append(file)
        return file.id


def change_file(
    desk: Desk, request_id: str, file_id: str, declaration: Declaration, *, actor: str, now: datetime
) -> None:
    """Declare a file anew; at the next submission it has no votes."""
    declared = _written(declaration)
    with _editing(desk, request_id, actor=actor, now=now, content={"file": file_id, **asdict(declared)}) as turn:
        file = turn.file(file_id)
        for name, value in asdict(declared).items():
            setattr(file, name, value)


def remove_file(desk: Desk, request_id: str, file_id: str, *, actor: str, now: datetime) -> None:
    """Take a file out; what was said of it stays on record."""
    with _editing(desk, request_id, actor=actor, now=now, content={"removed": file_id}) as turn:
        turn.file(file_id).removed_at = now
        void(turn, [vote for vote in live_votes(turn.request) if vote.file_id == file_id], CHANGED)


def withdraw(desk: Desk, request_id: str, *, actor: str, now: datetime, message: str = "") -> None:
    """Give the request up, for good."""
    said = written(message, required=False)
    with acting(
        desk, request_id, Act.WITHDRAW, actor=actor, now=now, kind=Kind.EXPORT_WITHDRAWN, content={"message": said}
    ) as turn:
        if said:
            turn.say(said, by_reviewer=False, public=True)


def checked_path(path: str) -> str:
    """Return *path* relative to the project folder.

    Raises
    ------
    Invalid
        empty, absolute elsewhere, with ``..``, with characters that can't be seen (control, right-to-left marks).
    """
    relative = path.removeprefix(MOUNT)
    unseen = any(unicodedata.category(char).startswith("C") for char in relative)
    parts = PurePosixPath(relative).parts
    if unseen or not parts or relative.startswith("/") or ".." in parts or len(relative) > LONGEST_PATH:
        raise Invalid(
            Text(
                "Ce chemin n'est pas celui d'un fichier du dossier du projet.",
                "This is not the path of a file in the project folder.",
            )
        )
    return str(PurePosixPath(*parts))


def _new_file(
    desk: Desk, path: str, declaration: Declaration, others: Sequence[ExportFile], position: int
) -> ExportFile:
    """Make the row of a file that stands beside *others*, or raise as ``add_file``."""
    relative = checked_path(path)
    if any(file.path == relative for file in others):
        raise Conflict(Text(f"« {relative} » est déjà dans la demande.", f"“{relative}” is already in the request."))
    if len(others) >= desk.rules.max_files:
        most = desk.rules.max_files
        raise TooLarge(Text(f"Au plus {most} fichiers par demande.", f"At most {most} files in a request."))
    return ExportFile(id=new_id(), position=position, path=relative, findings=[], **asdict(_written(declaration)))


def _said_of(file: ExportFile) -> dict[str, str]:
    return {name: getattr(file, name) for name in ("path", "kind", "context", "controls", "code")}


def _written(declaration: Declaration) -> Declaration:
    return Declaration(
        kind=declaration.kind,
        context=written(declaration.context),
        controls=written(declaration.controls, required=False),
        code=written(declaration.code, required=False),
    )


def _editing(
    desk: Desk, request_id: str, *, actor: str, now: datetime, content: Mapping[str, object]
) -> AbstractContextManager[Turn]:
    return acting(desk, request_id, Act.EDIT, actor=actor, now=now, kind=Kind.EXPORT_CHANGED, content=content)
