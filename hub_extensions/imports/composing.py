"""The sender's side: open an import, receive files into quarantine, declare what they are, submit, give up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from audit.events import Event, Kind
from hub_extensions.exports.acting import Said, new_id, written
from hub_extensions.exports.checks.findings import verdict_of
from hub_extensions.exports.checks.names import check_name
from hub_extensions.exports.storage import Frozen
from hub_extensions.imports.acting import By, Turn, acting, add_step, load
from hub_extensions.imports.desk import ImportDesk
from hub_extensions.imports.permissions import check_owner, check_sender
from hub_extensions.imports.records import Content, ImportFile, ImportRequest
from hub_extensions.imports.states import Act, State, check_act
from hub_extensions.outside.access import Invitation, Outsider, Purpose, close_all, open_access
from project_spaces.datasets import latest_version, require_new_version
from project_spaces.errors import Conflict, Invalid, TooLarge
from project_spaces.projects import get_project
from project_spaces.secret_box import SecretBox
from project_spaces.text import Text

NO_FILE = Text("L'import ne contient aucun fichier.", "The import holds no file.")
NOT_DECLARED = Text(
    "Dites d'abord d'où viennent les fichiers, sur quelle base, et ce qu'ils contiennent.",
    "First say where the files come from, on what basis, and what they hold.",
)
NO_VERSION_YET = Text(
    "Ce jeu n'a pas encore de version : la première s'enregistre avec sa fiche (bureau dataset register).",
    "This data set has no version yet: the first is registered with its sheet (bureau dataset register).",
)
BAD_NAME = Text("Ce nom de fichier n'est pas accepté.", "This file name is not accepted.")


@dataclass(frozen=True)
class Target:
    """Where an import goes: into a project, or to a data set as a version."""

    project: str | None = None
    dataset: str | None = None
    version: str | None = None

    def __post_init__(self) -> None:
        if (self.project is None) == (self.dataset is None) or (self.dataset is None) != (self.version is None):
            raise Invalid(
                Text(
                    "Choisissez un projet, ou un jeu de données et le nom de la version.",
                    "Choose a project, or a data set and the name of the version.",
                )
            )


@dataclass(frozen=True)
class Declaration:
    """What the owner of the files says of them."""

    content: Content
    origin: str
    legal_basis: str
    licence: str
    health_data: bool


def create(desk: ImportDesk, target: Target, title: str, by: By) -> str:
    """Open an import and return its id.

    Raises
    ------
    Refused
        the actor may not send anything there, with every reason.
    Invalid, NotFound, Conflict
        no title; no such place; that version exists, or there is none to compare it with.
    """
    said = Said({"title": written(title), **asdict(target)})
    request_id = new_id()
    facts = {"request": request_id, "dataset": target.dataset, "version": target.version, **said.committed}
    event = Event(Kind.IMPORT_CREATED, by.actor, target.project, by.now, facts)
    if target.dataset is not None and target.version is not None:
        require_new_version(desk.store, target.dataset, target.version)
    with desk.store.write(event) as session:
        check_sender(session, by.actor, project=target.project, dataset=target.dataset, now=by.now)
        if target.project is not None:
            get_project(session, target.project)
        elif latest_version(session, str(target.dataset)) is None:
            raise Conflict(NO_VERSION_YET)
        request = ImportRequest(
            id=request_id,
            author=by.actor,
            title=said.content["title"],
            state=State.DRAFT,
            edition=1,
            created_at=by.now,
            changed_at=by.now,
            **asdict(target),
        )
        add_step(request, event, said)
        session.add(request)
    return request_id


@contextmanager
def receiving(desk: ImportDesk, request_id: str, name: str, by: By) -> Iterator[Path]:
    """Give a scratch file to write what is received into; at the end it is in quarantine and recorded.

    Raises
    ------
    Invalid
        a name that can't be one, or an empty file.
    TooLarge
        the file, the number of files, or all together.
    NotFound, Refused, Conflict, Unavailable
        as ``acting``; also before a byte is written.
    """
    check_receive(desk, request_id, name, by)
    part = desk.quarantine.scratch / f"{new_id()}.part"
    try:
        yield part
        frozen = desk.quarantine.adopt(part, max_bytes=desk.rules.max_file_bytes)
        _keep(desk, request_id, name, frozen, by)
    finally:
        part.unlink(missing_ok=True)


def check_receive(desk: ImportDesk, request_id: str, name: str, by: By) -> None:
    """Raise what ``receiving`` would, before anything is sent."""
    found = list(check_name(name))
    if not name.strip() or "/" in name or "\\" in name or verdict_of(found).value == "block":
        raise Invalid(BAD_NAME, [each.message for each in found])
    with desk.store.read() as session:
        request = load(session, request_id)
        check_owner(session, by.actor, request, Act.EDIT, by.now, provider=by.provider)
        check_act(request.state, Act.EDIT)
        _check_room(desk, request, name, 0)


def remove_file(desk: ImportDesk, request_id: str, file_id: str, by: By) -> None:
    """Take a file out; that it was received stays on record."""
    with acting(
        desk, request_id, Act.EDIT, by, kind=Kind.IMPORT_CHANGED, subject={"file": file_id, "change": "removed"}
    ) as turn:
        turn.file(file_id).removed_at = by.now


def declare(desk: ImportDesk, request_id: str, declaration: Declaration, by: By) -> None:
    """Say what the files are; the words are part of what the steward judges and of the manifest."""
    texts = {name: written(getattr(declaration, name)) for name in ("origin", "legal_basis", "licence")}
    content = {"content": declaration.content.value, "health_data": declaration.health_data, **texts}
    with acting(desk, request_id, Act.EDIT, by, kind=Kind.IMPORT_CHANGED, content=content) as turn:
        turn.request.declaration = content


def submit(desk: ImportDesk, request_id: str, by: By) -> None:
    """Seal what is in quarantine and leave it to the programs; ``advancing`` goes on.

    Raises
    ------
    Invalid
        no file, or no declaration.
    """
    with acting(desk, request_id, Act.SUBMIT, by, kind=Kind.IMPORT_SUBMITTED) as turn:
        if not turn.request.files:
            raise Invalid(NO_FILE)
        if turn.request.declaration is None:
            raise Invalid(NOT_DECLARED)
        turn.request.submitted_at = by.now
        for file in turn.request.files:
            file.type = file.verdict = file.scanner = None
            file.findings = []


def invite(desk: ImportDesk, box: SecretBox, request_id: str, person: Outsider, by: By) -> Invitation:
    """Let a named provider from outside send the files and declare them, in place of an earlier one."""
    access_id = new_id()
    content = {"provider": person.mail}
    with acting(
        desk, request_id, Act.EDIT, by, kind=Kind.OUTSIDE_INVITED, subject={"access": access_id}, content=content
    ) as turn:
        close_all(turn.session, request_id, by.now)
        turn.request.provider = access_id
        return open_access(
            turn.session,
            box,
            access_id=access_id,
            purpose=Purpose.IMPORT,
            request_id=request_id,
            person=person,
            opened_by=by.actor,
            now=by.now,
            expires_at=by.now + timedelta(days=desk.rules.provider_days),
            max_count=0,
        )


def uninvite(desk: ImportDesk, request_id: str, by: By) -> None:
    """Close the provider's door at once."""
    with acting(desk, request_id, Act.EDIT, by, kind=Kind.IMPORT_CHANGED, subject={"change": "provider"}) as turn:
        close_all(turn.session, request_id, by.now)
        turn.request.provider = None


def withdraw(desk: ImportDesk, request_id: str, by: By) -> None:
    """Give the import up; its files leave the quarantine with the next sweep."""
    with acting(desk, request_id, Act.WITHDRAW, by, kind=Kind.IMPORT_WITHDRAWN) as turn:
        close_all(turn.session, request_id, by.now)


def _keep(desk: ImportDesk, request_id: str, name: str, frozen: Frozen, by: By) -> None:
    # The hash of a small table gives its numbers to whoever tries them all: the leaf commits to it with a salt.
    content = {"name": name, "sha256": frozen.sha256, "size": frozen.size}
    with acting(desk, request_id, Act.EDIT, by, kind=Kind.IMPORT_RECEIVED, content=content) as turn:
        _replace(turn, name)
        _check_room(desk, turn.request, name, frozen.size)
        turn.request.all_files.append(
            ImportFile(
                id=new_id(),
                position=len(turn.request.all_files),
                name=name,
                sha256=frozen.sha256,
                size=frozen.size,
                received_at=by.now,
                findings=[],
            )
        )


def _replace(turn: Turn, name: str) -> None:
    """A file of the same name takes the place of the one before."""
    for file in turn.request.files:
        if file.name == name:
            file.removed_at = turn.by.now


def _check_room(desk: ImportDesk, request: ImportRequest, name: str, more: int) -> None:
    others = [file for file in request.files if file.name != name]
    if len(others) >= desk.rules.max_files:
        most = desk.rules.max_files
        raise TooLarge(Text(f"Au plus {most} fichiers par import.", f"At most {most} files in an import."))
    if sum(file.size for file in others) + more > desk.rules.max_total_bytes:
        mib = desk.rules.max_total_bytes >> 20
        raise TooLarge(Text(f"Au plus {mib} Mio par import.", f"At most {mib} MiB in an import."))
