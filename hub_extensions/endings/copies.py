"""What the export desk holds of a project: requests that are still being answered, and copies that never left."""

from collections.abc import Callable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from hub_extensions.exports.desk import Desk
from hub_extensions.exports.requests import ExportFile, ExportRelease, ExportRequest
from hub_extensions.exports.states import State

#: Somebody is to answer, or the package is being built.
_GOING = (State.SUBMITTED, State.IN_REVIEW, State.REVIEWED, State.APPROVED)
_LEFT = (State.RELEASED, State.REVOKED)


def busy(session: Session, project: str) -> int:
    """Return how many requests of *project* are still being answered."""
    mine = (ExportRequest.project == project, ExportRequest.state.in_(_GOING))
    return session.scalars(select(func.count()).select_from(ExportRequest).where(*mine)).one()


def dropper(desk: Desk) -> Callable[[str], None]:
    """Return what deletes the frozen copies of a project's files that were never released.

    A copy that another request refers to stays: copies are kept by their hash, whoever froze them.
    """

    def drop(project: str) -> None:
        with desk.alone():
            with desk.store.read() as session:
                gone = _hashes(session, (ExportRequest.project == project, ExportRequest.state.not_in(_LEFT)))
                other = (ExportRequest.project != project) | ExportRequest.state.in_(_LEFT)
                kept = _hashes(session, (other,)) | set(session.scalars(select(ExportRelease.sha256)))
            for sha256 in gone - kept:
                desk.vault.path(sha256).unlink(missing_ok=True)

    return drop


def _hashes(session: Session, which: tuple[object, ...]) -> set[str]:
    pairs = select(ExportFile.sha256, ExportFile.released_sha256).join(
        ExportRequest, ExportRequest.id == ExportFile.request_id
    )
    return {each for pair in session.execute(pairs.where(*which)) for each in pair if each is not None}  # type: ignore[arg-type]
