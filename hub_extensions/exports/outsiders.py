"""Recipients outside the platform: invited by the author after the release, let in by two factors, counted like others.

They are named before the review and are part of what the reviewers approve; nobody else can be invited. A revocation
closes their doors with the links of everybody else, running downloads too, and they are asked for the destruction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from audit.events import Event, Kind
from hub_extensions.exports.acting import acting, load, new_id, written
from hub_extensions.exports.desk import SYSTEM, Desk
from hub_extensions.exports.downloads import NOT_NAMED, REVOKED, USED_UP, Download, watched
from hub_extensions.exports.requests import ExportRequest
from hub_extensions.exports.standing import check_running
from hub_extensions.exports.states import Act, State
from hub_extensions.outside.access import (
    OUTSIDE,
    Invitation,
    OutsideAccess,
    Purpose,
    accesses,
    by_id,
    check_open,
    open_access,
)
from project_spaces.errors import Conflict, Refused
from project_spaces.secret_box import SecretBox
from project_spaces.text import Text

NOT_RECALLED = Text("Cette sortie n'est pas rappelée.", "This export is not recalled.")
ATTESTED = Text("Vous l'avez déjà attesté.", "You have attested it already.")


@dataclass(frozen=True)
class Waiting:
    """What an outside recipient is shown of an export: no title, no file, but what can be fetched."""

    size: int
    sha256: str
    left: int
    max_count: int
    expires_at: datetime
    recalled: str | None
    attest: bool


def invite(desk: Desk, box: SecretBox, request_id: str, mail: str, *, actor: str, now: datetime) -> Invitation:
    """Open a door for a named recipient, in place of an older one; link and code are for two different ways.

    Raises
    ------
    Conflict
        *mail* is not among those whom the reviewers approved, or the package is not out.
    """
    access_id = new_id()
    with acting(
        desk,
        request_id,
        Act.LINK,
        actor=actor,
        now=now,
        kind=Kind.OUTSIDE_INVITED,
        subject={"access": access_id},
        content={"recipient": mail},
        persons={"recipient": f"outside:{access_id}"},
    ) as turn:
        person = next((each for each in turn.request.outsiders if each.mail == mail), None)
        if person is None:
            raise Conflict(NOT_NAMED)
        return open_access(
            turn.session,
            box,
            access_id=access_id,
            purpose=Purpose.EXPORT,
            request_id=request_id,
            person=person,
            opened_by=actor,
            now=now,
            expires_at=now + timedelta(days=desk.rules.download_days),
            max_count=desk.rules.download_max_count,
        )


def waiting(desk: Desk, access_id: str, *, now: datetime) -> Waiting:
    """What waits behind a door that was passed; after a recall, what is asked."""
    with desk.store.read() as session:
        access = by_id(session, access_id)
        request = load(session, access.request_id)
        released = request.release
        if released is None or access.purpose is not Purpose.EXPORT:
            raise Conflict(REVOKED)
        recalled = request.state is State.REVOKED
        if not recalled:
            check_open(access, now)
        return Waiting(
            size=released.size,
            sha256=released.sha256,
            left=max(access.max_count - access.used, 0),
            max_count=access.max_count,
            expires_at=access.expires_at,
            recalled=released.reason if recalled else None,
            attest=recalled and access.used > 0 and access.attested_at is None,
        )


def open_outside_download(desk: Desk, access_id: str, *, clock: Callable[[], datetime]) -> Download:
    """Record and count one download of an outside recipient, and give its bytes; errors as ``open_download``."""
    now = clock()
    with desk.store.read() as session:
        access = by_id(session, access_id)
        _check(access, now)
        request_id, pseudonym = access.request_id, access.pseudonym
        request = load(session, request_id)
        check_running(session, access.opened_by, request.project, now)
        released = request.release
        if released is None:
            raise Conflict(REVOKED)
        sha256, size = released.sha256, released.size
    stream = desk.vault.open_intact(sha256)
    try:
        with acting(
            desk,
            request_id,
            Act.DOWNLOAD,
            actor=SYSTEM,
            now=now,
            kind=Kind.EXPORT_DOWNLOADED,
            subject={"access": access_id, "sha256": sha256, "size": size},
            persons={"recipient": pseudonym},
        ) as turn:
            row = by_id(turn.session, access_id)
            _check(row, now)
            row.used, row.last_used_at = row.used + 1, now
        desk.store.require_settled()  # the record is in the ledger before the first byte
    except BaseException:
        stream.close()
        raise
    chunks = watched(desk, stream, lambda: _still_allowed(desk, access_id, clock()))
    return Download(f"export-{request_id[:12]}.zip", size, sha256, chunks)


def attest_outside(desk: Desk, access_id: str, statement: str, *, now: datetime) -> None:
    """Keep an outside recipient's word that a recalled package was destroyed.

    Raises
    ------
    Conflict
        it was not recalled, not fetched, or attested already.
    """
    said = written(statement)
    with desk.store.read() as session:
        access = by_id(session, access_id)
        request = load(session, access.request_id)
        project, request_id = request.project, request.id
    facts = {"request": request_id, "access": access_id, "act": Act.ATTEST.value}
    event = Event(
        Kind.EXPORT_ATTESTED, OUTSIDE, project, now, facts, said.encode(), persons={"recipient": access.pseudonym}
    )
    with desk.store.write(event) as writing:
        row = by_id(writing, access_id)
        if load(writing, request_id).state is not State.REVOKED or row.used == 0:
            raise Conflict(NOT_RECALLED)
        if row.attested_at is not None:
            raise Conflict(ATTESTED)
        row.attested_at, row.statement = now, said


def outside_of(session: Session, request: ExportRequest) -> list[dict[str, Any]]:
    """Each outside recipient with the door that counts, for the author's page and the register of recalls."""
    known = accesses(session, request.id)
    doors = {each.mail: each for each in sorted(known, key=lambda each: each.revoked_at is None)}
    return [
        {
            "name": person.name,
            "organisation": person.organisation,
            "mail": person.mail,
            "access": None if person.mail not in doors else _door(doors[person.mail]),
            "downloads": sum(each.used for each in known if each.mail == person.mail),
        }
        for person in request.outsiders
    ]


def _door(access: OutsideAccess) -> dict[str, Any]:
    return {
        "id": access.id,
        "opened_at": access.opened_at.isoformat(),
        "expires_at": access.expires_at.isoformat(),
        "activated": access.enrolled_at is not None,
        "used": access.used,
        "max": access.max_count,
        "closed": access.revoked_at is not None,
        "attested_at": None if access.attested_at is None else access.attested_at.isoformat(),
        "statement": access.statement,
    }


def _check(access: OutsideAccess, now: datetime) -> None:
    check_open(access, now)
    if access.purpose is not Purpose.EXPORT or access.enrolled_at is None:
        raise Conflict(REVOKED)
    if access.used >= access.max_count:
        raise Conflict(USED_UP)


def _still_allowed(desk: Desk, access_id: str, now: datetime) -> None:
    """Cut when the door or the request was closed; the end of the door's time lets a running download finish."""
    with desk.store.read() as session:
        access = by_id(session, access_id)
        request = load(session, access.request_id)
        if access.revoked_at is not None or request.state is not State.RELEASED:
            raise Refused(REVOKED)
        check_running(session, access.opened_by, request.project, now)
