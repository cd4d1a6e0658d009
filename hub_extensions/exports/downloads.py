"""Fetching a package: by its named recipient, counted, until a day, and never after a revocation, not even half-way.

A download is recorded and counted before its first byte. While bytes flow, the database's revision number is looked at
between chunks; when it moved, the right is looked at again, and a link that died cuts the stream (TRAPS A12).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from audit.events import Kind
from hub_extensions.exports import permissions
from hub_extensions.exports.acting import Turn, acting, load, new_id, written
from hub_extensions.exports.desk import Desk
from hub_extensions.exports.publishing.publications import withdraw_deposit
from hub_extensions.exports.recalls import ask_back
from hub_extensions.exports.releasing import new_link
from hub_extensions.exports.requests import ExportDownload, ExportLink
from hub_extensions.exports.standing import standing_of
from hub_extensions.exports.states import Act, State
from hub_extensions.outside.access import close_all
from project_spaces.errors import Conflict, NotFound, Refused
from project_spaces.text import Text

#: Bytes between two looks at the revision: about 1 ms of a 100 MB/s line, one cheap query.
CHUNK = 256 << 10

NO_LINK = Text("Ce lien n'existe pas ou n'est pas à votre nom.", "There is no such link in your name.")
NOT_NAMED = Text(
    "Cette personne n'est pas parmi les destinataires qui ont été validés.",
    "This person is not among the recipients that were approved.",
)
REVOKED = Text("Cette sortie a été révoquée.", "This export was revoked.")
EXPIRED = Text(
    "Ce lien a expiré : demandez-en un autre à l'auteur.", "This link has expired: ask the author for another."
)
USED_UP = Text(
    "Ce lien a servi autant de fois que permis : demandez-en un autre à l'auteur.",
    "This link was used as often as allowed: ask the author for another.",
)


@dataclass(frozen=True)
class Download:
    """A download that is under way: send ``size`` bytes from ``chunks``; an exception there must break the answer."""

    name: str
    size: int
    sha256: str
    chunks: Iterator[bytes]
    media_type: str = "application/zip"


def issue_link(desk: Desk, request_id: str, recipient: str, *, actor: str, now: datetime) -> str:
    """Give a recipient a fresh link, in place of the one before, and return its id.

    Raises
    ------
    Conflict
        *recipient* is not among those whom the reviewers approved, or the package is not out.
    """
    link = new_link(desk, recipient, now)
    with acting(
        desk,
        request_id,
        Act.LINK,
        actor=actor,
        now=now,
        kind=Kind.EXPORT_LINKED,
        subject={"link": link.id},
        content={"recipient": recipient},
    ) as turn:
        if recipient not in turn.request.recipients:
            raise Conflict(NOT_NAMED)
        for older in turn.request.links:
            if older.recipient == recipient and older.revoked_at is None:
                older.revoked_at = now
        turn.request.links.append(link)
    return link.id


def revoke(desk: Desk, request_id: str, *, actor: str, now: datetime, message: str) -> None:
    """Kill every link of a released package, used ones and running ones too; for good."""
    said = written(message)
    with acting(
        desk, request_id, Act.REVOKE, actor=actor, now=now, kind=Kind.EXPORT_REVOKED, content={"message": said}
    ) as turn:
        released = turn.request.release
        if released is not None:
            released.revoked_at, released.revoked_by, released.reason = now, actor, said
        for link in turn.request.links:
            link.revoked_at = link.revoked_at or now
        close_all(turn.session, request_id, now)
        withdraw_deposit(turn.session, request_id)
        ask_back(turn)


def open_download(desk: Desk, link_id: str, *, actor: str, clock: Callable[[], datetime]) -> Download:
    """Record and count one download, and give its bytes.

    Parameters
    ----------
    clock
        gives the time, aware and in UTC: the right is looked at again while bytes flow.

    Raises
    ------
    NotFound
        no such link, or it is in another name.
    Conflict
        revoked, expired, or used as often as allowed.
    Unavailable
        the ledger does not answer, or the package on disk is not the released one: no byte is given.
    """
    now = clock()
    with desk.store.read() as session:
        link = _own_link(session, link_id, actor)
        check_link(link, now)
        request_id, released = link.request_id, load(session, link.request_id).release
        if released is None:
            raise Conflict(REVOKED)
        sha256, size = released.sha256, released.size
    stream = desk.vault.open_intact(sha256)
    try:
        with acting(
            desk,
            request_id,
            Act.DOWNLOAD,
            actor=actor,
            now=now,
            kind=Kind.EXPORT_DOWNLOADED,
            subject={"link": link_id, "sha256": sha256, "size": size},
        ) as turn:
            _count(turn, link_id)
        desk.store.require_settled()  # the record is in the ledger before the first byte
    except BaseException:
        stream.close()
        raise
    return Download(
        name=f"export-{request_id[:12]}.zip",
        size=size,
        sha256=sha256,
        chunks=watched(desk, stream, lambda: _still_allowed(desk, link_id, actor, clock())),
    )


def check_link(link: ExportLink, now: datetime) -> None:
    """Raise ``Conflict`` unless the link may start one more download at *now*."""
    if link.revoked_at is not None:
        raise Conflict(REVOKED)
    if now >= link.expires_at:
        raise Conflict(EXPIRED)
    if link.used >= link.max_count:
        raise Conflict(USED_UP)


def _own_link(session: Session, link_id: str, actor: str) -> ExportLink:
    link = session.get(ExportLink, link_id)
    if link is None or link.recipient != actor:
        raise NotFound(NO_LINK)
    return link


def _count(turn: Turn, link_id: str) -> None:
    link = _own_link(turn.session, link_id, turn.actor)
    check_link(link, turn.now)
    link.used += 1
    turn.session.add(ExportDownload(id=new_id(), link_id=link_id, recipient=turn.actor, started_at=turn.now))


def watched(desk: Desk, stream: BinaryIO, still_allowed: Callable[[], None]) -> Iterator[bytes]:
    """Give the bytes; whenever anything changed anywhere, ask *still_allowed*, whose exception cuts the stream."""
    seen = None
    with stream:
        while chunk := stream.read(CHUNK):
            revision = desk.store.revision()
            if revision != seen:
                still_allowed()
                seen = revision
            yield chunk


def _still_allowed(desk: Desk, link_id: str, actor: str, now: datetime) -> None:
    """Cut when the link, the request or the person lost the right; the count was checked at the start."""
    with desk.store.read() as session:
        link = _own_link(session, link_id, actor)
        request = load(session, link.request_id)
        if link.revoked_at is not None or request.state is not State.RELEASED:
            raise Refused(REVOKED)
        permissions.check_recipient(standing_of(session, actor, request.project, now), link.recipient)
