"""One click from a refused table to one that may be submitted: the mended file takes its place in the request.

The file is mended in a confined worker, the change of the request is recorded, then the new file is written beside the
old one in the project folder, under a name that nothing has yet. The old file stays where it is. If the writing fails,
the request names a file that is not there, which the next submission says.
"""

import hashlib
import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from audit.events import Kind
from hub_extensions.exports import permissions
from hub_extensions.exports.acting import acting, check_may, load, new_id
from hub_extensions.exports.checking import LARGEST_SIDECAR, SIDECAR
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.mends import LABELS, Mend, Mended, run_mend
from hub_extensions.exports.requests import ExportFile
from hub_extensions.exports.settling import CHANGED, live_votes, void
from hub_extensions.exports.standing import data_of, standing_of
from hub_extensions.exports.states import Act
from project_spaces.beneath import open_beneath
from project_spaces.errors import Conflict, NotFound, Refused, Unavailable
from project_spaces.text import Text

#: Names tried for the new file: ``table-corrige.csv``, ``table-corrige-2.csv`` …
MOST_NAMES = 99
_NO_NAME = Text(
    "Trop de versions corrigées de ce fichier : supprimez-en dans votre bureau.",
    "Too many mended versions of this file: delete some in your workspace.",
)
_NOT_WRITTEN = Text(
    "Le fichier corrigé n'a pas pu être écrit dans le dossier du projet : retirez-le de la demande et réessayez.",
    "The mended file could not be written into the project folder: take it out of the request and try again.",
)


def mend_file_of(desk: Desk, request_id: str, file_id: str, mend: Mend, *, actor: str, now: datetime) -> str:
    """Mend one file of a draft, put the result in its place, and return the new file's id.

    Raises
    ------
    Refused, NotFound, Conflict
        as for any change of a request.
    CannotMend
        the mend does not apply, is not enough, or took too long: nothing changed.
    Unavailable
        the new file could not be written.
    """
    with desk.store.read() as session:
        request = load(session, request_id)
        project = request.project
        who = standing_of(session, actor, project, now)
        permissions.check_submitter(who)
        check_may(who, request, Act.EDIT)
        old = next((file.path for file in request.files if file.id == file_id), None)
        policy = data_of(session, project, base=desk.policy, dataset_dir=desk.dataset_dir).policy
    if old is None:
        raise NotFound(Text("Ce fichier n'est pas dans la demande.", "This file is not in the request."))
    folder = desk.project_dir(project)
    frozen = desk.vault.freeze(folder, old, max_bytes=desk.rules.max_file_bytes)
    mended = run_mend(desk.vault.path(frozen.sha256), PurePosixPath(old).name, mend, policy)
    new = free_name(folder, old, mended)
    sha256 = hashlib.sha256(mended.data).hexdigest()
    content = {"removed": file_id, "path": new, "mend": mend.value, "sha256": sha256}
    with acting(desk, request_id, Act.EDIT, actor=actor, now=now, kind=Kind.EXPORT_CHANGED, content=content) as turn:
        before = turn.file(file_id)
        before.removed_at = now
        void(turn, [vote for vote in live_votes(turn.request) if vote.file_id == file_id], CHANGED)
        done = f"{LABELS[mend].fr} : {mended.note.fr}"
        file = ExportFile(
            id=new_id(),
            position=len(turn.request.all_files),
            path=new,
            findings=[],
            kind=before.kind,
            context=before.context,
            controls="\n".join(filter(None, (before.controls, done)))[-10_000:],
            code=before.code,
        )
        turn.request.all_files.append(file)
        made = file.id
    write_mended(folder, old, new, mended)
    return made


def free_name(folder: Path, old: str, mended: Mended) -> str:
    """Return a path beside *old* that nothing has."""
    path = PurePosixPath(old)
    for number in range(1, MOST_NAMES + 1):
        again = "" if number == 1 else f"-{number}"
        name = str(path.with_name(f"{path.stem[:100]}-corrige{again}{mended.suffix}"))
        try:
            os.close(open_beneath(folder, name))
        except NotFound:
            return name
        except Refused:
            continue
    raise Conflict(_NO_NAME)


def write_mended(folder: Path, old: str, new: str, mended: Mended) -> None:
    """Write the new file and the description of its population."""
    described = _sidecar(folder, old)
    try:
        _write_new(folder, new, mended.data)
        if described is not None:
            merged = {**described.get("classes", {}), **mended.sidecar.get("classes", {})}
            whole = {**described, **({"classes": merged} if merged else {})}
            _write_new(folder, new + SIDECAR, json.dumps(whole, ensure_ascii=False).encode())
    except OSError as error:
        raise Unavailable(_NOT_WRITTEN) from error


def _write_new(folder: Path, path: str, data: bytes) -> None:
    """Write a file that was not there, owned as the folder is: the people of the project go on working with it."""
    descriptor = open_beneath(folder, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    with os.fdopen(descriptor, "wb") as target:
        owner = folder.stat()
        with suppress(PermissionError):
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        target.write(data)


def _sidecar(folder: Path, path: str) -> dict[str, Any] | None:
    try:
        descriptor = open_beneath(folder, path + SIDECAR)
    except (NotFound, Refused, OSError):
        return None
    with os.fdopen(descriptor, "rb") as source:
        data = source.read(LARGEST_SIDECAR + 1)
    try:
        said = json.loads(data) if len(data) <= LARGEST_SIDECAR else None
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and isinstance(said.get("classes", {}), dict) else None
