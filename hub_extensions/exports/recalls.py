"""The recall register: what was taken back after release, why, who had fetched it, and who attested its destruction.

A revocation ends links and running downloads; it can't reach into other people's computers. So those who had fetched
the package are asked to destroy it and to say so, and the register shows who has not.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UnicodeText, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.events import Kind
from hub_extensions.exports.acting import Turn, acting, written
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.requests import ExportDownload, ExportRequest
from hub_extensions.exports.states import Act, State
from hub_extensions.exports.telling import RECALLED, tell
from hub_extensions.outside.access import OutsideAccess, accesses
from project_spaces.columns import Base
from project_spaces.errors import Conflict
from project_spaces.people import Person
from project_spaces.text import Text

NOT_FETCHED = Text("Vous n'aviez pas téléchargé cette sortie.", "You had not fetched this export.")
ALREADY = Text("Vous l'avez déjà attesté.", "You have attested it already.")


class RecallAttestation(Base):
    """A recipient's word that a recalled package was destroyed."""

    __tablename__ = "recall_attestation"

    request_id: Mapped[str] = mapped_column(ForeignKey(ExportRequest.id), primary_key=True)
    recipient: Mapped[str] = mapped_column(ForeignKey(Person.username), primary_key=True)
    statement: Mapped[str] = mapped_column(UnicodeText)
    attested_at: Mapped[datetime]


def ask_back(turn: Turn) -> None:
    """Ask everybody who had fetched the package to destroy it."""
    for name in sorted(_fetched(turn.session, turn.request)):
        tell(turn, name, RECALLED)


def attest(desk: Desk, request_id: str, *, actor: str, now: datetime, statement: str) -> None:
    """Say that a recalled package is destroyed everywhere it was.

    Raises
    ------
    Refused
        *actor* is no recipient.
    Conflict
        it was not revoked, *actor* had not fetched it, or has attested already.
    """
    said = written(statement)
    with acting(
        desk, request_id, Act.ATTEST, actor=actor, now=now, kind=Kind.EXPORT_ATTESTED, content={"statement": said}
    ) as turn:
        if actor not in _fetched(turn.session, turn.request):
            raise Conflict(NOT_FETCHED)
        if turn.session.get(RecallAttestation, (request_id, actor)) is not None:
            raise Conflict(ALREADY)
        turn.session.add(RecallAttestation(request_id=request_id, recipient=actor, statement=said, attested_at=now))


def recall_of(session: Session, request: ExportRequest) -> dict[str, Any] | None:
    """One entry of the register, None where nothing was recalled."""
    released = request.release
    if request.state is not State.REVOKED or released is None or released.revoked_at is None:
        return None
    fetched = _fetched(session, request)
    attested = {name: session.get(RecallAttestation, (request.id, name)) for name in request.recipients}
    return {
        "request": request.id,
        "project": request.project,
        "title": request.title,
        "sha256": released.sha256,
        "released_at": released.released_at.isoformat(),
        "revoked_at": released.revoked_at.isoformat(),
        "reason": released.reason,
        "recipients": [
            {
                "recipient": name,
                "downloads": fetched.get(name, (0, None))[0],
                "last_at": _stamp(fetched.get(name, (0, None))[1]),
                "attested_at": _stamp(row.attested_at) if row else None,
                "statement": row.statement if row else None,
                "awaited": name in fetched and row is None,
            }
            for name, row in attested.items()
        ]
        + [_outside(access) for access in accesses(session, request.id)],
    }


def _outside(access: OutsideAccess) -> dict[str, Any]:
    """What is known of a recipient without an account."""
    return {
        "recipient": f"{access.name} ({access.organisation})",
        "downloads": access.used,
        "last_at": _stamp(access.last_used_at),
        "attested_at": _stamp(access.attested_at),
        "statement": access.statement,
        "awaited": access.used > 0 and access.attested_at is None,
    }


def register(session: Session) -> Sequence[dict[str, Any]]:
    """Every recall, the latest first."""
    requests = session.scalars(select(ExportRequest).where(ExportRequest.state == State.REVOKED)).all()
    found = [entry for entry in (recall_of(session, request) for request in requests) if entry is not None]
    return sorted(found, key=lambda entry: (entry["revoked_at"], entry["request"]), reverse=True)


def _fetched(session: Session, request: ExportRequest) -> dict[str, tuple[int, datetime]]:
    """Recipient → how often, and when last."""
    links = [link.id for link in request.links]
    query = select(ExportDownload.recipient, func.count(), func.max(ExportDownload.started_at))
    rows = session.execute(query.where(ExportDownload.link_id.in_(links)).group_by(ExportDownload.recipient))
    return {row[0]: (row[1], row[2]) for row in rows}


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
